import { DAMAGED_KEY } from './ledger.ts'
import type { Ledger } from './ledger.ts'
import { isSoundRow } from './row-sum.ts'

/*
 * What lies on the disk is not what was written. Whoever meets it ends, after it left a word for the next start, which repairs the
 * store, goes on as a new generation, and asks the devices for what is gone.
 */

/** Said by whoever ends because a row could not be read: the next boot repairs, or it would end there again. Others say nothing. */
export async function leaveWord(ledger: Pick<Ledger, 'commit'>, reason: string): Promise<void> {
  if (!reason.startsWith('LEDGER_UNREADABLE')) return
  await ledger.commit([{ type: 'put', key: DAMAGED_KEY, value: { unreadable: reason } }], { sync: true })
}

/** What a start has to read: where that is rotten the next start repairs, or every start would end here. Throws what `read` throws. */
export async function readAtStart<T>(ledger: Pick<Ledger, 'commit'>, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (isRot(error)) await leaveWord(ledger, `LEDGER_UNREADABLE: ${String(error)}`)
    throw error
  }
}

/**
 * Keys of rows that are not what was written: a repair leaves out blocks it cannot read and keeps those, and every later start would
 * end at them.
 */
export async function keysOfRot(
  rows: AsyncIterable<readonly [key: Buffer, text: string]>,
): Promise<Buffer[]> {
  const keys: Buffer[] = []
  for await (const [key, text] of rows) if (!isName(key) || !isSoundRow(key.toString(), text)) keys.push(key)
  return keys
}

/** As text it would name another row, and never be deleted. */
const isName = (key: Buffer): boolean => Buffer.from(key.toString()).equals(key)

/** Whether an error of the store says that what lies on the disk is not what was written. */
export const isRot = (error: unknown): boolean =>
  ROT_CODES.has((error as { readonly code?: unknown } | null)?.code)

const ROT_CODES: ReadonlySet<unknown> = new Set(['LEVEL_CORRUPTION', 'LEDGER_ROW_ROTTEN'])
