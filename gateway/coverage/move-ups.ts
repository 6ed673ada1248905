import type { MoveUpPlace } from '#protocols/coverage.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { UnitId } from '#protocols/ids.ts'
import { NearestUnits } from '../reach/nearest.ts'
import type { RoadSearch } from '../reach/search.ts'
import type { RoadPoint } from '../roads/snap.ts'
import { ColdSpots } from './cold-spots.ts'
import type { ColdSpot } from './cold-spots.ts'
import { LABEL_BOUNDS, PROMISE_DS } from './measure.ts'
import type { MeasuredLoss, PlanParts, Plans } from './plans.ts'
import { SureGain } from './sure-gain.ts'
import type { Whereabouts } from './sure-gain.ts'
import type { Added } from './what-if.ts'

/** Ours, calibrated on a trial: see `MOVE_UP_RULES`. */
export type MoveUpRules = {
  /** Less of the city's demand is not worth a drive. */
  readonly gainShareMin: number
  /** So much of it must be sure whatever the others do meanwhile, see `SureGain`. */
  readonly sureShareMin: number
  /** Nobody is moved for longer: the city is another one by then. */
  readonly driveSecondsMax: number
  /** Somebody who moves comes nearer to a place, or further from it, by at most this share of the time that passes. */
  readonly driftShare: number
}

/**
 * From a trial on seeds the proof does not use (small towns from 1201 on, every possible move held on arrival beside the same
 * moment had the unit stayed): of 419 moves that gained enough, were within the drive and filled what nobody with other work
 * reaches, 347 were worth it; of the 84 of them with 0.3 % sure at 0.65 of the drive, 82. Moves repeat from minute to minute:
 * counted once an episode that is 109 of 131 and 36 of 37. Share and floor are the best of some thirty pairs on these seeds.
 * How long a hole had been cold hardly separated the two: what closes it is a patrol that was about to come, or a crew that
 * came free beside it.
 */
export const MOVE_UP_RULES: MoveUpRules = {
  gainShareMin: 0.005,
  sureShareMin: 0.003,
  driveSecondsMax: 240,
  driftShare: 2 / 3,
}

/** A place where a unit may stand by, beside the centres of the grids and of the holes. */
export type StandbyPlace = LatLon & { readonly name: string }

export type MoveUpPlanned = {
  readonly id: string
  readonly unitId: UnitId
  readonly place: LatLon
  /** How long it would take from now; null once it is under way. */
  readonly etaSeconds: number | null
}

export type MoveUpAsked = {
  /** Who may be moved. */
  readonly idle: readonly UnitId[]
  /** Under way or proposed already, in this order: the next is looked for as if they stood there. */
  readonly planned: readonly MoveUpPlanned[]
  /** With other work: they may come free where they are, and need nobody to fill in for them then. */
  readonly away: readonly (LatLon & { readonly unitId: UnitId })[]
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
  /** What of it is sure, whatever the others do. */
  readonly sureShare: number
  readonly etaSeconds: number
  /** What the unit alone reaches from where it is. */
  readonly leaves: MeasuredLoss
}
export type MoveUpGain = {
  readonly id: string
  readonly gainShare: number
  /** What of it is sure, of one that is not under way yet. */
  readonly sureShare: number | null
}
export type MoveUpMeasured = {
  /** What each of those planned adds to the ones before it, of the city's demand. */
  readonly gains: readonly MoveUpGain[]
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
/** Moves with the greatest gain are looked at for what is sure of it. */
const SURE_TRIED = 16
/** Of two that gain nearly the same the nearer goes. */
const NEARLY = 0.95

type Spot = { readonly place: MoveUpPlace; readonly point: RoadPoint }
type Tried = { readonly spot: Spot; readonly unitId: UnitId; readonly net: number; readonly etaDs: number }
type Sure = Tried & { readonly sure: number }

export type MoveUpParts = PlanParts & {
  readonly plans: Plans
  readonly snap: (at: LatLon) => RoadPoint | undefined
  readonly standby: readonly StandbyPlace[]
  /** Who of those counted stands still; and who of those with other work. */
  readonly stands: (unitId: UnitId) => boolean
  readonly standsAway: (unitId: UnitId) => boolean
}

/**
 * Which idle unit would raise the demand that is reached in five minutes most by standing somewhere else: its gain there less
 * what it leaves, both exact, and enough of it sure though the others drive on, are sent and come back meanwhile. Places are
 * the centres of grids and holes and the posts of the city.
 */
export class MoveUps {
  private readonly parts: MoveUpParts
  private readonly rules: MoveUpRules
  private readonly search: RoadSearch
  private readonly nearest: NearestUnits
  private readonly holes: ColdSpots
  private readonly sure: SureGain

  constructor(parts: MoveUpParts, rules: MoveUpRules = MOVE_UP_RULES) {
    const { labels, measure } = parts
    this.parts = parts
    this.rules = rules
    this.search = parts.searches[0]
    this.nearest = new NearestUnits(labels.units, parts.searches[0])
    const small = { coldAfterMs: 0, roadMMin: 50, spotsMax: HOLES_MAX }
    this.holes = new ColdSpots(measure, labels, small, 'hole', parts.desk)
    this.sure = new SureGain(labels, measure, parts.turnoutDs, parts.searches)
  }

  /** Leaves units and labels as they were. */
  plan(asked: MoveUpAsked): MoveUpMeasured {
    const gains: MoveUpGain[] = []
    const back: (() => void)[] = []
    const open = asked.planned.filter(({ etaSeconds }) => etaSeconds !== null)
    let sures: ReadonlyMap<string, number> = new Map()
    for (const one of asked.planned) {
      const { id, unitId, place } = one
      // Those under way come first and count as there, those proposed do not yet.
      if (one === open[0]) sures = this.suresOf(open, asked)
      const before = this.reached()
      const undo = this.move(unitId, place)
      if (undo !== undefined) back.push(undo)
      const gainShare = undo === undefined ? 0 : this.reached() - before
      gains.push({ id, gainShare, sureShare: sures.get(id) ?? null })
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
    const tried = this.bestSpots(avoid)
      .flatMap(spot => this.tryUnits(spot, idle))
      .filter(({ net }) => net >= this.rules.gainShareMin)
      .sort((a, b) => b.net - a.net)
      .slice(0, SURE_TRIED)
    if (tried.length === 0) return null
    let best: Sure | null = null
    for (const one of this.suresOfTried(tried, asked)) if (isBetter(one, best)) best = one
    if (best === null || best.sure < this.rules.sureShareMin) return null
    const { spot, unitId, net, sure, etaDs } = best
    const leaves = this.parts.plans.losses([unitId])[0]
    if (leaves === undefined) return null
    const reachedBefore = this.reached()
    return {
      unitId,
      place: spot.place,
      reachedBefore,
      reachedAfter: Math.min(1, reachedBefore + net),
      sureShare: sure,
      etaSeconds: etaDs / 10,
      leaves,
    }
  }

  private suresOfTried(tried: readonly Tried[], asked: MoveUpAsked): readonly Sure[] {
    return this.whileSure(asked, () =>
      tried.map(one => ({ ...one, sure: this.sureOf(one.unitId, one.spot.point, one.etaDs) })),
    )
  }

  /** What is sure of the gain of those proposed, each by itself. */
  private suresOf(open: readonly MoveUpPlanned[], asked: MoveUpAsked): ReadonlyMap<string, number> {
    return this.whileSure(asked, () => {
      const sures = open.map(({ id, unitId, place, etaSeconds }): [string, number] => {
        const point = this.parts.snap(place)
        return [id, point === undefined ? 0 : this.sureOf(unitId, point, 10 * (etaSeconds ?? 0))]
      })
      return new Map(sures)
    })
  }

  private sureOf(unitId: UnitId, to: RoadPoint, etaDs: number): number {
    const slot = this.parts.labels.units.slotOf(unitId)
    if (slot === undefined) return 0
    return this.sure.of({ slot, to, turnoutDs: STANDING_DS, driftDs: this.rules.driftShare * etaDs })
  }

  /** Something that is asked while those with other work are on the roads too, and everybody is labelled further. */
  private whileSure<T>({ away, planned, idle }: MoveUpAsked, ask: () => T): T {
    const { labels, turnoutDs, snap, stands, standsAway } = this.parts
    const { units } = labels
    const coming = new Set(planned.map(({ unitId }) => unitId))
    const resting = new Set(units.ids)
    for (const unitId of idle) resting.delete(unitId)
    const slots = new Set<number>()
    for (const unit of away) {
      const point = snap(unit)
      if (point === undefined || units.slotOf(unit.unitId) !== undefined) continue
      if (!units.place(unit.unitId, point.edge, point.fraction)) break
      const slot = units.slotOf(unit.unitId)!
      turnoutDs[slot] = STANDING_DS
      slots.add(slot)
    }
    const whereabouts = (slot: number): Whereabouts => {
      const unitId = units.ids[slot]!
      if (slots.has(slot)) return standsAway(unitId) ? 'away' : 'leaves'
      // On its way it may still be sent elsewhere; and who was moved up goes on patrol again after a while.
      if (coming.has(unitId)) return 'away'
      return stands(unitId) && !resting.has(unitId) ? 'stands' : 'moves'
    }
    const { driftShare, driveSecondsMax } = this.rules
    this.sure.begin(whereabouts, Math.ceil(driftShare * driveSecondsMax * 10))
    const answer = ask()
    for (const slot of slots) units.remove(units.ids[slot]!)
    labels.run(turnoutDs, LABEL_BOUNDS)
    return answer
  }

  /** Places where one more unit would be worth its drive if it cost nothing, the best first. */
  private bestSpots(avoid: readonly LatLon[]): readonly Spot[] {
    this.holes.forget()
    const holes = this.holes.refresh(() => false, 0)
    return this.spots(holes, avoid)
      .map(spot => ({ spot, gain: this.netOf(this.standing(spot), []) }))
      .filter(({ gain }) => gain >= this.rules.gainShareMin)
      .sort((a, b) => b.gain - a.gain)
      .slice(0, PLACES_TRIED)
      .map(({ spot }) => spot)
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

function isBetter(one: Sure, best: Sure | null): boolean {
  if (best === null) return true
  if (one.sure >= NEARLY * best.sure && one.etaDs < best.etaDs) return true
  return one.sure * NEARLY > best.sure
}
