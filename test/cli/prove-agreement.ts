import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PATROL } from '#gateway/profiles/built-in.ts'
import type { Profile } from '#gateway/profiles/profile.ts'
import { profileTimes } from '#gateway/profiles/profile-times.ts'
import { NearestUnits } from '#gateway/reach/nearest.ts'
import { RoadSearch } from '#gateway/reach/search.ts'
import { UnitsOnRoads } from '#gateway/reach/units-on-roads.ts'
import { RoadWeights } from '#gateway/reach/weights.ts'
import { importPbf } from '#gateway/roads/import-pbf.ts'
import { RoadSnap } from '#gateway/roads/snap.ts'
import type { Purpose } from '#gateway/roads/snap.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { ROAD_CLASSES } from '#protocols/roads/network.ts'
import { graphOf, seeded } from '../oracle/cities.ts'
import { quantile } from '../oracle/quantile.ts'
import { placesBesideRoads } from '../reach/places.ts'
import { digits } from '../reach/timing.ts'
import { openValhalla } from '../reach/valhalla.ts'
import type { Valhalla } from '../reach/valhalla.ts'
import type { Finding } from './evidence.ts'

const SEED = 2026
const UNITS = 255
const INCIDENTS = 240
const SPEED_SAMPLES = 1_500
const TOP = 5
const SNAP_M = 300
/** Roads as far from a place as that are the same: it tells decimetres. */
const SAME_ROAD_M = 0.3
const GOALS = { overlap: 0.85, ratio: { from: 0.8, to: 1.2 } }
const EXTRACTS = ['shanghai_centre', 'monaco', 'liechtenstein-latest', 'porto_portugal'] as const

type Speeds = Readonly<Record<string, number>>

/**
 * Plausibility beside another engine: in the profile of a patrol whose class table is Valhalla's, its five nearest of 255
 * units are ours, and our times are near its. Exactness is `prove reach`; here two models of driving meet: it knows each
 * pair of roads at a junction, we fold what turns take into the roads.
 *
 * Judged beside the matrix it takes by itself, whose times are those of the routes it gives. Its `timedistancematrix`,
 * which is quicker for many to one and therefore our peer in speed, is shown too, and how far its own two matrices agree:
 * nobody can agree with both better than they do with each other. `sixthAfter` is how much later than the fifth unit the
 * sixth comes: where that is a second or two, which of them is the fifth is a matter of rounding.
 *
 * An extract cuts roads, and a place on one that leads only out of it, or only into it, has no true answer in it: units and
 * incidents lie beside roads that can be driven to and away from. Beside roads of all kinds Shanghai's overlap is 0.84 (its
 * centre is all tunnels and ramps that the extract cut); there Valhalla takes, of the cut road and the next whole one, whichever
 * is quicker, and ours the whole one.
 *
 * Still the two may put a place on different roads, above and in a tunnel, minutes apart. What the places give that both put on
 * a road at the same distance is told beside it (`sameRoad`).
 */
export async function proveAgreement(say: (words: string) => void): Promise<Finding> {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-agreement-'))
  const towns = []
  const missing: string[] = []
  let peer = ''
  try {
    for (const name of EXTRACTS) {
      const file = join(process.env['REACH5_DATA'] ?? '../shared/data', 'maps', `${name}.osm.pbf`)
      if (!existsSync(file)) {
        missing.push(name)
        continue
      }
      const imported = await importPbf(file)
      if (!imported.ok) throw new Error(imported.detail)
      const valhalla = openValhalla(file, join(dir, name))
      peer = valhalla.version
      const town = { name, ...(await compare(graphOf(imported.value.network), valhalla)) }
      say(
        `${name}: top-${TOP} overlap ${town.overlap}, median ETA ratio ${town.etaRatio.p50} ` +
          `(${town.sameRoad.overlap} and ${town.sameRoad.etaRatio.p50} among the ${town.sameRoad.units} of ${UNITS} units and ` +
          `${town.sameRoad.incidents} of ${INCIDENTS} places that both put on the same road); ` +
          `Valhalla's two matrices share ${town.peerWithItself} of theirs; the sixth comes ${town.sixthAfter.p50Seconds} s after the fifth`,
      )
      say(`  class speeds, km/h: ${JSON.stringify(town.speedsKph)}`)
      towns.push(town)
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  for (const name of missing) say(`NOT PROVED: ${name} is not there (set REACH5_DATA)`)
  const short = towns
    .filter(
      ({ overlap, etaRatio }) =>
        overlap < GOALS.overlap || etaRatio.p50 < GOALS.ratio.from || etaRatio.p50 > GOALS.ratio.to,
    )
    .map(({ name }) => name)
  return {
    holds: missing.length === 0 && short.length === 0,
    evidence: { seed: SEED, peer, units: UNITS, incidents: INCIDENTS, goals: GOALS, missing, short, towns },
  }
}

type Timed = { readonly unit: number; readonly seconds: number }

async function compare(graph: RoadGraph, valhalla: Valhalla) {
  const random = seeded(SEED)
  const speeds = await speedsOf(valhalla, placesBesideRoads(graph, SPEED_SAMPLES, random))
  const units = placesBesideRoads(graph, UNITS, random)
  const snap = new RoadSnap(graph)
  const nearest = nearestOf(graph, snap, units, patrolWith(speeds))
  const isOnSameRoad = async ({ lat, lon }: LatLon, purpose: Purpose): Promise<boolean> => {
    const ours = snap.snap(lat, lon, SNAP_M, {}, purpose)?.distanceM
    const theirs = await valhalla.roadM({ lat, lon })
    return ours !== undefined && theirs !== undefined && Math.abs(ours - theirs) <= SAME_ROAD_M
  }
  const same = new Set<number>()
  for (const [i, unit] of units.entries()) if (await isOnSameRoad(unit, 'from')) same.add(i)
  const onSameRoad = new Tally()
  let incidents = 0
  const byDefault = new Tally()
  const byReverse = new Tally()
  const amongThemselves = new Tally()
  const gaps: number[] = []
  for (const place of placesBesideRoads(graph, INCIDENTS, random)) {
    const theirs = byTime(await valhalla.timesByDefault(units, place))
    const reverse = byTime(await valhalla.times(units, place))
    const ours = nearest(place)
    byDefault.add(ours, theirs)
    byReverse.add(ours, reverse)
    amongThemselves.add(reverse, theirs)
    if (await isOnSameRoad(place, 'to')) {
      incidents++
      onSameRoad.add(
        ours.filter(({ unit }) => same.has(unit)),
        theirs.filter(({ unit }) => same.has(unit)),
      )
    }
    if (theirs.length > TOP) gaps.push(theirs[TOP]!.seconds - theirs[TOP - 1]!.seconds)
  }
  return {
    ...byDefault.found(),
    sameRoad: { units: same.size, incidents, ...onSameRoad.found() },
    timedistancematrix: byReverse.found(),
    peerWithItself: amongThemselves.found().overlap,
    sixthAfter: {
      p50Seconds: digits(quantile(gaps, 0.5)),
      withinASecond: gaps.filter(gap => gap <= 1).length,
    },
    speedsKph: speeds,
  }
}

/** How much of the first few is common, and our times to theirs. */
class Tally {
  private common = 0
  private asked = 0
  private readonly ratios: number[] = []

  add(ours: readonly Timed[], theirs: readonly Timed[]): void {
    const top = Math.min(TOP, theirs.length, ours.length)
    // Its times are whole seconds: who takes as long as its fifth is as much its fifth.
    const fifth = theirs[top - 1]?.seconds ?? 0
    const theirTop = new Set(theirs.filter(({ seconds }) => seconds <= fifth).map(({ unit }) => unit))
    this.common += ours.slice(0, top).filter(({ unit }) => theirTop.has(unit)).length
    this.asked += top
    const oursOf = new Map(ours.map(({ unit, seconds }) => [unit, seconds]))
    for (const { unit, seconds } of theirs.slice(0, top)) {
      const own = oursOf.get(unit)
      // Within a few seconds both round, and a ratio says nothing.
      if (own !== undefined && seconds >= 10) this.ratios.push(own / seconds)
    }
  }

  found() {
    const at = (share: number): number => digits(quantile(this.ratios, share))
    return {
      overlap: digits(this.common / this.asked),
      asked: this.asked,
      etaRatio: { count: this.ratios.length, p10: at(0.1), p50: at(0.5), p90: at(0.9) },
    }
  }
}

const byTime = (times: readonly (number | null)[]): Timed[] =>
  times
    .flatMap((seconds, unit) => (seconds === null ? [] : [{ unit, seconds }]))
    .sort((a, b) => a.seconds - b.seconds)

/** The median of what it takes for each class where no limit is tagged. */
async function speedsOf(valhalla: Valhalla, places: readonly LatLon[]): Promise<Speeds> {
  const seen = new Map<string, number[]>()
  for (const place of places) {
    const found = await valhalla.defaultSpeed(place)
    if (found !== undefined) seen.set(found.roadClass, [...(seen.get(found.roadClass) ?? []), found.kph])
  }
  return Object.fromEntries([...seen].map(([roadClass, kph]) => [roadClass, quantile(kph, 0.5)]))
}

/** A patrol with its class table in the place of ours, wherever no limit is tagged. */
const patrolWith = (speeds: Speeds): Profile => ({
  ...PATROL,
  speeds: {
    kph: Object.fromEntries(
      ROAD_CLASSES.map(roadClass => [roadClass, speeds[classOf(roadClass)] ?? PATROL.speeds.kph[roadClass]]),
    ),
    source: 'Valhalla, locate: default speeds',
  },
})

/** Valhalla has no class of its own for a living street or a driveway: both are service roads to it. */
const classOf = (roadClass: string): string =>
  roadClass === 'living_street' || roadClass === 'service' ? 'service_other' : roadClass

function nearestOf(graph: RoadGraph, snap: RoadSnap, units: readonly LatLon[], profile: Profile) {
  const table = new UnitsOnRoads(graph, units.length)
  for (const [i, { lat, lon }] of units.entries()) {
    const at = snap.snap(lat, lon, SNAP_M, {}, 'from')
    if (at !== undefined) table.place(String(i), at.edge, at.fraction)
  }
  const weights = new RoadWeights(graph, profileTimes(graph, profile))
  const nearest = new NearestUnits(table, new RoadSearch(graph, weights))
  return ({ lat, lon }: LatLon): Timed[] => {
    const at = snap.snap(lat, lon, SNAP_M, {}, 'to')
    const found = at === undefined ? [] : nearest.nearest(at, units.length)
    return found.map(({ id, etaDs }) => ({ unit: Number(id), seconds: etaDs / 10 }))
  }
}
