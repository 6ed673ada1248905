import { isSealed, sealFrame } from './crc.ts'
import { fault, ok } from '../result.ts'
import type { Result } from '../result.ts'

/*
 * Modbus RTU (Application Protocol V1.1b3, Serial Line V1.02). Multi-byte numbers big-endian, checksum little-endian.
 *
 *   FC01 read coils    ask  aa 01 start:2 count:2 crc      answer  aa 01 n bits:n crc
 *   FC02 read inputs   ask  aa 02 start:2 count:2 crc      answer  aa 02 n bits:n crc
 *   FC03 read holding  ask  aa 03 start:2 count:2 crc      answer  aa 03 n words:n crc
 *   FC04 read input    ask  aa 04 start:2 count:2 crc      answer  aa 04 n words:n crc
 *   FC05 write coil    ask  aa 05 coil:2 FF00|0000 crc     answer  the same bytes
 *   FC06 write word    ask  aa 06 register:2 value:2 crc   answer  the same bytes
 *   FC0F write coils   ask  aa 0F start:2 count:2 n bits:n answer  aa 0F start:2 count:2 crc
 *   refusal                                                answer  aa fc|80 code crc
 *
 * An answer carries no number that ties it to its question: nothing in these bytes tells a late answer from a right
 * one. Believing only what was asked for, and when, is the driver's business (`hardware/panel`).
 */

export type ModbusRequest =
  | {
      readonly kind: 'read-coils' | 'read-inputs' | 'read-holding' | 'read-input-registers'
      readonly address: number
      readonly start: number
      readonly count: number
    }
  | { readonly kind: 'write-coil'; readonly address: number; readonly coil: number; readonly on: boolean }
  | {
      readonly kind: 'write-register'
      readonly address: number
      readonly register: number
      readonly value: number
    }
  | {
      readonly kind: 'write-coils'
      readonly address: number
      readonly start: number
      readonly values: readonly boolean[]
    }

export type ModbusReply =
  | { readonly kind: 'bits'; readonly bits: readonly boolean[] }
  | { readonly kind: 'words'; readonly words: readonly number[] }
  | { readonly kind: 'written' }
  | { readonly kind: 'refused'; readonly code: number }

/** What the bytes heard so far are: not yet a frame, a frame of `length` bytes, or surely not what was waited for. */
export type Heard<T> =
  | { readonly is: 'incomplete' }
  | { readonly is: 'frame'; readonly value: T; readonly length: number }
  | { readonly is: 'wrong'; readonly why: 'foreign' | 'corrupt' | 'trailing' }

/** Most coils or inputs one frame may ask for (V1.1b3, 6.1). */
export const BITS_PER_FRAME_MAX = 2000
/** Most registers one frame may ask for (V1.1b3, 6.3). */
export const WORDS_PER_FRAME_MAX = 125
/** Longest RTU frame, checksum included. */
export const FRAME_BYTES_MAX = 256

/** `{ kind: 'read-inputs', address: 1, start: 0, count: 8 }` is `01 02 00 00 00 08 79 CC`. */
export function encodeRequest(request: ModbusRequest): Uint8Array {
  const head = [request.address, FUNCTION_CODES[request.kind]]
  switch (request.kind) {
    case 'read-coils':
    case 'read-inputs':
    case 'read-holding':
    case 'read-input-registers':
      return sealFrame([...head, ...word(request.start), ...word(request.count)])
    case 'write-register':
      return sealFrame([...head, ...word(request.register), ...word(request.value)])
    case 'write-coil':
      return sealFrame([...head, ...word(request.coil), request.on ? 0xff : 0x00, 0x00])
    case 'write-coils': {
      const bytes = packBits(request.values)
      return sealFrame([
        ...head,
        ...word(request.start),
        ...word(request.values.length),
        bytes.length,
        ...bytes,
      ])
    }
  }
}

/** The answer to `request`; bits beyond the count are zero, as the standard wants. */
export function encodeReply(request: ModbusRequest, reply: ModbusReply): Uint8Array {
  const code = FUNCTION_CODES[request.kind]
  switch (reply.kind) {
    case 'refused':
      return sealFrame([request.address, code | 0x80, reply.code])
    case 'bits': {
      const bytes = packBits(reply.bits)
      return sealFrame([request.address, code, bytes.length, ...bytes])
    }
    case 'words':
      return sealFrame([request.address, code, reply.words.length * 2, ...reply.words.flatMap(word)])
    case 'written':
      return request.kind === 'write-coils'
        ? sealFrame([request.address, code, ...word(request.start), ...word(request.values.length)])
        : encodeRequest(request)
  }
}

/**
 * Reads the bytes heard since `request` was sent as its answer. Whatever is not exactly one well-formed answer to
 * this question is `wrong`; a wrong beginning is found at once, so that no time is lost waiting for its end.
 */
export function readReply(request: ModbusRequest, heard: Uint8Array): Heard<ModbusReply> {
  const code = FUNCTION_CODES[request.kind]
  if (heard.length > 0 && heard[0] !== request.address) return FOREIGN
  if (heard.length < 2) return INCOMPLETE
  if (heard[1] === (code | 0x80)) return whole(heard, 5, () => ({ kind: 'refused', code: heard[2]! }))
  if (heard[1] !== code) return FOREIGN
  switch (request.kind) {
    case 'read-coils':
    case 'read-inputs': {
      const bytes = Math.ceil(request.count / 8)
      if (heard.length > 2 && heard[2] !== bytes) return FOREIGN
      return whole(heard, 5 + bytes, () => ({ kind: 'bits', bits: unpackBits(heard, 3, request.count) }))
    }
    case 'read-holding':
    case 'read-input-registers': {
      const { count } = request
      if (heard.length > 2 && heard[2] !== count * 2) return FOREIGN
      return whole(heard, 5 + count * 2, () => ({ kind: 'words', words: wordsFrom(heard, 3, count) }))
    }
    case 'write-coil':
    case 'write-register':
    case 'write-coils': {
      const expected = encodeReply(request, { kind: 'written' })
      const same = heard.subarray(0, 6).every((byte, i) => byte === expected[i])
      return same ? whole(heard, 8, () => ({ kind: 'written' })) : FOREIGN
    }
  }
}

/** Reads the bytes heard by a slave as one request. An unknown function of plausible length is a fault with its code. */
export function readRequest(heard: Uint8Array): Heard<Result<ModbusRequest>> {
  if (heard.length < 8) return INCOMPLETE
  const [address, code] = [heard[0]!, heard[1]!]
  const [first, second] = [wordAt(heard, 2), wordAt(heard, 4)]
  switch (code) {
    case 1:
    case 2:
    case 3:
    case 4: {
      const kind = READS[code]
      const fits = second >= 1 && second <= (code <= 2 ? BITS_PER_FRAME_MAX : WORDS_PER_FRAME_MAX)
      return whole(heard, 8, () =>
        fits
          ? ok({ kind, address, start: first, count: second })
          : fault('MODBUS_REQUEST', `count ${second}`),
      )
    }
    case 5:
      return whole(heard, 8, () =>
        second === 0xff00 || second === 0
          ? ok({ kind: 'write-coil', address, coil: first, on: second === 0xff00 })
          : fault('MODBUS_REQUEST', `coil value ${second}`),
      )
    case 6:
      return whole(heard, 8, () => ok({ kind: 'write-register', address, register: first, value: second }))
    case 15: {
      const bytes = heard[6]!
      if (bytes !== Math.ceil(second / 8) || second === 0) return FOREIGN
      return whole(heard, 9 + bytes, () =>
        ok({ kind: 'write-coils', address, start: first, values: unpackBits(heard, 7, second) }),
      )
    }
    default:
      return whole(heard, 8, () => fault('MODBUS_FUNCTION', String(code)))
  }
}

/**
 * Length of the answer that begins with these bytes, whoever was asked; undefined while too little was heard, 0 for what
 * begins no answer we know.
 */
export function replyLength(heard: Uint8Array, from = 0): number | undefined {
  const code = heard[from + 1]
  if (code === undefined) return undefined
  if (code >= 0x80) return 5
  if (code === 5 || code === 6 || code === 15 || code === 16) return 8
  if (code < 1 || code > 4) return 0
  const bytes = heard[from + 2]
  return bytes === undefined ? undefined : 5 + bytes
}

const FUNCTION_CODES = {
  'read-coils': 1,
  'read-inputs': 2,
  'read-holding': 3,
  'read-input-registers': 4,
  'write-coil': 5,
  'write-register': 6,
  'write-coils': 15,
} as const
const READS = { 1: 'read-coils', 2: 'read-inputs', 3: 'read-holding', 4: 'read-input-registers' } as const

const INCOMPLETE = { is: 'incomplete' } as const
const FOREIGN = { is: 'wrong', why: 'foreign' } as const

function whole<T>(heard: Uint8Array, length: number, value: () => T): Heard<T> {
  if (heard.length < length) return INCOMPLETE
  if (!isSealed(heard, length)) return { is: 'wrong', why: 'corrupt' }
  if (heard.length > length) return { is: 'wrong', why: 'trailing' }
  return { is: 'frame', value: value(), length }
}

const word = (value: number): [number, number] => [(value >>> 8) & 0xff, value & 0xff]
const wordAt = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!

/** First bit is bit 0 of the first byte. */
function packBits(bits: readonly boolean[]): number[] {
  const bytes = new Array<number>(Math.ceil(bits.length / 8)).fill(0)
  bits.forEach((bit, i) => {
    if (bit) bytes[i >> 3]! |= 1 << (i & 7)
  })
  return bytes
}

const unpackBits = (bytes: Uint8Array, from: number, count: number): boolean[] =>
  Array.from({ length: count }, (_, i) => ((bytes[from + (i >> 3)]! >> (i & 7)) & 1) === 1)

const wordsFrom = (bytes: Uint8Array, from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => wordAt(bytes, from + 2 * i))
