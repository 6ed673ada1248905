import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { lanePrefix, recordKey } from '../intake/rows.ts'
import type { RecordRow } from '../intake/rows.ts'
import { underPrefix } from '../ledger/ledger.ts'
import type { Ledger, LedgerOp } from '../ledger/ledger.ts'
import { unpack } from '../ledger/packed-records.ts'
import { incidentSpans } from './incident-spans.ts'
import { storesWith } from './stores-with.ts'
import type { DeviceStore } from './stores-with.ts'
import { cameMs, heldOf, thinned, vouchedMs } from './track-policy.ts'
import type { HeldSpan, TrackPolicy } from './track-policy.ts'

const STAGES = ['thinned', 'deleted'] as const
type Stage = (typeof STAGES)[number]

/**
 * `retention/{deviceId}/{epoch}`: how far the track of a store was thinned and given up. Up to `thinned` a record that is
 * not there was let go, and is not missed. Up to `scoured` what went is not on the disk either; a row from before that was
 * looked after has none.
 */
export type RetentionRow = {
  readonly v: 1
  readonly thinned: number
  readonly lastKeptMs: number | null
  readonly deleted: number
  readonly scoured?: Readonly<Record<Stage, number>>
}
export const RETENTION_PREFIX = 'retention/'
const NEW: RetentionRow = { v: 1, thinned: 0, lastKeptMs: null, deleted: 0 }
const NOT_SCOURED = { thinned: 0, deleted: 0 }

/** A piece of work: a few milliseconds of processor, whether a row of the store is one record or a pack of 256. */
const RECORDS_AT_ONCE = 1_024
const ROWS_MAX = 64
const PACK_MAX = 256

/** `asOfMs` is the time by which it was judged, -Infinity when no car vouches for any. */
export type Retired = {
  readonly thinned: number
  readonly deleted: number
  readonly stores: number
  readonly asOfMs: number
}

export type RetirePartners = {
  readonly ledger: Pick<Ledger, 'stored' | 'range' | 'get' | 'scour'>
  /** Commits like everything else, in its turn. */
  readonly submit: (ops: readonly LedgerOp[]) => Promise<Result<void>>
  /** Between two pieces of work. */
  readonly rest: () => Promise<void>
}

/**
 * Lets go of what is over of every car's track, piece by piece; may be ended at any piece and goes on there the next time. What
 * the gateway's clock says counts only as far as the cars' satellites say so too.
 */
export async function retireTracks(
  partners: RetirePartners,
  policy: TrackPolicy,
  nowUtcMs: number,
): Promise<Result<Retired>> {
  const spans = await incidentSpans(partners.ledger)
  const asOfMs = vouchedMs(nowUtcMs, await newestGnssMs(partners.ledger))
  const sum = { thinned: 0, deleted: 0, stores: 0, asOfMs }
  for await (const track of storesWith(partners.ledger, 'track')) {
    const retired = await retireTrack(partners, policy, track, spans.get(track.deviceId) ?? [], asOfMs)
    if (!retired.ok) return retired
    const { thinned, deleted } = retired.value
    sum.thinned += thinned
    sum.deleted += deleted
    sum.stores += thinned + deleted > 0 ? 1 : 0
  }
  return { ok: true, value: sum }
}

/** The newest time that a satellite gave a car, by the last row of every track; -Infinity without any. */
export async function newestGnssMs(ledger: Pick<Ledger, 'stored'>): Promise<number> {
  let newestMs = -Infinity
  for await (const { deviceId, epoch } of storesWith(ledger, 'track')) {
    const { from, before } = underPrefix(lanePrefix(deviceId, epoch, 'track'))
    const [last] = await ledger.stored({ from, before, limit: 1, newestFirst: true })
    for (const [, row] of last === undefined ? [] : unpack(...last)) {
      const { clockQuality, occurredAtMs } = row as RecordRow
      if (clockQuality === 'gnss') newestMs = Math.max(newestMs, occurredAtMs)
    }
  }
  return newestMs
}

async function retireTrack(
  partners: RetirePartners,
  policy: TrackPolicy,
  track: DeviceStore,
  spans: readonly HeldSpan[],
  nowUtcMs: number,
): Promise<Result<{ readonly thinned: number; readonly deleted: number }>> {
  const { ledger } = partners
  const key = `${RETENTION_PREFIX}${track.deviceId}/${track.epoch}`
  let row = ((await ledger.get(key)) as RetentionRow | undefined) ?? NEW
  const sum = { thinned: 0, deleted: 0 }
  let perRow = PACK_MAX
  for (const stage of STAGES) {
    const overMs = nowUtcMs - (stage === 'thinned' ? policy.fullMs : policy.thinMs)
    for (;;) {
      const piece = await nextPiece(ledger, track, row[stage], overMs, Math.ceil(RECORDS_AT_ONCE / perRow))
      if (piece === null) break
      perRow = piece.rows.length / piece.keys.length
      const { kept, lastKeptMs } =
        stage === 'thinned'
          ? thinned(piece.rows, spans, row.lastKeptMs, policy.spacingMs)
          : { kept: heldOf(piece.rows, spans), lastKeptMs: row.lastKeptMs }
      row = { ...row, [stage]: piece.upTo, lastKeptMs }
      const ops = [...replaced(track, piece, kept), { type: 'put', key, value: row } as const]
      const committed = await partners.submit(ops)
      if (!committed.ok) return committed
      sum[stage] += piece.rows.length - kept.length
      await partners.rest()
    }
  }
  const scoured = await scour(partners, track, row)
  return scoured.ok ? { ok: true, value: sum } : scoured
}

/** What went leaves the disk too: the stretches of the lane that changed since that was last done, and no others. */
async function scour(
  { ledger, submit, rest }: RetirePartners,
  { deviceId, epoch }: DeviceStore,
  row: RetentionRow,
): Promise<Result<void>> {
  const { scoured = NOT_SCOURED, thinned, deleted } = row
  const due = STAGES.filter(stage => row[stage] > scoured[stage])
  if (ledger.scour === undefined || due.length === 0) return ok(undefined)
  for (const stage of due) {
    const at = (seq: number): string => recordKey(deviceId, epoch, 'track', seq)
    await ledger.scour({ from: at(scoured[stage]), before: `${at(row[stage])}\uffff` })
    await rest()
  }
  const value: RetentionRow = { ...row, scoured: { thinned, deleted } }
  return submit([{ type: 'put', key: `${RETENTION_PREFIX}${deviceId}/${epoch}`, value }])
}

type Piece = { readonly keys: readonly string[]; readonly rows: readonly RecordRow[]; readonly upTo: number }

/** The next rows of the store behind seq `from` that are older than `overMs`; null when there are none. */
async function nextPiece(
  ledger: RetirePartners['ledger'],
  { deviceId, epoch }: DeviceStore,
  from: number,
  overMs: number,
  limit: number,
): Promise<Piece | null> {
  const after = `${recordKey(deviceId, epoch, 'track', from)}\uffff`
  const { before } = underPrefix(lanePrefix(deviceId, epoch, 'track'))
  const stored = await ledger.stored({ after, before, limit: Math.min(ROWS_MAX, limit) })
  const keys: string[] = []
  const rows: RecordRow[] = []
  for (const [key, value] of stored) {
    const inside = unpack(key, value).map(([, row]) => row as RecordRow)
    if (inside.some(row => cameMs(row) >= overMs)) break
    keys.push(key)
    rows.push(...inside)
  }
  return rows.length === 0 ? null : { keys, rows, upTo: rows.at(-1)!.seq }
}

/** Nothing where everything stays: a row that is as it was need not be written. */
function replaced(
  { deviceId, epoch }: DeviceStore,
  piece: Piece,
  kept: readonly RecordRow[],
): readonly LedgerOp[] {
  if (kept.length === piece.rows.length) return []
  return [
    ...piece.keys.map((key): LedgerOp => ({ type: 'del', key })),
    ...kept.map((value): LedgerOp => ({
      type: 'put',
      key: recordKey(deviceId, epoch, 'track', value.seq),
      value,
    })),
  ]
}
