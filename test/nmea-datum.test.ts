import { describe, expect, it } from 'vitest'
import { BelievedFixes } from '#hardware/gnss/believed-fixes.ts'
import { GnssDecoder } from '#hardware/gnss/decoder.ts'
import { GpsdDecoder } from '#hardware/gnss/gpsd-decoder.ts'
import type { Fix } from '#protocols/fix.ts'
import { encodeDtm, encodeGga, encodeRmc } from '#protocols/nmea/encode.ts'

const PLACE = { lat: 35.6, lon: 116.98 }
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

function epoch(second: number): string {
  const about = { talker: 'GP', place: PLACE, timeMs: (3 * 3600 + second) * 1000 }
  const date = { year: 2026, month: 11, day: 28 }
  return (
    encodeRmc({ ...about, valid: true, date, speedKn: 0 }) +
    encodeGga({ ...about, quality: 1, satsUsed: 9, hdop: 0.9, altMslM: 60 })
  )
}

/** Epochs as a receiver sends them: each a burst, then quiet. */
function fixesOf(bursts: readonly string[]): Fix[] {
  const decoder = new GnssDecoder()
  return bursts.flatMap(burst => [...decoder.feed(ascii(burst)), ...decoder.quiet()])
}

describe('another datum', () => {
  it.each([
    ['before its places', (s: number) => encodeDtm('GP', 'P90') + epoch(s)],
    ['behind its places', (s: number) => epoch(s) + encodeDtm('GP', 'P90')],
    ['once', (s: number) => (s === 1 ? encodeDtm('GP', 'P90') : '') + epoch(s)],
  ])('told %s flags every place, which is still told', (_, burst) => {
    const fixes = fixesOf([1, 2, 3, 4, 5].map(burst))
    expect(fixes.length).toBe(5)
    for (const fix of fixes) expect(fix).toMatchObject({ datumSuspect: 'P90', lat: 35.6, mode: 3 })
  })

  it('ends with the word W84, and an empty one says nothing', () => {
    const fixes = fixesOf([
      encodeDtm('GP', '999') + epoch(1),
      encodeDtm('GP', '') + epoch(2),
      encodeDtm('GP', 'W84') + epoch(3),
    ])
    expect(fixes.map(fix => fix.datumSuspect)).toEqual(['999', '999', undefined])
  })

  it('is refused and counted: time and sky are published, the place is not', () => {
    const believed = new BelievedFixes()
    const published = fixesOf([encodeDtm('GP', 'P90') + epoch(1)]).map(fix => believed.take(fix, 1_000))
    expect(published).toEqual([expect.objectContaining({ mode: 1, datumSuspect: 'P90' })])
    expect(published[0]).toHaveProperty('timeUtcMs')
    for (const key of ['lat', 'lon', 'altMslM', 'speedMps', 'trackDeg', 'hdop'])
      expect(published[0]).not.toHaveProperty(key)
    expect(believed.refused()).toMatchObject({ datum: 1, jump: 0 })
  })

  it('is heard from gpsd too', () => {
    const tpv = (datum?: string): string =>
      `${JSON.stringify({ class: 'TPV', device: 'a', mode: 3, time: '2026-11-28T03:00:01.000Z', ...PLACE, datum })}\n`
    const told = (datum?: string) => new GpsdDecoder().feed(ascii(tpv(datum))).map(fix => fix.datumSuspect)
    expect([told('WGS84'), told(), told('PZ90')]).toEqual([[undefined], [undefined], ['PZ90']])
  })
})
