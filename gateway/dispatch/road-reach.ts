import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Reach, ReachUnit } from '../city/surroundings.ts'
import { legsTo } from '../reach/legs.ts'
import { NearestUnits } from '../reach/nearest.ts'
import { routeBetween } from '../reach/route.ts'
import { RoadSearch } from '../reach/search.ts'
import { UnitsOnRoads } from '../reach/units-on-roads.ts'
import { RoadWeights } from '../reach/weights.ts'
import { RoadSnap } from '../roads/snap.ts'
import type { RoadPoint } from '../roads/snap.ts'

/** Beyond this a click is in a field and no time would mean anything. */
const PLACE_SNAP_M = 300
/** Beyond this a car is not on any road we know: a yard, a ferry, a receiver gone wrong. */
const UNIT_SNAP_M = 150
/** A unit that moved less than this since it was placed stays where it hangs. */
const MOVED_M = 0.5

type Placed = { readonly at: LatLon; readonly onRoad: boolean }

/**
 * Reach over a real road graph: keeps the asked units hung on their roads between questions, so only those that moved
 * are snapped again, and answers with one search from the place. Who lays `weights` anew changes the next answer.
 */
export function createRoadReach(graph: RoadGraph, weights: RoadWeights = new RoadWeights(graph)): Reach {
  const snap = new RoadSnap(graph)
  const units = new UnitsOnRoads(graph)
  const search = new RoadSearch(graph, weights)
  const nearest = new NearestUnits(units, search)
  const placed = new Map<string, Placed>()

  const hang = (unit: ReachUnit): boolean => {
    const known = placed.get(unit.unitId)
    if (known !== undefined && distanceM(known.at, unit) < MOVED_M) return known.onRoad
    const point = snap.snap(unit.lat, unit.lon, UNIT_SNAP_M, unit, 'from')
    const onRoad = point !== undefined && units.place(unit.unitId, point.edge, point.fraction)
    if (!onRoad) units.remove(unit.unitId)
    placed.set(unit.unitId, { at: { lat: unit.lat, lon: unit.lon }, onRoad })
    return onRoad
  }

  return {
    times(place, asked) {
      const target = snap.snap(place.lat, place.lon, PLACE_SNAP_M, {}, 'to')
      if (target === undefined) return undefined
      const offRoad = new Set(asked.filter(unit => !hang(unit)).map(unit => unit.unitId))
      const wanted = new Set(asked.map(unit => unit.unitId))
      const found = nearest.nearest(target, wanted.size - offRoad.size, { accept: id => wanted.has(id) })
      return {
        place: {
          ...pointOn(graph, target),
          snappedM: target.distanceM,
          road: graph.edgeName(target.edge),
          closed: weights.isShut(target.edge),
        },
        roadSeconds: new Map(found.map(({ id, etaDs }) => [id, etaDs / 10])),
        offRoad,
        legsOf: unitId => {
          const at = units.placeOf(unitId)
          return at === undefined ? [] : legsTo(search, at, target)
        },
      }
    },
    route(place, unit) {
      const target = snap.snap(place.lat, place.lon, PLACE_SNAP_M, {}, 'to')
      const from = hang(unit) ? units.placeOf(unit.unitId) : undefined
      return target && from && routeBetween(search, from, target)?.line
    },
  }
}

/** Degrees of a place on an edge. */
function pointOn(graph: RoadGraph, { edge, fraction }: RoadPoint): LatLon {
  const shape = graph.edgeShape(edge)
  const lengths = shape.slice(1).map((here, i) => metres(shape[i]!, here))
  let rest = fraction * lengths.reduce((sum, length) => sum + length, 0)
  for (const [i, length] of lengths.entries()) {
    if (rest <= length || i === lengths.length - 1)
      return between(shape[i]!, shape[i + 1]!, length && rest / length)
    rest -= length
  }
  return { lat: shape[0]?.[1] ?? 0, lon: shape[0]?.[0] ?? 0 }
}

type LonLat = readonly [number, number]

const metres = (a: LonLat, b: LonLat): number => distanceM({ lon: a[0], lat: a[1] }, { lon: b[0], lat: b[1] })

const between = (a: LonLat, b: LonLat, share: number): LatLon => ({
  lon: a[0] + share * (b[0] - a[0]),
  lat: a[1] + share * (b[1] - a[1]),
})
