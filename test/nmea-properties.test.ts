import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GnssDecoder } from '#hardware/gnss/decoder.ts'
import { Fix } from '#protocols/fix.ts'
import {
  encodeGga,
  encodeGll,
  encodeGsa,
  encodeGsv,
  encodeRmc,
  encodeVtg,
  lineOf,
} from '#protocols/nmea/encode.ts'
import { Scanner } from '#protocols/nmea/scanner.ts'
import type { Sentence } from '#protocols/nmea/sentence.ts'
import { parseSentence } from '#protocols/nmea/sentence.ts'
import { PERSONALITIES } from '#sim/receiver/personality.ts'
import type { Personality } from '#sim/receiver/personality.ts'
import { simulatedReceiver } from '#sim/receiver/receiver.ts'

const SEED = 5110

/** Runs a property and says how many cases it saw: none at all would prove nothing. */
function holds<T extends [unknown, ...unknown[]]>(
  name: string,
  runs: number,
  property: fc.IProperty<T>,
  count: () => number,
): void {
  fc.assert(property, { seed: SEED, numRuns: runs })
  console.log(`${name}: ${count()} cases, seed ${SEED}`)
  expect(count()).toBeGreaterThan(0)
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, c => c.charCodeAt(0))
const decode = (bytes: Uint8Array): Fix[] => {
  const decoder = new GnssDecoder()
  return [...decoder.feed(bytes), ...decoder.quiet()]
}

/** Noise with the openings of frames strewn in, so that most of it leads the scanner into one. */
const noise = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(
        ascii('$GPRMC,'),
        ascii('*5A\r\n'),
        Uint8Array.of(0xb5, 0x62, 1, 7, 92, 0),
        Uint8Array.of(0xba, 0xce, 72, 0),
        Uint8Array.of(0xd3, 0, 19),
        ascii(encodeGga({ talker: 'GN', timeMs: 1000, quality: 1, place: { lat: 35.4, lon: 116.5 } })),
      ),
    ),
    { maxLength: 30 },
  )
  .map(parts => Uint8Array.from(parts.flatMap(part => [...part])))

const talker = fc.constantFrom('GP', 'GN', 'GB', 'GL', 'GA')
const timeMs = fc.integer({ min: 0, max: 8_639_999 }).map(cs => cs * 10)
const place = fc.record({
  lat: fc.integer({ min: -539_999_999, max: 539_999_999 }).map(u => u / 6_000_000),
  lon: fc.integer({ min: -1_079_999_999, max: 1_079_999_999 }).map(u => u / 6_000_000),
})
const tenth = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: max * 10 }).map(n => n / 10)

const sentence: fc.Arbitrary<readonly [Sentence, string]> = fc.oneof(
  fc
    .record({
      type: fc.constant('RMC' as const),
      talker,
      timeMs,
      valid: fc.boolean(),
      place,
      speedKn: tenth(150),
      trackDeg: tenth(360),
      date: fc.record({
        year: fc.integer({ min: 2000, max: 2079 }),
        month: fc.integer({ min: 1, max: 12 }),
        day: fc.integer({ min: 1, max: 28 }),
      }),
    })
    .map(s => [s, encodeRmc(s)] as const),
  fc
    .record({
      type: fc.constant('GGA' as const),
      talker,
      timeMs,
      place,
      quality: fc.integer({ min: 0, max: 8 }),
      satsUsed: fc.integer({ min: 0, max: 40 }),
      hdop: tenth(50),
      altMslM: tenth(4000),
    })
    .map(s => [s, encodeGga(s)] as const),
  fc
    .record({ type: fc.constant('GLL' as const), talker, timeMs, place, valid: fc.boolean() })
    .map(s => [s, encodeGll(s)] as const),
  fc
    .record({
      type: fc.constant('VTG' as const),
      talker,
      valid: fc.boolean(),
      trackDeg: tenth(360),
      speedKn: tenth(150),
    })
    .map(s => [s, encodeVtg(s)] as const),
  fc
    .record({
      type: fc.constant('GSA' as const),
      talker,
      mode: fc.constantFrom(1 as const, 2 as const, 3 as const),
      satellites: fc.array(fc.integer({ min: 1, max: 99 }), { maxLength: 12 }),
      hdop: tenth(50),
      systemId: fc.integer({ min: 1, max: 6 }),
    })
    .map(s => [s, encodeGsa(s)] as const),
)

/** Numbers equal to what five decimals of a minute can hold. */
const close = (a: unknown, b: unknown): boolean => {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) < 2e-7
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  const keys = new Set([...Object.keys(left), ...Object.keys(right)])
  return [...keys].every(key => close(left[key], right[key]))
}

describe('NMEA, whatever arrives', () => {
  it('takes any bytes without a throw and without an impossible fix', () => {
    let seen = 0
    const property = fc.property(noise, bytes => {
      for (const fix of decode(bytes)) Fix.parse(fix)
      seen++
    })
    holds('any bytes', 3000, property, () => seen)
  })

  it('gives the same events however the bytes are cut', () => {
    let seen = 0
    const property = fc.property(
      noise,
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
      (bytes, cuts) => {
        const whole = new Scanner()
        const expected = [...whole.feed(bytes), ...whole.flush()]
        const cut = new Scanner()
        const events = []
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const length = cuts[i % cuts.length] as number
          events.push(...cut.feed(bytes.subarray(at, at + length)))
          at += length
        }
        events.push(...cut.flush())
        expect(events).toEqual(expected)
        expect(cut.counts()).toEqual(whole.counts())
        for (const event of events)
          if (event.kind === 'sentence')
            expect(String.fromCharCode(...bytes.subarray(event.at, event.at + event.text.length))).toBe(
              event.text,
            )
        seen++
      },
    )
    holds('any chunking', 2000, property, () => seen)
  })

  it('reads back what it wrote', () => {
    let seen = 0
    const property = fc.property(sentence, ([said, text]) => {
      const heard = parseSentence(text.trimEnd())
      expect(heard.ok, text).toBe(true)
      if (!heard.ok) return
      // 0N 0E is no place; it is the one thing that is not given back.
      if ('place' in said && said.place?.lat === 0 && said.place.lon === 0) return
      expect(close(heard.value, said), `${text} ${JSON.stringify(heard.value)}`).toBe(true)
      seen++
    })
    holds('write and read', 5000, property, () => seen)
  })

  it('reads every satellite of a GSV once, in lines that count themselves', () => {
    let seen = 0
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 32 }), { maxLength: 20 })
    const property = fc.property(numbers, fc.boolean(), (satellites, signal) => {
      const sky = satellites.map(number => ({ number, elevationDeg: 40, azimuthDeg: 359.7, snrDb: 33 }))
      const heard = encodeGsv('GP', sky, signal ? '1' : undefined).map(line => parseSentence(line.trimEnd()))
      const read = heard.flatMap(h => (h.ok && h.value.type === 'GSV' ? [h.value] : []))
      expect(read.flatMap(g => g.satellites)).toEqual(satellites)
      expect(read.map(g => g.at)).toEqual(read.map((_, i) => i + 1))
      seen++
    })
    holds('satellites in view', 500, property, () => seen)
  })

  it('never throws on a fuzzed sentence with a right checksum, never gives a value out of range', () => {
    let [seen, accepted] = [0, 0]
    const junk = fc.oneof(
      fc.constantFrom(
        '',
        '-1',
        '999',
        '1e9',
        'NaN',
        '0x10',
        '99999999999999999999',
        '٣',
        '-',
        '.',
        '__proto__',
      ),
      fc.string({ maxLength: 12 }).map(s => s.replace(/[,*$!\r\n]/g, '')),
      fc.integer({ min: -1000, max: 1_000_000 }).map(String),
    )
    const address = fc.constantFrom(
      'toString',
      'GPtoString',
      'GPconstructor',
      'GPDTM',
      'PGRMZ',
      'PMTK',
      'GNXXX',
    )
    const fuzzed = fc.tuple(
      sentence,
      fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), junk), { maxLength: 4 }),
      fc.option(address),
    )
    const property = fc.property(fuzzed, ([[, text], changes, name]) => {
      const fields = text.slice(1, text.lastIndexOf('*')).split(',')
      for (const [at, value] of changes) if (at > 0) fields[at % (fields.length + 2)] = value
      if (name !== null) fields[0] = name
      const line = lineOf(fields.map(f => f ?? ''))
      const read = parseSentence(line.trimEnd())
      if (read.ok) accepted++
      for (const fix of decode(ascii(line))) {
        Fix.parse(fix)
        if (fix.mode >= 2) expect(fix.lat === 0 && fix.lon === 0).toBe(false)
      }
      seen++
    })
    holds('fuzzed sentences', 10_000, property, () => seen)
    console.log(`fuzzed sentences: ${accepted} of ${seen} still made sense`)
    expect(accepted).toBeGreaterThan(0)
  })

  it('hears from the simulated receiver where the car is', () => {
    let seen = 0
    const truth = fc.record({
      lat: fc.double({ min: -80, max: 80, noNaN: true }),
      lon: fc.double({ min: 0.1, max: 179.9, noNaN: true }),
      speedMps: fc.double({ min: 0, max: 60, noNaN: true }),
      trackDeg: fc.double({ min: 0, max: 360, noNaN: true }),
      altMslM: fc.double({ min: -400, max: 5000, noNaN: true }),
      utcMs: fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2040, 0, 1) }),
      fix: fc.boolean(),
    })
    // One with two times in an epoch needs to be heard for longer: `nmea-personalities.test.ts`.
    const makes: readonly Personality[] = Object.values(PERSONALITIES).filter(p => !('lateMs' in p))
    const property = fc.property(truth, fc.constantFrom(...makes), (drawn, make) => {
      const t = make.timeDecimals === 0 ? { ...drawn, utcMs: drawn.utcMs - (drawn.utcMs % 1000) } : drawn
      const fixes = decode(simulatedReceiver(make).epoch(t))
      const fix = Fix.parse(fixes.at(-1))
      // Before the first date each sentence that tells a place gives one: the same.
      for (const early of fixes.slice(0, -1))
        expect([early.timeUtcMs, early.lat, early.lon]).toEqual([undefined, fix.lat, fix.lon])
      expect(fix.mode).toBe(t.fix ? 3 : 1)
      seen++
      if (!t.fix) {
        expect([fix.lat, fix.lon, fix.speedMps, fix.altMslM]).toEqual(Array(4).fill(undefined))
        return
      }
      expect(fix.timeUtcMs).toBe(t.utcMs)
      const halfDigitDeg = 10 ** -make.minuteDecimals / 120 + 1e-9
      expect(Math.abs((fix.lat ?? NaN) - t.lat)).toBeLessThan(halfDigitDeg)
      expect(Math.abs((fix.lon ?? NaN) - t.lon)).toBeLessThan(halfDigitDeg)
      expect(Math.abs((fix.speedMps ?? NaN) - t.speedMps)).toBeLessThan(0.001)
      expect(Math.abs((fix.altMslM ?? NaN) - t.altMslM)).toBeLessThan(0.051)
      expect(fix.satsUsed).toBeLessThanOrEqual(fix.satsSeen ?? fix.satsUsed ?? 0)
    })
    holds('simulated receiver', 1000, property, () => seen)
  })
})
