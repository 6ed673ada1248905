import { createHash } from 'node:crypto'
import { z } from 'zod'
import { checkCharOf, CROCKFORD } from '#protocols/check-char.ts'
import { StationPlace } from '#protocols/enrolment.ts'
import { DeviceId, GridId, UnitId } from '#protocols/ids.ts'
import type { CodeView } from '#protocols/operator.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { UnitBinding } from '../loop/effects.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

export const CODE_LIFE_MS = 24 * 3_600_000
/** A code stays in the operator's list for a week after its end, used or not. */
export const LISTED_MS = 7 * 24 * 3_600_000
/** Failed tries per address and hour; the eleventh is not even looked at. */
export const FAILED_TRIES_MAX = 10
const TRY_WINDOW_MS = 3_600_000
/** Addresses remembered with failures; the longest silent leaves first. */
const ADDRESSES_MAX = 10_000

/** `code/{sha256}`: the code itself is known to the technician alone. */
export const CodeRow = z.object({
  v: z.literal(1),
  deviceId: DeviceId,
  unitId: UnitId,
  callSign: z.string(),
  homeGridId: GridId.nullable(),
  station: StationPlace.nullable().default(null),
  issuedBy: z.string(),
  expiresUtcMs: z.number(),
  usedUtcMs: z.number().nullable(),
  withdrawnUtcMs: z.number().nullable().default(null),
})
export type CodeRow = z.infer<typeof CodeRow>

export type CodeBook = {
  readonly codes: Map<string, CodeRow>
  /** Moments of failed tries by address, by the monotonic clock: setting the wall clock frees nobody. */
  readonly failures: Map<string, readonly number[]>
}

export const newCodeBook = (): CodeBook => ({ codes: new Map(), failures: new Map() })

export const codeKey = (hash: string): string => `code/${hash}`
export const hashOf = (code: string): string => createHash('sha256').update(code).digest('hex')

/** Puts the `code/…` rows back at boot. */
export function restoreCodes(book: CodeBook, rows: readonly (readonly [string, unknown])[]): void {
  for (const [key, value] of rows)
    if (key.startsWith('code/')) book.codes.set(key.slice('code/'.length), CodeRow.parse(value))
}

/** Makes a code of 10 characters and a check from 10 random bytes; codes long over are forgotten on the way. */
export function issueCode(
  book: CodeBook,
  binding: UnitBinding,
  facts: { readonly random: Uint8Array; readonly issuedBy: string; readonly nowUtcMs: number },
): {
  readonly code: string
  readonly hash: string
  readonly row: CodeRow
  readonly forgotten: readonly string[]
} {
  const ten = Array.from(facts.random.subarray(0, 10), byte => CROCKFORD[byte & 31]).join('')
  const code = ten + checkCharOf(ten)
  const { deviceId, unitId, callSign, homeGridId, station = null } = binding
  const expiresUtcMs = facts.nowUtcMs + CODE_LIFE_MS
  const { issuedBy } = facts
  const row: CodeRow = {
    v: 1,
    deviceId,
    unitId,
    callSign,
    homeGridId,
    station,
    issuedBy,
    expiresUtcMs,
    usedUtcMs: null,
    withdrawnUtcMs: null,
  }
  const forgotten = [...book.codes].filter(([, old]) => old.expiresUtcMs + LISTED_MS <= facts.nowUtcMs)
  for (const [hash] of forgotten) book.codes.delete(hash)
  const hash = hashOf(code)
  book.codes.set(hash, row)
  return { code, hash, row, forgotten: forgotten.map(([old]) => old) }
}

export const stateOfCode = (row: CodeRow, utcMs: number): CodeView['state'] => {
  if (row.usedUtcMs !== null) return 'used'
  if (row.withdrawnUtcMs !== null) return 'withdrawn'
  return row.expiresUtcMs <= utcMs ? 'expired' : 'open'
}

/** A code as the operator's list shows it: everything but the code. */
export const codeViewOf = (hash: string, row: CodeRow, utcMs: number): CodeView => ({
  id: hash.slice(0, 12),
  deviceId: row.deviceId,
  unitId: row.unitId,
  callSign: row.callSign,
  homeGridId: row.homeGridId,
  issuedBy: row.issuedBy,
  issuedAt: rfc3339(row.expiresUtcMs - CODE_LIFE_MS),
  expiresAt: rfc3339(row.expiresUtcMs),
  usedAt: row.usedUtcMs === null ? null : rfc3339(row.usedUtcMs),
  state: stateOfCode(row, utcMs),
})

/** Whether an address may try at all: `CODE_RATE_LIMITED` after ten failures within an hour. */
export function mayTry(book: CodeBook, address: string, monoMs: number): Result<void> {
  const recent = recentFailures(book, address, monoMs)
  return recent.length >= FAILED_TRIES_MAX
    ? fault('CODE_RATE_LIMITED', `${recent.length} failed tries from ${address} within the hour`)
    : ok(undefined)
}

/**
 * Redeems a code: once, within its time. The answer of two redeemers racing is decided here, in one synchronous step.
 * A failure counts against the address, a success does not. Fault: `CODE_REFUSED`, the same words for unknown, used and
 * expired, so that nobody learns which.
 */
export function redeemCode(
  book: CodeBook,
  code: string,
  facts: { readonly address: string; readonly monoMs: number; readonly utcMs: number },
): Result<{ readonly hash: string; readonly row: CodeRow }> {
  const hash = hashOf(code)
  const row = book.codes.get(hash)
  if (row === undefined || stateOfCode(row, facts.utcMs) !== 'open') {
    noteFailure(book, facts.address, facts.monoMs)
    return fault('CODE_REFUSED', 'unknown, used, withdrawn or over its time')
  }
  const used = { ...row, usedUtcMs: facts.utcMs }
  book.codes.set(hash, used)
  return ok({ hash, row: used })
}

export function noteFailure(book: CodeBook, address: string, monoMs: number): void {
  const recent = [...recentFailures(book, address, monoMs), monoMs]
  book.failures.delete(address)
  book.failures.set(address, recent)
  if (book.failures.size > ADDRESSES_MAX) book.failures.delete([...book.failures.keys()][0]!)
}

const recentFailures = (book: CodeBook, address: string, monoMs: number): readonly number[] =>
  (book.failures.get(address) ?? []).filter(at => monoMs - at < TRY_WINDOW_MS)

/** One name per neighbour: IPv4 without its IPv6 wrapping, IPv6 by its /64, of which one host owns all. */
export function addressOf(remote: string | undefined): string {
  if (remote === undefined) return 'unknown'
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(remote)
  if (v4) return v4[1]!
  if (!remote.includes(':') || remote === '::1') return remote
  const [head = '', tail = ''] = remote.split('%')[0]!.split('::')
  const groups = head.split(':').filter(group => group !== '')
  const rest = tail.split(':').filter(group => group !== '')
  while (remote.includes('::') && groups.length + rest.length < 8) groups.push('0')
  return [...groups, ...rest].slice(0, 4).join(':')
}
