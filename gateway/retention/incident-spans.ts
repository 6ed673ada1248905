import type { Incident } from '../dispatch/incident.ts'
import { firstToldMs } from '../dispatch/moments.ts'
import { underPrefix } from '../ledger/ledger.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { HeldSpan } from './track-policy.ts'

const BEFORE_MS = 5 * 60_000
const INCIDENTS_AT_ONCE = 200

/** By device, the times of its car that belong to an incident: five minutes before it was received until it was cleared. */
export async function incidentSpans(
  ledger: Pick<Ledger, 'range'>,
): Promise<ReadonlyMap<string, readonly HeldSpan[]>> {
  const spans = new Map<string, HeldSpan[]>()
  const { from, before } = underPrefix('incident/')
  let after = from
  for (;;) {
    const rows = await ledger.range({ after, before, limit: INCIDENTS_AT_ONCE })
    if (rows.length === 0) return spans
    after = rows.at(-1)![0]
    for (const [, value] of rows)
      for (const { deviceId, span } of spansOf(value as Incident))
        spans.set(deviceId, [...(spans.get(deviceId) ?? []), span])
  }
}

/** An assignment nobody cleared ends with its incident; of an open one nothing is over. */
function spansOf(incident: Incident): readonly { readonly deviceId: string; readonly span: HeldSpan }[] {
  const closedMs = firstToldMs(incident.moments, 'tResolved')
  return incident.assignments.map(({ deviceId, moments, ended }) => ({
    deviceId,
    span: {
      fromMs: incident.receivedUtcMs - BEFORE_MS,
      untilMs: firstToldMs(moments, 'tCleared') ?? ended?.utcMs ?? closedMs ?? Infinity,
    },
  }))
}
