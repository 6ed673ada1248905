import { localPlane, segmentDistance } from '#protocols/geo/local.ts'
import type { LocalPlane, Metres } from '#protocols/geo/local.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import type { NetworkEdge, NetworkNode, RoadClass } from '#protocols/roads/network.ts'
import { randomOf } from '../random.ts'
import { strongPartsOf } from '../traffic/strong-part.ts'
import type { Bend } from './bend.ts'
import { gapM, lerp } from './drawing.ts'
import type { Street } from './drawing.ts'
import type { Drawing, Stretch } from './junctions.ts'

/** km/h with nothing in the way, by class; the old town's streets are slower by their class, not by a factor. */
const SPEED_KPH: Record<RoadClass, number> = {
  motorway: 100,
  trunk: 70,
  primary: 60,
  secondary: 50,
  tertiary: 40,
  unclassified: 40,
  residential: 30,
  living_street: 20,
  service: 20,
  motorway_link: 50,
  trunk_link: 40,
  primary_link: 40,
  secondary_link: 30,
  tertiary_link: 30,
}
const ONE_WAY_SHARE = 0.16
const SHORTEST_ONE_WAY_M = 120

/** Turns the drawing into roads on the Earth: bent, in degrees, with one-way streets that never lock anybody in. */
export function paved(
  drawing: Drawing,
  streets: readonly Street[],
  bend: Bend,
  plane: LocalPlane,
  seed: number,
): { nodes: NetworkNode[]; edges: NetworkEdge[] } {
  const positions = drawing.nodes.map(p => positionOf(bend(p), plane))
  const ways = oneWays(drawing, streets, seed)
  const edges = drawing.stretches.map((stretch, k): NetworkEdge => {
    const street = streets[stretch.street]!
    const inner = bentLine(stretch.points, bend).slice(1, -1)
    return {
      from: stretch.from,
      to: stretch.to,
      roadClass: street.roadClass,
      name: street.name,
      speedKph: SPEED_KPH[street.roadClass],
      forward: ways[k] !== 'backward',
      backward: ways[k] !== 'forward',
      shape: [positions[stretch.from]!, ...inner.map(p => positionOf(p, plane)), positions[stretch.to]!],
    }
  })
  return { nodes: positions.map(([lon, lat]) => ({ lat, lon })), edges }
}

export const planeOf = (centre: { readonly lat: number; readonly lon: number }): LocalPlane =>
  localPlane(centre)

/** `[lon, lat]` rounded to 1e-7 degrees, the resolution of the graph file, so the simulator's truth is the gateway's. */
export function positionOf(p: Metres, plane: LocalPlane): Position {
  const { lat, lon } = plane.toLatLon(p)
  return [Math.round(lon * 1e7) / 1e7, Math.round(lat * 1e7) / 1e7]
}

/** The line after bending, thinned to what is visible (0.6 m). */
export function bentLine(points: readonly Metres[], bend: Bend): Metres[] {
  const dense: Metres[] = []
  for (let k = 1; k < points.length; k += 1) {
    const [a, b] = [points[k - 1]!, points[k]!]
    const steps = Math.max(1, Math.ceil(gapM(a, b) / 30))
    for (let s = 0; s < steps; s += 1) dense.push(bend(lerp(a, b, s / steps)))
  }
  dense.push(bend(points[points.length - 1]!))
  return thinned(dense, 0.6)
}

/** Douglas-Peucker (1973). */
function thinned(line: readonly Metres[], toleranceM: number): Metres[] {
  const [first, last] = [line[0]!, line[line.length - 1]!]
  let [far, farM] = [0, toleranceM]
  for (let k = 1; k + 1 < line.length; k += 1) {
    const offM = segmentDistance(line[k]!, first, last)
    if (offM > farM) [far, farM] = [k, offM]
  }
  if (far === 0) return [first, last]
  return [
    ...thinned(line.slice(0, far + 1), toleranceM).slice(0, -1),
    ...thinned(line.slice(far), toleranceM),
  ]
}

type Way = 'both' | 'forward' | 'backward'

/** Narrow through streets become one-way by lot; whatever then cannot be left or reached is opened again. */
function oneWays({ nodes, stretches }: Drawing, streets: readonly Street[], seed: number): Way[] {
  const random = randomOf(seed, 'city', 'one-ways')
  const wish = streets.map((street): Way => {
    const lot = random.uniform()
    const long = gapM(street.points[0]!, street.points[street.points.length - 1]!) >= SHORTEST_ONE_WAY_M
    if (!street.mayBeOneWay || !long || lot >= ONE_WAY_SHARE) return 'both'
    return lot < ONE_WAY_SHARE / 2 ? 'forward' : 'backward'
  })
  const ways = stretches.map(stretch => wish[stretch.street]!)
  for (;;) {
    const parts = strongPartsOf(arcsOf(nodes.length, stretches, ways))
    const torn = stretches.flatMap(({ from, to }, k) => (parts[from] === parts[to] ? [] : [k]))
    if (torn.length === 0) return ways
    for (const k of torn) ways[k] = 'both'
  }
}

function arcsOf(nodeCount: number, stretches: readonly Stretch[], ways: readonly Way[]): number[][] {
  const arcs: number[][] = Array.from({ length: nodeCount }, () => [])
  stretches.forEach(({ from, to }, k) => {
    if (ways[k] !== 'backward') arcs[from]!.push(to)
    if (ways[k] !== 'forward') arcs[to]!.push(from)
  })
  return arcs
}
