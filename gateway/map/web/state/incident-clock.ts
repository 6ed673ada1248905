import type { AssignmentView, IncidentView, Times } from '#protocols/api.ts'
import type { Moment } from '#protocols/incident.ts'

/**
 * The five-minute clock of one incident. Before a unit is sent it counts how long the caller has waited; from the first
 * dispatch it runs down `targetSeconds`; at the first arrival it stands still at the time taken.
 */
export type IncidentClock =
  | { readonly phase: 'waiting'; readonly seconds: number }
  | {
      readonly phase: 'running'
      readonly remainingSeconds: number
      /** Nobody sent will be there in time, by the road times promised. */
      readonly breach: 'none' | 'predicted' | 'over'
    }
  | { readonly phase: 'arrived'; readonly seconds: number; readonly inTime: boolean }
  | { readonly phase: 'closed' }

/** `nowMs` is the gateway's time now, `ageMs` the incident's age now. */
export function incidentClock(incident: IncidentView, ageMs: number, nowMs: number): IncidentClock {
  if (incident.state === 'resolved' || incident.state === 'cancelled') return { phase: 'closed' }
  const sent = incident.assignments.filter(one => one.state !== 'refused' && one.state !== 'cancelled')
  const startMs = least(sent.map(one => momentMs(one.times, 'tDispatched')))
  if (startMs === null) return { phase: 'waiting', seconds: ageMs / 1000 }

  const arrivedMs = least(sent.map(one => momentMs(one.times, 'tArrived')))
  if (arrivedMs !== null) {
    const seconds = Math.max(0, (arrivedMs - startMs) / 1000)
    return { phase: 'arrived', seconds, inTime: seconds <= incident.targetSeconds }
  }
  const remainingSeconds = incident.targetSeconds - (nowMs - startMs) / 1000
  if (remainingSeconds < 0) return { phase: 'running', remainingSeconds, breach: 'over' }
  const dueMs = least(sent.map(promisedMs))
  const late = dueMs !== null && dueMs > startMs + incident.targetSeconds * 1000
  return { phase: 'running', remainingSeconds, breach: late ? 'predicted' : 'none' }
}

const promisedMs = ({ times, etaSeconds }: AssignmentView): number | null => {
  const sentMs = momentMs(times, 'tDispatched')
  return sentMs === null || etaSeconds === null ? null : sentMs + etaSeconds * 1000
}

/** What the car sensed outranks what was tapped, and both what was told by radio. */
const SLOTS = ['sensed', 'declared', 'radio', 'system'] as const

export type TimedMoment = { readonly at: string; readonly slot: (typeof SLOTS)[number] }

export function momentOf(times: Times, moment: Moment): TimedMoment | null {
  for (const slot of SLOTS) {
    const at = times[moment]?.[slot]
    if (at !== undefined) return { at, slot }
  }
  return null
}

/** The crew's time of a moment the car sensed too, and how many seconds it is after that (9.1: declaredGap). */
export function declaredGap(times: Times, moment: Moment): { at: string; seconds: number } | null {
  const { declared, sensed } = times[moment] ?? {}
  if (declared === undefined || sensed === undefined) return null
  return { at: declared, seconds: (Date.parse(declared) - Date.parse(sensed)) / 1000 }
}

const momentMs = (times: Times, moment: Moment): number | null => {
  const found = momentOf(times, moment)
  return found === null ? null : Date.parse(found.at)
}

const least = (values: readonly (number | null)[]): number | null =>
  values.reduce((min, value) => (value === null ? min : min === null ? value : Math.min(min, value)), null)

/** Seconds an order has been waiting for the crew's signature; null when signed or ended. */
export function unsignedSeconds({ state, times }: AssignmentView, nowMs: number): number | null {
  if (state !== 'dispatched' && state !== 'delivered') return null
  const sentMs = momentMs(times, 'tDispatched')
  return sentMs === null ? null : Math.max(0, (nowMs - sentMs) / 1000)
}
