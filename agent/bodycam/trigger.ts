import type { Channel, ChannelValue, Output } from '#protocols/equipment.ts'
import type { Now } from '#protocols/time.ts'
import { DEFAULT_TRIGGER } from './trigger-config.ts'
import type { TriggerConfig } from './trigger-config.ts'

/*
 *            source on                 camera records within 2 s
 *   resting ----------> pending output ------------------------> confirmed
 *      ^                    |  2 s without a word                    | camera stops by itself
 *      |                    v                                        v
 *      |                 failed (alarm), tries again            pending again
 *      +---- every level source clear for the post time ----+
 *
 * The rule above all others: a recording the officer started is never stopped by us. We see only one contact, so the
 * trigger contact opens in two cases alone: the camera is known not to record, or this recording began after our own
 * closing of the contact and we have seen it without a gap ever since. In doubt the contact stays closed until the
 * camera is seen to have stopped: too much recorded can be deleted, too little cannot be had back.
 */

export type TriggerEvent =
  | { readonly type: 'input'; readonly channel: Channel; readonly value: ChannelValue }
  | { readonly type: 'wake' }

export type TriggerEffect =
  | { readonly type: 'output'; readonly output: Output; readonly on: boolean }
  | {
      readonly type: 'activated'
      readonly activationId: string
      readonly sources: readonly Channel[]
      readonly startedAt: Now
    }
  /** `alreadyRecording`: the officer was faster; nothing was switched. May follow a `failed`, then it is late. */
  | {
      readonly type: 'confirmed'
      readonly activationId: string
      readonly afterMs: number
      readonly alreadyRecording: boolean
    }
  /** At most once per activation: the crew must start the camera by hand. */
  | {
      readonly type: 'failed'
      readonly activationId: string
      readonly sources: readonly Channel[]
      readonly reason: FailureReason
    }
  /** The camera stopped during the activation; it is started again while attempts are left. */
  | { readonly type: 'lapsed'; readonly activationId: string }
  | { readonly type: 'released'; readonly activationId: string }
  /** Call again with `wake` at this time; each batch of effects has at most one, and it replaces the former. */
  | { readonly type: 'wake'; readonly atMonoMs: number }

/** `silent`: the contact never came; `unknown`: the panel could not tell; `lapsed`: it stopped again every time. */
export type FailureReason = 'silent' | 'unknown' | 'lapsed'

/** Plain JSON: stored as it is, given to `restoreTrigger` after a restart. */
export type TriggerState = {
  readonly values: Readonly<Partial<Record<Channel, ChannelValue>>>
  /** The camera's last clear word, from before a gap too. */
  readonly recordingLast: 'on' | 'off' | null
  readonly outputOn: boolean
  readonly pulseEndsMonoMs: number | null
  readonly activation: Activation | null
  readonly holdUntilMonoMs: number | null
  /** Counts activations of this device, for their ids. */
  readonly serial: number
  /** Set by `restoreTrigger`: the times above are of another boot. */
  readonly restored: boolean
}

export type Activation = {
  readonly id: string
  readonly sources: readonly Channel[]
  readonly startedAt: Now
  readonly startedMonoMs: number
  readonly outcome: 'pending' | 'confirmed' | 'failed'
  readonly alarmed: boolean
  readonly attempts: number
  readonly attempt: Attempt | null
  /** This recording began after our closing of the contact and was seen ever since. */
  readonly ours: boolean
  readonly clearSinceMonoMs: number | null
}

/**
 * `asking`: the camera recorded before a gap, so nothing is switched until it is heard; `resting`: the contact is open
 * before it closes again; `raised`: waiting for the camera; `waiting`: before another attempt.
 */
export type Attempt = {
  readonly phase: 'asking' | 'resting' | 'raised' | 'waiting'
  readonly untilMonoMs: number
  readonly deadlineMonoMs: number
}

export const initialTrigger = (): TriggerState => ({
  values: {},
  recordingLast: null,
  outputOn: false,
  pulseEndsMonoMs: null,
  activation: null,
  holdUntilMonoMs: null,
  serial: 0,
  restored: false,
})

/** A stored state for use in this boot: the next event finds the activation where it was and its times made new. */
export const restoreTrigger = (saved: TriggerState | undefined): TriggerState =>
  saved === undefined ? initialTrigger() : { ...saved, values: {}, restored: true }

/** What the crew is shown. */
export const triggerPhase = (state: TriggerState): 'idle' | 'starting' | 'recording' | 'failed' => {
  if (state.activation === null) return state.values.camera_recording === 'on' ? 'recording' : 'idle'
  const { outcome } = state.activation
  return outcome === 'pending' ? 'starting' : outcome === 'confirmed' ? 'recording' : 'failed'
}

/**
 * One event into the trigger: the state after it and what is to be done, in order. Feed it one `wake` at start and
 * then every reading, changed or not; the same reading twice does nothing.
 */
export function advanceTrigger(
  state: TriggerState,
  event: TriggerEvent,
  now: Now,
  config: TriggerConfig = DEFAULT_TRIGGER,
): { readonly state: TriggerState; readonly effects: readonly TriggerEffect[] } {
  const run: Run = { state, effects: [], now, config }
  if (state.restored) makeTimesNew(run)
  if (event.type === 'input') hear(run, event.channel, event.value)
  settle(run)
  const atMonoMs = nextWake(run)
  if (atMonoMs !== undefined) run.effects.push({ type: 'wake', atMonoMs })
  return { state: run.state, effects: run.effects }
}

/** The one place that changes: a state being worked on and the effects so far. */
type Run = {
  state: TriggerState
  readonly effects: TriggerEffect[]
  readonly now: Now
  readonly config: TriggerConfig
}

const set = (run: Run, change: Partial<TriggerState>): void => void (run.state = { ...run.state, ...change })

const change = (run: Run, part: Partial<Activation>): void => {
  if (run.state.activation !== null) set(run, { activation: { ...run.state.activation, ...part } })
}

/** Monotonic times of another boot mean nothing: windows begin anew, and the downtime counts as a gap. */
function makeTimesNew(run: Run): void {
  const { activation, holdUntilMonoMs, outputOn } = run.state
  const nowMs = run.now.monoMs
  set(run, {
    restored: false,
    pulseEndsMonoMs: run.state.pulseEndsMonoMs === null ? null : nowMs,
    holdUntilMonoMs: holdUntilMonoMs === null ? null : nowMs + run.config.holdOffMs,
  })
  if (activation !== null) {
    const elapsedMs = Math.max(0, run.now.utcMs - activation.startedAt.utcMs)
    change(run, {
      ours: false,
      startedMonoMs: nowMs - elapsedMs,
      clearSinceMonoMs: activation.clearSinceMonoMs === null ? null : nowMs,
    })
    const attempt = activation.attempt
    if (attempt !== null)
      change(run, {
        attempt: { ...attempt, untilMonoMs: nowMs, deadlineMonoMs: nowMs + run.config.confirmMs },
      })
  }
  if (outputOn) switchOutput(run, true) // the panel may have lost it with its power
}

function hear(run: Run, channel: Channel, value: ChannelValue): void {
  const before = run.state.values[channel]
  if (before === value) return
  set(run, { values: { ...run.state.values, [channel]: value } })
  if (channel === 'camera_recording') hearCamera(run, before, value)
  else if (value === 'on' && run.config.sources[channel] !== undefined) hearSource(run, channel)
}

function hearSource(run: Run, channel: keyof TriggerConfig['sources']): void {
  const { activation } = run.state
  if (activation === null) {
    if (run.config.sources[channel] === 'momentary') start(run, [channel])
    return // level sources are looked at in `settle`, where the hold-off is known
  }
  const sources = activation.sources.includes(channel) ? activation.sources : [...activation.sources, channel]
  change(run, { sources, clearSinceMonoMs: null })
}

function hearCamera(run: Run, before: ChannelValue | undefined, value: ChannelValue): void {
  if (value === 'unknown') return change(run, { ours: false })
  set(run, { recordingLast: value })
  const { activation } = run.state
  if (activation === null) return
  if (value === 'on') {
    if (activation.outcome === 'confirmed') return
    const raised = activation.attempt?.phase === 'raised'
    confirm(run, raised && before === 'off', activation.attempt?.phase === 'asking')
  } else if (activation.outcome === 'confirmed') {
    change(run, { ours: false })
    run.effects.push({ type: 'lapsed', activationId: activation.id })
    if (levelSources(run).length > 0) tryAgainAfterLapse(run)
  } else if (activation.attempt?.phase === 'asking') {
    raise(run, activation.attempt.deadlineMonoMs)
  }
}

function start(run: Run, sources: readonly Channel[]): void {
  const serial = run.state.serial + 1
  const id = `act-${serial}-${run.now.utcMs.toString(36)}`
  set(run, {
    serial,
    holdUntilMonoMs: null,
    activation: {
      id,
      sources,
      startedAt: run.now,
      startedMonoMs: run.now.monoMs,
      outcome: 'pending',
      alarmed: false,
      attempts: 0,
      attempt: null,
      ours: false,
      clearSinceMonoMs: null,
    },
  })
  run.effects.push({ type: 'activated', activationId: id, sources, startedAt: run.now })
  const camera = run.state.values.camera_recording
  const deadlineMonoMs = run.now.monoMs + run.config.confirmMs
  if (camera === 'on') confirm(run, false, true)
  else if (camera !== 'off' && run.state.recordingLast === 'on')
    change(run, { attempt: { phase: 'asking', untilMonoMs: deadlineMonoMs, deadlineMonoMs } })
  else raise(run, deadlineMonoMs)
}

/** Closes the contact, after a rest if it was still closed and may be opened. */
function raise(run: Run, deadlineMonoMs: number): void {
  const attempts = (run.state.activation?.attempts ?? 0) + 1
  const rest = run.state.outputOn && mayOpen(run)
  if (rest) switchOutput(run, false)
  else closeContact(run)
  const untilMonoMs = rest ? run.now.monoMs + run.config.restMs : deadlineMonoMs
  change(run, { attempts, attempt: { phase: rest ? 'resting' : 'raised', untilMonoMs, deadlineMonoMs } })
}

function closeContact(run: Run): void {
  switchOutput(run, true)
  if (run.config.output !== 'level') set(run, { pulseEndsMonoMs: run.now.monoMs + run.config.output.pulseMs })
}

function confirm(run: Run, ours: boolean, alreadyRecording: boolean): void {
  const { activation } = run.state
  if (activation === null) return
  change(run, { outcome: 'confirmed', ours, attempt: null })
  const afterMs = Math.max(0, run.now.monoMs - activation.startedMonoMs)
  run.effects.push({ type: 'confirmed', activationId: activation.id, afterMs, alreadyRecording })
}

function tryAgainAfterLapse(run: Run): void {
  const deadlineMonoMs = run.now.monoMs + run.config.confirmMs
  if ((run.state.activation?.attempts ?? 0) < run.config.attemptsMax) {
    change(run, { outcome: 'pending' })
    raise(run, deadlineMonoMs)
  } else fail(run, 'lapsed')
}

function fail(run: Run, reason: FailureReason): void {
  const { activation } = run.state
  if (activation === null) return
  if (!activation.alarmed)
    run.effects.push({ type: 'failed', activationId: activation.id, sources: activation.sources, reason })
  const again = reason !== 'lapsed' && activation.attempts < run.config.attemptsMax
  const untilMonoMs = run.now.monoMs + run.config.retryMs
  change(run, {
    outcome: 'failed',
    alarmed: true,
    attempt: again ? { phase: 'waiting', untilMonoMs, deadlineMonoMs: untilMonoMs } : null,
  })
}

/** Everything that follows from the time and the values, whatever the event was. */
function settle(run: Run): void {
  endPulse(run)
  startFromLevels(run)
  moveAttempt(run)
  releaseWhenClear(run)
  if (run.config.output === 'level' && run.state.outputOn && run.state.activation === null && mayOpen(run))
    switchOutput(run, false)
}

function endPulse(run: Run): void {
  const { pulseEndsMonoMs } = run.state
  if (pulseEndsMonoMs === null || run.now.monoMs < pulseEndsMonoMs) return
  set(run, { pulseEndsMonoMs: null })
  switchOutput(run, false) // the end of a pulse means nothing to a camera
}

function startFromLevels(run: Run): void {
  const { activation, holdUntilMonoMs } = run.state
  if (activation !== null) return
  if (holdUntilMonoMs !== null && run.now.monoMs < holdUntilMonoMs) return
  if (holdUntilMonoMs !== null) set(run, { holdUntilMonoMs: null })
  const sources = levelSources(run)
  if (sources.length > 0) start(run, sources)
}

function moveAttempt(run: Run): void {
  const attempt = run.state.activation?.attempt
  if (attempt === null || attempt === undefined || run.now.monoMs < attempt.untilMonoMs) return
  const { deadlineMonoMs } = attempt
  switch (attempt.phase) {
    case 'resting':
      closeContact(run)
      return change(run, { attempt: { phase: 'raised', untilMonoMs: deadlineMonoMs, deadlineMonoMs } })
    case 'waiting':
      return raise(run, run.now.monoMs + run.config.confirmMs)
    case 'asking':
    case 'raised':
      // A restart shortens `until` to look at once; the camera still gets its whole time.
      if (run.now.monoMs < deadlineMonoMs)
        return change(run, { attempt: { ...attempt, untilMonoMs: deadlineMonoMs } })
      return fail(run, run.state.values.camera_recording === 'off' ? 'silent' : 'unknown')
  }
}

/** A source that was on and cannot be read any more still holds: unknown is not clear. */
function levelSources(run: Run): Channel[] {
  const held = run.state.activation?.sources ?? []
  return (Object.keys(run.config.sources) as (keyof TriggerConfig['sources'])[]).filter(channel => {
    const value = run.state.values[channel] ?? 'unknown'
    if (run.config.sources[channel] !== 'level') return false
    return value === 'on' || (value === 'unknown' && held.includes(channel))
  })
}

function releaseWhenClear(run: Run): void {
  const { activation } = run.state
  if (activation === null) return
  const clear = levelSources(run).length === 0
  const since = clear ? (activation.clearSinceMonoMs ?? run.now.monoMs) : null
  if (since !== activation.clearSinceMonoMs) change(run, { clearSinceMonoMs: since })
  // A verdict comes first: a press on the panic button must not end unheard because the post time is short.
  if (since === null || activation.outcome === 'pending' || run.now.monoMs < since + run.config.postMs) return
  run.effects.push({ type: 'released', activationId: activation.id })
  if (run.config.output === 'level' && run.state.outputOn && mayOpen(run)) switchOutput(run, false)
  set(run, { activation: null, holdUntilMonoMs: run.now.monoMs + run.config.holdOffMs })
}

const mayOpen = (run: Run): boolean =>
  run.config.output !== 'level' ||
  run.state.values.camera_recording === 'off' ||
  run.state.activation?.ours === true

function switchOutput(run: Run, on: boolean): void {
  set(run, { outputOn: on })
  run.effects.push({ type: 'output', output: 'camera_trigger', on })
}

function nextWake(run: Run): number | undefined {
  const { activation, pulseEndsMonoMs, holdUntilMonoMs } = run.state
  const times: number[] = []
  if (pulseEndsMonoMs !== null) times.push(pulseEndsMonoMs)
  if (holdUntilMonoMs !== null) times.push(holdUntilMonoMs)
  if (activation !== null) {
    const { attempt, clearSinceMonoMs, outcome } = activation
    if (attempt !== null) times.push(attempt.untilMonoMs)
    if (clearSinceMonoMs !== null && outcome !== 'pending') times.push(clearSinceMonoMs + run.config.postMs)
  }
  return times.length === 0 ? undefined : Math.min(...times)
}
