import type { CityEffect } from '../loop/effects.ts'

/** `stray/{eventId}`: a record of a visitor that came from a device at no duty station; there until its words are gone. */
export type StrayRow = {
  readonly v: 1
  readonly eventId: string
  /** The night that found it first; null before one did. */
  readonly sinceMs: number | null
}

export const STRAYS = 'stray/'

/** The city has no place for such a record; the night that lets go must find it all the same. */
export const putStray = (eventId: string): CityEffect => ({
  type: 'put',
  key: `${STRAYS}${eventId}`,
  value: { v: 1, eventId, sinceMs: null } satisfies StrayRow,
})
