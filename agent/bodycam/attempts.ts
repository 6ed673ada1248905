import type { ChannelValue } from '#protocols/equipment.ts'
import { change, commandStart, mayOpen, set, switchOutput } from './trigger-run.ts'
import type { Run } from './trigger-run.ts'
import type { FailureReason } from './trigger-state.ts'

/*
 * One activation tries to start the camera several times; each attempt has the same whole time to be confirmed.
 *
 *     resting --contact was open long enough--> raised --the camera records--> confirmed
 *                                                 |  nothing in time, or a refusal
 *                                                 v
 *                           waiting <---------- failed: alarm, once
 *     asking: it recorded before a gap, so it is heard before anything is switched
 */

/** Begins the first attempt, or none when the camera records already. */
export function firstAttempt(run: Run): void {
  const camera = run.state.values.camera_recording
  const deadlineMonoMs = run.now.monoMs + run.config.confirmMs
  if (camera === 'on') confirm(run, { ours: false, alreadyRecording: true })
  else if (camera !== 'off' && run.state.recordingLast === 'on')
    change(run, { attempt: { phase: 'asking', untilMonoMs: deadlineMonoMs, deadlineMonoMs } })
  else raise(run, deadlineMonoMs)
}

/** The camera's word changed during an activation. */
export function hearCameraInActivation(
  run: Run,
  before: ChannelValue | undefined,
  value: 'on' | 'off',
  held: boolean,
): void {
  const { activation } = run.state
  if (activation === null) return
  const phase = activation.attempt?.phase
  if (value === 'on') {
    if (activation.outcome === 'confirmed') return
    confirm(run, {
      ours: phase === 'raised' && before === 'off' && isOursByTime(run),
      alreadyRecording: phase === 'asking',
    })
  } else if (activation.outcome === 'confirmed') {
    change(run, { ours: false, isDoubtful: true })
    run.effects.push({ type: 'lapsed', activationId: activation.id })
    if (held) tryAgainAfterLapse(run)
  } else if (phase === 'asking') raise(run, activation.attempt!.deadlineMonoMs)
}

/**
 * Whether a recording that begins now can only be the work of our contact. After an alarm the crew was asked to start
 * the camera by hand, after a lapse or a restart they may have: from then on nobody can tell.
 */
function isOursByTime({ state, config, now }: Run): boolean {
  const { activation, closedMonoMs } = state
  if (activation === null || closedMonoMs === null || activation.alarmed || activation.isDoubtful)
    return false
  const tookMs = now.monoMs - closedMonoMs
  return tookMs >= config.startMs.min && tookMs <= config.startMs.max
}

/** A paired camera said no: no reason to wait for the rest of the time. */
export function hearRefusal(run: Run): void {
  const { activation } = run.state
  if (activation?.outcome === 'pending' && activation.attempt?.phase === 'raised') fail(run, 'refused')
}

/** What the time asks of the attempt that runs. */
export function moveAttempt(run: Run): void {
  const attempt = run.state.activation?.attempt
  if (attempt === null || attempt === undefined || run.now.monoMs < attempt.untilMonoMs) return
  const { deadlineMonoMs } = attempt
  switch (attempt.phase) {
    case 'resting':
      commandStart(run)
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

/** Closes the contact, after a rest if it was still closed and may be opened. */
function raise(run: Run, deadlineMonoMs: number): void {
  const attempts = (run.state.activation?.attempts ?? 0) + 1
  const rest = run.state.outputOn && mayOpen(run)
  if (rest) switchOutput(run, false)
  else commandStart(run)
  const untilMonoMs = rest ? run.now.monoMs + run.config.restMs : deadlineMonoMs
  change(run, { attempts, attempt: { phase: rest ? 'resting' : 'raised', untilMonoMs, deadlineMonoMs } })
}

function confirm(
  run: Run,
  { ours, alreadyRecording }: { readonly ours: boolean; readonly alreadyRecording: boolean },
): void {
  const { activation } = run.state
  if (activation === null) return
  const activationId = activation.id
  change(run, { outcome: 'confirmed', ours, attempt: null })
  const afterMs = Math.max(0, run.now.monoMs - activation.startedMonoMs)
  run.effects.push({ type: 'confirmed', activationId, afterMs, alreadyRecording })
  if (alreadyRecording && run.config.actions.includes('marker'))
    run.effects.push({ type: 'camera', order: 'mark', activationId })
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

/** The end of a pulse means nothing to a camera. */
export function endPulse(run: Run): void {
  const { pulseEndsMonoMs } = run.state
  if (pulseEndsMonoMs === null || run.now.monoMs < pulseEndsMonoMs) return
  set(run, { pulseEndsMonoMs: null })
  switchOutput(run, false)
}
