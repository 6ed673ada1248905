import type { AssignmentView } from '#protocols/api.ts'
import type { AssignmentStep, TimeSlot } from '#protocols/bodies.ts'
import type { DeviceId, OrderId, UnitId } from '#protocols/ids.ts'
import type { AssignmentState, Moment } from '#protocols/incident.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Promise50 } from '../eta/past-etas.ts'
import { isTold, retract, tell, timesOf, TOLD_MAX } from './moments.ts'
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
  /** The same with its spread and what it rests on, to be held against the arrival. */
  readonly promised?: Promise50
  /** The refusal or cancel that ended it early: who, when and why. */
  readonly ended: Move | null
  /** It stands near the place since then, as the car says, and has not arrived. */
  readonly nearUtcMs?: number | null
  /** Where the crew was when it said it was there: metres to the place by a live fix. */
  readonly declaredM?: number
}

export type Move = {
  readonly to: 'delivered' | AssignmentStep | 'cancelled'
  readonly slot: TimeSlot
  readonly utcMs: number
  /** The eventId of the record, or who decided. */
  readonly source: string
  readonly note?: string
  /** Metres between car and place, with a declared arrival. */
  readonly awayM?: number | undefined
}

/**
 * `moved`: the state went forward. `timed`: only a time was added. `superseded`: kept as evidence. `repeated`: known
 * already. `refused`: a dispatcher's cancel that comes too late; nothing is kept, the caller tells the dispatcher.
 */
export type Verdict = 'moved' | 'timed' | 'superseded' | 'repeated' | 'refused'

const RANK = { dispatched: 0, delivered: 1, signed: 2, enroute: 3, on_scene: 4, cleared: 5 } as const

/** A crew that says it is on the way says that it rolls; a car that senses motion knows nothing of the crew's word. */
function momentsOf({ to, slot }: Move): readonly Moment[] {
  switch (to) {
    case 'delivered':
      return ['tDelivered']
    case 'signed':
      return ['tSigned']
    case 'enroute':
      return slot === 'sensed' ? ['tRolling'] : ['tEnroute', 'tRolling']
    case 'on_scene':
      return ['tArrived']
    case 'cleared':
      return ['tCleared']
    case 'refused':
    case 'cancelled':
      return []
  }
}

/** Beyond this a declared arrival is shown with its distance. */
const FAR_M = 300

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
  const { slot, utcMs, source } = move
  const moments = momentsOf(move).reduce(
    (told, moment) => tell(told, { moment, slot, utcMs, source }),
    assignment.moments,
  )
  const forward = !overruled && RANK[move.to] > RANK[state]
  if (moments === assignment.moments && (!forward || moments.length < TOLD_MAX)) {
    return { assignment, verdict: 'repeated' }
  }
  const { awayM } = move
  const declared = slot === 'declared' && awayM !== undefined && assignment.declaredM === undefined
  const next: Assignment = {
    ...assignment,
    moments,
    ...(declared && { declaredM: awayM }),
    ...(move.to === 'on_scene' && slot === 'sensed' && { nearUtcMs: null }),
  }
  if (!forward) return { assignment: next, verdict: 'timed' }
  return { assignment: { ...next, state: move.to }, verdict: 'moved' }
}

/** The car stands near its place; perhaps it arrives, perhaps a light is red. */
export function comeNear(assignment: Assignment, utcMs: number): Assignment {
  const isOver = hasEnded(assignment) || assignment.state === 'on_scene'
  return isOver ? assignment : { ...assignment, nearUtcMs: utcMs }
}

/**
 * What the car sensed as an arrival was none: its time stays as evidence and counts for nothing. Without another word of
 * arrival the assignment is under way again.
 */
export function undoArrival(assignment: Assignment): { assignment: Assignment; verdict: Verdict } {
  const moments = retract(assignment.moments, 'tArrived', 'sensed')
  if (moments === assignment.moments && !assignment.nearUtcMs) return { assignment, verdict: 'repeated' }
  const isBack = assignment.state === 'on_scene' && !isTold(moments, 'tArrived')
  const next = { ...assignment, moments, nearUtcMs: null }
  return isBack
    ? { assignment: { ...next, state: 'enroute' }, verdict: 'moved' }
    : { assignment: next, verdict: 'timed' }
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
  const { nearUtcMs = null, declaredM = 0 } = a
  return {
    orderId,
    unitId,
    callSign,
    state,
    times: timesOf(a.moments),
    etaSeconds,
    nearSince: nearUtcMs === null || hasEnded(a) ? null : rfc3339(nearUtcMs),
    declaredFarM: declaredM > FAR_M ? declaredM : null,
  }
}
