import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { GnssDecoder } from '#hardware/gnss/decoder.ts'
import type { Fix } from '#protocols/fix.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import { withoutHeader } from '#protocols/nmea/capture.ts'
import { randomOf } from '#sim/random.ts'
import { receptionOf } from '#sim/receiver/conditions.ts'
import type { Spell } from '#sim/receiver/conditions.ts'
import { PERSONALITIES } from '#sim/receiver/personality.ts'
import type { Personality } from '#sim/receiver/personality.ts'
import { simulatedReceiver } from '#sim/receiver/receiver.ts'
import type { Truth } from '#sim/receiver/receiver.ts'
import { habitsOf } from './oracle/capture-habits.ts'

const CAPTURES = join(process.env['REACH5_DATA'] ?? '../shared/data', 'nmea', 'gpsd')
const there = existsSync(CAPTURES)
if (!there) console.warn(`NOT RUN: no captures at ${CAPTURES}; personalities are not held against them`)

const rows: readonly (readonly [string, Personality])[] = Object.entries(PERSONALITIES)
const taken = rows.filter(([, row]) => row.from !== undefined)

describe.skipIf(!there)('a personality taken from a capture', () => {
  it.each(taken)('%s talks as its capture does', (_, row) => {
    const capture = readFileSync(join(CAPTURES, `${row.from}.log`))
    const heard = habitsOf(withoutHeader(capture), row.order[0]!)
    expect(heard).toEqual({
      order: row.order,
      talker: row.talker,
      gsvTalkers: row.order.includes('GSV') ? row.constellations.map(c => c.talker).sort() : [],
      systemIds: row.constellations.some(c => c.systemId !== undefined),
      signalIds: row.constellations.some(c => c.signalId !== undefined),
      minuteDecimals: row.minuteDecimals,
      timeDecimals: row.timeDecimals,
      rateHz: row.rateHz,
    })
  })

  it('there are at least eight of them', () => {
    expect(taken.length).toBeGreaterThanOrEqual(8)
  })
})

/** Ten minutes around midnight, the car going east at 12 m/s. */
const MIDNIGHT_UTC_MS = Date.UTC(2026, 10, 25)
const BEGIN_UTC_MS = MIDNIGHT_UTC_MS - 300_000
const END_UTC_MS = MIDNIGHT_UTC_MS + 300_000
const spell = (fromSec: number, untilSec: number) => ({
  fromUtcMs: BEGIN_UTC_MS + fromSec * 1000,
  untilUtcMs: BEGIN_UTC_MS + untilSec * 1000,
})
const SPELLS: readonly Spell[] = [
  { ...spell(0, 40), kind: 'cold-start' },
  { ...spell(100, 130), kind: 'tunnel' },
  { ...spell(160, 190), kind: 'tunnel', estimates: true },
  { ...spell(340, 400), kind: 'multipath', offM: 20 },
  { ...spell(440, 450), kind: 'antenna', fault: 'open' },
]
const within = (utcMs: number, ...[from, until]: [number, number]): boolean =>
  utcMs >= BEGIN_UTC_MS + from * 1000 && utcMs < BEGIN_UTC_MS + until * 1000

function truthAt(utcMs: number): Truth {
  const seconds = (utcMs - BEGIN_UTC_MS) / 1000
  return { lat: 35.41, lon: 116.5 + seconds * 0.00013, speedMps: 11.8, trackDeg: 90, utcMs, fix: true }
}

function drive(row: Personality, spells: readonly Spell[]): Map<number, Fix> {
  const receiver = simulatedReceiver(row)
  const decoder = new GnssDecoder({ closeEarly: true })
  const reception = receptionOf(spells, randomOf(7, row.from ?? 'fleet', 'reception'))
  const fixes: Fix[] = []
  const stepMs = 1000 / row.rateHz
  for (let utcMs = BEGIN_UTC_MS + (row.phaseMs ?? 0); utcMs < END_UTC_MS; utcMs += stepMs) {
    fixes.push(...decoder.feed(receiver.epoch(reception(truthAt(utcMs)))))
    if (row.rateHz <= 2) fixes.push(...decoder.quiet())
  }
  fixes.push(...decoder.quiet())
  return new Map(fixes.filter(f => f.timeUtcMs !== undefined).map(f => [f.timeUtcMs!, f]))
}

describe('every personality, over midnight, through what stands between a car and the sky', () => {
  let epochs = 0
  it.each(rows)('%s: tells every moment the receiver had and none it had not', (_, row) => {
    const fixes = drive(row, SPELLS)
    const digitM = (10 ** -row.minuteDecimals * 1852) / 1.9
    let fixed = 0
    for (const [utcMs, fix] of fixes) {
      epochs++
      const lateSec = (row.lateMs ?? 0) / 1000
      const blind = within(utcMs, 100 + lateSec, 130) || within(utcMs, 440 + lateSec, 450)
      if (blind || within(utcMs, 0, 32)) expect(fix.mode).toBe(1)
      if (fix.lat === undefined || fix.lon === undefined) continue
      fixed++
      if (within(utcMs, 340, 400)) continue // wanders off by itself
      const said = { lat: fix.lat, lon: fix.lon }
      // A receiver whose GGA is late dates an epoch by either of its times.
      const offM = distanceM(said, truthAt(utcMs))
      expect(offM).toBeLessThan(digitM + lateSec * 12 + 0.05)
    }
    const dates = [...fixes.keys()].map(ms => new Date(ms).getUTCDate())
    expect(new Set(dates)).toEqual(new Set([24, 25]))
    // 600 s less 32 s of cold start and 40 s of blindness; an estimate may be told as a fix or not.
    expect(fixed / row.rateHz).toBeGreaterThan(495)
    expect(fixed / row.rateHz).toBeLessThanOrEqual(529)
  })

  it('has seen them all', () => {
    console.log(`personalities: ${rows.length}, ${epochs} epochs`)
    expect(epochs).toBeGreaterThan(rows.length * 500)
  })

  it('a firmware past its week is flagged, never put right in silence', () => {
    const fixes = drive(PERSONALITIES['ublox-8'], [{ ...spell(0, 600), kind: 'rollover' }])
    expect(fixes.size).toBeGreaterThan(500)
    for (const [utcMs, fix] of fixes) {
      expect(fix.dateSuspect).toBe(true)
      expect(new Date(utcMs).getUTCFullYear()).toBe(2007)
    }
  })
})
