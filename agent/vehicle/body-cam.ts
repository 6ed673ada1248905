import type { BodyOf, RecordKind } from '#protocols/bodies.ts'
import type { RecordDraft } from '#protocols/record.ts'
import type { Now } from '#protocols/time.ts'
import { advanceTrigger } from '../bodycam/trigger.ts'
import { durablePartOf } from '../bodycam/trigger-state.ts'
import type { TriggerEffect, TriggerEvent } from '../bodycam/trigger-state.ts'
import type { Note } from '../outbox/outbox.ts'
import { append } from './appending.ts'
import { draftOf } from './drafts.ts'
import type { VehicleEffect } from './events.ts'
import { TRIGGER_NOTE } from './state.ts'
import type { VehicleState } from './state.ts'

/**
 * One reading or one tick into the trigger: first what is switched and ordered, then its log, then its records with its
 * state in the same write. A state that changed is stored also when there is nothing to tell.
 */
export function hearBodyCam(state: VehicleState, event: TriggerEvent, now: Now): VehicleEffect[] {
  const before = durablePartOf(state.trigger)
  const { state: next, effects } = advanceTrigger(state.trigger, event, now, state.triggerConfig)
  state.trigger = next
  const drafts = effects.flatMap(effect => recordOf(state, effect, now))
  const note: Note = { key: TRIGGER_NOTE, value: next }
  return [
    ...effects.filter(effect => effect.type === 'output' || effect.type === 'camera'),
    ...effects.flatMap((deed): VehicleEffect[] =>
      deed.type === 'wake' ? [] : [{ type: 'witness', deed, at: now }],
    ),
    ...(drafts.length > 0 || durablePartOf(next) !== before
      ? [append(state, drafts, [note], { then: 'nothing' })]
      : []),
    ...(drafts.length > 0 ? [{ type: 'live' } as const] : []),
    ...effects.filter(effect => effect.type === 'wake'),
  ]
}

/** Whether time alone can change anything, so that a quiet car does no work. */
export const bodyCamWaits = (state: VehicleState): boolean =>
  state.trigger.activation !== null ||
  state.trigger.holdUntilMonoMs !== null ||
  state.trigger.outputOn ||
  state.trigger.pulseEndsMonoMs !== null

function recordOf(state: VehicleState, effect: TriggerEffect, now: Now): RecordDraft[] {
  const draft = <K extends RecordKind>(kind: K, body: BodyOf<K>): RecordDraft[] => [
    draftOf(state, kind, body, now),
  ]
  switch (effect.type) {
    case 'activated': {
      const { activationId, sources, startedAt } = effect
      return draft('bodycam.activated', { activationId, sources: [...sources], at: startedAt.utcMs })
    }
    case 'confirmed':
      return draft('bodycam.confirmed', { activationId: effect.activationId, afterMs: effect.afterMs })
    case 'released':
      return draft('bodycam.released', { activationId: effect.activationId })
    case 'failed':
      return draft('bodycam.failed', {
        activationId: effect.activationId,
        sources: [...effect.sources],
        reason: effect.reason,
      })
    case 'lapsed':
      return draft('driver.fault', { driver: 'bodycam', code: 'CAMERA_LAPSED', detail: effect.activationId })
    case 'output':
    case 'camera':
    case 'wake':
      return []
  }
}
