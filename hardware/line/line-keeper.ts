import { fault } from '#protocols/result.ts'
import type { Fault } from '#protocols/result.ts'
import type { Hunt, LineEffect, LineEvent, LineKeeper, LineState, Place } from './line-state.ts'
import { isLocked, roundOfSpeeds, trialMs } from './speed-hunt.ts'

/*
 * What to do with a line, whatever befalls it; `reopening-port.ts` does it.
 *
 *                 ┌── cannot be opened: again after 200 .. 500 ms; for 10 s not there: look elsewhere
 *     opening ────┤
 *                 └── open ── pulled out ──────────────> opening
 *                      │ ├─── a write stuck ────────────> opening
 *                      │ └─── bytes without sense ──────> other speeds (a proved speed only after 60 s of it)
 *                      └───── three periods of silence ─> reopen, reset, other speeds (never from a proved one),
 *                                                         then rest: the line stays open and is heard, and the
 *                                                         ladder is climbed again after 30 s, 60 s .. 5 min
 *
 * The first byte that makes sense ends all of it. Every open has a number; what an older one still has to say is
 * not heard. Silence is no evidence against a speed.
 */

const RETRY_GROWTH = 1.6
/** Two long bursts of noise in a row pass within it (at half of it, 1 of 2,006 troubles turned a right speed away). */
export const DOUBT_MS = 60_000
export const ELSEWHERE_AFTER_MS = 10_000
const ELSEWHERE_AGAIN_MS = 60_000
/** Bytes this far apart belong to two messages. */
const BURST_GAP_MS = 50
const GAPS_KEPT = 3
/** A little less than three: the third missing message is missed when it should have begun. */
const SILENT_PERIODS = 2.9
const SLOWEST_PERIOD_MS = 10_000
const TRIAL_EXTENSIONS_MAX = 3

/** One event into the line; `line` is changed here alone. */
export function stepLine(line: LineKeeper, event: LineEvent, nowMs: number): LineEffect[] {
  if (line.phase === 'ended') return []
  if ('open' in event && event.open !== line.open) return []
  switch (event.type) {
    case 'start':
      return opening(line)
    case 'opened':
      return onOpened(line, nowMs)
    case 'refused':
      return onRefused(line, event.why, nowMs)
    case 'heard':
      return line.phase === 'open' ? onHeard(line, event.sense, nowMs) : []
    case 'gone':
      return line.phase === 'open' ? onGone(line, event.why) : []
    case 'stuck':
      return line.phase === 'open' ? [...tell(line, 'stalled', event.why), ...leave(line, 'later')] : []
    case 'released':
      return onReleased(line, nowMs)
    case 'retune':
      return onRetune(line, event.baud)
    case 'elsewhere':
      return onElsewhere(line, event.place, nowMs)
    case 'tick':
      return line.dueMs !== null && nowMs >= line.dueMs ? onDue(line, nowMs) : []
    case 'close': {
      const held = line.phase === 'open'
      line.phase = 'ended'
      line.dueMs = null
      return held ? [{ do: 'release', open: line.open }] : []
    }
  }
}

function tell(line: LineKeeper, state: LineState, why?: Fault): LineEffect[] {
  if (line.told === state) return []
  line.told = state
  return [{ do: 'tell', state, ...(why && { why }) }]
}

function opening(line: LineKeeper): LineEffect[] {
  line.phase = 'opening'
  line.open += 1
  line.dueMs = null
  line.tunedTo = line.baud
  return [{ do: 'open', open: line.open, path: line.path, baud: line.baud }]
}

function leave(line: LineKeeper, reopenAt: 'once' | 'later'): LineEffect[] {
  line.phase = 'leaving'
  line.reopenAt = reopenAt
  line.dueMs = null
  return [{ do: 'release', open: line.open }]
}

function onReleased(line: LineKeeper, nowMs: number): LineEffect[] {
  if (line.phase !== 'leaving') return []
  if (line.reopenAt === 'once') return opening(line)
  later(line, nowMs)
  return []
}

function later(line: LineKeeper, nowMs: number): void {
  line.phase = 'absent'
  line.dueMs = nowMs + line.waitMs
  line.waitMs = Math.min(line.rules.retryMs.max, line.waitMs * RETRY_GROWTH)
}

function onRefused(line: LineKeeper, why: Fault, nowMs: number): LineEffect[] {
  forgetElsewhere(line)
  later(line, nowMs)
  line.absentSinceMs ??= nowMs
  const effects = tell(line, 'no_device', why)
  const isOverdue = nowMs - line.absentSinceMs >= ELSEWHERE_AFTER_MS && nowMs >= line.lookAtMs
  if (!line.rules.looksElsewhere || line.isLooking || !isOverdue) return effects
  line.isLooking = true
  return [...effects, { do: 'look-elsewhere' }]
}

/** Found under another name: used from now on, as long as it stays plugged in. */
function onElsewhere(line: LineKeeper, place: Place | null, nowMs: number): LineEffect[] {
  line.isLooking = false
  line.lookAtMs = nowMs + ELSEWHERE_AGAIN_MS
  if (place === null || line.phase !== 'absent') return []
  line.path = place.path
  line.baud = place.baud
  line.good = { baud: place.baud, isProved: true }
  return opening(line)
}

/** Its own name first, whenever the line was lost. */
function forgetElsewhere(line: LineKeeper): void {
  if (line.path === line.rules.path) return
  line.path = line.rules.path
  line.baud = line.rules.baud
  line.good = { baud: line.rules.baud, isProved: line.rules.isProved }
}

function onOpened(line: LineKeeper, nowMs: number): LineEffect[] {
  line.phase = 'open'
  // Somebody wanted another speed while it was being opened.
  if (line.tunedTo !== line.baud) return leave(line, 'once')
  line.soundAtMs = nowMs
  line.heardAtMs = line.garbledSinceMs = line.burstAtMs = null
  line.sense = 0
  line.absentSinceMs = null
  if (line.hunt) line.hunt.extended = 0
  line.dueMs = nowMs + (line.hunt ? trialMs(line.hunt.round) : silenceMs(line))
  // A stalled line that merely opens again has proved nothing: it stays `stalled` until it speaks.
  return line.told === 'no_device' ? tell(line, 'open') : []
}

function onGone(line: LineKeeper, why: Fault): LineEffect[] {
  line.hunt = null
  line.rung = 0
  forgetElsewhere(line)
  line.baud = line.good.baud
  return [...tell(line, 'no_device', why), ...leave(line, 'later')]
}

function onRetune(line: LineKeeper, baud: number): LineEffect[] {
  line.hunt = null
  line.baud = baud
  line.good = { baud, isProved: false }
  return line.phase === 'open' ? leave(line, 'once') : []
}

function onHeard(line: LineKeeper, sense: number | null, nowMs: number): LineEffect[] {
  learnPeriod(line, nowMs)
  line.heardAtMs = nowMs
  if (line.hunt) line.hunt.heard = true
  if (sense !== null && sense <= line.sense) {
    line.garbledSinceMs ??= nowMs
    return []
  }
  line.sense = sense ?? line.sense
  if (line.hunt && !isLocked(line.sense)) return []
  return onSense(line, nowMs)
}

function onSense(line: LineKeeper, nowMs: number): LineEffect[] {
  const isNew = isLocked(line.sense) && (!line.good.isProved || line.good.baud !== line.baud)
  if (isNew) line.good = { baud: line.baud, isProved: true }
  line.hunt = null
  line.garbledSinceMs = null
  line.soundAtMs = nowMs
  line.rung = 0
  line.waitMs = line.rules.retryMs.first
  line.restMs = line.rules.restMs.first
  line.dueMs = nowMs + silenceMs(line)
  return [
    ...tell(line, 'open'),
    ...(isNew ? [{ do: 'locked', path: line.path, baud: line.baud } as const] : []),
  ]
}

function learnPeriod(line: LineKeeper, nowMs: number): void {
  if (line.heardAtMs !== null && nowMs - line.heardAtMs < BURST_GAP_MS) return
  if (line.burstAtMs !== null) line.gapsMs = [...line.gapsMs, nowMs - line.burstAtMs].slice(-GAPS_KEPT)
  line.burstAtMs = nowMs
}

/** The shortest of the last gaps, so that one pause does not make a slow talker of a quick one. */
function silenceMs(line: LineKeeper): number {
  const periodMs = line.gapsMs.length < GAPS_KEPT ? 0 : Math.min(SLOWEST_PERIOD_MS, ...line.gapsMs)
  return Math.max(line.rules.silenceMsMax, SILENT_PERIODS * periodMs)
}

function onDue(line: LineKeeper, nowMs: number): LineEffect[] {
  if (line.phase === 'absent') return opening(line)
  if (line.phase !== 'open') return []
  if (line.hunt) return onTrialEnd(line, line.hunt, nowMs)
  const isGarbled = line.garbledSinceMs !== null && nowMs - (line.heardAtMs ?? 0) < silenceMs(line)
  return isGarbled ? onGarbled(line, line.garbledSinceMs!, nowMs) : onSilence(line, nowMs)
}

/** Bytes, and none of them make sense. */
function onGarbled(line: LineKeeper, sinceMs: number, nowMs: number): LineEffect[] {
  const why = fault('PORT_GARBLED', `nothing at ${line.baud} baud makes sense`)
  const effects = tell(line, 'stalled', why)
  const doubtAtMs = sinceMs + (line.good.isProved ? DOUBT_MS : 0)
  if (nowMs >= doubtAtMs) return [...effects, ...startHunt(line)]
  line.dueMs = Math.min(doubtAtMs, nowMs + silenceMs(line))
  return effects
}

const LADDER = ['reopen', 'reset', 'speeds', 'rest'] as const

/** One rung for every further silence. */
function onSilence(line: LineKeeper, nowMs: number): LineEffect[] {
  const rung = LADDER[line.rung % LADDER.length]!
  line.rung += 1
  line.garbledSinceMs = null
  const why = fault('PORT_SILENT', `nothing heard for ${silenceMs(line)} ms`)
  const effects = line.told === 'resting' ? [] : tell(line, 'stalled', why)
  switch (rung) {
    case 'reopen':
      return [...effects, ...leave(line, 'once')]
    case 'reset':
      line.dueMs = nowMs + silenceMs(line)
      return [...effects, { do: 'reset', open: line.open }]
    case 'speeds':
      if (line.rules.speeds !== null && !line.good.isProved) return [...effects, ...startHunt(line)]
      return onSilence(line, nowMs)
    case 'rest':
      line.dueMs = nowMs + line.restMs
      line.restMs = Math.min(line.rules.restMs.max, line.restMs * 2)
      return tell(line, 'resting', why)
  }
}

function startHunt(line: LineKeeper): LineEffect[] {
  const { speeds } = line.rules
  if (speeds === null) return []
  const plan = roundOfSpeeds(speeds, line.good)
  // The speed it stands at has just been listened to.
  line.hunt = {
    plan,
    at: plan[0] === line.baud ? 1 : 0,
    round: 0,
    heard: line.heardAtMs !== null,
    extended: 0,
  }
  return tune(line, line.hunt)
}

function tune(line: LineKeeper, hunt: Hunt): LineEffect[] {
  line.baud = hunt.plan[hunt.at] ?? line.good.baud
  return leave(line, 'once')
}

function onTrialEnd(line: LineKeeper, hunt: Hunt, nowMs: number): LineEffect[] {
  // One right frame: the next one decides.
  if (line.sense > 0 && hunt.extended < TRIAL_EXTENSIONS_MAX) {
    hunt.extended += 1
    line.dueMs = nowMs + trialMs(hunt.round)
    return []
  }
  hunt.at += 1
  if (hunt.at < hunt.plan.length) return tune(line, hunt)
  if (hunt.heard) {
    line.hunt = { ...hunt, at: 0, round: hunt.round + 1, heard: false }
    return tune(line, line.hunt)
  }
  // Silent at every speed: no reason to prefer another one.
  line.hunt = null
  line.rung = LADDER.indexOf('rest')
  line.baud = line.good.baud
  return leave(line, 'once')
}
