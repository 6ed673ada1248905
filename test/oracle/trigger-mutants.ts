import { advanceTrigger } from '#agent/bodycam/trigger.ts'
import type { TriggerConfig } from '#agent/bodycam/trigger-config.ts'
import { durablePartOf, initialTrigger } from '#agent/bodycam/trigger-state.ts'
import type { TriggerEffect, TriggerEvent, TriggerState } from '#agent/bodycam/trigger-state.ts'
import type { Now } from '#protocols/time.ts'
import { THE_TRIGGER } from './trigger-world.ts'
import type { Subject } from './trigger-world.ts'

/** Triggers with one rule taken away. A check that lets one of them live proves nothing. */
export const TRIGGER_MUTANTS: Readonly<Record<string, Subject>> = {
  'an unreadable lightbar counts as dark': hearing(event =>
    event.type === 'input' && event.value === 'unknown' && event.channel !== 'camera_recording'
      ? { ...event, value: 'off' }
      : event,
  ),
  'a panic button starts nothing': hearing(event =>
    event.type === 'input' && event.channel === 'panic' ? { type: 'wake' } : event,
  ),
  'no hold-off': configured({ holdOffMs: 0 }),
  'a verdict half a second late': configured({ confirmMs: 2_500 }),
  'no post time': configured({ postMs: 0 }),
  'no second attempt': configured({ attemptsMax: 1 }),
  'every recording is ours, whenever it began': configured({ startMs: { min: 0, max: 1e9 } }),
  'a recording is ours at later attempts too': doing(({ state, effects }) => ({
    effects,
    state:
      state.activation !== null && effects.some(effect => effect.type === 'confirmed')
        ? { ...state, activation: { ...state.activation, ours: true } }
        : state,
  })),
  'the release opens the contact whoever records': doing(({ state, effects }) => ({
    state: effects.some(effect => effect.type === 'released') ? { ...state, outputOn: false } : state,
    effects: effects.flatMap((effect): TriggerEffect[] =>
      effect.type === 'released'
        ? [effect, { type: 'output', output: 'camera_trigger', on: false }]
        : [effect],
    ),
  })),
  'a restart forgets the activation': beginning(state => (state.restored ? initialTrigger() : state)),
  'what the camera did before a gap is forgotten': beginning(state => ({ ...state, recordingLast: null })),
  'a camera that stops is not started again': doing(({ state, effects }) =>
    effects.some(effect => effect.type === 'lapsed') && state.activation !== null
      ? {
          effects: effects.filter(effect => effect.type === 'lapsed'),
          state: { ...state, activation: { ...state.activation, outcome: 'confirmed', attempt: null } },
        }
      : { state, effects },
  ),
  'only what has a record is stored': { ...THE_TRIGGER, durablePartOf: () => '' },
}

function hearing(change: (event: TriggerEvent) => TriggerEvent): Subject {
  return {
    durablePartOf,
    advance: (state, event, now, config) => advanceTrigger(state, change(event), now, config),
  }
}

function configured(change: Partial<TriggerConfig>): Subject {
  return {
    durablePartOf,
    advance: (state, event, now, config) => advanceTrigger(state, event, now, { ...config!, ...change }),
  }
}

function beginning(change: (state: TriggerState) => TriggerState): Subject {
  return {
    durablePartOf,
    advance: (state: TriggerState, event: TriggerEvent, now: Now, config?: TriggerConfig) =>
      advanceTrigger(change(state), event, now, config),
  }
}

type Next = { readonly state: TriggerState; readonly effects: readonly TriggerEffect[] }
function doing(change: (next: Next) => Next): Subject {
  return {
    durablePartOf,
    advance: (state, event, now, config) => change(advanceTrigger(state, event, now, config)),
  }
}
