import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NOTHING_MATCHED, RoadMatcher } from '#gateway/eta/match.ts'
import type { Fix } from '#gateway/eta/match.ts'
import { drove, newDriving, stopped } from '#gateway/eta/passes.ts'
import type { Pass } from '#gateway/eta/passes.ts'
import type { Step } from '#gateway/eta/trail.ts'
import { importPbf } from '#gateway/roads/import-pbf.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import { randomOf } from '#sim/random.ts'
import { beatOf } from '#sim/traffic/beat.ts'
import { moverStep, openMover, poseOf, spotOf } from '#sim/traffic/mover.ts'
import { StreetMap } from '#sim/traffic/street-map.ts'
import { graphOf } from './oracle/cities.ts'
import { fixtureTown } from './oracle/fixture-town.ts'
import { quantile } from './oracle/quantile.ts'

const dir = mkdtempSync(join(tmpdir(), 'reach5-eta-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
let network: RoadNetwork
let graph: RoadGraph
let matcher: RoadMatcher
beforeAll(async () => {
  const file = join(dir, 'town.osm.pbf')
  writeFileSync(file, fixtureTown())
  const read = await importPbf(file)
  if (!read.ok) throw new Error(read.detail)
  network = read.value.network
  graph = graphOf(network)
  matcher = new RoadMatcher(graph)
})

/** A second of the truth: the drive a car was on. */
type Truth = { readonly monoMs: number; readonly drive: number; readonly speedMps: number }

/** A patrol of so many seconds through the fixture town: what was, and what a receiver says of it once a second. */
function patrol(seed: number, seconds: number, noiseM: number): { truth: Truth[]; fixes: Fix[] } {
  const map = new StreetMap(network)
  const random = randomOf(seed, 'receiver', 'noise')
  const mover = openMover({ map, beat: beatOf(map), random: randomOf(seed, 'car', 'drive'), nowMs: 0 })
  moverStep(mover, { type: 'patrol' }, 0)
  const keep = Math.exp(-1 / 30)
  const fresh = noiseM * Math.sqrt(1 - keep * keep)
  let [x, y] = [random.normal(0, noiseM), random.normal(0, noiseM)]
  const truth: Truth[] = []
  const fixes: Fix[] = []
  for (let s = 1; s <= seconds; s++) {
    moverStep(mover, { type: 'tick' }, s * 1000)
    const { speedMps, trackDeg, ...at } = poseOf(mover)
    const spot = spotOf(mover) as { edge: number; arc?: number }
    truth.push({ monoMs: s * 1000, drive: spot.arc ?? -1, speedMps })
    x = keep * x + random.normal(0, fresh)
    y = keep * y + random.normal(0, fresh)
    const there = map.plane.toMetres(at)
    const seen = map.plane.toLatLon({ x: there.x + x, y: there.y + y })
    fixes.push({
      ...seen,
      monoMs: s * 1000,
      speedMps: Math.max(0, speedMps + random.normal(0, 0.15)),
      trackDeg,
    })
  }
  return { truth, fixes }
}

function matched(fixes: readonly Fix[]): { steps: Step[]; passes: Pass[]; breaks: number } {
  const matching = { ...NOTHING_MATCHED }
  const driving = newDriving()
  const road = {
    baseSeconds: (drive: number) => graph.edgeCostDs(drive >> 1) / 10,
    lengthM: (drive: number) => matcher.shapes.lengthM(drive),
  }
  const steps: Step[] = []
  const passes: Pass[] = []
  let breaks = 0
  const take = (certain: readonly Step[]): void => {
    for (const step of certain) {
      steps.push(step)
      passes.push(...drove(driving, step, road).flat())
    }
  }
  for (const fix of fixes) {
    const { steps: certain, isBroken } = matcher.take(matching, fix)
    take(certain)
    if (isBroken) {
      breaks += 1
      passes.push(...stopped(driving, road).flat())
    }
  }
  take(matcher.end(matching))
  passes.push(...stopped(driving, road).flat())
  return { steps, passes, breaks }
}

/** Drives driven from end to end without a stop at the kerb, with what they took, as they truly were. */
function truePasses(truth: readonly Truth[]): { drive: number; seconds: number }[] {
  const runs: { drive: number; seconds: number; stood: number }[] = []
  for (const { drive, speedMps } of truth) {
    let last = runs.at(-1)
    if (last?.drive !== drive) runs.push((last = { drive, seconds: 0, stood: 0 }))
    last.seconds += 1
    last.stood = speedMps < 0.3 ? last.stood + 1 : 0
    if (last.stood >= 10) last.drive = -1
  }
  // Who turned round in the middle of a street drove neither way from end to end.
  const follows = (a: number, b: number): boolean =>
    a >= 0 && b >= 0 && a !== (b ^ 1) && graph.driveFrom(b) === graph.driveFrom(a ^ 1)
  return runs.filter((run, i) => {
    const [before, after] = [runs[i - 1], runs[i + 1]]
    return before && after && follows(before.drive, run.drive) && follows(run.drive, after.drive)
  })
}

describe('matching', () => {
  it.each([
    [3, 1_000],
    [5, 1_000],
    [3, 4_000],
    [5, 4_000],
    [5, 10_000],
    [5, 16_000],
  ])('finds the drives of a patrol with a receiver wrong by %d m, a fix every %d ms', (noiseM, everyMs) => {
    let [seconds, right, wholeTrue, wholeFound, breaks] = [0, 0, 0, 0, 0]
    const timeErrors: number[] = []
    for (let seed = 1; seed <= 6; seed++) {
      const { truth, fixes } = patrol(seed, 1_800, noiseM)
      const found = matched(fixes.filter(fix => fix.monoMs % everyMs === 0))
      breaks += found.breaks
      for (const step of found.steps) {
        const at = truth[step.toMs / 1000 - 1]!
        if (at.drive < 0) continue
        seconds += (step.toMs - step.fromMs) / 1000
        if (step.parts.at(-1)?.drive === at.drive) right += (step.toMs - step.fromMs) / 1000
      }
      const whole = found.passes.filter(pass => pass.isWhole)
      let from = 0
      for (const pass of truePasses(truth)) {
        wholeTrue += 1
        const at = whole.findIndex((w, i) => i >= from && i < from + 12 && w.drive === pass.drive)
        if (at < 0) continue
        from = at + 1
        wholeFound += 1
        timeErrors.push(Math.abs(whole[at]!.seconds - pass.seconds))
      }
    }
    console.info(
      `noise ${noiseM} m, every ${everyMs / 1000} s: ${seconds} s of driving, on the right drive ` +
        `${((100 * right) / seconds).toFixed(2)} %; whole drives ${wholeFound} of ${wholeTrue} ` +
        `(${((100 * wholeFound) / wholeTrue).toFixed(1)} %), time wrong by p50 ${quantile(timeErrors, 0.5)} p90 ` +
        `${quantile(timeErrors, 0.9).toFixed(1)} s; ${breaks} breaks`,
    )
    expect(seconds).toBeGreaterThan(5_000)
    expect(right / seconds).toBeGreaterThan(0.9)
    expect(wholeFound / wholeTrue).toBeGreaterThan(0.9)
  })

  it('never connects across a jump, a silence or a place without roads', () => {
    let cases = 0
    const random = randomOf(7, 'receiver', 'jumps')
    const kinds = ['jump', 'silence', 'field'] as const
    for (let seed = 1; seed <= 40; seed++) {
      const kind = kinds[seed % 3]!
      const { fixes } = patrol(seed, 240, 4)
      const breakMs = 1000 * random.integer(60, 180)
      const [east, north] = [random.uniform(0.003, 0.02), random.uniform(0.003, 0.02)]
      const odd = fixes.flatMap((fix): Fix[] => {
        if (fix.monoMs < breakMs) return [fix]
        if (kind === 'jump') return [{ ...fix, lat: fix.lat + north, lon: fix.lon + east }]
        if (kind === 'silence') return [{ ...fix, monoMs: fix.monoMs + 61_000 }]
        // For three seconds it is somewhere in the fields, then back.
        const isAway = fix.monoMs < breakMs + 3_000
        return [isAway ? { ...fix, lat: fix.lat - 0.2 } : fix]
      })
      const { steps, breaks } = matched(odd)
      expect(breaks).toBeGreaterThan(0)
      for (const step of steps) expect(step.fromMs < breakMs && step.toMs >= breakMs).toBe(false)
      cases += 1
    }
    console.info(`breaks in a track: ${cases} cases`)
    expect(cases).toBe(40)
  })

  it('drives only drives that are open and meet each other', () => {
    let parts = 0
    for (let seed = 20; seed < 26; seed++) {
      const { fixes } = patrol(seed, 900, 6)
      for (const { parts: driven } of matched(fixes.filter((_, i) => i % 5 === 0)).steps)
        driven.forEach((part, i) => {
          parts += 1
          expect(graph.isOpen(part.drive)).toBe(true)
          expect(part.to).toBeGreaterThanOrEqual(part.from)
          const before = driven[i - 1]
          if (before) expect(graph.driveFrom(part.drive)).toBe(graph.driveFrom(before.drive ^ 1))
        })
    }
    console.info(`parts of drives: ${parts} cases`)
    expect(parts).toBeGreaterThan(500)
  })
})
