import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { GnssDecoder } from '#hardware/gnss/decoder.ts'
import type { Fix } from '#protocols/fix.ts'
import { withoutHeader } from '#protocols/nmea/capture.ts'

/*
 * Real captures beside what a well-known decoder makes of them: one expected fix a line, `time` absent while the date
 * is not known. It moves some dates by 1024 weeks, so times are compared modulo that.
 */
const DATA = join(process.env['REACH5_DATA'] ?? '../shared/data', 'nmea')
const present = existsSync(join(DATA, 'expected'))
if (!present) console.warn(`SKIPPED: no captures in ${DATA}; set REACH5_DATA to the shared data`)

type Expected = {
  readonly time?: string
  readonly lat: number
  readonly lon: number
  readonly mode: number
  readonly speed?: number
  readonly track?: number
  readonly altMSL?: number
}
type Placed = Fix & { readonly lat: number; readonly lon: number }

/**
 * 1,416 of 1,531 reached. Of the rest 88 are one old receiver that tells its place earth-centred only (UBX SOL, not read
 * yet), 24 are early, undated reports of epochs that were reported again with their date (we give one fix an epoch), two
 * are places from a proprietary sentence, one is a place told twice with different decimals.
 */
const SHARE_MIN = 0.92
const ALTITUDE_OFF_MAX = 0.01

const ROLLOVER_MS = 1024 * 7 * 86_400_000
const NEAR_DEG = 1.001e-7

const near = (a: Placed, b: Expected, deg = NEAR_DEG): boolean =>
  Math.abs(a.lat - b.lat) <= deg && Math.abs(a.lon - b.lon) <= deg
const keyOf = (utcMs: number): number => ((utcMs % ROLLOVER_MS) + ROLLOVER_MS) % ROLLOVER_MS
const angle = (a: number, b: number): number => Math.abs(((a - b + 540) % 360) - 180)
const off = (ours: number | undefined, theirs: number | undefined, by: number): boolean =>
  theirs !== undefined && !(Math.abs((ours ?? NaN) - theirs) <= by)

const score = { expected: 0, matched: 0, false: 0, nullIsland: 0, speed: 0, track: 0, mode: 0, altitude: 0 }

function take(name: string): void {
  const text = readFileSync(join(DATA, 'expected', name), 'utf8')
  const wanted = text
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Expected)
  const decoder = new GnssDecoder()
  const log = readFileSync(join(DATA, 'gpsd', name.replace(/\.jsonl$/, '.log')))
  const fixes = [...decoder.feed(withoutHeader(log)), ...decoder.quiet()].filter(
    (fix): fix is Placed => fix.mode >= 2 && fix.lat !== undefined && fix.lon !== undefined,
  )
  const byTime = new Map(fixes.flatMap(f => (f.timeUtcMs === undefined ? [] : [[keyOf(f.timeUtcMs), f]])))
  let cursor = 0
  for (const want of wanted) {
    score.expected++
    const at = want.time === undefined ? fixes.findIndex((f, i) => i >= cursor && near(f, want)) : -1
    if (at >= 0) cursor = at + 1
    const fix = want.time === undefined ? fixes[at] : byTime.get(keyOf(Date.parse(want.time)))
    if (fix === undefined || !near(fix, want)) continue
    score.matched++
    if (off(fix.speedMps, want.speed, 0.0105)) score.speed++
    const { track } = want
    if (track !== undefined && (want.speed ?? 0) > 0.5 && !(angle(fix.trackDeg ?? NaN, track) <= 0.0505))
      score.track++
    if (fix.mode !== want.mode) score.mode++
    if (off(fix.altMslM, want.altMSL, 0.1)) score.altitude++
  }
  const times = new Set(wanted.flatMap(w => (w.time === undefined ? [] : [keyOf(Date.parse(w.time))])))
  score.false += fixes.filter(
    (fix, i) =>
      !(fix.timeUtcMs !== undefined && times.has(keyOf(fix.timeUtcMs))) &&
      !wanted.some(want => near(fix, want, 1e-6)) &&
      // The reference often does not report the last epoch of a capture.
      !(wanted.length > 0 && i === fixes.length - 1),
  ).length
  score.nullIsland += fixes.filter(fix => fix.lat === 0 && fix.lon === 0).length
}

describe.skipIf(!present)('real captures', () => {
  it('give the fixes a well-known decoder gives', () => {
    const names = readdirSync(join(DATA, 'expected')).filter(name => name.endsWith('.jsonl'))
    names.forEach(take)
    console.log(`${names.length} captures: ${JSON.stringify(score)}`)
    expect(names.length).toBeGreaterThan(50)
    expect(score.matched / score.expected).toBeGreaterThanOrEqual(SHARE_MIN)
    expect(score.false / score.expected).toBeLessThanOrEqual(0.005)
    expect(score.nullIsland).toBe(0)
    expect(score.speed / score.matched).toBeLessThanOrEqual(0.005)
    expect(score.track / score.matched).toBeLessThanOrEqual(0.01)
    expect(score.mode / score.matched).toBeLessThanOrEqual(0.01)
    expect(score.altitude / score.matched).toBeLessThanOrEqual(ALTITUDE_OFF_MAX)
  })
})
