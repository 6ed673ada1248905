import type { MoveUpPlace } from '#protocols/coverage.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { UnitId } from '#protocols/ids.ts'
import { NearestUnits } from '../reach/nearest.ts'
import { RoadSearch } from '../reach/search.ts'
import type { RoadPoint } from '../roads/snap.ts'
import { ColdSpots } from './cold-spots.ts'
import type { ColdSpot } from './cold-spots.ts'
import { LABEL_BOUNDS, PROMISE_DS } from './measure.ts'
import type { MeasuredLoss, PlanParts, Plans } from './plans.ts'
import type { Added } from './what-if.ts'

/** Ours, to be calibrated. */
export type MoveUpRules = {
  /** Less of the city's demand is not worth a drive. */
  readonly gainShareMin: number
  /**
   * Nobody is moved for longer: the city is another one by then. In small towns 35 of 36 such drives were worth it on arrival,
   * beside the same moment had the unit stayed; of drives of up to 600 s 46 of 56.
   */
  readonly driveSecondsMax: number
}
export const MOVE_UP_RULES: MoveUpRules = { gainShareMin: 0.005, driveSecondsMax: 240 }

/** A place where a unit may stand by, beside the centres of the grids and of the holes. */
export type StandbyPlace = LatLon & { readonly name: string }

export type MoveUpAsked = {
  /** Who may be moved. */
  readonly idle: readonly UnitId[]
  /** Under way or proposed already, in this order: the next is looked for as if they stood there. */
  readonly planned: readonly { readonly id: string; readonly unitId: UnitId; readonly place: LatLon }[]
  /** Nobody is asked to go near these. */
  readonly avoid: readonly LatLon[]
  readonly wantsMore: boolean
}

export type MoveUpFound = {
  readonly unitId: UnitId
  readonly place: MoveUpPlace
  /** Of the city's demand, reached now and with the unit there. */
  readonly reachedBefore: number
  readonly reachedAfter: number
  readonly etaSeconds: number
  /** What the unit alone reaches from where it is. */
  readonly leaves: MeasuredLoss
}
export type MoveUpMeasured = {
  /** What each of those planned adds to the ones before it, of the city's demand. */
  readonly gains: readonly { readonly id: string; readonly gainShare: number }[]
  readonly found: MoveUpFound | null
}

/** A crew that stands by has to get going first, as in `turnoutSecondsOf`. */
const STANDING_DS = 100
/** No hole is filled from further away than a car drives in five minutes on a good road. */
const NEAR_HOLE_M = 5_000
/** Looked at in one round: places with the most demand out of reach around them; the best of them with their nearest units. */
const PLACES_MAX = 24
const PLACES_TRIED = 8
const UNITS_TRIED = 6
const HOLES_MAX = 24
/** Nearer places are one. */
const SAME_PLACE_M = 200
/** So much of what a place would fill must have been out of reach for a while: crews come back, patrols come by. */
const COLD_PART = 0.5
/** Of two that gain nearly the same the nearer goes. */
const NEARLY = 0.95

type Spot = { readonly place: MoveUpPlace; readonly point: RoadPoint }
type Tried = { readonly spot: Spot; readonly unitId: UnitId; readonly net: number; readonly etaDs: number }

export type MoveUpParts = PlanParts & {
  readonly plans: Plans
  readonly snap: (at: LatLon) => RoadPoint | undefined
  readonly standby: readonly StandbyPlace[]
  /** Road that was out of reach for the time of a cold spot. */
  readonly isCold: (stretch: number) => boolean
}

/**
 * Which idle unit would raise the demand that is reached in five minutes most by standing somewhere else: its gain there less
 * what it leaves, both exact. Places are the centres of grids and holes and the posts of the city.
 */
export class MoveUps {
  private readonly parts: MoveUpParts
  private readonly rules: MoveUpRules
  private readonly search: RoadSearch
  private readonly nearest: NearestUnits
  private readonly holes: ColdSpots

  constructor(parts: MoveUpParts, rules: MoveUpRules = MOVE_UP_RULES) {
    const { labels, measure } = parts
    this.parts = parts
    this.rules = rules
    this.search = new RoadSearch(labels.graph, labels.weights)
    this.nearest = new NearestUnits(labels.units, new RoadSearch(labels.graph, labels.weights))
    const small = { coldAfterMs: 0, roadMMin: 50, spotsMax: HOLES_MAX }
    this.holes = new ColdSpots(measure, labels, small, 'hole')
  }

  /** Leaves units and labels as they were. */
  plan(asked: MoveUpAsked): MoveUpMeasured {
    const gains: { id: string; gainShare: number }[] = []
    const back: (() => void)[] = []
    for (const { id, unitId, place } of asked.planned) {
      const before = this.reached()
      const undo = this.move(unitId, place)
      if (undo !== undefined) back.push(undo)
      gains.push({ id, gainShare: undo === undefined ? 0 : this.reached() - before })
    }
    const found = asked.wantsMore ? this.find(asked) : null
    for (const undo of back.reverse()) undo()
    if (back.length > 0) this.relabel()
    return { gains, found }
  }

  /** Puts a unit where it would stand; undefined when it or the place is on no road. */
  private move(unitId: UnitId, at: LatLon): (() => void) | undefined {
    const { labels, turnoutDs, snap } = this.parts
    const { units } = labels
    const [slot, was, point] = [units.slotOf(unitId), units.placeOf(unitId), snap(at)]
    if (slot === undefined || was === undefined || point === undefined) return undefined
    const wasTurnoutDs = turnoutDs[slot]!
    units.place(unitId, point.edge, point.fraction)
    turnoutDs[slot] = STANDING_DS
    this.relabel()
    return () => {
      units.place(unitId, was.edge, was.fraction)
      turnoutDs[slot] = wasTurnoutDs
    }
  }

  private relabel(): void {
    const { labels, measure, turnoutDs, plans } = this.parts
    labels.run(turnoutDs, LABEL_BOUNDS)
    measure.run(turnoutDs)
    plans.forget()
  }

  /** Of the city's demand, what is reached now. */
  private reached(): number {
    const { measure, grids } = this.parts
    const whole = measure.demand[grids.length]!
    return whole > 0 ? measure.demandReached() / whole : 0
  }

  private find(asked: MoveUpAsked): MoveUpFound | null {
    const taken = new Set(asked.planned.map(planned => planned.unitId))
    const idle = new Set(asked.idle.filter(unitId => !taken.has(unitId)))
    const avoid = [...asked.avoid, ...asked.planned.map(planned => planned.place)]
    let best: Tried | null = null
    for (const spot of this.bestSpots(avoid))
      for (const tried of this.tryUnits(spot, idle)) if (isBetter(tried, best)) best = tried
    if (best === null || best.net < this.rules.gainShareMin) return null
    const { spot, unitId, net, etaDs } = best
    const leaves = this.parts.plans.losses([unitId])[0]
    if (leaves === undefined) return null
    const reachedBefore = this.reached()
    return {
      unitId,
      place: spot.place,
      reachedBefore,
      reachedAfter: Math.min(1, reachedBefore + net),
      etaSeconds: etaDs / 10,
      leaves,
    }
  }

  /** Places where one more unit would be worth its drive if it cost nothing, the best first. */
  private bestSpots(avoid: readonly LatLon[]): readonly Spot[] {
    this.holes.forget()
    const holes = this.holes.refresh(() => false, 0)
    const gains = this.spots(holes, avoid).map(spot => {
      const gain = this.netOf(this.standing(spot), [])
      return { spot, gain, fills: this.coldFilled() }
    })
    return gains
      .filter(({ gain, fills }) => gain >= this.rules.gainShareMin && fills >= COLD_PART * gain)
      .sort((a, b) => b.gain - a.gain)
      .slice(0, PLACES_TRIED)
      .map(({ spot }) => spot)
  }

  /** Of the city's demand: what the last look reaches more of road that is cold, so that nobody drives after a passing hole. */
  private coldFilled(): number {
    const { plans, measure, grids, isCold } = this.parts
    const { changed, gapFrom, gapTo } = plans.whatIf
    const { from, to, grid, demand } = measure.stretches
    let filled = 0
    for (const s of changed) {
      if (grid[s]! < 0 || !isCold(s)) continue
      const less = measure.gapTo[s]! - measure.gapFrom[s]! - (gapTo[s]! - gapFrom[s]!)
      filled += (less / (to[s]! - from[s]!)) * demand[s]!
    }
    return filled / measure.demand[grids.length]!
  }

  /** Places to look at, those with most demand out of reach around them. */
  private spots(holes: readonly ColdSpot[], avoid: readonly LatLon[]): readonly Spot[] {
    const isFree = ({ place }: Spot): boolean => avoid.every(at => distanceM(at, place) > SAME_PLACE_M)
    const weigh = (spot: Spot): number =>
      holes
        .filter(hole => distanceM(hole.centre, spot.place) < NEAR_HOLE_M)
        .reduce((sum, hole) => sum + hole.demandShare, 0)
    return [...this.holeSpots(holes), ...this.gridSpots(), ...this.postSpots()]
      .filter(isFree)
      .map(spot => ({ spot, weight: weigh(spot) }))
      .filter(({ weight }) => weight > 0)
      .sort((a, b) => b.weight - a.weight)
      .slice(0, PLACES_MAX)
      .map(({ spot }) => spot)
  }

  private holeSpots(holes: readonly ColdSpot[]): Spot[] {
    return holes.map(hole => this.spotOf('cold_spot', hole.centrePoint, ''))
  }

  private gridSpots(): Spot[] {
    return this.parts
      .centres()
      .flatMap(centre => (centre === undefined ? [] : [this.spotOf('centre', centre, '')]))
  }

  private postSpots(): Spot[] {
    return this.parts.standby.flatMap(post => {
      const point = this.parts.snap(post)
      return point === undefined ? [] : [this.spotOf('post', point, post.name)]
    })
  }

  private spotOf(kind: MoveUpPlace['kind'], point: RoadPoint, name: string): Spot {
    const { measure, grids, labels } = this.parts
    const { stretches } = measure
    const grid = grids[stretches.grid[stretches.firstOf[point.edge]!]!]
    const at = stretches.lines.pointAt(point.edge, point.fraction)
    const road = labels.graph.edgeName(point.edge)
    // Whoever is told to stand there is put on the road anew: where roads cross in two storeys that may be another one.
    const told = this.parts.snap(at) ?? point
    return { place: { kind, ...at, gridId: grid?.id ?? null, name, road }, point: told }
  }

  /** What each of the nearest idle units would gain by standing there. */
  private tryUnits(spot: Spot, idle: ReadonlySet<UnitId>): Tried[] {
    const { labels, turnoutDs } = this.parts
    const budgetDs = this.rules.driveSecondsMax * 10
    const accept = (unitId: UnitId): boolean => idle.has(unitId)
    const near = this.nearest.nearest(spot.point, UNITS_TRIED, { budgetDs, accept })
    const added = this.standing(spot)
    return near.map(({ id, etaDs }) => {
      const slot = labels.units.slotOf(id)!
      return { spot, unitId: id, net: this.netOf(added, [slot]), etaDs: etaDs + turnoutDs[slot]! }
    })
  }

  /** Somebody who stands by there. */
  private standing({ point }: Spot): Added {
    this.search.begin('out', PROMISE_DS - STANDING_DS)
    this.search.startOnEdge(point.edge, point.fraction)
    this.search.run()
    return { search: this.search, place: point, turnoutDs: STANDING_DS }
  }

  /** Of the city's demand: what is reached more with one more there and some gone. */
  private netOf(added: Added, gone: readonly number[]): number {
    const { plans, turnoutDs, measure, grids } = this.parts
    plans.whatIf.run(gone, turnoutDs, added)
    const net = plans.whatIf.changes.demand[grids.length]!
    plans.whatIf.end(gone, turnoutDs)
    const whole = measure.demand[grids.length]!
    return whole > 0 ? net / whole : 0
  }
}

function isBetter(tried: Tried, best: Tried | null): boolean {
  if (best === null) return true
  if (tried.net >= NEARLY * best.net && tried.etaDs < best.etaDs) return true
  return tried.net * NEARLY > best.net
}
