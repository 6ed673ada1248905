import type { LedgerRow } from '#protocols/api.ts'
import { parseBody } from '#protocols/bodies.ts'
import type { DeviceId } from '#protocols/ids.ts'
import { eventIdOf } from '#protocols/record.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { rfc3339 } from '#protocols/time.ts'
import { triage } from '#protocols/walk-in.ts'
import { LET_GO } from '../intake/rows.ts'
import type { RecordRow } from '../intake/rows.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { underPrefix } from '../ledger/ledger.ts'
import type { RecordPage, RecordQuery } from './api.ts'

/** Rows looked at for one page when the lane is asked for without its epoch; then the page ends early with a cursor. */
const SCANNED_MAX = 5_000
const CURSOR = /^[0-9a-f]{16}\/(alarm|event|track|diag)\/\d{12}$/

/**
 * One page of a device's records in ledger order: by epoch, lane and seq. The cursor is the tail of the last key,
 * `9f86d081884c7d65/event/000000000012`. Fault: `QUERY_INVALID` for a cursor that is none.
 */
export async function readRecordPage(
  ledger: Pick<Ledger, 'range'>,
  query: RecordQuery,
): Promise<Result<RecordPage>> {
  const { deviceId, lane, epoch, after, limit } = query
  if (after !== undefined && !CURSOR.test(after)) return fault('QUERY_INVALID', 'after: not a cursor')
  const device = `record/${deviceId}/`
  const prefix = epoch === undefined ? device : `${device}${epoch}/${lane === undefined ? '' : `${lane}/`}`
  if (query.order === 'newest') return newest(ledger, prefix, query)
  const records: LedgerRow[] = []
  let cursor = after === undefined ? undefined : device + after
  if (cursor?.startsWith(prefix) === false) return fault('QUERY_INVALID', 'after: of another question')
  for (let scanned = 0; scanned < SCANNED_MAX && records.length < limit;) {
    const want = Math.min(limit, SCANNED_MAX - scanned)
    const rows = await ledger.range({
      ...underPrefix(prefix),
      ...(cursor !== undefined && { after: cursor }),
      limit: want,
    })
    for (const [key, value] of rows) {
      cursor = key
      const row = value as RecordRow
      if (lane === undefined || row.lane === lane) records.push(shown(deviceId, row))
      if (records.length === limit) break
    }
    scanned += rows.length
    if (rows.length < want)
      return ok({ records, next: records.length === limit ? tailOf(cursor, device) : null })
  }
  return ok({ records, next: tailOf(cursor, device) })
}

/** The end of one lane of one epoch, newest first: across epochs the order of keys says nothing about time. */
async function newest(
  ledger: Pick<Ledger, 'range'>,
  prefix: string,
  { deviceId, lane, epoch, after, limit }: RecordQuery,
): Promise<Result<RecordPage>> {
  if (lane === undefined || epoch === undefined || after !== undefined)
    return fault('QUERY_INVALID', 'order=newest needs lane and epoch and takes no after')
  const rows = await ledger.range({ ...underPrefix(prefix), limit, newestFirst: true })
  return ok({ records: rows.map(([, row]) => shown(deviceId, row as RecordRow)), next: null })
}

const tailOf = (key: string | undefined, device: string): string | null => key?.slice(device.length) ?? null

/** Stands where a body is that this reader may not see; the row stays, for a missing seq would look like a loss. */
const WITHHELD = '{"withheld":true}'

/** The columns of the API; the rest of the row is for reading a ledger back. */
function shown(deviceId: DeviceId, row: RecordRow): LedgerRow {
  const { lane, epoch, seq, kind, receivedAt, clockQuality, bootId, sum } = row
  const [eventId, occurredAt] = [eventIdOf(deviceId, row), rfc3339(row.occurredAtMs)]
  const body = row.code !== LET_GO && isForOthers(row) ? WITHHELD : row.body
  return { eventId, lane, epoch, seq, kind, occurredAt, receivedAt, clockQuality, bootId, body, sum }
}

/** A complaint is for supervision, a tip-off for intelligence: whoever reads a station's records is neither. */
function isForOthers({ kind, body }: RecordRow): boolean {
  if (kind !== 'walkin.report') return false
  const report = parseBody(kind, body)
  return !report.ok || report.value.kind !== 'walkin.report' || triage(report.value.body).route !== 'dispatch'
}
