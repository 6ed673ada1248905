import type { BodyOf, RecordKind } from '#protocols/bodies.ts'
import type { RecordDraft } from '#protocols/record.ts'
import type { Now } from '#protocols/time.ts'
import { advanceTrigger } from '../bodycam/trigger.ts'
import type { TriggerEffect, TriggerEvent } from '../bodycam/trigger.ts'
import type { Note } from '../outbox/outbox.ts'
import { append } from './appending.ts'
import { draftOf } from './drafts.ts'
import type { VehicleEffect } from './events.ts'
import { TRIGGER_NOTE } from './state.ts'
import type { VehicleState } from './state.ts'

/** What the trigger wants from the vehicle: outputs to switch at once, records to store with the trigger's own state. */
export type TriggerWishes = {
  readonly outputs: readonly Extract<VehicleEffect, { type: 'output' }>[]
  readonly drafts: readonly RecordDraft[]
}

/** One reading or one tick into the trigger: outputs first, then its records with its state in the same write. */
export function hearBodyCam(state: VehicleState, event: TriggerEvent, now: Now): VehicleEffect[] {
  const { outputs, drafts } = advanceBodyCam(state, event, now)
  if (drafts.length === 0) return [...outputs]
  const note: Note = { key: TRIGGER_NOTE, value: state.trigger }
  return [...outputs, append(state, drafts, [note], { then: 'nothing' }), { type: 'live' }]
}

/** One reading or one tick into the body-cam trigger of this vehicle. */
export function advanceBodyCam(state: VehicleState, event: TriggerEvent, now: Now): TriggerWishes {
  const { state: next, effects } = advanceTrigger(state.trigger, event, now)
  state.trigger = next
  return {
    outputs: effects.filter(effect => effect.type === 'output'),
    drafts: effects.flatMap(effect => recordOf(state, effect, now)),
  }
}

/** Whether time alone can change anything, so that a quiet car does no work. */
export const bodyCamWaits = (state: VehicleState): boolean =>
  state.trigger.activation !== null ||
  state.trigger.holdUntilMonoMs !== null ||
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
    case 'wake':
      return []
  }
}
