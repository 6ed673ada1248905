import type { Polygon } from '#protocols/geo/polygon.ts'
import { partialCostDs } from '#protocols/roads/graph.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { arcsOf, timesFrom } from './dijkstra.ts'
import { freely } from './plain-times.ts'
import type { PlainTimes } from './plain-times.ts'

/*
 * Coverage the plain way: one Dijkstra per unit, every edge cut wherever anything could change (a unit's frontier, a unit's
 * place, a border), and every piece judged by its middle. It imports nothing from `gateway/`.
 */
export type OracleUnit = { readonly edge: number; readonly fraction: number; readonly turnoutDs: number }
export type OracleArea = {
  readonly roadM: number
  readonly circles: readonly number[]
  readonly demandCircles: readonly number[]
  readonly atLeast: readonly number[]
  readonly demandAtLeast: readonly number[]
  /** Served when every unit is busy `busyShare` of the time, those beyond the fourth always. */
  readonly expected: number
  readonly expectedDemand: number
}
type Span = readonly [number, number]
const CIRCLES_DS = [600, 1800, 3000]

/** Shares of every area and, last, of all areas together; `polygons` in their order, the first that holds a place has it. */
export function coverageByHand(
  graph: RoadGraph,
  units: readonly OracleUnit[],
  polygons: readonly Polygon[],
  weightOf: (edge: number) => number,
  busyShare = 0,
  driving: PlainTimes = freely(graph),
): { areas: OracleArea[]; pieces: number } {
  const arcs = arcsOf(graph, driving)
  const times = units.map(unit => timesFrom(graph, arcs, unit, driving).map(ds => ds + unit.turnoutDs))
  const sums = Array.from({ length: polygons.length + 1 }, () => ({
    roadM: 0,
    demand: 0,
    circles: [0, 0, 0],
    demandCircles: [0, 0, 0],
    atLeast: [0, 0, 0],
    demandAtLeast: [0, 0, 0],
    expected: 0,
    expectedDemand: 0,
  }))
  let pieces = 0
  const boxes = polygons.map(polygon => boxOf(polygon.flat()))
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    // No car of the map can ever get there.
    if (graph.isInOnly(edge)) continue
    const shape = graph.edgeShape(edge)
    const box = boxOf(shape)
    const near = [...polygons.entries()].filter(([i]) => meets(boxes[i] ?? NOWHERE, box))
    const lengthM = (graph.edgeLengthDm[edge] ?? 0) / 10
    const spans = CIRCLES_DS.map(budgetDs =>
      units
        .map((unit, u) => spansOf(graph, driving, edge, unit, times[u] ?? [], budgetDs))
        .filter(own => own.length > 0),
    )
    const frontiers = spans
      .flat(2)
      .flat()
      .filter(at => at > 0 && at < 1)
    const cuts = [
      0,
      ...frontiers,
      ...borderCuts(
        shape,
        near.map(([, polygon]) => polygon),
      ),
      1,
    ].sort((a, b) => a - b)
    for (let i = 1; i < cuts.length; i++) {
      const [from, to] = [cuts[i - 1] ?? 0, cuts[i] ?? 0]
      if (to <= from) continue
      const middle = (from + to) / 2
      const area = areaAt(pointAt(shape, middle), near)
      if (area < 0) continue
      pieces++
      const counts = spans.map(
        ofUnits => ofUnits.filter(own => own.some(([a, b]) => a <= middle && middle <= b)).length,
      )
      for (const sum of [sums[area], sums[polygons.length]]) {
        if (sum === undefined) continue
        const metres = (to - from) * lengthM
        sum.roadM += metres
        sum.demand += metres * weightOf(edge)
        counts.forEach((count, circle) => {
          if (count === 0) return
          sum.circles[circle] = (sum.circles[circle] ?? 0) + metres
          sum.demandCircles[circle] = (sum.demandCircles[circle] ?? 0) + metres * weightOf(edge)
        })
        const units = counts[2] ?? 0
        for (let k = 1; k <= Math.min(3, units); k++) {
          sum.atLeast[k - 1] = (sum.atLeast[k - 1] ?? 0) + metres
          sum.demandAtLeast[k - 1] = (sum.demandAtLeast[k - 1] ?? 0) + metres * weightOf(edge)
        }
        const served = 1 - busyShare ** Math.min(4, units)
        sum.expected += metres * served
        sum.expectedDemand += metres * weightOf(edge) * served
      }
    }
  }
  const areas = sums.map(sum => ({
    roadM: sum.roadM,
    circles: sum.circles.map(m => (sum.roadM > 0 ? m / sum.roadM : 0)),
    demandCircles: sum.demandCircles.map(m => (sum.demand > 0 ? m / sum.demand : 0)),
    atLeast: sum.atLeast.map(m => (sum.roadM > 0 ? m / sum.roadM : 0)),
    demandAtLeast: sum.demandAtLeast.map(m => (sum.demand > 0 ? m / sum.demand : 0)),
    expected: sum.roadM > 0 ? sum.expected / sum.roadM : 0,
    expectedDemand: sum.demand > 0 ? sum.expectedDemand / sum.demand : 0,
  }))
  return { areas, pieces }
}

/** Metres of road nobody reaches in 300 s, all areas or none. */
export function unreachedM(
  graph: RoadGraph,
  units: readonly OracleUnit[],
  polygons: readonly Polygon[],
): number {
  const { areas } = coverageByHand(graph, units, polygons, () => 1)
  const all = areas[areas.length - 1]
  return all === undefined ? 0 : all.roadM * (1 - (all.atLeast[0] ?? 0))
}

/** What of the edge the unit reaches in time, as fractions: from its start, from its end, from where the unit stands. */
function spansOf(
  graph: RoadGraph,
  driving: PlainTimes,
  edge: number,
  unit: OracleUnit,
  times: readonly number[],
  budgetDs: number,
): Span[] {
  const [there, back] = [2 * edge, 2 * edge + 1]
  const spans: Span[] = []
  const intoDs = budgetDs - (times[graph.edgeFrom[edge] ?? 0] ?? Infinity) - driving.enter(there)
  const backDs = budgetDs - (times[graph.edgeTo[edge] ?? 0] ?? Infinity) - driving.enter(back)
  if (driving.run(there) < Infinity && intoDs > 0) spans.push([0, intoDs / driving.run(there)])
  if (driving.run(back) < Infinity && backDs > 0) spans.push([1 - backDs / driving.run(back), 1])
  const leftDs = budgetDs - unit.turnoutDs
  if (unit.edge === edge && leftDs >= 0) {
    const [thereDs, backAgainDs] = [driving.standing(there), driving.standing(back)]
    if (thereDs < Infinity) {
      const placeDs = partialCostDs(thereDs, unit.fraction)
      spans.push([unit.fraction, (placeDs + leftDs) / thereDs])
    }
    if (backAgainDs < Infinity) {
      const placeDs = partialCostDs(backAgainDs, unit.fraction)
      spans.push([(placeDs - leftDs) / backAgainDs, unit.fraction])
    }
  }
  return spans
}

type Box = readonly [west: number, south: number, east: number, north: number]
const NOWHERE: Box = [Infinity, Infinity, -Infinity, -Infinity]

function boxOf(points: Shape): Box {
  return points.reduce<Box>(
    ([w, s, e, n], [lon, lat]) => [Math.min(w, lon), Math.min(s, lat), Math.max(e, lon), Math.max(n, lat)],
    NOWHERE,
  )
}

/** With a metre to spare, so that a road along a border still meets it. */
const meets = (a: Box, b: Box): boolean =>
  a[0] <= b[2] + 1e-5 && b[0] <= a[2] + 1e-5 && a[1] <= b[3] + 1e-5 && b[1] <= a[3] + 1e-5

type Shape = readonly (readonly [number, number])[]

/** Planar length of a segment, as fractions of an edge are measured everywhere. */
function lengthsOf(shape: Shape): number[] {
  return shape.slice(1).map(([lon, lat], i) => {
    const [lonA, latA] = shape[i] ?? [0, 0]
    return Math.hypot((lon - lonA) * Math.cos((latA * Math.PI) / 180), lat - latA)
  })
}

function borderCuts(shape: Shape, polygons: readonly Polygon[]): number[] {
  const lengths = lengthsOf(shape)
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const cuts: number[] = []
  let before = 0
  lengths.forEach((length, i) => {
    const [a, b] = [shape[i] ?? [0, 0], shape[i + 1] ?? [0, 0]]
    for (const polygon of polygons)
      for (const ring of polygon)
        ring.forEach((c, j) => {
          const d = ring[(j + 1) % ring.length] ?? c
          // Solve a + t (b - a) = c + r (d - c).
          const det = (b[0] - a[0]) * (c[1] - d[1]) - (b[1] - a[1]) * (c[0] - d[0])
          if (det === 0) return
          const t = ((c[0] - a[0]) * (c[1] - d[1]) - (c[1] - a[1]) * (c[0] - d[0])) / det
          const r = ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) / det
          if (t > -1e-9 && t < 1 + 1e-9 && r > -1e-9 && r < 1 + 1e-9)
            cuts.push((before + Math.min(1, Math.max(0, t)) * length) / (total || 1))
        })
    if (before > 0) cuts.push(before / total)
    before += length
  })
  return cuts
}

function pointAt(shape: Shape, fraction: number): readonly [number, number] {
  const lengths = lengthsOf(shape)
  let rest = fraction * lengths.reduce((sum, length) => sum + length, 0)
  for (let i = 0; i < lengths.length; i++) {
    const [a, b, length] = [shape[i] ?? [0, 0], shape[i + 1] ?? [0, 0], lengths[i] ?? 0]
    if (rest <= length && length > 0)
      return [a[0] + (rest / length) * (b[0] - a[0]), a[1] + (rest / length) * (b[1] - a[1])]
    rest -= length
  }
  return shape[shape.length - 1] ?? [0, 0]
}

/** The first polygon that holds the place, -1 for none: a ray to the east, rings odd or even. */
function areaAt(
  [lon, lat]: readonly [number, number],
  polygons: readonly (readonly [number, Polygon])[],
): number {
  const held = polygons.find(([, polygon]) => {
    let crossings = 0
    for (const ring of polygon)
      ring.forEach((a, i) => {
        const b = ring[(i + 1) % ring.length] ?? a
        if (a[1] > lat === b[1] > lat) return
        if (a[0] + ((lat - a[1]) / (b[1] - a[1])) * (b[0] - a[0]) > lon) crossings++
      })
    return crossings % 2 === 1
  })
  return held?.[0] ?? -1
}
