import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeGga, encodeGll, encodeGsa, encodeGsv, encodeRmc, encodeVtg, lineOf } from './encode.ts'
import { parseSentence } from './sentence.ts'
import type { Gga, Gll, Gsa, Rmc, Vtg } from './sentence.ts'

/** What comes back from a written line. */
const back = (line: string): unknown => {
  expect(line.endsWith('\r\n')).toBe(true)
  const result = parseSentence(line.trimEnd())
  return result.ok ? result.value : result
}

/** Values that the written digits hold exactly, so that the way back is equal and not merely near. */
const scaled = (unit: number, min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: Math.ceil(min * unit), max: Math.floor(max * unit) }).map(n => n / unit)
/** A coordinate on a hundred-thousandth of a minute, computed as a reader computes it. */
const coordinate = (maxDeg: number): fc.Arbitrary<number> =>
  fc
    .tuple(fc.nat(maxDeg - 1), fc.nat(5_999_999), fc.boolean())
    .map(([deg, minutes, negative]) => (deg + Number((minutes / 1e5).toFixed(5)) / 60) * (negative ? -1 : 1))
const place = fc
  .record({ lat: coordinate(90), lon: coordinate(180) })
  .filter(p => Math.abs(p.lat) + Math.abs(p.lon) > 1e-4)
  .map(p => ({ lat: p.lat === 0 ? 0 : p.lat, lon: p.lon === 0 ? 0 : p.lon }))
const talker = fc.constantFrom('GP', 'GN', 'GL', 'GA', 'BD', 'GB', 'GQ', 'IN')
const timeMs = fc.nat(86_399_999)
const date = fc
  .integer({ min: Date.UTC(1980, 0, 6), max: Date.UTC(2079, 11, 31) })
  .map(ms => new Date(ms))
  .map(d => ({ year: d.getUTCFullYear(), month: d.getUTCMonth() + 1, day: d.getUTCDate() }))
const hdop = scaled(100, 0.3, 50)
const trackDeg = scaled(100, 0, 359.99)
const speedKn = scaled(1000, 0, 300)
const only = { noNullPrototype: true } as const

const rmc = fc.record(
  { talker, timeMs, valid: fc.boolean(), place, speedKn, trackDeg, date },
  { ...only, requiredKeys: ['talker', 'valid'] },
)
const gga = fc.record(
  { talker, timeMs, place, quality: fc.nat(8), satsUsed: fc.nat(60), hdop, altMslM: scaled(10, -400, 9000) },
  { ...only, requiredKeys: ['talker', 'quality'] },
)
const gll = fc.record(
  { talker, timeMs, place, valid: fc.boolean() },
  { ...only, requiredKeys: ['talker', 'valid'] },
)
const vtg = fc.record(
  { talker, valid: fc.boolean(), trackDeg, speedKn },
  { ...only, requiredKeys: ['talker', 'valid'] },
)
const gsa = fc.record(
  {
    talker,
    mode: fc.constantFrom(1 as const, 2 as const, 3 as const),
    satellites: fc.array(fc.integer({ min: 1, max: 463 }), { maxLength: 12 }),
    hdop,
    systemId: fc.integer({ min: 1, max: 6 }),
  },
  { ...only, requiredKeys: ['talker', 'mode', 'satellites'] },
)

describe('written sentences', () => {
  it('carry the checksum of the examples in the standard', () => {
    expect(lineOf(['GPGLL', '', '', '', '', '', 'V', 'N'])).toBe('$GPGLL,,,,,,V,N*64\r\n')
  })

  it('are what a receiver over Qufu would say', () => {
    const line = encodeRmc({
      talker: 'GN',
      timeMs: 9_907_000,
      valid: true,
      place: { lat: 35.415, lon: 116.5867 },
      speedKn: 12,
      trackDeg: 90,
      date: { year: 2026, month: 11, day: 24 },
    })
    expect(line).toMatch(
      /^\$GNRMC,024507\.00,A,3524\.90000,N,11635\.20200,E,12\.000,90\.00,241126,,,A,V\*[0-9A-F]{2}\r\n$/,
    )
  })

  it('carry 59.9999999 minutes over to the next degree', () => {
    const line = encodeGll({ talker: 'GP', valid: true, place: { lat: 34.9999999999, lon: -0.9999999999 } })
    expect(line).toContain('3500.00000,N,00100.00000,W')
  })

  it('come back as they were: decode(encode(x)) is x', () => {
    let cases = 0
    const same = <T extends object>(
      type: string,
      arbitrary: fc.Arbitrary<T>,
      write: (value: T) => string,
    ): void => {
      fc.assert(
        fc.property(arbitrary, value => {
          expect(back(write(value))).toEqual({ type, ...value })
          cases++
        }),
        { seed: 20261124, numRuns: 300 },
      )
    }
    same('RMC', rmc as fc.Arbitrary<Omit<Rmc, 'type'>>, x => encodeRmc(x))
    same('GGA', gga as fc.Arbitrary<Omit<Gga, 'type'>>, x => encodeGga(x))
    same('GLL', gll as fc.Arbitrary<Omit<Gll, 'type'>>, x => encodeGll(x))
    same('VTG', vtg as fc.Arbitrary<Omit<Vtg, 'type'>>, x => encodeVtg(x))
    same('GSA', gsa as fc.Arbitrary<Omit<Gsa, 'type'>>, x => encodeGsa(x))
    console.info(`encode: ${cases} sentences there and back`)
    expect(cases).toBe(1500)
  })

  it('tell every satellite of a GSV set once, with and without a signal', () => {
    let cases = 0
    const satellite = fc.record({
      number: fc.integer({ min: 1, max: 99 }),
      elevationDeg: fc.nat(90),
      azimuthDeg: fc.nat(359),
    })
    fc.assert(
      fc.property(
        fc.array(satellite, { maxLength: 30 }),
        fc.constantFrom(undefined, '1', '7'),
        (sky, signalId) => {
          const parts = encodeGsv('GB', sky, signalId).map(back) as {
            of: number
            at: number
            satellites: number[]
            signalId?: string
          }[]
          expect(parts.flatMap(p => p.satellites)).toEqual(sky.map(s => s.number))
          expect(parts.map(p => p.at)).toEqual(parts.map((_, i) => i + 1))
          expect(parts.every(p => p.of === parts.length && p.signalId === signalId)).toBe(true)
          cases++
        },
      ),
      { seed: 7, numRuns: 200 },
    )
    expect(cases).toBe(200)
  })
})
