import type { Times } from '#protocols/api.ts'
import type { TimeSlot } from '#protocols/bodies.ts'
import type { Moment } from '#protocols/incident.ts'
import { rfc3339 } from '#protocols/time.ts'

/** One time somebody or something told: `source` is the eventId of the record, or who said it. */
export type Told = {
  readonly moment: Moment
  readonly slot: TimeSlot
  readonly utcMs: number
  readonly source: string
  /** Taken back by whoever told it: evidence, no time. */
  readonly retracted?: true
}

/**
 * Every time ever told, in the order it became known. The first told in a (moment, slot) is the time of that slot; later
 * ones are kept behind it, so a correction is visible and nothing is overwritten.
 */
export type Moments = readonly Told[]

/** Kept per assignment: seven moments in four slots, each told twice. More is noise and is counted by the caller. */
export const TOLD_MAX = 64

/** Adds a told time; the same source telling the same slot again changes nothing (returns the same list). */
export function tell(moments: Moments, told: Told): Moments {
  const again = moments.some(
    m => m.moment === told.moment && m.slot === told.slot && m.source === told.source,
  )
  return again || moments.length >= TOLD_MAX ? moments : [...moments, told]
}

/** Whether any source told this moment. */
export const isTold = (moments: Moments, moment: Moment): boolean =>
  moments.some(m => m.moment === moment && !m.retracted)

/** When a moment was first told, by one slot or by any; undefined when it was not, or was taken back. */
export const firstToldMs = (moments: Moments, moment: Moment, slot?: TimeSlot): number | undefined =>
  moments.find(m => m.moment === moment && !m.retracted && (slot === undefined || m.slot === slot))?.utcMs

/** Takes back what a slot told of a moment so far; the next word in it is its first. The same list when there is none. */
export function retract(moments: Moments, moment: Moment, slot: TimeSlot): Moments {
  const isIt = (m: Told): boolean => m.moment === moment && m.slot === slot && !m.retracted
  return moments.some(isIt) ? moments.map(m => (isIt(m) ? { ...m, retracted: true } : m)) : moments
}

/** First write per slot, as people see it: `{ tSigned: { declared: '…Z' } }`. */
export function timesOf(moments: Moments): Times {
  const times: { [M in Moment]?: { [S in TimeSlot]?: string } } = {}
  for (const { moment, slot, utcMs, retracted } of moments) {
    if (retracted) continue
    const slots = (times[moment] ??= {})
    slots[slot] ??= rfc3339(utcMs)
  }
  return times
}
