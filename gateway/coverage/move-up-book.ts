import type { UnitView } from '#protocols/api.ts'
import type { MoveUpView } from '#protocols/coverage.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { OrderId, UnitId } from '#protocols/ids.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Now } from '#protocols/time.ts'
import { exclusionOf } from '../dispatch/recommend.ts'
import { MOVE_UP_RULES } from './move-ups.ts'
import type { MoveUpAsked, MoveUpFound, MoveUpMeasured } from './move-ups.ts'

export type MoveUpManners = {
  /** Proposed at once at most; a list nobody reads proposes nothing. */
  readonly openMax: number
  /** A proposal stays while it gains so much, and so much of it is sure, though a new one must gain more: lists must not flicker. */
  readonly keptGainShareMin: number
  readonly keptSureShareMin: number
  /** Longer nobody has looked at it. */
  readonly openMs: number
  /** A unit that was moved, or whose crew was not to be moved, is left alone. */
  readonly unitRestMs: number
  /** A place that was declined is not proposed again. */
  readonly declinedMs: number
  /** Where a unit counts as there. */
  readonly arrivedM: number
  /** A unit on its way is given twice its time and this. */
  readonly lateMs: number
}

export const MOVE_UP_MANNERS: MoveUpManners = {
  openMax: 3,
  keptGainShareMin: MOVE_UP_RULES.gainShareMin / 2,
  keptSureShareMin: MOVE_UP_RULES.sureShareMin / 2,
  openMs: 300_000,
  unitRestMs: 600_000,
  declinedMs: 900_000,
  arrivedM: 150,
  lateMs: 120_000,
}

type MoveUp = {
  readonly id: string
  readonly found: MoveUpFound
  readonly callSign: string
  readonly sinceMonoMs: number
  readonly gainShare: number
  readonly sureShare: number
  /** Null while it is only proposed. */
  readonly orderId: OrderId | null
}

/**
 * Move-ups proposed and under way. A proposal stays on the list while it gains something and its unit is free; accepted, it
 * stays until the unit is there, has other work, or took too long.
 */
export class MoveUpBook {
  private readonly manners: MoveUpManners
  private all: readonly MoveUp[] = []
  private readonly resting = new Map<UnitId, number>()
  private declined: readonly { readonly place: LatLon; readonly untilMonoMs: number }[] = []

  constructor(manners: MoveUpManners = MOVE_UP_MANNERS) {
    this.manners = manners
  }

  /** What to look for next. */
  asked(units: readonly UnitView[], now: Now): MoveUpAsked {
    for (const [unitId, untilMs] of this.resting) if (untilMs <= now.monoMs) this.resting.delete(unitId)
    this.declined = this.declined.filter(({ untilMonoMs }) => untilMonoMs > now.monoMs)
    const idle = units.filter(unit => exclusionOf(unit) === null && !this.resting.has(unit.id))
    return {
      idle: idle.map(unit => unit.id),
      planned: this.all.map(({ id, found, orderId }) => ({
        ...{ id, unitId: found.unitId, place: found.place },
        etaSeconds: orderId === null ? found.etaSeconds : null,
      })),
      away: units.filter(mayComeFree).flatMap(({ id, position }) => {
        return position === null ? [] : [{ unitId: id, lat: position.lat, lon: position.lon }]
      }),
      avoid: this.declined.map(({ place }) => place),
      wantsMore: this.all.filter(one => one.orderId === null).length < this.manners.openMax,
    }
  }

  /** What was found; `units` as they are now. True when a page would see a change. */
  planned(measured: MoveUpMeasured, units: readonly UnitView[], mintId: () => string, now: Now): boolean {
    const before = this.all
    const byId = new Map(units.map(unit => [unit.id, unit]))
    const gains = new Map(measured.gains.map(gain => [gain.id, gain]))
    this.all = this.all
      .map(one => {
        const gain = one.orderId === null ? gains.get(one.id) : undefined
        if (gain === undefined) return one
        return { ...one, gainShare: gain.gainShare, sureShare: gain.sureShare ?? one.sureShare }
      })
      .filter(one => this.stays(one, byId.get(one.found.unitId), now))
    const { found } = measured
    const unit = found === null ? undefined : byId.get(found.unitId)
    if (found !== null && unit !== undefined && this.mayPropose(found, unit)) {
      const gainShare = found.reachedAfter - found.reachedBefore
      const fresh = { found, gainShare, sureShare: found.sureShare, callSign: unit.callSign, orderId: null }
      this.all = [...this.all, { id: mintId(), ...fresh, sinceMonoMs: now.monoMs }]
    }
    return before.length > 0 || this.all.length > 0
  }

  /** Takes a proposal off the list for its order. Fault: MOVE_UP_UNKNOWN. */
  accept(id: string, unit: UnitView | undefined, orderId: OrderId, now: Now): Result<MoveUpFound> {
    const open = this.open(id)
    if (open === undefined) return fault('MOVE_UP_UNKNOWN', id)
    if (unit === undefined || exclusionOf(unit) !== null) {
      this.all = this.all.filter(one => one.id !== id)
      return fault('MOVE_UP_UNKNOWN', `${open.callSign} is no longer free`)
    }
    const accepted = { ...open, orderId, sinceMonoMs: now.monoMs }
    // Those under way come first: what is proposed is measured as if they had arrived.
    const rest = this.all.filter(one => one.id !== id)
    const underWay = rest.filter(one => one.orderId !== null)
    this.all = [...underWay, accepted, ...rest.filter(one => one.orderId === null)]
    return ok(open.found)
  }

  /** Somebody said no: neither this place nor this unit is proposed again for a while. Fault: MOVE_UP_UNKNOWN. */
  decline(id: string, now: Now): Result<MoveUpFound> {
    const open = this.open(id)
    if (open === undefined) return fault('MOVE_UP_UNKNOWN', id)
    this.all = this.all.filter(one => one.id !== id)
    this.declined = [
      ...this.declined,
      { place: open.found.place, untilMonoMs: now.monoMs + this.manners.declinedMs },
    ]
    this.rest(open.found.unitId, now)
    return ok(open.found)
  }

  /** The unit got an order: it goes nowhere else, whether it was asked to or only might have been. */
  taken(unitId: UnitId): void {
    this.all = this.all.filter(one => one.found.unitId !== unitId)
  }

  /** The unit of a proposal, or undefined. */
  unitOf(id: string): UnitId | undefined {
    return this.open(id)?.found.unitId
  }

  view(id: string, nameOf: (gridId: string) => string | null, now: Now): MoveUpView | undefined {
    return this.views(nameOf, now).find(one => one.id === id)
  }

  views(nameOf: (gridId: string) => string | null, now: Now): MoveUpView[] {
    return this.all.map(({ id, found, callSign, sinceMonoMs, gainShare, orderId }) => ({
      ...{ id, callSign, orderId, gainShare },
      unitId: found.unitId,
      state: orderId === null ? 'proposed' : 'accepted',
      place: found.place,
      text: placeText(found.place, nameOf),
      reachedBefore: found.reachedBefore,
      reachedAfter: Math.min(1, found.reachedBefore + gainShare),
      etaSeconds: Math.round(found.etaSeconds),
      leaves: {
        roadM: found.leaves.roadM,
        demandShare: found.leaves.demandShare,
        gridIds: found.leaves.grids.filter(grid => grid.roadM > 0).map(grid => grid.gridId),
      },
      sinceMs: Math.max(0, Math.round(now.monoMs - sinceMonoMs)),
    }))
  }

  private open(id: string): MoveUp | undefined {
    return this.all.find(one => one.id === id && one.orderId === null)
  }

  private mayPropose(found: MoveUpFound, unit: UnitView): boolean {
    if (exclusionOf(unit) !== null || this.resting.has(found.unitId)) return false
    return !this.all.some(one => one.found.unitId === found.unitId)
  }

  private stays(one: MoveUp, unit: UnitView | undefined, now: Now): boolean {
    const ageMs = now.monoMs - one.sinceMonoMs
    const isFree = unit !== undefined && exclusionOf(unit) === null
    const { keptGainShareMin, keptSureShareMin, openMs } = this.manners
    const pays = one.gainShare >= keptGainShareMin && one.sureShare >= keptSureShareMin
    if (one.orderId === null) return isFree && pays && ageMs < openMs
    if (!isFree) return false
    const isThere =
      unit.position !== null && distanceM(unit.position, one.found.place) <= this.manners.arrivedM
    const isLate = ageMs > 2_000 * one.found.etaSeconds + this.manners.lateMs
    if (isThere || isLate) this.rest(one.found.unitId, now)
    return !isThere && !isLate
  }

  private rest(unitId: UnitId, now: Now): void {
    this.resting.set(unitId, now.monoMs + this.manners.unitRestMs)
  }
}

/** On duty, at other work, and where it is is known. */
const mayComeFree = ({ availability, assignment, freshness }: UnitView): boolean =>
  (availability === 'busy' || availability === 'assigned' || assignment !== null) && freshness !== 'stale'

/** As a crew reads it: `鼓楼网格 大成路`. */
export function placeText(place: MoveUpFound['place'], nameOf: (gridId: string) => string | null): string {
  const grid = place.gridId === null ? null : nameOf(place.gridId)
  return [place.name || grid, place.road].filter(Boolean).join(' ').slice(0, 200)
}
