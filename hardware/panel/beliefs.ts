import type { PanelLife } from '#protocols/equipment.ts'
import { UNREAD, debounced, isSettled } from '../inputs/contact.ts'
import type { PanelState, Run } from './panel-state.ts'

/** Equal to the last sample, and no channel half way to another value that this sample could bring it to. */
export const changesNothing = (state: PanelState, bits: readonly boolean[]): boolean =>
  state.bits !== null && same(state.bits, bits) && [...state.channels.values()].every(isSettled)

/** A sample the driver stands by; after a fault a change in it needs a second sample that says the same. */
export function believe(run: Run, bits: readonly boolean[], sentMs: number): void {
  const { state, profile } = run
  const first = state.doubt?.first ?? null
  const changed = state.bits === null || !same(state.bits, bits)
  if (state.doubt !== null && changed && first === null) {
    state.doubt = { first: bits }
    return
  }
  // Of two samples after a fault only what both say is believed; about the rest the next sample decides.
  const agrees = (input: number): boolean => first === null || bits[input] === first[input]
  state.doubt = run.nowMs < state.doubtUntilMs ? { first: null } : null
  state.bits = first === null ? bits : bits.map((bit, input) => (agrees(input) ? bit : !bit))
  state.lastSampleMs = sentMs
  state.missed = 0
  state.counts.samples += 1
  live(run, 'ok')
  for (const wire of profile.inputs) {
    const { channel, input } = wire
    const before = state.channels.get(channel) ?? UNREAD
    const active = bits[input] === (wire.activeWhen === 'closed')
    const next = agrees(input)
      ? debounced(before, active, sentMs, wire)
      : { ...before, quietSinceMs: null, activeSamples: 0 }
    state.channels.set(channel, next)
    if (next.value !== before.value) run.effects.push({ type: 'input', channel, value: next.value })
  }
}

/** The gap is longer than a pulse: whatever was known may have changed twice. */
export function forget(run: Run): void {
  const { state } = run
  for (const [channel, { value }] of state.channels) {
    state.channels.set(channel, UNREAD)
    if (value !== 'unknown') run.effects.push({ type: 'input', channel, value: 'unknown' })
  }
  // It may be another module that comes back, or one that forgot its settings with its power.
  if (state.bits !== null) state.setup = { is: 'due', words: null, tries: 0 }
  state.bits = null
  state.doubt ??= { first: null }
  live(run, state.absent ? 'no_device' : 'silent')
}

function live(run: Run, life: PanelLife): void {
  if (run.state.life === life) return
  run.state.life = life
  run.effects.push({ type: 'state', state: life })
}

const same = (a: readonly boolean[], b: readonly boolean[]): boolean => a.every((bit, i) => bit === b[i])
