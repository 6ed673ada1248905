import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { atOnce } from '../city/steps.ts'
import type { Steps } from '../city/steps.ts'
import type { Reach, ReachAnswer, ReachUnit } from '../city/surroundings.ts'
import type { Layable } from '../reach/road-conditions.ts'
import { routeBetween } from '../reach/route.ts'
import { RoadSearch } from '../reach/search.ts'
import { UnitsOnRoads } from '../reach/units-on-roads.ts'
import { RoadWeights } from '../reach/weights.ts'
import { RoadSnap } from '../roads/snap.ts'
import type { RoadPoint, Snap } from '../roads/snap.ts'
import { driveTimes } from './drive-times.ts'
import { WayReader } from './way-reader.ts'

/** Beyond this a click is in a field and no time would mean anything. */
const PLACE_SNAP_M = 300
/** Beyond this a car is not on any road we know: a yard, a ferry, a receiver gone wrong. */
const UNIT_SNAP_M = 150
/** A unit that moved less than this since it was placed stays where it hangs. */
const MOVED_M = 0.5

type Placed = { readonly at: LatLon; readonly onRoad: boolean }

/**
 * Reach over a real road graph. Commands ask for one unit at once, pages for all of them in steps; each kind has a search and
 * units of its own, so that neither meets the other half-way. Whoever lays what driving takes anew changes the next answer, and
 * a question that was under way begins again.
 */
export function createRoadReach(
  graph: RoadGraph,
  weights: RoadWeights = new RoadWeights(graph),
  snap: RoadSnap = new RoadSnap(graph),
  nodesPerStep?: number,
): Reach & Layable {
  const commands = new Asker(graph, weights, snap)
  const pages = new Asker(graph, weights, snap, nodesPerStep)
  return {
    times: (place, units) => atOnce(commands.timing(place, units)),
    timing: (place, units) => pages.timing(place, units),
    route: (place, unit) => commands.route(place, unit),
    lay(conditions, only) {
      weights.lay(conditions, only)
      pages.overtaken()
    },
  }
}

/** Keeps the asked units hung on their roads between questions, so only those that moved are snapped again. */
class Asker {
  private readonly graph: RoadGraph
  private readonly snap: RoadSnap
  private readonly units: UnitsOnRoads
  private readonly search: RoadSearch
  private readonly ways = new WayReader()
  private readonly nodesPerStep: number | undefined
  private readonly placed = new Map<string, Placed>()
  /** Grows with every question and whenever roads are laid: who was under way finds another number. */
  private turn = 0

  constructor(graph: RoadGraph, weights: RoadWeights, snap: RoadSnap, nodesPerStep?: number) {
    this.graph = graph
    this.snap = snap
    this.units = new UnitsOnRoads(graph)
    this.search = new RoadSearch(graph, weights)
    this.nodesPerStep = nodesPerStep
  }

  /** What it was in the middle of begins again. */
  overtaken(): void {
    this.turn++
  }

  *timing(place: LatLon, asked: readonly ReachUnit[]): Steps<ReachAnswer | undefined> {
    const { graph, search, units } = this
    const target = this.targetOf(place)
    if (target === undefined) return undefined
    const ids = new Set(asked.map(unit => unit.unitId))
    for (;;) {
      const turn = ++this.turn
      const offRoad = new Set(asked.filter(unit => !this.hang(unit)).map(unit => unit.unitId))
      const steps = driveTimes(units, search, target, ids, this.nodesPerStep)
      let step = steps.next()
      while (!step.done && turn === this.turn) {
        yield
        step = turn === this.turn ? steps.next() : step
      }
      // What is read out of the search takes a turn of its own.
      if (step.done) yield
      if (!step.done || turn !== this.turn) continue
      return {
        place: {
          ...pointOn(graph, target),
          snappedM: target.distanceM,
          road: graph.edgeName(target.edge),
          closed: search.weights.isShut(target.edge),
        },
        roadSeconds: new Map([...step.value].map(([id, ds]) => [id, ds / 10])),
        offRoad,
        stands: () => turn === this.turn,
        wayOf: unitId => {
          const at = units.placeOf(unitId)
          return at && this.ways.read(search, at, target)
        },
      }
    }
  }

  route(place: LatLon, unit: ReachUnit): ReturnType<Reach['route']> {
    const target = this.targetOf(place)
    const from = this.hang(unit) ? this.units.placeOf(unit.unitId) : undefined
    return target && from && routeBetween(this.search, from, target)?.line
  }

  private targetOf({ lat, lon }: LatLon): Snap | undefined {
    return this.snap.snap(lat, lon, PLACE_SNAP_M, {}, 'to')
  }

  private hang(unit: ReachUnit): boolean {
    const known = this.placed.get(unit.unitId)
    if (known !== undefined && distanceM(known.at, unit) < MOVED_M) return known.onRoad
    const point = this.snap.snap(unit.lat, unit.lon, UNIT_SNAP_M, unit, 'from')
    const onRoad = point !== undefined && this.units.place(unit.unitId, point.edge, point.fraction)
    if (!onRoad) this.units.remove(unit.unitId)
    this.placed.set(unit.unitId, { at: { lat: unit.lat, lon: unit.lon }, onRoad })
    return onRoad
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
