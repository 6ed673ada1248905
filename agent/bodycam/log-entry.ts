import { createHash } from 'node:crypto'
import { z } from 'zod'
import { canonicalJson } from '#protocols/canonical-json.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Now } from '#protocols/time.ts'
import type { TriggerEffect } from './trigger-state.ts'

/*
 * The trigger's own log: one JSON object per line, each bound to the one before it.
 *
 *     {"n":7,"prev":"<sum of 6>","utcMs":…,"monoMs":…,"clock":"gnss","boot":"…","deed":{"type":"activated",…},"sum":"…"}
 *
 * `sum` is SHA-256 over `prev` and the canonical text of all fields but `sum`. An altered, removed, inserted or moved line
 * breaks the chain; a cut tail shows against the head that the car told the gateway after each activation.
 */

/** What is written down: all the trigger did, and what became of the log itself. */
export type Deed =
  | Exclude<TriggerEffect, { readonly type: 'wake' }>
  /** The log was opened by a new run of the process; `tornBytes` of an unfinished last line were cut off. */
  | { readonly type: 'opened'; readonly tornBytes: number }
  /** The disk took nothing for so long that entries were lost. */
  | { readonly type: 'lost'; readonly entries: number }

export const LOG_START = '0'.repeat(64)

const Sum = z.string().regex(/^[0-9a-f]{64}$/)

export const LogEntry = z.strictObject({
  n: z.number().int().positive(),
  prev: Sum,
  utcMs: z.number(),
  monoMs: z.number(),
  clock: z.string().max(8),
  boot: z.string().max(32),
  deed: z.looseObject({ type: z.string().max(32) }),
  sum: Sum,
})
export type LogEntry = z.infer<typeof LogEntry>

/** Where a chain stands: number and sum of its newest entry. */
export type LogHead = { readonly n: number; readonly sum: string }

export const EMPTY_LOG: LogHead = { n: 0, sum: LOG_START }

/** The entry behind `head`, as its line without the line end. */
export function entryAfter(
  head: LogHead,
  deed: Deed,
  at: Now,
  boot: string,
): { readonly line: string; readonly head: LogHead } {
  const unsigned = {
    n: head.n + 1,
    prev: head.sum,
    utcMs: at.utcMs,
    monoMs: at.monoMs,
    clock: at.quality,
    boot,
    deed: JSON.parse(JSON.stringify(deed)) as LogEntry['deed'],
  }
  const sum = sumOf(unsigned)
  return { line: JSON.stringify({ ...unsigned, sum }), head: { n: unsigned.n, sum } }
}

const sumOf = (entry: Omit<LogEntry, 'sum'>): string =>
  createHash('sha256').update(entry.prev).update(canonicalJson(entry), 'utf8').digest('hex')

/** One line of the log, right in itself. Faults `LOG_LINE`, `LOG_SUM`. */
export function parseLine(line: string): Result<LogEntry> {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    return fault('LOG_LINE', 'not JSON')
  }
  const parsed = LogEntry.safeParse(json)
  if (!parsed.success) return fault('LOG_LINE', z.prettifyError(parsed.error))
  const { sum, ...unsigned } = parsed.data
  // The text itself is held to its one form, so that not even a space can be added unseen.
  if (JSON.stringify(parsed.data) !== line) return fault('LOG_LINE', 'not as it was written')
  return sumOf(unsigned) === sum
    ? ok(parsed.data)
    : fault('LOG_SUM', `entry ${parsed.data.n} was altered after it was written`)
}

export type VerifiedLog = {
  readonly entries: number
  readonly first: number
  readonly head: LogHead
  readonly activations: number
  /** Entries that could not be written while the disk took nothing, as the log itself says. */
  readonly lost: number
}

/**
 * Whether the text of a log, or of several files of it from old to new, is one unbroken chain; `expected` is a head known
 * from elsewhere that must be in it. A chain whose oldest file was rotated away begins at its first entry.
 * Faults `LOG_LINE`, `LOG_SUM`, `LOG_CHAIN`, `LOG_SHORT`; the detail names the line.
 */
export function verifyLog(text: string, expected?: LogHead): Result<VerifiedLog> {
  const lines = text.split('\n')
  if (lines.pop() !== '') return fault('LOG_LINE', 'the last line is not finished')
  let before: LogEntry | null = null
  let first = 0
  let activations = 0
  let lost = 0
  let isThere = expected === undefined || expected.n === 0
  for (const [i, line] of lines.entries()) {
    const entry = parseLine(line)
    if (!entry.ok) return fault(entry.code, `line ${i + 1}: ${entry.detail}`)
    const { n, prev, sum, deed } = entry.value
    if (before === null) first = n
    const follows = before === null ? n > 1 || prev === LOG_START : n === before.n + 1 && prev === before.sum
    if (!follows)
      return fault('LOG_CHAIN', `line ${i + 1}: entry ${n} does not follow ${before?.n ?? 'the start'}`)
    if (deed.type === 'activated') activations += 1
    if (deed.type === 'lost') lost += Number(deed['entries'])
    if (expected?.n === n) {
      if (expected.sum !== sum)
        return fault('LOG_CHAIN', `line ${i + 1}: entry ${n} is another than was told`)
      isThere = true
    }
    before = entry.value
  }
  if (!isThere) return fault('LOG_SHORT', `entry ${expected!.n} was told and is not in the log`)
  const head = before === null ? EMPTY_LOG : { n: before.n, sum: before.sum }
  return ok({ entries: lines.length, first, head, activations, lost })
}
