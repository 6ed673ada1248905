import { crc32 } from 'node:zlib'
import { isJson } from '#protocols/is-json.ts'

/*
 * LevelDB does not look at the sums of its own blocks when it reads, and its library cannot ask it to: a letter that rots in a row is
 * read as it is. So the text of a row begins with a sum of its key and its value, as no JSON does:
 *
 *     ~1c291ca3 {"v":1,"deviceId":"ptu-07",…
 *
 * Rows from before there were sums have none. Those under `meta/` have none either: a version that knows of no sums has to read
 * there that it does not know this store, before it takes it for a rotten one.
 */
const MARK = '~'
const SUM_DIGITS = 8
const HEAD_LENGTH = MARK.length + SUM_DIGITS + 1
const PLAIN_PREFIX = 'meta/'

/** A row is not what was written. */
export class RottenRow extends Error {
  readonly code = 'LEDGER_ROW_ROTTEN'
  constructor(key: string) {
    super(`${JSON.stringify(key.slice(0, 120))} is not what was written`)
  }
}

/** The text a row has in the store. */
export function textOfRow(key: string, value: unknown): string {
  const json = JSON.stringify(value)
  return key.startsWith(PLAIN_PREFIX) ? json : `${headOf(key, json)}${json}`
}

/** What a row says. Throws `RottenRow`. */
export function valueOfRow(key: string, text: string): unknown {
  const json = jsonIn(key, text)
  try {
    if (json !== undefined) return JSON.parse(json)
  } catch {
    // No sum, and no JSON any more.
  }
  throw new RottenRow(key)
}

/** Whether a row is what was written, as far as it can tell: one without a sum has to be JSON. */
export function isSoundRow(key: string, text: string): boolean {
  const json = jsonIn(key, text)
  return json !== undefined && (json !== text || isJson(json))
}

export const hasSum = (text: string): boolean => text.startsWith(MARK)

/** Undefined where the sum is not that of the row. */
function jsonIn(key: string, text: string): string | undefined {
  if (!hasSum(text)) return text
  const json = text.slice(HEAD_LENGTH)
  return text.startsWith(headOf(key, json)) ? json : undefined
}

const headOf = (key: string, json: string): string =>
  `${MARK}${crc32(json, crc32(key)).toString(16).padStart(SUM_DIGITS, '0')} `
