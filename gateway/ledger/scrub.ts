import type { Logger } from '#protocols/log.ts'
import type { Clock } from '#protocols/time.ts'
import { checkedRows } from './holdings.ts'
import type { Ledger } from './ledger.ts'

/** Starting is busy enough. */
const FIRST_AFTER_MS = 60_000
const EVERY_MS = 24 * 3_600_000
/** Records looked at in one turn, a millisecond of processor, or one pack; and the rest after it, a hundredth of a core in all. */
const RECORDS_PER_TURN = 100
const REST_MS_PER_RECORD = 0.5

/** What was not as it had been written: the row of the store, or the words with which it could not be read. */
export type Damage = { readonly key: string } | { readonly unreadable: string }

/**
 * Reads the records of the ledger from end to end once a day, with long rests, and proves each by its sum: a bit that
 * rots in a file nobody reads would else be found when the other copies are gone. Ends at the first damage it finds.
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
    for await (const { key, first, last, isWhole } of checkedRows(ledger)) {
      if (isOver) return
      if (!isWhole) {
        isOver = true
        await onDamage({ key })
        return
      }
      records += last - first + 1
      sinceRest += last - first + 1
      if (sinceRest < RECORDS_PER_TURN) continue
      await rest(sinceRest * REST_MS_PER_RECORD)
      sinceRest = 0
    }
    const seconds = Math.round((clock.now().monoMs - startMonoMs) / 1_000)
    log.info({ event: 'ledger.scrubbed', records, seconds })
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
