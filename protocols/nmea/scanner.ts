import { casicSumOf, crc24qOf, fletcherOf } from './checksum.ts'

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
export const SENTENCE_BYTES_MAX = 130
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

/** Who is told what the line holds. Bytes are the scanner's own and change with the next call: read, never keep. */
export type ScanSink = {
  /** `from` at the `$`, `star` at the `*` behind which a right checksum stands. `at`: bytes of the line before it. */
  sentence(bytes: Uint8Array, from: number, star: number, at: number): void
  /** `from` at the first byte of the frame, `to` behind its sum. */
  frame(family: BinaryFamily, bytes: Uint8Array, from: number, to: number, at: number): void
}

const DOLLAR = 0x24
const BANG = 0x21
const STAR = 0x2a
const CR = 0x0d
const LF = 0x0a

/** What a byte may be inside a sentence: 0 text, 1 its star, 2 a line end, 3 the start of another, 4 nothing of a sentence. */
const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === STAR) return 1
  if (byte === CR || byte === LF) return 2
  if (byte === DOLLAR || byte === BANG) return 3
  return byte < 0x20 || byte > 0x7e ? 4 : 0
})
/** Where something may start: 1 a sentence, 2 UBX, 3 CASIC, 4 RTCM 3, 5 nothing but a line end, 0 noise. */
const starts = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === DOLLAR || byte === BANG) return 1
  if (byte === 0xb5) return 2
  if (byte === 0xba) return 3
  if (byte === 0xd3) return 4
  return byte === CR || byte === LF ? 5 : 0
})
/** Value of a hexadecimal digit, 255 for anything else. */
const hexes = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase())
  return digit < 0 ? 255 : digit
})
const families: readonly BinaryFamily[] = ['ubx', 'casic', 'rtcm3']

/** Not enough bytes yet to say what stands here. */
const MORE = 0

/** One scanner per open line. What it finds depends on the bytes alone, never on how they were cut into chunks. */
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

  /** Takes any bytes, tells `sink` everything they completed, in order. Never throws. */
  scan(bytes: Uint8Array, sink: ScanSink): void {
    this.#bytes += bytes.length
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + this.#pending.length - this.#end)
      this.#pending.set(part, this.#end)
      this.#end += part.length
      at += part.length
      this.#drain(sink, false)
    }
  }

  /**
   * The line has gone quiet or the file is over: a frame that still waits for bytes will not get them. Tells what was
   * hidden behind it, and a last sentence that lacks only its line end.
   */
  end(sink: ScanSink): void {
    this.#drain(sink, true)
  }

  /** `scan`, with everything found in a list of its own copies. */
  feed(bytes: Uint8Array): ScanEvent[] {
    const list = new EventList()
    this.scan(bytes, list)
    return list.events
  }

  /** `end`, in the same way. */
  flush(): ScanEvent[] {
    const list = new EventList()
    this.end(list)
    return list.events
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

  #drain(sink: ScanSink, final: boolean): void {
    let at = 0
    while (at < this.#end) {
      const start = starts[this.#pending[at] as number] as number
      const taken = this.#takeAt(start, at, sink, final)
      if (taken === MORE) break
      at += taken
      this.#taken += taken
    }
    this.#pending.copyWithin(0, at, this.#end)
    this.#end -= at
  }

  /** Bytes decided upon from `at` on. */
  #takeAt(start: number, at: number, sink: ScanSink, final: boolean): number {
    if (start === 1) return this.#sentenceAt(at, sink, final)
    if (start >= 2 && start <= 4) return this.#frameAt(families[start - 2] as BinaryFamily, at, sink, final)
    if (start === 0) this.#noiseBytes++
    return 1
  }

  #sentenceAt(at: number, sink: ScanSink, final: boolean): number {
    const bytes = this.#pending
    const last = Math.min(this.#end, at + SENTENCE_BYTES_MAX)
    let sum = 0
    for (let i = at + 1; i < last; i++) {
      const byte = bytes[i] as number
      const kind = kinds[byte] as number
      if (kind === 0) sum ^= byte
      else if (kind === 1) return this.#summedAt(at, i, sum, sink, final)
      else return this.#refuse(kind === 2 ? 'unsummed' : 'broken', i - at)
    }
    if (last - at >= SENTENCE_BYTES_MAX) return this.#refuse('overlong', last - at)
    return final ? this.#refuse('truncated', last - at) : MORE
  }

  /** `*hh` and a line end, or the end of everything. The line end is asked for because eight bits of sum are few. */
  #summedAt(at: number, star: number, sum: number, sink: ScanSink, final: boolean): number {
    const bytes = this.#pending
    const there = this.#end - star - 1
    const high = there > 0 ? (hexes[bytes[star + 1] as number] as number) : 0
    const low = there > 1 ? (hexes[bytes[star + 2] as number] as number) : 0
    const ends = there < 3 || kinds[bytes[star + 3] as number] === 2
    if (high === 255 || low === 255 || !ends) return this.#refuse('broken', star + 1 - at)
    if (there < 3 && !final) return MORE
    if (there < 2) return this.#refuse('truncated', star + 1 - at)
    if (sum !== high * 16 + low) return this.#refuse('checksum', star + 3 - at)
    this.#sentences++
    sink.sentence(bytes, at, star, this.#taken)
    return star + 3 - at
  }

  #frameAt(family: BinaryFamily, at: number, sink: ScanSink, final: boolean): number {
    const bytes = this.#pending
    const there = this.#end - at
    if (there > 1 && !isSecond(family, bytes[at + 1] as number)) {
      this.#noiseBytes++
      return 1
    }
    const size = sizeOf(family, bytes, at, there)
    if (size > FRAME_BYTES_MAX) return this.#refuse('overlong', 1)
    if (size === MORE || size > there) return final ? this.#refuse('truncated', 1) : MORE
    if (!isSumRight(family, bytes, at, size)) return this.#refuse('checksum', 1)
    this.#frames[family]++
    sink.frame(family, bytes, at, at + size, this.#taken)
    return size
  }

  #refuse(why: Refusal, taken: number): number {
    this.#refused[why]++
    return taken
  }
}

/** Copies of everything found. */
class EventList implements ScanSink {
  readonly events: ScanEvent[] = []

  sentence(bytes: Uint8Array, from: number, star: number, at: number): void {
    this.events.push({ kind: 'sentence', text: String.fromCharCode(...bytes.subarray(from, star + 3)), at })
  }

  frame(family: BinaryFamily, bytes: Uint8Array, from: number, to: number, at: number): void {
    this.events.push({ kind: 'frame', family, bytes: bytes.slice(from, to), at })
  }
}

const isSecond = (family: BinaryFamily, byte: number): boolean =>
  family === 'ubx' ? byte === 0x62 : family === 'casic' ? byte === 0xce : (byte & 0xfc) === 0

const u16At = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8)

/** Whole size of the frame, MORE while its length field has not arrived. A CASIC payload is made of words. */
const sizeOf = (family: BinaryFamily, bytes: Uint8Array, at: number, there: number): number => {
  switch (family) {
    case 'ubx':
      return there < 6 ? MORE : u16At(bytes, at + 4) + 8
    case 'casic': {
      const length = there < 4 ? MORE : u16At(bytes, at + 2)
      return there < 4 ? MORE : length % 4 === 0 ? length + 10 : FRAME_BYTES_MAX + 1
    }
    case 'rtcm3':
      return there < 3 ? MORE : (((bytes[at + 1] as number) & 3) << 8) + (bytes[at + 2] as number) + 6
  }
}

const isSumRight = (family: BinaryFamily, bytes: Uint8Array, at: number, size: number): boolean => {
  const end = at + size
  switch (family) {
    case 'ubx':
      return fletcherOf(bytes, at + 2, end - 2) === u16At(bytes, end - 2)
    case 'casic':
      return (
        casicSumOf(bytes, at + 6, size - 10) === (u16At(bytes, end - 4) | (u16At(bytes, end - 2) << 16)) >>> 0
      )
    case 'rtcm3':
      return (
        crc24qOf(bytes, at, end - 3) ===
        (((bytes[end - 3] as number) << 16) | ((bytes[end - 2] as number) << 8) | (bytes[end - 1] as number))
      )
  }
}
