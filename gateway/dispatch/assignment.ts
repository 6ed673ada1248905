import type { AssignmentView } from '#protocols/api.ts'
import type { AssignmentStep, TimeSlot } from '#protocols/bodies.ts'
import type { DeviceId, OrderId, UnitId } from '#protocols/ids.ts'
import type { AssignmentState, Moment } from '#protocols/incident.ts'
import { isTold, tell, timesOf, TOLD_MAX } from './moments.ts'
import type { Moments } from './moments.ts'

/*
 *     dispatched -> delivered -> signed -> enroute -> on_scene -> cleared          forward only, skipping allowed
 *          \____________\___________\_________\-> refused | cancelled              until on scene
 *
 * What crews tell may arrive late and out of step. A step behind the present one fills its time and moves nothing; a
 * step after the gateway cancelled, or after the crew refused, is kept as superseded.
 */
export type Assignment = {
  readonly orderId: OrderId
  readonly unitId: UnitId
  readonly deviceId: DeviceId
  readonly callSign: string
  readonly state: AssignmentState
  readonly moments: Moments
  /** Moves that came after a decision which wins over them: evidence, never state. */
  readonly superseded: readonly Move[]
  readonly etaSeconds: number | null
  /** The refusal or cancel that ended it early: who, when and why. */
  readonly ended: Move | null
}

export type Move = {
  readonly to: 'delivered' | AssignmentStep | 'cancelled'
  readonly slot: TimeSlot
  readonly utcMs: number
  /** The eventId of the record, or who decided. */
  readonly source: string
  readonly note?: string
}

/**
 * `moved`: the state went forward. `timed`: only a time was added. `superseded`: kept as evidence. `repeated`: known
 * already. `refused`: a dispatcher's cancel that comes too late; nothing is kept, the caller tells the dispatcher.
 */
export type Verdict = 'moved' | 'timed' | 'superseded' | 'repeated' | 'refused'

const RANK = { dispatched: 0, delivered: 1, signed: 2, enroute: 3, on_scene: 4, cleared: 5 } as const

const MOMENT_OF: Readonly<Record<Exclude<Move['to'], 'refused' | 'cancelled'>, Moment>> = {
  delivered: 'tDelivered',
  signed: 'tSigned',
  enroute: 'tEnroute',
  on_scene: 'tArrived',
  cleared: 'tCleared',
}

/** Superseded moves kept per assignment; a car that goes on tapping adds nothing new. */
const SUPERSEDED_MAX = 16

export const hasEnded = (a: Pick<Assignment, 'state'>): boolean =>
  a.state === 'cleared' || a.state === 'refused' || a.state === 'cancelled'

/** Somebody was there: a time of arrival was told before the assignment ended. */
export const hasArrived = (a: Assignment): boolean =>
  a.state === 'on_scene' || (a.state === 'cleared' && isTold(a.moments, 'tArrived'))

/** Applies one move; the assignment handed in is never changed. */
export function moveAssignment(
  assignment: Assignment,
  move: Move,
): { readonly assignment: Assignment; readonly verdict: Verdict } {
  const { state } = assignment
  if (move.to === 'cancelled' || move.to === 'refused') return endEarly(assignment, move, move.to)
  const overruled = state === 'cancelled' || state === 'refused'
  if (overruled && move.to !== 'delivered') return supersede(assignment, move)
  const told = { moment: MOMENT_OF[move.to], slot: move.slot, utcMs: move.utcMs, source: move.source }
  const moments = tell(assignment.moments, told)
  const forward = !overruled && RANK[move.to] > RANK[state]
  if (moments === assignment.moments && (!forward || moments.length < TOLD_MAX)) {
    return { assignment, verdict: 'repeated' }
  }
  if (!forward) return { assignment: { ...assignment, moments }, verdict: 'timed' }
  return { assignment: { ...assignment, state: move.to, moments }, verdict: 'moved' }
}

function endEarly(assignment: Assignment, move: Move, to: 'cancelled' | 'refused') {
  const { state } = assignment
  const mayEnd = !hasEnded(assignment) && state !== 'on_scene'
  if (mayEnd) {
    return { assignment: { ...assignment, state: to, ended: move }, verdict: 'moved' as const }
  }
  if (assignment.ended?.source === move.source && assignment.ended.to === move.to) {
    return { assignment, verdict: to === 'cancelled' ? ('refused' as const) : ('repeated' as const) }
  }
  return to === 'cancelled' ? { assignment, verdict: 'refused' as const } : supersede(assignment, move)
}

function supersede(assignment: Assignment, move: Move) {
  const known = assignment.superseded.some(m => m.source === move.source && m.to === move.to)
  if (known || assignment.superseded.length >= SUPERSEDED_MAX) {
    return { assignment, verdict: 'repeated' as const }
  }
  const superseded = [...assignment.superseded, move]
  return { assignment: { ...assignment, superseded }, verdict: 'superseded' as const }
}

export function viewOfAssignment(a: Assignment): AssignmentView {
  const { orderId, unitId, callSign, state, etaSeconds } = a
  return { orderId, unitId, callSign, state, times: timesOf(a.moments), etaSeconds }
}
