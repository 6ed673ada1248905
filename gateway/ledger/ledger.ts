import type { Result } from '#protocols/result.ts'

export type LedgerOp =
  /** `again`: an earlier commit may have put a record of that key; without it a record is known to be new. */
  | { readonly type: 'put'; readonly key: string; readonly value: unknown; readonly again?: true }
  | { readonly type: 'del'; readonly key: string }

export type Row = readonly [key: string, value: unknown]

/** Keys between two bounds, in their order; `limit` rows at most. */
export type RowRange = {
  readonly after?: string
  readonly from?: string
  readonly before: string
  readonly limit?: number
  readonly newestFirst?: boolean
}

/**
 * Where the gateway keeps what it promised. Contract: a batch is there as a whole or not at all; once `commit` with `sync`
 * resolved ok it survives a power cut; after one failed commit every later one fails (`LEDGER_POISONED`), because a store
 * that failed once acknowledges later writes and loses them (FACTS.md, LevelDB). The process ends then and is started anew. Reading
 * throws where a row is not what was written (`isRot`); a commit that had to read it writes nothing and says `LEDGER_UNREADABLE`.
 */
export type Ledger = {
  /** Which ledger this is, and how often it was brought back older than it had been: both travel in every ack. */
  readonly ledgerId: string
  readonly generation: number
  commit(ops: readonly LedgerOp[], options: { readonly sync: boolean }): Promise<Result<void>>
  get(key: string): Promise<unknown>
  range(range: RowRange): Promise<readonly Row[]>
  /** The same row by row as they lie in the store, packs unopened. */
  stored(range: RowRange): Promise<readonly Row[]>
  /** What was deleted or replaced there leaves the disk too; a store that never keeps the old needs none. */
  scour?(range: Pick<RowRange, 'before'> & { readonly from: string }): Promise<void>
  close(): Promise<void>
}

/** There while somebody must find out which records a repair has cost; `intake/reckon.ts`. */
export const UNRECKONED_KEY = 'meta/unreckoned'
/** Put by who found a row that is not what was written: the next boot repairs, and is a new generation. */
export const DAMAGED_KEY = 'meta/damaged'

/** All keys that begin with `prefix`: `/` is followed by `0` in ASCII, so `record/ptu-1/` ends before `record/ptu-10`. */
export const underPrefix = (prefix: string): { readonly from: string; readonly before: string } => ({
  from: prefix,
  before: `${prefix}\uffff`,
})
