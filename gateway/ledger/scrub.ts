import type { Logger } from '#protocols/log.ts'
import type { Clock } from '#protocols/time.ts'
import { checkedRows } from './holdings.ts'
import type { Ledger } from './ledger.ts'
import { RECORDS_A_STEP } from './packed-records.ts'

/** Starting is busy enough. */
const FIRST_AFTER_MS = 60_000
const EVERY_MS = 24 * 3_600_000
/**
 * After every `RECORDS_A_STEP` of them: a hundredth of a core in all. A whole pack in one turn was 3 to 15 ms, eight times a
 * second, and an alarm had to wait for it.
 */
const REST_MS_PER_RECORD = 0.5

/** Where the rows lie that are no records; `record/=/` are names of records. */
const BESIDE_RECORDS = [
  { from: '', before: 'record/' },
  { from: 'record0', before: '\uffff' },
]

/** What was not as it had been written: the row of the store, or the words with which it could not be read. */
export type Damage = { readonly key: string } | { readonly unreadable: string }

/** Other rows read at once: a few kilobytes. */
const ROWS_AT_ONCE = 32

/**
 * Reads the ledger from end to end once a day, with long rests, and proves each row by its sum and each record by its own: a
 * bit that rots in a file nobody reads would else be found when the other copies are gone. Ends at the first damage it finds.
 */
export function startScrub(parts: {
  readonly clock: Clock
  readonly log: Logger
  readonly ledger: Pick<Ledger, 'stored'>
  readonly onDamage: (damage: Damage) => void | Promise<void>
}): () => void {
  const { clock, log, ledger, onDamage } = parts
  let isOver = false
  let cancel = (): void => {}
  const rest = (ms: number): Promise<void> => new Promise(resolve => (cancel = clock.after(ms, resolve)))

  const pass = async (): Promise<void> => {
    const startMonoMs = clock.now().monoMs
    let [records, sinceRest] = [0, 0]
    let rows = 0
    for (const span of BESIDE_RECORDS)
      for (let after = span.from; ;) {
        // Reading throws where one is not what was written.
        const read = await ledger.stored({ after, before: span.before, limit: ROWS_AT_ONCE })
        if (isOver) return
        if (read.length === 0) break
        rows += read.length
        after = read.at(-1)![0]
        await rest(ROWS_AT_ONCE * REST_MS_PER_RECORD)
      }
    const restInside = (): Promise<void> => rest(RECORDS_A_STEP * REST_MS_PER_RECORD)
    for await (const { key, first, last, isWhole } of checkedRows(ledger, restInside)) {
      if (isOver) return
      if (!isWhole) {
        isOver = true
        await onDamage({ key })
        return
      }
      records += last - first + 1
      // The rest of a pack has rested inside.
      sinceRest += (last - first + 1) % RECORDS_A_STEP
      if (sinceRest < RECORDS_A_STEP) continue
      await rest(sinceRest * REST_MS_PER_RECORD)
      sinceRest = 0
    }
    const seconds = Math.round((clock.now().monoMs - startMonoMs) / 1_000)
    log.info({ event: 'ledger.scrubbed', records, rows, seconds })
    cancel = clock.after(Math.max(FIRST_AFTER_MS, EVERY_MS - seconds * 1_000), begin)
  }
  const begin = (): void => {
    pass().catch((error: unknown) => {
      if (isOver) return
      isOver = true
      void onDamage({ unreadable: String(error) })
    })
  }
  cancel = clock.after(FIRST_AFTER_MS, begin)
  return () => {
    isOver = true
    cancel()
  }
}
