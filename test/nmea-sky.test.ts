import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { GnssDecoder } from '#hardware/gnss/decoder.ts'
import type { Fix } from '#protocols/fix.ts'
import { withoutHeader } from '#protocols/nmea/capture.ts'

/*
 * Satellites per constellation, beside the SKY reports of a well-known decoder on the same captures. Its report lists a
 * satellite once per signal, and a fix (TPV) goes with the sky told before it:
 *
 *   {"class":"SKY",…,"satellites":[{"PRN":5,"gnssid":0,"svid":5,"used":true},…]}
 *   {"class":"TPV","mode":3,"time":"…","lat":…}         the last of a time is the epoch
 *
 * An epoch is comparable when both have a fix for its time and a sky was told before it with every satellite named by
 * system (old makers' sentences give numbers alone).
 */
const DIR = join(process.env['REACH5_DATA'] ?? '../shared/data', 'nmea/gpsd')
const present = existsSync(DIR)
if (!present) console.warn(`SKIPPED: no captures in ${DIR}; set REACH5_DATA to the shared data`)

const SYSTEMS = ['gps', 'sbas', 'galileo', 'beidou', 'imes', 'qzss', 'glonass', 'navic']
const ROLLOVER_MS = 1024 * 7 * 86_400_000
const keyOf = (utcMs: number): number => ((utcMs % ROLLOVER_MS) + ROLLOVER_MS) % ROLLOVER_MS

type Satellite = {
  readonly PRN: number
  readonly gnssid?: number
  readonly svid?: number
  readonly used: boolean
}
type Report = {
  readonly class: string
  readonly time?: string
  readonly mode?: number
  readonly lat?: number
  readonly nSat?: number
  readonly satellites?: readonly Satellite[]
}
type Counts = Readonly<Record<string, readonly [used: number, seen: number]>>

/** Undefined when some satellite is known by a number alone. */
const countsOf = (satellites: readonly Satellite[]): Counts | undefined => {
  const best = new Map<string, boolean>()
  for (const { gnssid, svid, used } of satellites) {
    const system = SYSTEMS[gnssid ?? -1]
    if (system === undefined || svid === undefined) return undefined
    const name = `${system} ${svid}`
    best.set(name, used || best.get(name) === true)
  }
  const counts: Record<string, [number, number]> = {}
  for (const [name, used] of best) {
    const pair = (counts[name.slice(0, name.indexOf(' '))] ??= [0, 0])
    pair[1]++
    if (used) pair[0]++
  }
  return counts
}

type Told = {
  readonly sky: Counts | undefined
  /** Every satellite of this sky and the one before it: after a lost sentence we keep the last whole sky. */
  readonly known: Counts | undefined
}

/** By time: the sky told before the last report of that time. */
const skiesOf = (text: string): ReadonlyMap<number, Told> => {
  const byTime = new Map<number, Told>()
  let [sky, known]: (Counts | undefined)[] = []
  let before: readonly Satellite[] = []
  for (const line of text.split('\n')) {
    if (!line.startsWith('{')) continue
    const report = JSON.parse(line) as Report
    if (report.class === 'SKY' && report.nSat !== undefined) {
      const satellites = report.satellites ?? []
      sky = countsOf(satellites)
      known = countsOf([...before, ...satellites])
      before = satellites
    }
    if (report.class !== 'TPV' || report.time === undefined) continue
    if ((report.mode ?? 0) >= 2 && report.lat !== undefined)
      byTime.set(keyOf(Date.parse(report.time)), { sky, known })
  }
  return byTime
}

const fixesOf = (bytes: Uint8Array): Fix[] => {
  const decoder = new GnssDecoder()
  return [...decoder.feed(withoutHeader(bytes)), ...decoder.finish()]
}

const same = (a: Counts, b: Counts): boolean =>
  Object.keys({ ...a, ...b }).every(s => a[s]?.[0] === b[s]?.[0] && a[s]?.[1] === b[s]?.[1])

/** Satellites of a system beyond those that the reference lists. */
const phantomsOf = (ours: Counts, theirs: Counts): number =>
  Object.entries(ours).reduce((sum, [s, [, seen]]) => sum + Math.max(0, seen - (theirs[s]?.[1] ?? 0)), 0)

describe.skipIf(!present)('satellites per constellation', () => {
  it('are those of the sky reports of a well-known decoder, none made up', () => {
    const names = readdirSync(DIR).filter(name => name.endsWith('.chk'))
    const score = { comparable: 0, equal: 0, phantoms: 0, systems: new Set<string>() }
    const differing = new Map<string, number>()
    for (const name of names) {
      const skies = skiesOf(readFileSync(join(DIR, name), 'utf8'))
      const ours = new Map<number, Fix>()
      for (const fix of fixesOf(readFileSync(join(DIR, name.replace(/\.chk$/, '')))))
        if (fix.timeUtcMs !== undefined && fix.mode >= 2) ours.set(keyOf(fix.timeUtcMs), fix)
      for (const [key, { sky: theirs, known }] of skies) {
        const fix = ours.get(key)
        if (fix === undefined || theirs === undefined) continue
        score.comparable++
        const sats = fix.sats ?? {}
        score.phantoms += phantomsOf(sats, known ?? theirs)
        for (const system of Object.keys(sats)) score.systems.add(system)
        if (same(sats, theirs)) score.equal++
        else differing.set(name, (differing.get(name) ?? 0) + 1)
      }
    }
    const { comparable, equal, phantoms, systems } = score
    console.log(
      `${names.length} sky files: ${comparable} comparable epochs, ${equal} equal (${((100 * equal) / comparable).toFixed(2)} %), ` +
        `${phantoms} phantom satellites; ${[...systems].sort().join(' ')}; differing: ${JSON.stringify([...differing])}`,
    )
    expect(names.length).toBeGreaterThan(50)
    expect(comparable).toBeGreaterThan(500)
    expect(equal / comparable).toBeGreaterThanOrEqual(0.99)
    expect(phantoms).toBe(0)
    expect([...systems]).toEqual(expect.arrayContaining(['gps', 'glonass', 'galileo', 'beidou']))
  })
})
