import { encodeRequest, readReply } from '#protocols/modbus/frames.ts'
import type { ModbusReply } from '#protocols/modbus/frames.ts'
import { isSettled } from '../inputs/contact.ts'
import { believe, changesNothing, forget } from './beliefs.ts'
import type { PanelEffect, PanelEvent, PanelFault, PanelState, Phase, Run } from './panel-state.ts'
import type { PanelProfile } from './profile.ts'
import { bitsOf, requestOf } from './questions.ts'
import type { Exchange } from './questions.ts'
import { expireWishes, heardCoil, heardOutputs, heardSetup, outputWork, wish } from './wishes.ts'

/*
 * A Modbus answer carries nothing that ties it to its question, so the driver ties them by time and by kind:
 *
 *  rest --ask--> waiting --answer--> rest          a sample equal to the last is believed at once
 *                   |  `--changing--> held --quiet until the reply time is over--> believed
 *                   |                  |
 *   nothing, noise, too much, another's answer, an answer nobody asked for
 *                   v                  v
 *                 guard --quiet 40 ms--> probe --answer--> in step again
 *
 *  - A module answers in order. Once it has answered a question of another kind (as a rule about its coils), no older
 *    answer about its inputs can still come; and an answer of the one kind is never taken for one of the other. So
 *    after a fault the probe comes first.
 *  - A sample that would change anything waits until its reply time is over: a second answer in that time means that
 *    one of the two is old. On a clean line a first change acts at once: an old answer would equal the last.
 *  - For some seconds after a fault a changed sample also needs a second poll that says the same: an old answer in the
 *    place of one that was lost looks right in every way but this.
 *  - Without a believed sample for half a second every channel is `unknown`, never `off`.
 */

/** One event into the driver of one module; effects in the order in which they are to be performed. */
export function advancePanel(
  state: PanelState,
  event: PanelEvent,
  nowMs: number,
  profile: PanelProfile,
): readonly PanelEffect[] {
  const run: Run = { state, nowMs, profile, effects: [] }
  switch (event.type) {
    case 'bytes':
      hear(run, event.bytes)
      break
    case 'unsent':
      if (event.turn === state.turn && state.phase.is === 'waiting') {
        state.absent = event.absent
        goWrong(run, 'timeouts')
      }
      break
    case 'switch':
      wish(run, event.output, event.on, event.ticket)
      break
    case 'tick':
      break
  }
  passTime(run, event.type === 'tick' && event.mayAsk)
  return run.effects
}

/** Whether this module would ask now if the line were its own. */
export const wantsLine = ({ phase }: PanelState, nowMs: number): boolean =>
  (phase.is === 'rest' || phase.is === 'guard') && nowMs >= phase.untilMs

/** When this module must be looked at again; one that only `waits` for the line is looked at when that is free. */
export function nextWake(state: PanelState, profile: PanelProfile, waits: boolean): number {
  let atMs = waits ? Infinity : state.phase.untilMs
  if (state.life === 'ok') atMs = Math.min(atMs, state.lastSampleMs + profile.gapMsMax)
  for (const { open, deadlineMs } of state.wishes.values()) if (open) atMs = Math.min(atMs, deadlineMs)
  return atMs
}

/** Longest a babbling line keeps us from asking again: none. It is a bound on what is kept of its babble. */
const HEARD_BYTES_MAX = 256
/** Without a port there is nothing to hurry for. */
const ABSENT_PAUSE_MS = 250
/** After so many faults without a sample a module on a shared line is asked ever more seldom. */
const MISSED_BEFORE_RESTING = 6
const REST_FIRST_MS = 500
/** Of the questions to a resting module every so-many-th waits for a slow answer; the others give the line back soon. */
const PATIENT_EVERY = 4

function hear(run: Run, bytes: Uint8Array): void {
  const { state } = run
  const { phase } = state
  switch (phase.is) {
    case 'rest':
      return goWrong(run, 'unsolicited')
    case 'held':
      return goWrong(run, 'doubled')
    case 'guard':
      state.phase = guard(run)
      return
    case 'waiting': {
      const heard = joined(phase.heard, bytes)
      const { device, address } = run.profile
      const reply = readReply(requestOf(device, address, phase.exchange), heard)
      if (reply.is === 'wrong') return goWrong(run, reply.why === 'corrupt' ? 'corrupt' : 'foreign')
      if (reply.is === 'incomplete') state.phase = { ...phase, heard }
      else answered(run, phase, reply.value)
    }
  }
}

/** The one answer to the one open question. */
function answered(run: Run, phase: Phase & { is: 'waiting' }, reply: ModbusReply): void {
  const { state } = run
  const { exchange } = phase
  state.absent = false
  if (exchange === 'inputs') return sampled(run, phase, reply)
  if (exchange === 'probe')
    state.inStep = true // a refusal does too
  else if (exchange === 'outputs') {
    state.inStep ||= run.profile.device.probe === undefined
    heardOutputs(run, reply)
  } else if (exchange.is === 'coil') heardCoil(run, exchange.coil, exchange.on, reply)
  else heardSetup(run, reply)
  rest(run)
}

function sampled(run: Run, phase: Phase & { is: 'waiting' }, reply: ModbusReply): void {
  const { state, profile, nowMs } = run
  const bits = bitsOf(profile.device.inputs, reply)
  if (bits === undefined) {
    state.counts.refused += 1
    return rest(run)
  }
  // An answer in good time lets a slow module's patience shrink back to the profile's.
  if (nowMs - phase.sentMs < state.replyMs / 4) state.replyMs = Math.max(profile.replyMs, state.replyMs / 2)
  if (changesNothing(state, bits) || isPlain(state)) {
    believe(run, bits, phase.sentMs)
    return rest(run)
  }
  // What comes at the last moment is watched for a while too: the true answer may be right behind it.
  const untilMs = Math.max(phase.untilMs, nowMs + state.replyMs / 2)
  state.phase = { is: 'held', bits, sentMs: phase.sentMs, untilMs }
}

/** A clean line and nothing half done: an old answer would be like the last one, so one that differs is new. */
const isPlain = ({ doubt, bits, channels }: PanelState): boolean =>
  doubt === null && bits !== null && [...channels.values()].every(isSettled)

function goWrong(run: Run, what: PanelFault): void {
  const { state, profile } = run
  state.counts[what] += 1
  // One lost answer is no reason to wait longer; three faults without a sample between are the mark of a slow module.
  state.missed += 1
  if (state.missed % 3 === 0) state.replyMs = Math.min(profile.replyMsMax, state.replyMs * 2)
  state.inStep = false
  state.doubt = { first: null }
  state.doubtUntilMs = run.nowMs + profile.doubtMs
  state.phase = guard(run)
}

/** Quiet for as long as a slow module may still be answering: else each question meets the answer to the one before. */
function guard({ state, nowMs, profile }: Run): Phase {
  const slow = state.replyMs > profile.replyMs
  const quietMs = state.absent
    ? ABSENT_PAUSE_MS
    : slow
      ? Math.max(state.replyMs, profile.guardMs)
      : profile.guardMs
  return { is: 'guard', untilMs: nowMs + Math.max(quietMs, restingMs(state, profile)) }
}

/** A module that is not there must not take the line from those that are. */
function restingMs({ missed }: PanelState, { restMsMax }: PanelProfile): number {
  const tries = missed - MISSED_BEFORE_RESTING
  return tries < 0 ? 0 : Math.min(restMsMax, REST_FIRST_MS * 2 ** Math.min(tries, 8))
}

function passTime(run: Run, mayAsk: boolean): void {
  const { state, nowMs } = run
  expireWishes(run)
  // Compared as `nextWake` reckons it: a difference would round otherwise, and wake for ever at the same moment.
  if (nowMs >= state.lastSampleMs + run.profile.gapMsMax) forget(run)
  const { phase } = state
  if (nowMs < phase.untilMs) return
  if (phase.is === 'waiting') goWrong(run, 'timeouts')
  else if (phase.is === 'held') {
    believe(run, phase.bits, phase.sentMs)
    rest(run)
  } else if (mayAsk) ask(run)
}

function ask(run: Run): void {
  const { state, nowMs, profile } = run
  const exchange = nextExchange(run)
  state.turn += 1
  state.lastWasInputs = exchange === 'inputs'
  if (exchange === 'inputs') {
    state.lastPollMs = nowMs
    state.counts.polls += 1
  }
  state.phase = {
    is: 'waiting',
    exchange,
    sentMs: nowMs,
    untilMs: nowMs + patienceMs(run),
    heard: NOTHING_HEARD,
  }
  const bytes = encodeRequest(requestOf(profile.device, profile.address, exchange))
  run.effects.push({ type: 'send', bytes, turn: state.turn })
}

function patienceMs({ state, profile }: Run): number {
  const resting = restingMs(state, profile) > 0
  return resting && state.missed % PATIENT_EVERY !== 0 ? profile.replyMs : state.replyMs
}

/** In step first; then inputs and output work by turns, so that neither waits for long on a slow line. */
function nextExchange(run: Run): Exchange {
  const { state, profile } = run
  if (!state.inStep) return profile.device.probe === undefined ? 'outputs' : 'probe'
  return (state.lastWasInputs ? outputWork(run) : undefined) ?? 'inputs'
}

function rest(run: Run): void {
  const { state, nowMs, profile } = run
  const soonMs = nowMs + profile.frameGapMs
  const doubting = state.doubt !== null && state.doubt.first !== null
  // In doubt an edge takes two polls: they come twice as often.
  const pollMs = state.doubt === null ? profile.pollMs : profile.pollMs / 2
  const dueMs = doubting || outputWork(run) !== undefined ? soonMs : state.lastPollMs + pollMs
  if (doubting) state.lastPollMs = -Infinity
  state.phase = { is: 'rest', untilMs: Math.max(soonMs, dueMs) }
}

const NOTHING_HEARD = new Uint8Array(0)

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const out = new Uint8Array(Math.min(HEARD_BYTES_MAX, a.length + b.length))
  out.set(a)
  out.set(b.subarray(0, out.length - a.length), a.length)
  return out
}
