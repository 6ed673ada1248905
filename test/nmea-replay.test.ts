import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { GnssDecoder } from '#hardware/gnss/decoder.ts'
import type { Fix } from '#protocols/fix.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import { withoutHeader } from '#protocols/nmea/capture.ts'
import { encodeGll, encodeRmc } from '#protocols/nmea/encode.ts'
import { Scanner } from '#protocols/nmea/scanner.ts'
import { replayOf } from '#sim/receiver/replay.ts'

const CAPTURES = join(process.env['REACH5_DATA'] ?? '../shared/data', 'nmea/gpsd')
/** Several systems at once, of five makers; one of them with u-blox frames between the sentences. */
const MULTI_CONSTELLATION = [
  'quectel-l76k-nmea.log',
  'telit-pls83-w.log',
  'ublox-neo-m9n-nmea.log',
  'ublox-f9p-hpnmea.log',
  'skytraq-PX1172RH_DS.log',
  'skytraq-dgps.log',
  'ublox-zed-f9r.log',
]
const ANCHOR = { lat: 35.4143, lon: 116.5871 }
/** Ten seconds before midnight, so that every replay crosses it. */
const START_UTC_MS = Date.UTC(2026, 11, 31, 23, 59, 50) + 123

const fixesOf = (bytes: Uint8Array): Fix[] => {
  const decoder = new GnssDecoder()
  // A place told before the first date is told again with it.
  return [...decoder.feed(withoutHeader(bytes)), ...decoder.quiet()].filter(
    fix => fix.mode >= 2 && fix.timeUtcMs !== undefined,
  )
}

type Heard = { readonly fix: Fix; readonly utcMs: number }

/** Whole cycles on a clock that moves only as the replay asks. */
function listen(capture: Uint8Array, cycles: number): Heard[][] {
  const decoder = new GnssDecoder()
  const replay = replayOf(capture, ANCHOR)
  if (!replay.ok) throw new Error(`${replay.code} ${replay.detail}`)
  let utcMs = START_UTC_MS
  let burst = replay.value.next(utcMs)
  return Array.from({ length: cycles }, () => {
    const heard: Heard[] = []
    for (let i = 0; i < replay.value.burstsPerCycle; i++) {
      utcMs += burst.waitMs
      const take = (fix: Fix): unknown => heard.push({ fix, utcMs })
      decoder.feed(burst.bytes).forEach(take)
      burst = replay.value.next(utcMs)
      // As the driver does it: what lies before quiet is one epoch.
      if (burst.waitMs >= 150) decoder.quiet().forEach(take)
    }
    return heard.filter(h => h.fix.mode >= 2)
  })
}

function checkReplay(capture: Uint8Array): { readonly original: number; readonly replayed: number } {
  const original = fixesOf(capture).length
  const perCycle = listen(capture, 3)
  for (const [cycle, heard] of perCycle.entries()) {
    expect(heard.length, `cycle ${cycle}`).toBeGreaterThanOrEqual(0.95 * original)
    const dated = heard.findIndex(h => h.fix.timeUtcMs !== undefined)
    for (const [i, { fix, utcMs }] of heard.entries()) {
      expect(distanceM(ANCHOR, { lat: fix.lat ?? NaN, lon: fix.lon ?? NaN })).toBeLessThan(300)
      // A place may be told before the first sentence with a date; never without one afterwards.
      if (cycle === 0 && i < dated) continue
      expect(Math.abs((fix.timeUtcMs ?? NaN) - utcMs)).toBeLessThan(1_100)
    }
  }
  return { original, replayed: perCycle[1]?.length ?? 0 }
}

describe('replay of a recorded receiver', () => {
  it('gives our own recording at the anchor, at the current time, for ever', () => {
    const { original, replayed } = checkReplay(readFileSync('test/recordings/sim-three-systems.nmea'))
    expect(replayed).toBeGreaterThanOrEqual(0.95 * original)
    expect(original).toBe(16)
  })

  it('keeps every byte that is not a place, a time, a checksum or a comment', () => {
    const capture = readFileSync('test/recordings/sim-three-systems.nmea')
    const replay = replayOf(capture, ANCHOR)
    if (!replay.ok) throw new Error(replay.detail)
    let utcMs = START_UTC_MS
    let text = ''
    for (let i = 0; i < replay.value.burstsPerCycle; i++) {
      const burst = replay.value.next(utcMs)
      utcMs += burst.waitMs
      text += String.fromCharCode(...burst.bytes)
    }
    const original = String.fromCharCode(...withoutHeader(capture))
    expect(text.length).toBe(original.length)
    const lines = (all: string): string[] => all.split('\r\n')
    const others = (all: string): string[] => lines(all).filter(l => /^\$..(GSA|GSV|VTG)/.test(l))
    expect(others(text)).toEqual(others(original))
    const types = (all: string): string[] => lines(all).map(l => l.slice(0, 6))
    expect(types(text)).toEqual(types(original))
    const scanner = new Scanner()
    scanner.feed(Uint8Array.from(text, c => c.charCodeAt(0)))
    expect(scanner.counts().refused).toMatchObject({ checksum: 1, broken: 1 })
  })

  it('moves to the present when the process has slept', () => {
    const replay = replayOf(readFileSync('test/recordings/sim-three-systems.nmea'), ANCHOR)
    if (!replay.ok) throw new Error(replay.detail)
    replay.value.next(START_UTC_MS)
    const { bytes, waitMs } = replay.value.next(START_UTC_MS + 3_600_000)
    expect(fixesOf(bytes)[0]?.timeUtcMs).toBe(START_UTC_MS + 3_600_000 + waitMs)
  })

  it('refuses a capture that tells no place, no time or no date, and says which', () => {
    const refused = (text: string): string => {
      const replay = replayOf(
        Uint8Array.from(text, c => c.charCodeAt(0)),
        ANCHOR,
      )
      return replay.ok ? 'accepted' : `${replay.code}: ${replay.detail}`
    }
    expect(refused('')).toMatch(/^REPLAY_EMPTY: .*no fix/)
    expect(refused('# a note\r\n$GPRMC,,V,,,,,,,,,,N*53\r\n')).toMatch(/no fix/)
    const place = { talker: 'GP', valid: true, place: ANCHOR }
    expect(refused(encodeGll({ ...place, timeMs: 1000 }))).toMatch(/no date/)
    expect(refused(encodeRmc({ ...place, date: { year: 2026, month: 11, day: 24 } }))).toMatch(/no time/)
  })

  const present = MULTI_CONSTELLATION.filter(name => existsSync(join(CAPTURES, name)))
  if (present.length === 0)
    console.warn(`SKIPPED: no captures in ${CAPTURES}; 0 of ${MULTI_CONSTELLATION.length}`)
  it.skipIf(present.length === 0)(
    'gives at least 95 % of the fixes of real multi-constellation captures',
    () => {
      for (const name of present) {
        const { original, replayed } = checkReplay(readFileSync(join(CAPTURES, name)))
        console.log(`replay of ${name}: ${replayed} fixes a cycle, ${original} in the capture`)
        expect(original).toBeGreaterThan(0)
      }
      console.log(`replayed ${present.length} of ${MULTI_CONSTELLATION.length} captures`)
      expect(present.length).toBeGreaterThanOrEqual(5)
    },
  )
})
