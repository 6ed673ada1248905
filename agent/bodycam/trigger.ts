import type { Channel, ChannelValue } from '#protocols/equipment.ts'
import type { Now } from '#protocols/time.ts'
import { endPulse, firstAttempt, hearCameraInActivation, hearRefusal, moveAttempt } from './attempts.ts'
import { DEFAULT_TRIGGER } from './trigger-config.ts'
import type { TriggerConfig } from './trigger-config.ts'
import { change, commandStart, mayOpen, set, switchOutput } from './trigger-run.ts'
import type { Run } from './trigger-run.ts'
import type { TriggerEffect, TriggerEvent, TriggerState } from './trigger-state.ts'

/*
 *            source on                 camera records within 2 s
 *   resting ----------> pending output ------------------------> confirmed
 *      ^                    |  2 s without a word                    | camera stops by itself
 *      |                    v                                        v
 *      |                 failed (alarm), tries again            pending again
 *      +---- every level source clear for the post time ----+
 *
 * The rule above all others: a recording the officer started is never stopped by us. We see only one contact, so the
 * trigger contact opens in two cases alone: the camera is known not to record, or this recording began by our own
 * closing of the contact and we have seen it without a gap ever since. In doubt the contact stays closed until the
 * camera is seen to have stopped: too much recorded can be deleted, too little cannot be had back.
 */

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
  else if (event.type === 'refused') hearRefusal(run)
  startFromLevels(run)
  noteClear(run)
  if (event.type === 'wake') passTime(run)
  const atMonoMs = nextWake(run)
  if (atMonoMs !== undefined) run.effects.push({ type: 'wake', atMonoMs })
  return { state: run.state, effects: run.effects }
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
      isDoubtful: true,
      startedMonoMs: nowMs - elapsedMs,
      clearSinceMonoMs: activation.clearSinceMonoMs === null ? null : nowMs,
    })
    const { attempt } = activation
    if (attempt !== null)
      change(run, {
        attempt: { ...attempt, untilMonoMs: nowMs, deadlineMonoMs: nowMs + run.config.confirmMs },
      })
    // The order may have died with the process, and the panel may have lost the contact with its power.
    if (attempt?.phase === 'raised') commandStart(run)
    else if (outputOn && run.config.output === 'level') switchOutput(run, true)
  }
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
    return // level sources are looked at in `startFromLevels`, where the hold-off is known
  }
  const sources = activation.sources.includes(channel) ? activation.sources : [...activation.sources, channel]
  change(run, { sources, clearSinceMonoMs: null })
}

function hearCamera(run: Run, before: ChannelValue | undefined, value: ChannelValue): void {
  if (value === 'unknown') return change(run, { ours: false })
  set(run, { recordingLast: value })
  hearCameraInActivation(run, before, value, levelSources(run).length > 0)
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
      isDoubtful: false,
      attempt: null,
      ours: false,
      clearSinceMonoMs: null,
    },
  })
  run.effects.push({ type: 'activated', activationId: id, sources, startedAt: run.now })
  firstAttempt(run)
}

/**
 * What the time asks for. Only between readings: in the midst of one poll the lightbar may be read and the camera not yet,
 * and an opening would rest on what the camera did a poll ago.
 */
function passTime(run: Run): void {
  endPulse(run)
  moveAttempt(run)
  releaseWhenClear(run)
  if (opensAtRest(run)) switchOutput(run, false)
}

/** A contact that stayed closed over the release, until nothing records any more. */
const opensAtRest = (run: Run): boolean =>
  run.config.output === 'level' && run.state.outputOn && run.state.activation === null && mayOpen(run)

function startFromLevels(run: Run): void {
  const { activation, holdUntilMonoMs } = run.state
  if (activation !== null) return
  if (holdUntilMonoMs !== null && run.now.monoMs < holdUntilMonoMs) return
  if (holdUntilMonoMs !== null) set(run, { holdUntilMonoMs: null })
  const sources = levelSources(run)
  if (sources.length > 0) start(run, sources)
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

function noteClear(run: Run): void {
  const { activation } = run.state
  if (activation === null) return
  const since = levelSources(run).length === 0 ? (activation.clearSinceMonoMs ?? run.now.monoMs) : null
  if (since !== activation.clearSinceMonoMs) change(run, { clearSinceMonoMs: since })
}

function releaseWhenClear(run: Run): void {
  const { activation } = run.state
  if (activation === null) return
  const since = activation.clearSinceMonoMs
  // A verdict comes first: a press on the panic button must not end unheard because the post time is short.
  if (since === null || activation.outcome === 'pending' || run.now.monoMs < since + run.config.postMs) return
  run.effects.push({ type: 'released', activationId: activation.id })
  if (run.config.output === 'level' && run.state.outputOn && mayOpen(run)) switchOutput(run, false)
  set(run, { activation: null, holdUntilMonoMs: run.now.monoMs + run.config.holdOffMs })
}

function nextWake(run: Run): number | undefined {
  const { activation, pulseEndsMonoMs, holdUntilMonoMs } = run.state
  const times: number[] = []
  if (pulseEndsMonoMs !== null) times.push(pulseEndsMonoMs)
  if (holdUntilMonoMs !== null) times.push(holdUntilMonoMs)
  if (opensAtRest(run)) times.push(run.now.monoMs)
  if (activation !== null) {
    const { attempt, clearSinceMonoMs, outcome } = activation
    if (attempt !== null) times.push(attempt.untilMonoMs)
    if (clearSinceMonoMs !== null && outcome !== 'pending') times.push(clearSinceMonoMs + run.config.postMs)
  }
  return times.length === 0 ? undefined : Math.min(...times)
}
