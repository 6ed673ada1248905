import type { Drive, RoadClass } from '#protocols/roads/network.ts'

/** The factor of a drive that nobody may drive into; who stands on it may still leave it. */
export const CLOSED = Infinity

/**
 * One thing that changes driving times on top of a profile, as plain data, so that it can be sent to another thread: how
 * many times as long a drive takes, one by one or by class of road. 2 is half as fast, `CLOSED` is no way at all, what is
 * not named stays as it is.
 */
export type Layer =
  | { readonly by: 'drive'; readonly factors: ReadonlyMap<Drive, number> }
  | { readonly by: 'class'; readonly factors: Readonly<Partial<Record<RoadClass, number>>> }

/**
 * The moment a search is for. Where two layers name one drive their factors are multiplied:
 *
 *     { hourOfWeek: 17, layers: [{ by: 'class', factors: { primary: 1.4 } }, { by: 'drive', factors: new Map([[12, CLOSED]]) }] }
 */
export type Conditions = {
  /** Local time: 0 is Monday from midnight to one, 167 the last hour of Sunday; null is no hour, roads flow freely. */
  readonly hourOfWeek: number | null
  readonly layers: readonly Layer[]
}

export const FREE_FLOW: Conditions = { hourOfWeek: null, layers: [] }
