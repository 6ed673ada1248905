import type { UnitView } from '#protocols/api.ts'
import type { Availability } from '#protocols/bodies.ts'
import type { DriverStates, EquipmentState } from '#protocols/equipment.ts'
import type { DeviceId, GridId, UnitId } from '#protocols/ids.ts'
import type { Live } from '#protocols/session.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import type { Membership } from '#protocols/geo/membership.ts'
import { freshnessOf } from './freshness.ts'

export type UnitFix = Omit<NonNullable<Live['position']>, 'eventId' | 'ageMs'>

/** Which run of a device spoke last, and how far its numbered live messages got. */
export type BootMark = {
  readonly deviceId: DeviceId
  readonly epoch: string
  readonly bootId: string
  readonly bootCount: number
  readonly liveSeq: number
}

/** The newest word folded into a part of the state: by boot and monotonic time, inside that by seq. */
export type FoldMark = {
  readonly bootId: string
  readonly monoMs: number
  readonly epoch: string
  /** Seq in lane `event`; 0 when the word came by the live slot. */
  readonly seq: number
}

/** Everything the gateway knows of one unit. Values are replaced, never changed; the unit table is their one owner. */
export type Unit = {
  readonly id: UnitId
  readonly callSign: string
  readonly deviceId: DeviceId | null
  readonly homeGridId: GridId | null
  readonly membership: Membership
  readonly link: 'up' | 'down'
  readonly heardMonoMs: number | null
  readonly announcedMs: number
  readonly boot: BootMark | null
  readonly fix: UnitFix | null
  /** The moment of the fix on the gateway's monotonic clock; may be negative. */
  readonly fixMonoMs: number
  readonly equipment: EquipmentState
  readonly equipmentMark: FoldMark | null
  readonly drivers: DriverStates | null
  readonly availability: Availability
  readonly availabilityMark: FoldMark | null
  readonly recording: boolean
  readonly emergency: boolean
  readonly window: { readonly nonce: string; readonly heardMonoMs: number } | null
  readonly queue: Live['queue'] | null
  readonly store: Live['store'] | null
}

/** Age of the last fix in milliseconds, null without one. Never negative. */
export const fixAgeMsOf = (unit: Unit, now: Now): number | null =>
  unit.fix === null ? null : Math.max(0, now.monoMs - unit.fixMonoMs)

/** What dispatch and alarms know of a unit, folded into its view. */
export type UnitDuties = {
  readonly assignment: UnitView['assignment']
  /** An alarm of this unit nobody has acknowledged yet. */
  readonly panic: boolean
}

/**
 * The unit as pages see it. `assigned` is derived here: the gateway decides who is assigned, so a car that still thinks
 * it is after a cancel counts as available, and one that has not yet heard of its order counts as assigned.
 */
export function viewOfUnit(unit: Unit, duties: UnitDuties, now: Now): UnitView {
  return {
    id: unit.id,
    callSign: unit.callSign,
    deviceId: unit.deviceId,
    type: 'ptu',
    homeGridId: unit.homeGridId,
    gridId: unit.membership.gridId,
    availability: availabilityOf(unit.availability, duties.assignment !== null),
    assignment: duties.assignment,
    position: positionView(unit, now),
    freshness: freshnessOf(fixAgeMsOf(unit, now), unit.announcedMs),
    at: rfc3339(now.utcMs),
    link: unit.link,
    heardAgeMs: unit.heardMonoMs === null ? null : Math.round(now.monoMs - unit.heardMonoMs),
    equipment: unit.equipment,
    drivers: unit.drivers,
    recording: unit.recording,
    emergency: unit.emergency || duties.panic,
    queue: unit.queue,
    store: unit.store,
  }
}

function availabilityOf(told: Availability, isAssigned: boolean): Availability {
  const base = told === 'assigned' ? 'available' : told
  return base === 'available' && isAssigned ? 'assigned' : base
}

function positionView(unit: Unit, now: Now): UnitView['position'] {
  const { fix } = unit
  if (fix === null) return null
  const { lat, lon, mode, speedMps, trackDeg, satsUsed, satsSeen, sats, hdop } = fix
  const ageMs = Math.round(fixAgeMsOf(unit, now) ?? 0)
  return { lat, lon, mode, speedMps, trackDeg, satsUsed, satsSeen, sats, hdop, ageMs }
}
