import { RECORD_KINDS } from '#protocols/bodies.ts'
import type { BodyOf, RecordKind } from '#protocols/bodies.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import type { RecordDraft } from '#protocols/record.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { proveDelivery } from './delivery-proof.ts'
import type { SelfTestParts } from './self-test.ts'

const ANNOUNCED_MS = 20_000

export type VisitRecords = ReturnType<typeof openVisitRecords>

/** The records of a visit and their way to the gateway. The store is opened when the first one is carried. */
export function openVisitRecords(parts: SelfTestParts, bootId: string) {
  const { clock } = parts
  let outbox: Outbox | null = null
  return {
    draftOf: <K extends RecordKind>(kind: K, body: BodyOf<K>): RecordDraft => {
      const now = clock.now()
      return {
        lane: RECORD_KINDS[kind].lane,
        kind,
        occurredAt: now.utcMs,
        monoMs: now.monoMs,
        bootId,
        clockQuality: now.quality,
        body: JSON.stringify(body),
      }
    },
    /** Receipts of all of them; fault `NOT_ENROLLED`, or what the store or the gateway said. */
    carry: async (identity: DeviceIdentity | null, drafts: readonly RecordDraft[]) => {
      if (identity === null) return fault('NOT_ENROLLED', 'no identity yet')
      const store = outbox === null ? await parts.openOutbox(bootId) : ok(outbox)
      if (!store.ok) return store
      outbox = store.value
      const open = store.value
      return proveDelivery(
        {
          deviceId: identity.deviceId,
          outbox: open,
          dial: parts.dial(identity),
          clock,
          hello: () => ({
            v: 1,
            epoch: open.epoch,
            bootId,
            bootCount: 0,
            lanes: { ...open.ranges() },
            store: open.health(),
            software: parts.software,
            announcedMs: ANNOUNCED_MS,
          }),
        },
        drafts,
      )
    },
    close: async (): Promise<void> => outbox?.close(),
  }
}
