import { RECORD_KINDS } from '#protocols/bodies.ts'
import type { BodyOf, RecordKind } from '#protocols/bodies.ts'
import type { RecordDraft } from '#protocols/record.ts'
import type { Now } from '#protocols/time.ts'
import type { VehicleState } from './state.ts'

/** A record of a kind, dated `now`, in the lane the kind belongs to. */
export function draftOf<K extends RecordKind>(
  state: Pick<VehicleState, 'bootId'>,
  kind: K,
  body: BodyOf<K>,
  now: Now,
): RecordDraft {
  return {
    lane: RECORD_KINDS[kind].lane,
    kind,
    occurredAt: now.utcMs,
    monoMs: now.monoMs,
    bootId: state.bootId,
    clockQuality: now.quality,
    body: JSON.stringify(body),
  }
}
