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
 * - Lanes `diag` and `track` give way: their oldest records are shed, explained by a `gap` record in lane `event`; of positions
 *   the shape of the drive remains as one `track.sketch` at the end of the lane, itself thinned when its turn comes. They are
 *   refused only when what is never shed leaves no room for one record and its receipt.
 * - `seq` is contiguous per lane, `prev` is the sum of the record before it, across restarts. A store that lost records
 *   goes on in a new epoch; `epoch` can therefore change when a poisoned store comes back.
 * - `free(lane, upTo, sum)` is the gateway's ack. It never resolves before it is recorded. Acknowledged records are kept for
 *   48 h, so that a gateway brought back from a backup can ask for them, and are the first to go when bytes run out. An ack
 *   beyond the lane's end, or for another record of that name, is `CHAIN_BROKEN` and frees nothing: this store was put back
 *   to an older state, the gateway knows a past we lost. One that waited behind `renew` is of a store that is no more and
 *   does nothing.
 * - `renew()` is the answer to that: a new epoch, into which everything held is carried over, each record with its origin.
 * - Calls may overlap; results are those of some order in which the calls of one caller keep theirs.
 */
export type Outbox = {
  readonly epoch: string
  append(drafts: readonly RecordDraft[], notes?: readonly Note[]): Promise<Result<readonly WireRecord[]>>
  /** Records held with `seq > afterSeq`, acknowledged ones too, oldest first, at most `limit`. */
  read(lane: Lane, afterSeq: number, limit: number): Promise<Result<readonly WireRecord[]>>
  free(lane: Lane, upTo: number, sum?: string): Promise<Result<void>>
  renew(): Promise<Result<void>>
  /** First and last seq held per lane, as the hello states them. */
  ranges(): Readonly<Record<Lane, LaneRange>>
  /** The gateway holds each lane up to here. */
  acked(): Readonly<Record<Lane, number>>
  /** Bytes that wait for the gateway, notes included. */
  bytesUsed(): number
  health(): StoreHealth
  /** Notes as last written. */
  notes(): ReadonlyMap<string, unknown>
  close(): Promise<void>
}
