import type { StoreHealth, LaneRange } from '#protocols/session.ts'
import type { Lane, RecordDraft, WireRecord } from '#protocols/record.ts'
import type { Result } from '#protocols/result.ts'

/**
 * Small state that must change in the same synced write as the records that explain it (`order`, `nonce/…`). `value` is
 * JSON; `undefined` forgets the note. Notes are never shed and count as lane `event`, so who writes them bounds them.
 */
export type Note = { readonly key: string; readonly value: unknown }

/**
 * Where accepted records live until the gateway has them. Contract: `test/contracts/outbox.ts`.
 *
 * - `append` resolves ok only after the write was synced, with the records as chained; from then on they are *accepted*.
 *   Drafts of one call and its notes are written in one batch or not at all, and let in as the highest lane among them.
 *   Faults: `OUTBOX_FULL` (lane `event`; lane `alarm` only when nothing is left to give way), `OUTBOX_POISONED` (unknown
 *   whether written; the store is reopening), `RECORD_SCHEMA` (a draft no reader would accept).
 * - Lanes `diag` and `track` give way: their oldest records are shed, explained by a `gap` record in lane `event`. They are
 *   refused only when what is never shed leaves no room for one record and its receipt.
 * - `seq` is contiguous per lane, `prev` is the sum of the record before it, across restarts. A store that lost records
 *   goes on in a new epoch; `epoch` can therefore change when a poisoned store comes back.
 * - `free(lane, upTo)` is the gateway's ack; freed records are not read again, and are deleted. It never resolves before it
 *   is recorded. An ack beyond the lane's end is `CHAIN_BROKEN` and frees nothing: the gateway knows a past we lost.
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
  /** Notes as last written. */
  notes(): ReadonlyMap<string, unknown>
  close(): Promise<void>
}
