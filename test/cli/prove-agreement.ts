import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NearestUnits } from '#gateway/reach/nearest.ts'
import { UnitsOnRoads } from '#gateway/reach/units-on-roads.ts'
import { importPbf } from '#gateway/roads/import-pbf.ts'
import { CLASS_SPEED_KPH } from '#gateway/roads/road-rules.ts'
import { RoadSnap } from '#gateway/roads/snap.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import { graphOf, seeded } from '../oracle/cities.ts'
import { quantile } from '../oracle/quantile.ts'
import { placesBesideRoads } from '../reach/places.ts'
import { digits } from '../reach/timing.ts'
import { openValhalla } from '../reach/valhalla.ts'
import type { Valhalla } from '../reach/valhalla.ts'
import type { Finding } from './evidence.ts'

const SEED = 2026
const UNITS = 255
const INCIDENTS = 60
const SPEED_SAMPLES = 1_500
const TOP = 5
const SNAP_M = 300
const GOALS = { overlap: 0.85, ratio: { from: 0.8, to: 1.2 } }
const EXTRACTS = ['shanghai_centre', 'monaco', 'liechtenstein-latest', 'porto_portugal'] as const

type Speeds = Readonly<Record<string, number>>

/**
 * Plausibility beside another engine: where our roads without a tagged limit are as fast as Valhalla takes them, its five
 * nearest of 255 units are ours, and our times are near its. Exactness is `prove reach`; here two models of driving meet
 * (it adds turns, signals and the density of a town).
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
      const town = { name, ...(await compare(imported.value.network, valhalla)) }
      say(`${name}: top-${TOP} overlap ${town.overlap}, median ETA ratio ${town.etaRatio.p50}`)
      towns.push(town)
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  for (const name of missing) say(`NOT PROVED: ${name} is not there (set REACH5_DATA)`)
  const agrees = towns.every(
    ({ overlap, etaRatio }) =>
      overlap >= GOALS.overlap && etaRatio.p50 >= GOALS.ratio.from && etaRatio.p50 <= GOALS.ratio.to,
  )
  return {
    holds: missing.length === 0 && agrees,
    evidence: { seed: SEED, peer, units: UNITS, incidents: INCIDENTS, goals: GOALS, missing, towns },
  }
}

async function compare(network: RoadNetwork, valhalla: Valhalla) {
  const random = seeded(SEED)
  const speeds = await speedsOf(valhalla, placesBesideRoads(graphOf(network), SPEED_SAMPLES, random))
  const graph = graphOf(withSpeeds(network, speeds))
  const units = placesBesideRoads(graph, UNITS, random)
  const nearest = nearestOf(graph, units)
  const ratios: number[] = []
  let [common, asked] = [0, 0]
  for (const place of placesBesideRoads(graph, INCIDENTS, random)) {
    const theirs = (await valhalla.times(units, place))
      .flatMap((seconds, unit) => (seconds === null ? [] : [{ unit, seconds }]))
      .sort((a, b) => a.seconds - b.seconds)
    const ours = nearest(place)
    const top = Math.min(TOP, theirs.length, ours.length)
    const ourTop = new Set(ours.slice(0, top).map(({ unit }) => unit))
    common += theirs.slice(0, top).filter(({ unit }) => ourTop.has(unit)).length
    asked += top
    const oursOf = new Map(ours.map(({ unit, seconds }) => [unit, seconds]))
    for (const { unit, seconds } of theirs.slice(0, top)) {
      const own = oursOf.get(unit)
      // Within a few seconds both round, and a ratio says nothing.
      if (own !== undefined && seconds >= 10) ratios.push(own / seconds)
    }
  }
  const at = (share: number): number => digits(quantile(ratios, share))
  return {
    overlap: digits(common / asked),
    asked,
    etaRatio: { count: ratios.length, p10: at(0.1), p50: at(0.5), p90: at(0.9) },
    speedsKph: speeds,
  }
}

/** The median of what it takes for each class where no limit is tagged. */
async function speedsOf(valhalla: Valhalla, places: readonly LatLon[]): Promise<Speeds> {
  const seen = new Map<string, number[]>()
  for (const place of places) {
    const found = await valhalla.defaultSpeed(place)
    if (found !== undefined) seen.set(found.roadClass, [...(seen.get(found.roadClass) ?? []), found.kph])
  }
  return Object.fromEntries([...seen].map(([roadClass, kph]) => [roadClass, quantile(kph, 0.5)]))
}

/** Its class table in the place of ours, wherever no limit was tagged (or one equal to our default). */
const withSpeeds = (network: RoadNetwork, speeds: Speeds): RoadNetwork => ({
  ...network,
  edges: network.edges.map(edge => ({
    ...edge,
    speedKph:
      edge.speedKph === CLASS_SPEED_KPH[edge.roadClass]
        ? (speeds[classOf(edge.roadClass)] ?? edge.speedKph)
        : edge.speedKph,
  })),
})

/** Valhalla has no class of its own for a living street or a driveway: both are service roads to it. */
const classOf = (roadClass: string): string =>
  roadClass === 'living_street' || roadClass === 'service' ? 'service_other' : roadClass

function nearestOf(graph: RoadGraph, units: readonly LatLon[]) {
  const snap = new RoadSnap(graph)
  const table = new UnitsOnRoads(graph, units.length)
  for (const [i, { lat, lon }] of units.entries()) {
    const at = snap.snap(lat, lon, SNAP_M)
    if (at !== undefined) table.place(String(i), at.edge, at.fraction)
  }
  const nearest = new NearestUnits(table)
  return ({ lat, lon }: LatLon) => {
    const at = snap.snap(lat, lon, SNAP_M)
    const found = at === undefined ? [] : nearest.nearest(at, units.length)
    return found.map(({ id, etaDs }) => ({ unit: Number(id), seconds: etaDs / 10 }))
  }
}
