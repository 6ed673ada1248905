import { addRange } from '#protocols/ranges.ts'
import type { Ranges } from '#protocols/ranges.ts'
import { underPrefix } from './ledger.ts'
import type { Ledger } from './ledger.ts'
import { checking, recordsNamed } from './packed-records.ts'

/**
 * Rows of the store read at once where they are records alone; the store reads on threads of its own, but what it read is
 * decoded here, in one piece: 64 packs of 256 positions are 3 MB of JSON.
 */
const ROWS_AT_ONCE = 32
/** Records decoded in one piece are a pack, or these and what the last read did not foretell. */
const RECORDS_AT_ONCE = 256

export type CheckedRow = {
  readonly key: string
  /** `{deviceId}/{epoch}/{lane}` and the records of it that the row stands for. */
  readonly lane: string
  readonly first: number
  readonly last: number
  /** Every record in it is what was put there. */
  readonly isWhole: boolean
}

/**
 * The records of the ledger row by row, from end to end, each looked at; `rest`, where there is one, is waited for after every
 * `RECORDS_A_STEP` of a row. Throws what the store throws when it cannot read on.
 */
export async function* checkedRows(
  ledger: Pick<Ledger, 'stored'>,
  rest?: () => Promise<void>,
): AsyncGenerator<CheckedRow> {
  const { before } = underPrefix('record/')
  let after = 'record/'
  let limit = 1
  for (;;) {
    const rows = await ledger.stored({ after, before, limit })
    if (rows.length === 0) return
    after = rows.at(-1)![0]
    let records = 0
    for (const [key, value] of rows) {
      const named = recordsNamed(key)
      if (named === undefined) continue
      records += named.last - named.first + 1
      const steps = checking(key, value)
      let step = steps.next()
      for (; step.done !== true; step = steps.next()) await rest?.()
      yield { key, ...named, isWhole: step.value }
    }
    limit = rowsNext(limit, records)
  }
}

/** Twice as many rows as long as they are few records: a lane of packs behind many records alone costs one long read. */
const rowsNext = (rows: number, records: number): number =>
  Math.max(1, Math.min(2 * rows, ROWS_AT_ONCE, Math.floor((RECORDS_AT_ONCE * rows) / Math.max(1, records))))

export type Holdings = {
  /** By `{deviceId}/{epoch}/{lane}`. */
  readonly lanes: ReadonlyMap<string, Ranges>
  /** Rows of the store that are not what was put there. */
  readonly damaged: readonly string[]
  readonly records: number
}

/** Which records lie in the ledger whole. */
export async function readHoldings(ledger: Pick<Ledger, 'stored'>): Promise<Holdings> {
  const lanes = new Map<string, Ranges>()
  const damaged: string[] = []
  let records = 0
  for await (const { key, lane, first, last, isWhole } of checkedRows(ledger)) {
    if (!isWhole) {
      damaged.push(key)
      continue
    }
    records += last - first + 1
    lanes.set(lane, addRange(lanes.get(lane) ?? [], first, last))
  }
  return { lanes, damaged, records }
}
