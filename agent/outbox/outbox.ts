import type { StoreHealth, LaneRange } from '#protocols/session.ts'
import type { Lane, RecordDraft, WireRecord } from '#protocols/record.ts'
import type { Result } from '#protocols/result.ts'

/** Small state that must change in the same synced write as the records that explain it (`order`, `nonce/…`). */
export type Note = { readonly key: string; readonly value: unknown }

/**
 * Where accepted records live until the gateway has them. Contract: `test/contracts/outbox.ts`.
 *
 * - `append` resolves ok only after the write was synced, with the records as chained; from then on they are *accepted*.
 *   Drafts of one call and its notes are written in one batch or not at all. Faults: `OUTBOX_FULL` (lane `event`; lane
 *   `alarm` only when even its reserve is gone), `OUTBOX_POISONED` (unknown whether written; the store is reopening).
 * - Lane `track` never refuses for space: its oldest records are shed, explained by a `gap` record in lane `event`.
 * - `seq` is contiguous per lane, `prev` is the sum of the record before it, across restarts.
 * - `free(lane, upTo)` is the gateway's ack; freed records are not read again. It never resolves before it is recorded.
 * - Calls may overlap; results are those of some order in which the calls of one caller keep theirs.
 */
export type Outbox = {
  readonly epoch: string
  append(drafts: readonly RecordDraft[], notes?: readonly Note[]): Promise<Result<readonly WireRecord[]>>
  /** Unfreed records with `seq > afterSeq`, oldest first, at most `limit`. */
  read(lane: Lane, afterSeq: number, limit: number): Promise<Result<readonly WireRecord[]>>
  free(lane: Lane, upTo: number): Promise<Result<void>>
  /** First and last unfreed seq per lane, as the hello states them. */
  ranges(): Readonly<Record<Lane, LaneRange>>
  bytesUsed(): number
  health(): StoreHealth
  /** Notes as last written, read once at boot. */
  notes(): ReadonlyMap<string, unknown>
  close(): Promise<void>
}
