import { casicSumOf, crc24qOf, fletcherOf, xorOf } from './checksum.ts'

/*
 * A receiver's line carries sentences and binary frames in any mixture, and a wire adds its own:
 *
 *   $GNRMC,...*5A CR LF      NMEA, also ! for encapsulated ones
 *   B5 62 cl id len(2) ...   UBX, Fletcher
 *   BA CE len(2) cl id ...   CASIC, 32-bit sum
 *   D3 00lll ...             RTCM 3, CRC-24Q
 *
 * Splitting at line ends keeps 1 of 130 sentences of such a line; we look for the start of a frame, believe it only
 * when its sum is right, and look again one byte further when it is not.
 */

/** The standard allows 82; receivers with 10-digit coordinates or long proprietary sentences go beyond. */
export const SENTENCE_BYTES_MAX = 120
/** Whole frame. A damaged length field may hold back what follows by this much, or until the line is quiet. */
export const FRAME_BYTES_MAX = 4096

export type BinaryFamily = 'ubx' | 'casic' | 'rtcm3'
type Framed =
  /** From `$` to the second digit of the checksum, which was right: `$GPGLL,,,,,,V,N*64`. */
  | { readonly kind: 'sentence'; readonly text: string }
  /** The whole frame with header and sum, a copy of its own. */
  | { readonly kind: 'frame'; readonly family: BinaryFamily; readonly bytes: Uint8Array }
/** `at`: how many bytes of the line came before it. */
export type ScanEvent = Framed & { readonly at: number }

/** Why a started frame was not believed. `truncated`: the line went quiet or the file ended inside it. */
export type Refusal = 'checksum' | 'overlong' | 'broken' | 'unsummed' | 'truncated'
export type ScanCounts = {
  readonly bytes: number
  /** Bytes outside of every frame, line ends not counted. */
  readonly noiseBytes: number
  readonly sentences: number
  readonly frames: Readonly<Record<BinaryFamily, number>>
  readonly refused: Readonly<Record<Refusal, number>>
}

/** What was found at one place: an event, a refusal, noise, or not enough bytes yet to say. Always takes >= 1 byte. */
type Found =
  | { readonly take: number; readonly event: Framed }
  | { readonly take: number; readonly refused: Refusal }
  | { readonly take: number; readonly noise: number }
  | 'more'

const DOLLAR = 0x24
const BANG = 0x21
const STAR = 0x2a
const CR = 0x0d
const LF = 0x0a

const isSentenceStart = (byte: number): boolean => byte === DOLLAR || byte === BANG
const isLineEnd = (byte: number): boolean => byte === CR || byte === LF
const hexOf = (byte: number): number =>
  byte >= 0x30 && byte <= 0x39
    ? byte - 0x30
    : (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66
      ? (byte | 0x20) - 0x57
      : -1

/** One scanner per open line. The events depend on the bytes alone, never on how they were cut into chunks. */
export class Scanner {
  /** Bytes not yet decided upon: at most one unfinished frame, so twice its bound never overflows. */
  readonly #pending = new Uint8Array(2 * FRAME_BYTES_MAX)
  #end = 0
  #bytes = 0
  /** Bytes decided upon. */
  #taken = 0
  #noiseBytes = 0
  #sentences = 0
  readonly #frames = { ubx: 0, casic: 0, rtcm3: 0 }
  readonly #refused = { checksum: 0, overlong: 0, broken: 0, unsummed: 0, truncated: 0 }

  /** Takes any bytes, gives everything they completed, in order. Never throws. */
  feed(bytes: Uint8Array): ScanEvent[] {
    const events: ScanEvent[] = []
    this.#bytes += bytes.length
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + this.#pending.length - this.#end)
      this.#pending.set(part, this.#end)
      this.#end += part.length
      at += part.length
      this.#drain(events, false)
    }
    return events
  }

  /**
   * The line has gone quiet or the file is over: a frame that still waits for bytes will not get them. Gives what was
   * hidden behind it, and a last sentence that lacks only its line end.
   */
  flush(): ScanEvent[] {
    const events: ScanEvent[] = []
    this.#drain(events, true)
    return events
  }

  counts(): ScanCounts {
    return {
      bytes: this.#bytes,
      noiseBytes: this.#noiseBytes,
      sentences: this.#sentences,
      frames: { ...this.#frames },
      refused: { ...this.#refused },
    }
  }

  #drain(events: ScanEvent[], final: boolean): void {
    let at = 0
    while (at < this.#end) {
      const found = findAt(this.#pending.subarray(at, this.#end), final)
      if (found === 'more') break
      at += found.take
      this.#taken += found.take
      if ('noise' in found) this.#noiseBytes += found.noise
      else if ('refused' in found) this.#refused[found.refused]++
      else {
        events.push({ ...found.event, at: this.#taken - found.take })
        if (found.event.kind === 'sentence') this.#sentences++
        else this.#frames[found.event.family]++
      }
    }
    this.#pending.copyWithin(0, at, this.#end)
    this.#end -= at
  }
}

const findAt = (bytes: Uint8Array, final: boolean): Found => {
  const first = bytes[0] as number
  if (isSentenceStart(first)) return sentenceAt(bytes, final)
  if (first === 0xb5) return frameAt(bytes, final, 'ubx', 0x62)
  if (first === 0xba) return frameAt(bytes, final, 'casic', 0xce)
  if (first === 0xd3) return frameAt(bytes, final, 'rtcm3')
  return { take: 1, noise: isLineEnd(first) ? 0 : 1 }
}

const sentenceAt = (bytes: Uint8Array, final: boolean): Found => {
  for (let i = 1; ; i++) {
    if (i >= SENTENCE_BYTES_MAX) return { take: i, refused: 'overlong' }
    const byte = bytes[i]
    if (byte === undefined) return final ? { take: i, refused: 'truncated' } : 'more'
    if (byte === STAR) return summedAt(bytes, i, final)
    if (isLineEnd(byte)) return { take: i, refused: 'unsummed' }
    if (byte < 0x20 || byte > 0x7e || isSentenceStart(byte)) return { take: i, refused: 'broken' }
  }
}

/** `*hh` and a line end, or the end of everything. The line end is asked for because eight bits of sum are few. */
const summedAt = (bytes: Uint8Array, star: number, final: boolean): Found => {
  const [high, low, after] = [bytes[star + 1], bytes[star + 2], bytes[star + 3]]
  if (high !== undefined && hexOf(high) < 0) return { take: star + 1, refused: 'broken' }
  if (low !== undefined && hexOf(low) < 0) return { take: star + 1, refused: 'broken' }
  if (after !== undefined && !isLineEnd(after)) return { take: star + 1, refused: 'broken' }
  if (after === undefined && !final) return 'more'
  if (high === undefined || low === undefined) return { take: star + 1, refused: 'truncated' }
  if (xorOf(bytes, 1, star) !== hexOf(high) * 16 + hexOf(low)) return { take: star + 3, refused: 'checksum' }
  return {
    take: star + 3,
    event: { kind: 'sentence', text: String.fromCharCode(...bytes.subarray(0, star + 3)) },
  }
}

const frameAt = (bytes: Uint8Array, final: boolean, family: BinaryFamily, second?: number): Found => {
  const next = bytes[1]
  if (next !== undefined && (second === undefined ? (next & 0xfc) !== 0 : next !== second))
    return { take: 1, noise: 1 }
  const size = sizeOf[family](bytes)
  if (size !== undefined && size > FRAME_BYTES_MAX) return { take: 1, refused: 'overlong' }
  if (size === undefined || size > bytes.length) return final ? { take: 1, refused: 'truncated' } : 'more'
  if (!sumIsRight[family](bytes, size)) return { take: 1, refused: 'checksum' }
  return { take: size, event: { kind: 'frame', family, bytes: bytes.slice(0, size) } }
}

const u16At = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8)

/** Whole size of the frame, absent while its length field has not arrived. A CASIC payload is made of words. */
const sizeOf: Readonly<Record<BinaryFamily, (bytes: Uint8Array) => number | undefined>> = {
  ubx: bytes => (bytes.length < 6 ? undefined : u16At(bytes, 4) + 8),
  casic: bytes => {
    if (bytes.length < 4) return undefined
    const length = u16At(bytes, 2)
    return length % 4 === 0 ? length + 10 : FRAME_BYTES_MAX + 1
  },
  rtcm3: bytes =>
    bytes.length < 3 ? undefined : (((bytes[1] as number) & 3) << 8) + (bytes[2] as number) + 6,
}

const sumIsRight: Readonly<Record<BinaryFamily, (bytes: Uint8Array, size: number) => boolean>> = {
  ubx: (bytes, size) => fletcherOf(bytes, 2, size - 2) === u16At(bytes, size - 2),
  casic: (bytes, size) =>
    casicSumOf(bytes, 6, size - 10) === (u16At(bytes, size - 4) | (u16At(bytes, size - 2) << 16)) >>> 0,
  rtcm3: (bytes, size) =>
    crc24qOf(bytes, 0, size - 3) ===
    (((bytes[size - 3] as number) << 16) | ((bytes[size - 2] as number) << 8) | (bytes[size - 1] as number)),
}
