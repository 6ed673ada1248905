import type { Now } from '#protocols/time.ts'
import type { TriggerConfig } from './trigger-config.ts'
import type { Activation, TriggerEffect, TriggerState } from './trigger-state.ts'

/** The one place that changes: a state being worked on and the effects so far. */
export type Run = {
  state: TriggerState
  readonly effects: TriggerEffect[]
  readonly now: Now
  readonly config: TriggerConfig
}

export const set = (run: Run, part: Partial<TriggerState>): void =>
  void (run.state = { ...run.state, ...part })

export const change = (run: Run, part: Partial<Activation>): void => {
  if (run.state.activation !== null) set(run, { activation: { ...run.state.activation, ...part } })
}

/** Opening may stop a recording: only where none runs, or where it is ours and ours to end. */
export const mayOpen = ({ config, state }: Run): boolean =>
  config.output !== 'level' ||
  state.values.camera_recording === 'off' ||
  (state.activation?.ours === true && config.ends === 'ours')

export function switchOutput(run: Run, on: boolean): void {
  set(run, { outputOn: on })
  if (run.config.actions.includes('contact'))
    run.effects.push({ type: 'output', output: 'camera_trigger', on })
}

/** A start by every way this car has; to be told twice is harmless. */
export function commandStart(run: Run): void {
  const { activation } = run.state
  set(run, { closedMonoMs: run.now.monoMs })
  switchOutput(run, true)
  if (activation !== null && run.config.actions.includes('network'))
    run.effects.push({ type: 'camera', order: 'start', activationId: activation.id })
  if (run.config.output !== 'level') set(run, { pulseEndsMonoMs: run.now.monoMs + run.config.output.pulseMs })
}
