import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc16 } from './crc.ts'
import { encodeReply, encodeRequest, readReply, readRequest } from './frames.ts'
import type { ModbusReply, ModbusRequest } from './frames.ts'

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(hex.split(' ').map(pair => parseInt(pair, 16)))
const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map(byte => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ')

const askInputs: ModbusRequest = { kind: 'read-inputs', address: 1, start: 0, count: 8 }

describe('Modbus RTU frames', () => {
  it('asks for eight inputs in the bytes of the maker’s manual', () => {
    expect(hexOf(encodeRequest(askInputs))).toBe('01 02 00 00 00 08 79 CC')
    expect(crc16(bytesOf('01 02 00 00 00 08'))).toBe(0xcc79)
  })

  it('reads "inputs 1 and 3" out of the maker’s example answer', () => {
    const heard = readReply(askInputs, bytesOf('01 02 01 05 61 8B'))
    expect(heard).toEqual({
      is: 'frame',
      length: 6,
      value: { kind: 'bits', bits: [true, false, true, false, false, false, false, false] },
    })
  })

  it.each([
    ['switch coil 0 on', { kind: 'write-coil', address: 1, coil: 0, on: true }, '01 05 00 00 FF 00 8C 3A'],
    ['switch coil 0 off', { kind: 'write-coil', address: 1, coil: 0, on: false }, '01 05 00 00 00 00 CD CA'],
    ['read eight coils', { kind: 'read-coils', address: 1, start: 0, count: 8 }, '01 01 00 00 00 08 3D CC'],
    [
      'switch all eight on',
      { kind: 'write-coils', address: 1, start: 0, values: new Array<boolean>(8).fill(true) },
      '01 0F 00 00 00 08 01 FF BE D5',
    ],
  ] as [string, ModbusRequest, string][])('%s', (_, request, hex) => {
    expect(hexOf(encodeRequest(request))).toBe(hex)
  })

  it.each([
    ['another address', '02 02 01 05', 'foreign'],
    ['another function', '01 01 01', 'foreign'],
    ['another count', '01 02 02', 'foreign'],
    ['the echo of its own question', '01 02 00 00 00 08 79 CC', 'foreign'],
    ['one bit wrong', '01 02 01 04 61 8B', 'corrupt'],
    ['one byte too many', '01 02 01 05 61 8B 00', 'trailing'],
  ])('does not take %s for the answer', (_, hex, why) => {
    expect(readReply(askInputs, bytesOf(hex))).toEqual({ is: 'wrong', why })
  })

  it('reads a refusal with its code', () => {
    const refused = encodeReply(askInputs, { kind: 'refused', code: 2 })
    expect(readReply(askInputs, refused)).toMatchObject({
      is: 'frame',
      value: { kind: 'refused', code: 2 },
    })
  })

  const address = fc.integer({ min: 1, max: 247 })
  const start = fc.integer({ min: 0, max: 0xffff })
  const requests: fc.Arbitrary<ModbusRequest> = fc.oneof(
    fc.record({
      kind: fc.constantFrom(
        ...(['read-coils', 'read-inputs', 'read-holding', 'read-input-registers'] as const),
      ),
      address,
      start,
      count: fc.integer({ min: 1, max: 64 }),
    }),
    fc.record({ kind: fc.constant('write-register' as const), address, register: start, value: start }),
    fc.record({ kind: fc.constant('write-coil' as const), address, coil: start, on: fc.boolean() }),
    fc.record({
      kind: fc.constant('write-coils' as const),
      address,
      start,
      values: fc.array(fc.boolean(), { minLength: 1, maxLength: 64 }),
    }),
  )
  const replyTo = (request: ModbusRequest, bits: readonly boolean[], refuse: boolean): ModbusReply => {
    if (refuse) return { kind: 'refused', code: 4 }
    if (request.kind === 'read-holding' || request.kind === 'read-input-registers')
      return { kind: 'words', words: Array.from({ length: request.count }, (_, i) => (i * 40_503) & 0xffff) }
    return request.kind === 'read-coils' || request.kind === 'read-inputs'
      ? { kind: 'bits', bits: Array.from({ length: request.count }, (_, i) => bits[i] ?? false) }
      : { kind: 'written' }
  }

  it('reads back every question and every answer it can write, and no prefix of either', () => {
    let seen = 0
    fc.assert(
      fc.property(requests, fc.array(fc.boolean()), fc.boolean(), (request, bits, refuse) => {
        seen += 1
        const asked = encodeRequest(request)
        expect(readRequest(asked)).toEqual({
          is: 'frame',
          length: asked.length,
          value: { ok: true, value: request },
        })
        const reply = replyTo(request, bits, refuse)
        const answered = encodeReply(request, reply)
        expect(readReply(request, answered)).toEqual({ is: 'frame', length: answered.length, value: reply })
        for (let n = 0; n < answered.length; n += 1) {
          expect(readReply(request, answered.subarray(0, n)).is).toBe('incomplete')
        }
      }),
      { seed: 5, numRuns: 300 },
    )
    console.info(`modbus round trips: ${seen}`)
    expect(seen).toBeGreaterThan(0)
  })

  it('gives a verdict on any bytes at all', () => {
    let seen = 0
    fc.assert(
      fc.property(requests, fc.uint8Array({ maxLength: 300 }), (request, bytes) => {
        seen += 1
        expect(['incomplete', 'frame', 'wrong']).toContain(readReply(request, bytes).is)
        expect(['incomplete', 'frame', 'wrong']).toContain(readRequest(bytes).is)
      }),
      { seed: 6, numRuns: 1000 },
    )
    console.info(`modbus fuzzed: ${seen}`)
    expect(seen).toBeGreaterThan(0)
  })
})
