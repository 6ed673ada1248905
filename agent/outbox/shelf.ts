import type { LaneBook } from './lanes.ts'
import type { ByLane } from './lanes.ts'
import type { Carried, Loss, Mark } from './mark.ts'
import type { AckMark } from './retention.ts'

/** One row to write; `value: null` deletes it. */
export type Change = { readonly key: string; readonly value: string | null }

/**
 * The little the outbox asks of a disk. Two of them: LevelDB with a high-water file, and a map in memory.
 * Every method rejects on any error, after which the shelf must not be used again, only closed.
 */
export type Shelf = {
  /** All changes, in order, and the mark, or none of them. Resolves only when they would survive a power cut. */
  write(changes: readonly Change[], mark: Mark): Promise<void>
  getMany(keys: readonly string[]): Promise<readonly (string | undefined)[]>
  close(): Promise<void>
}

/**
 * Opens the shelf and judges it; with `renew` in a new epoch, into which everything it holds is carried over, with `quick`
 * without reading all of it.
 */
export type OpenShelf = (how: { readonly renew: boolean; readonly quick?: boolean }) => Promise<OpenedShelf>

/** A shelf that was scanned and found whole, with what the scan learned. */
export type OpenedShelf = {
  readonly shelf: Shelf
  readonly epoch: string
  readonly commit: number
  readonly book: LaneBook
  /** JSON text by note key. */
  readonly notes: ReadonlyMap<string, string>
  readonly notesDigest: string
  readonly acks: readonly AckMark[]
  readonly losses: readonly Loss[]
  readonly carried: readonly Carried[]
  readonly sweepFrom: ByLane<number>
  /** Positions up to here are still to be held against their sums, when there is time; 0: all were. */
  readonly trustedTo: number
  /** To be told once they were. */
  readonly onProved?: () => Promise<void>
  /** True when this opening had to mend something. */
  readonly repaired: boolean
}
