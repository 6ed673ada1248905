import type { DeviceId } from '#protocols/ids.ts'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { DeviceRow } from '../identity/devices.ts'
import { LET_GO, lanePrefix, recordKey } from '../intake/rows.ts'
import type { RecordRow } from '../intake/rows.ts'
import { underPrefix } from '../ledger/ledger.ts'
import type { Ledger, LedgerOp } from '../ledger/ledger.ts'
import { unpack } from '../ledger/packed-records.ts'
import { emptied } from './retire-reporters.ts'
import { latestMs } from './reporter-policy.ts'
import type { NightTimes } from './reporter-policy.ts'
import { storesWith } from './stores-with.ts'
import { cameMs } from './track-policy.ts'

/** `asked/{deviceId}/{epoch}`: up to where the events of a kiosk were looked at, and when the newest of them came. */
export type AskedRow = { readonly v: 1; readonly upTo: number; readonly cameMs: number }
const NEW: AskedRow = { v: 1, upTo: 0, cameMs: 0 }

const ROWS_AT_ONCE = 64

type Partners = {
  readonly ledger: Pick<Ledger, 'stored' | 'range' | 'get'>
  readonly submit: (ops: readonly LedgerOp[]) => Promise<Result<void>>
  readonly rest: () => Promise<void>
}

/**
 * Lets go of the records of single questions asked at kiosks, which say to the second when somebody stood there; how often each
 * topic was asked is counted in `consultation/…` and stays. Returns how many went.
 */
export async function retireQuestions(
  partners: Partners,
  questionMs: number,
  times: NightTimes,
): Promise<Result<number>> {
  const kiosks = new Set(await kiosksOf(partners.ledger))
  if (!Number.isFinite(times.asOfMs)) return ok(0)
  let sum = 0
  for await (const { deviceId, epoch } of storesWith(partners.ledger, 'event')) {
    if (!kiosks.has(deviceId)) continue
    const went = await retireOf(partners, deviceId, epoch, questionMs, times)
    if (!went.ok) return went
    sum += went.value
  }
  return ok(sum)
}

async function retireOf(
  { ledger, submit, rest }: Partners,
  deviceId: DeviceId,
  epoch: string,
  questionMs: number,
  times: NightTimes,
): Promise<Result<number>> {
  const key = `asked/${deviceId}/${epoch}`
  const { before } = underPrefix(lanePrefix(deviceId, epoch, 'event'))
  let at = ((await ledger.get(key)) as AskedRow | undefined) ?? NEW
  for (let sum = 0; ;) {
    const after = `${recordKey(deviceId, epoch, 'event', at.upTo)}\uffff`
    const stored = await ledger.stored({ after, before, limit: ROWS_AT_ONCE })
    const rows = stored.flatMap(([name, value]) => unpack(name, value).map(([, row]) => row as RecordRow))
    const begun = at
    const ops: LedgerOp[] = []
    for (const row of rows) {
      if (row.seq <= at.upTo) continue
      at = { ...at, cameMs: cameAfter(at.cameMs, row, times) }
      if (times.asOfMs - at.cameMs < questionMs) break
      at = { ...at, upTo: row.seq }
      if (row.kind === 'walkin.consultation' && row.code !== LET_GO)
        ops.push(emptied(recordKey(deviceId, epoch, 'event', row.seq), row))
    }
    if (at !== begun) {
      const committed = await submit([...ops, { type: 'put', key, value: at }])
      if (!committed.ok) return committed
      sum += ops.length
    }
    if (at.upTo === begun.upTo) return ok(sum)
    await rest()
  }
}

/**
 * When a record came that follows one of `beforeMs`: no sooner than that, so what came while the gateway took itself for 1970 is
 * no half century old; and where it took itself for 2099, as late as satellites say now.
 */
function cameAfter(beforeMs: number, row: RecordRow, times: NightTimes): number {
  const told = cameMs(row)
  if (told <= latestMs(times)) return Math.max(beforeMs, told)
  return beforeMs === 0 ? times.newestGnssMs : beforeMs
}

/** Devices that stand at a duty station, those that no longer may speak included: their records are here. */
export const kiosksOf = async (ledger: Pick<Ledger, 'range'>): Promise<readonly DeviceId[]> =>
  (await ledger.range(underPrefix('device/')))
    .map(([, value]) => value as DeviceRow)
    .filter(({ station }) => station)
    .map(({ deviceId }) => deviceId)
