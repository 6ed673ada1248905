import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { casicSumOf, crc24qOf, fletcherOf } from './checksum.ts'
import { lineOf } from './encode.ts'
import { FRAME_BYTES_MAX, SENTENCE_BYTES_MAX, Scanner } from './scanner.ts'
import type { ScanEvent } from './scanner.ts'

const ascii = (text: string): Uint8Array => Uint8Array.from(text, c => c.charCodeAt(0))
const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap(p => [...p]))

const ubx = (payload: readonly number[]): Uint8Array => {
  const frame = [0xb5, 0x62, 0x01, 0x07, payload.length & 0xff, payload.length >> 8, ...payload]
  const sum = fletcherOf(Uint8Array.from(frame), 2, frame.length)
  return Uint8Array.from([...frame, sum & 0xff, sum >> 8])
}
const casic = (words: readonly number[]): Uint8Array => {
  const payload = words.flatMap(w => [w & 0xff, (w >> 8) & 0xff, (w >> 16) & 0xff, w >>> 24])
  const frame = [0xba, 0xce, payload.length & 0xff, payload.length >> 8, 0x01, 0x03, ...payload]
  const sum = casicSumOf(Uint8Array.from(frame), 6, payload.length)
  return Uint8Array.from([...frame, sum & 0xff, (sum >> 8) & 0xff, (sum >> 16) & 0xff, sum >>> 24])
}
const rtcm3 = (payload: readonly number[]): Uint8Array => {
  const frame = [0xd3, payload.length >> 8, payload.length & 0xff, ...payload]
  const crc = crc24qOf(Uint8Array.from(frame), 0, frame.length)
  return Uint8Array.from([...frame, crc >> 16, (crc >> 8) & 0xff, crc & 0xff])
}
const gll = lineOf(['GPGLL', '3524.9000', 'N', '11635.2000', 'E', '024507.00', 'A', 'A'])

const eventsOf = (bytes: Uint8Array, cuts: readonly number[] = []): ScanEvent[] => {
  const scanner = new Scanner()
  const events: ScanEvent[] = []
  let from = 0
  for (const cut of [...cuts, bytes.length].map(c => Math.min(c, bytes.length)).sort((a, b) => a - b)) {
    events.push(...scanner.feed(bytes.subarray(from, cut)))
    from = cut
  }
  return [...events, ...scanner.flush()]
}
const names = (events: readonly ScanEvent[]): string[] =>
  events.map(e => (e.kind === 'sentence' ? e.text.slice(1, 6) : e.family))

describe('frames on a receiver line', () => {
  it('checks the sums as the format documents print them', () => {
    // UBX-MON-VER poll, u-blox; RTCM 10403.1 example of message 1005.
    expect(fletcherOf(Uint8Array.of(0x0a, 0x04, 0, 0), 0, 4)).toBe(0x340e)
    const message1005 = 'd300133ed7d30202980edeef34b4bd62ac0941986f33360b98'
    const bytes = Uint8Array.from(message1005.match(/../g) ?? [], h => parseInt(h, 16))
    expect(names(eventsOf(bytes))).toEqual(['rtcm3'])
  })

  it('finds sentences and all three binary families in one stream', () => {
    const bytes = joined(
      ascii(gll),
      ubx([1, 2, 3]),
      ascii(gll),
      casic([7, 0xffffffff]),
      rtcm3([9, 9]),
      ascii(gll),
    )
    expect(names(eventsOf(bytes))).toEqual(['GPGLL', 'ubx', 'GPGLL', 'casic', 'rtcm3', 'GPGLL'])
  })

  it('keeps a sentence that stands in the payload of a good frame inside that frame', () => {
    expect(names(eventsOf(joined(ubx([...ascii(gll)]), ascii(gll))))).toEqual(['ubx', 'GPGLL'])
  })

  it('finds the sentences inside a frame whose length was damaged', () => {
    const broken = ubx([...ascii(gll), ...ascii(gll)])
    broken[4] = 0xff
    const scanner = new Scanner()
    expect(scanner.feed(joined(broken, ascii(gll)))).toHaveLength(0)
    expect(scanner.feed(ascii(gll.repeat(6)))).not.toHaveLength(0)
    expect(scanner.counts().refused.checksum).toBe(1)
  })

  it('gives up an unfinished frame when the line goes quiet and shows what it hid', () => {
    const scanner = new Scanner()
    expect(scanner.feed(joined(Uint8Array.of(0xb5, 0x62, 1, 7, 0xf0, 0x0f), ascii(gll)))).toHaveLength(0)
    expect(names(scanner.flush())).toEqual(['GPGLL'])
    expect(scanner.counts().refused.truncated).toBe(1)
  })

  it('refuses an altered, an unsummed, a broken and an overlong sentence, and counts each', () => {
    const scanner = new Scanner()
    const altered = gll.replace('3524', '3525')
    const unsummed = '$GPGLL,,,,,,V,N\r\n'
    const broken = '$GPGLL,3524$GPX'
    const overlong = `$GPTXT,${'x'.repeat(SENTENCE_BYTES_MAX)}*00\r\n`
    const events = scanner.feed(ascii(altered + unsummed + broken + '\r\n' + overlong + gll))
    expect(names(events)).toEqual(['GPGLL'])
    const { refused } = scanner.counts()
    expect(refused).toEqual({ checksum: 1, overlong: 1, broken: 1, unsummed: 2, truncated: 0 })
  })

  it('refuses a frame longer than its bound at once instead of waiting for it', () => {
    const long = Uint8Array.of(0xb5, 0x62, 1, 7, FRAME_BYTES_MAX & 0xff, FRAME_BYTES_MAX >> 8)
    expect(names(new Scanner().feed(joined(long, ascii(gll))))).toEqual(['GPGLL'])
  })

  it('takes a last sentence without a line end when the file is over, not before', () => {
    const scanner = new Scanner()
    expect(scanner.feed(ascii(gll.trimEnd()))).toHaveLength(0)
    expect(names(scanner.flush())).toEqual(['GPGLL'])
  })
})

/** Streams like a bad wire: frames, pieces of frames, sync bytes and noise in any order. */
const piece = fc.oneof(
  fc.constant(ascii(gll)),
  fc.uint8Array({ maxLength: 300 }).map(p => ubx([...p])),
  fc.uint8Array({ maxLength: 40 }).map(p => rtcm3([...p])),
  fc.array(fc.nat(0xffffffff), { maxLength: 8 }).map(casic),
  fc.uint8Array({ maxLength: 60 }),
  fc.constantFrom(...['$', '!', '*', '\r\n', '$GPRMC,', '*4', '$GP*00\r\n'].map(ascii)),
  fc
    .constantFrom(
      [0xb5],
      [0xb5, 0x62],
      [0xba, 0xce],
      [0xd3],
      [0xd3, 0x03, 0xff],
      [0xb5, 0x62, 1, 7, 0xff, 0x0f],
    )
    .map(b => Uint8Array.from(b)),
)
const stream = fc
  .array(fc.tuple(piece, fc.nat(400), fc.nat(9)), { maxLength: 30 })
  .map(parts =>
    joined(...parts.map(([bytes, cut, chance]) => (chance === 0 ? bytes.subarray(0, cut) : bytes))),
  )

describe('any bytes', () => {
  it('give the same events however they are cut, and never throw', () => {
    let cases = 0
    let events = 0
    fc.assert(
      fc.property(stream, fc.array(fc.nat(8000), { maxLength: 40 }), (bytes, cuts) => {
        const whole = eventsOf(bytes)
        expect(eventsOf(bytes, cuts)).toEqual(whole)
        cases++
        events += whole.length
      }),
      { seed: 20261124, numRuns: 400 },
    )
    console.info(`scanner: ${cases} streams, ${events} events`)
    expect(Math.min(cases, events)).toBeGreaterThan(0)
  })

  it('give the same events one byte at a time', () => {
    let cases = 0
    fc.assert(
      fc.property(stream, bytes => {
        expect(eventsOf(bytes, [...bytes.keys()])).toEqual(eventsOf(bytes))
        cases++
      }),
      { seed: 5, numRuns: 40 },
    )
    expect(cases).toBeGreaterThan(0)
  })

  it('keep every whole sentence that follows noise without sync bytes', () => {
    let cases = 0
    const noise = fc
      .uint8Array({ maxLength: 200 })
      .map(b => b.filter(x => ![0x24, 0x21, 0xb5, 0xba, 0xd3].includes(x)))
    fc.assert(
      fc.property(fc.array(noise, { minLength: 1, maxLength: 8 }), parts => {
        const bytes = joined(...parts.flatMap(p => [p, ascii(gll)]))
        expect(names(eventsOf(bytes))).toEqual(parts.map(() => 'GPGLL'))
        cases++
      }),
      { seed: 6, numRuns: 200 },
    )
    expect(cases).toBeGreaterThan(0)
  })
})
