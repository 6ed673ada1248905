import type { DeviceId, IncidentId } from '#protocols/ids.ts'
import { LET_GO_BODY } from '#protocols/api.ts'
import type { Lane } from '#protocols/record.ts'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Incident } from '../dispatch/incident.ts'
import { LET_GO, recordKey } from '../intake/rows.ts'
import type { RecordRow } from '../intake/rows.ts'
import { underPrefix } from '../ledger/ledger.ts'
import type { Ledger, LedgerOp } from '../ledger/ledger.ts'
import type { OverVisit } from '../walkins/let-go.ts'
import type { WalkInRow } from '../walkins/walk-in.ts'
import { keptMs, overSince } from './reporter-policy.ts'
import type { NightTimes, ReporterPolicy } from './reporter-policy.ts'

/** `over/{deviceId}/{ref}`: the night from which on a visit counts as over; there until its words are gone. */
export type OverRow = { readonly v: 1; readonly sinceMs: number }
export const overKey = (walkInId: string): string => `over/${walkInId}`

/** A row with its sealed words has up to 8 kB: half a megabyte of JSON at once. */
const VISITS_AT_ONCE = 64

export type ReporterPartners = {
  readonly ledger: Pick<Ledger, 'range' | 'get'>
  readonly submit: (ops: readonly LedgerOp[]) => Promise<Result<void>>
  readonly rest: () => Promise<void>
  /** Visits whose records have no words any more; the city lets go of its own. */
  readonly letGo: (visits: readonly OverVisit[]) => void
}

/**
 * Lets go of what visitors wrote whose visit has been over for long enough: first in the records that brought it, then in the
 * city. Broken off anywhere it goes on the next time, for a visit counts as done only when the city has let go too. Returns how
 * many visits were told to the city; none while no car vouches for any time.
 */
export async function retireReporters(
  { ledger, submit, rest, letGo }: ReporterPartners,
  policy: ReporterPolicy,
  times: NightTimes,
): Promise<Result<number>> {
  if (!Number.isFinite(times.asOfMs)) return ok(0)
  const { from, before } = underPrefix('walkin/')
  let [after, sum] = [from, 0]
  for (;;) {
    const rows = await ledger.range({ after, before, limit: VISITS_AT_ONCE })
    if (rows.length === 0) return ok(sum)
    after = rows.at(-1)![0]
    const ops: LedgerOp[] = []
    const gone: OverVisit[] = []
    for (const [, value] of rows) {
      const walkIn = value as WalkInRow
      if (walkIn.sealed === null) continue
      const visit = { walkIn, incident: await incidentOf(ledger, walkIn.incidentId) }
      const known = (await ledger.get(overKey(walkIn.id))) as OverRow | undefined
      const sinceMs = overSince(visit, known?.sinceMs, times)
      if (sinceMs === null) continue
      if (times.asOfMs - sinceMs >= keptMs(walkIn, policy)) {
        gone.push({ ...visit, asOfMs: times.asOfMs })
        for (const eventId of walkIn.eventIds) ops.push(...(await withoutWords(ledger, eventId)))
      } else if (sinceMs !== known?.sinceMs)
        ops.push({ type: 'put', key: overKey(walkIn.id), value: { v: 1, sinceMs } satisfies OverRow })
    }
    const committed = ops.length === 0 ? ok(undefined) : await submit(ops)
    if (!committed.ok) return committed
    if (gone.length > 0) letGo(gone)
    sum += gone.length
    await rest()
  }
}

const incidentOf = async (ledger: Pick<Ledger, 'get'>, id: IncidentId | null): Promise<Incident | null> =>
  id === null ? null : (((await ledger.get(`incident/${id}`)) as Incident | undefined) ?? null)

/** The record of a report or a question without its words; nothing where they are gone. An alarm has none. */
export async function withoutWords(
  ledger: Pick<Ledger, 'get'>,
  eventId: string,
): Promise<readonly LedgerOp[]> {
  const [deviceId, epoch, lane, seq] = eventId.split('/') as [DeviceId, string, Lane, string]
  const key = recordKey(deviceId, epoch, lane, Number(seq))
  const row = (await ledger.get(key)) as RecordRow | undefined
  const hasWords = row !== undefined && row.kind !== 'walkin.alarm' && row.code !== LET_GO
  return hasWords ? [emptied(key, row)] : []
}

/**
 * A record whose body is gone. Its name and sum stay: no hole in the lane, and whoever brings it again (a device that repeats
 * itself, a store put back, one carried over) brings what is known.
 */
export const emptied = (key: string, row: RecordRow): LedgerOp => ({
  ...{ type: 'put', key, again: true },
  value: { ...row, body: LET_GO_BODY, code: LET_GO },
})
