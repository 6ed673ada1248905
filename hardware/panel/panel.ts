import type { Output, PanelLife } from '#protocols/equipment.ts'
import { encodeRequest, readReply } from '#protocols/modbus/frames.ts'
import type { ModbusReply, ModbusRequest } from '#protocols/modbus/frames.ts'
import { UNREAD, debounced } from './debounce.ts'
import type { Exchange, PanelCounts, PanelEffect, PanelEvent, PanelState, Phase } from './panel-state.ts'
import type { PanelProfile } from './profile.ts'

/*
 * A Modbus answer carries nothing that ties it to its question, so the driver ties them by time and by kind:
 *
 *  rest --ask--> waiting --answer--> rest          a sample equal to the last is believed at once
 *                   |  `--changing--> held --quiet until the reply time is over--> believed
 *                   |                  |
 *   nothing, noise, too much, another's answer, an answer nobody asked for
 *                   v                  v
 *                 guard --quiet 40 ms--> probe (FC01) --answer--> in step again
 *
 *  - A module answers in order. Once it has answered a question about its coils, no older answer about its inputs can
 *    still come; an older answer about coils is never taken for one about inputs. So after a fault the probe comes first.
 *  - A sample that would change anything waits until its reply time is over: a second answer in that time means that
 *    one of the two is old.
 *  - For some seconds after a fault a changed sample also needs a second poll that says the same: an old answer in the
 *    place of one that was lost looks right in every way but this.
 *  - Without a believed sample for half a second every channel is `unknown`, never `off`.
 */

/** One event into the driver; effects in the order in which they are to be performed, the last one is the next wake. */
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
  passTime(run)
  run.effects.push({ type: 'wake', atMs: nextWake(run) })
  return run.effects
}

type Run = {
  readonly state: PanelState
  readonly nowMs: number
  readonly profile: PanelProfile
  readonly effects: PanelEffect[]
}

/** Longest a babbling line keeps us from asking again: none. It is a bound on what is kept of its babble. */
const HEARD_BYTES_MAX = 256
/** Without a port there is nothing to hurry for. */
const ABSENT_PAUSE_MS = 250

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
      const reply = readReply(requestOf(run.profile, phase.exchange), heard)
      if (reply.is === 'wrong') return goWrong(run, reply.why === 'corrupt' ? 'corrupt' : 'foreign')
      if (reply.is === 'incomplete') state.phase = { ...phase, heard }
      else answered(run, phase, reply.value)
    }
  }
}

/** The one answer to the one open question. */
function answered(run: Run, phase: Phase & { is: 'waiting' }, reply: ModbusReply): void {
  const { state } = run
  state.absent = false
  if (phase.exchange === 'inputs') {
    if (reply.kind !== 'bits') return refused(run)
    // An answer in good time lets a slow module's patience shrink back to the profile's.
    if (run.nowMs - phase.sentMs < state.replyMs / 4)
      state.replyMs = Math.max(run.profile.replyMs, state.replyMs / 2)
    if (changesNothing(state, reply.bits)) believe(run, reply.bits, phase.sentMs)
    else {
      // What comes at the last moment is watched for a while too: the true answer may be right behind it.
      const untilMs = Math.max(phase.untilMs, run.nowMs + state.replyMs / 2)
      state.phase = { is: 'held', bits: reply.bits, sentMs: phase.sentMs, untilMs }
    }
  } else if (phase.exchange === 'outputs') {
    state.inStep = true
    if (reply.kind === 'bits') readBack(run, reply.bits)
    else state.coilsReadable = false // the refusal itself brings us in step
    state.lastReadBackMs = run.nowMs
    rest(run)
  } else {
    if (reply.kind === 'refused') state.counts.refused += 1
    else if (!state.coilsReadable) settleWish(run, phase.exchange.coil, phase.exchange.on)
    state.lastReadBackMs = -Infinity // an echo proves that it was heard, reading back that it was done
    rest(run)
  }
}

/** Equal to the last sample, and no channel in the middle of its release that this sample could end. */
const changesNothing = (state: PanelState, bits: readonly boolean[]): boolean =>
  state.bits !== null &&
  same(state.bits, bits) &&
  [...state.channels.values()].every(
    ({ value, quietSinceMs }) => value !== 'unknown' && quietSinceMs === null,
  )

function refused(run: Run): void {
  run.state.counts.refused += 1
  rest(run)
}

function believe(run: Run, bits: readonly boolean[], sentMs: number): void {
  const { state, profile } = run
  const first = state.doubt?.first ?? null
  const changed = state.bits === null || !same(state.bits, bits)
  if (state.doubt !== null && changed && first === null) {
    state.doubt = { first: bits }
    return rest(run)
  }
  // Of two samples after a fault only what both say is believed; about the rest the next sample decides.
  const agrees = (input: number): boolean => first === null || bits[input] === first[input]
  state.doubt = run.nowMs < state.doubtUntilMs ? { first: null } : null
  state.bits = bits.map((bit, input) => (agrees(input) ? bit : !bit))
  state.lastSampleMs = sentMs
  state.missed = 0
  state.counts.samples += 1
  live(run, 'ok')
  for (const { channel, input, activeWhen, releaseMs } of profile.inputs) {
    const before = state.channels.get(channel) ?? UNREAD
    const active = bits[input] === (activeWhen === 'closed')
    const next = agrees(input)
      ? debounced(before, active, sentMs, releaseMs)
      : { ...before, quietSinceMs: null }
    state.channels.set(channel, next)
    if (next.value !== before.value) run.effects.push({ type: 'input', channel, value: next.value })
  }
  rest(run)
}

function goWrong(run: Run, what: Exclude<keyof PanelCounts, 'polls' | 'samples'>): void {
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
  return { is: 'guard', untilMs: nowMs + quietMs }
}

function passTime(run: Run): void {
  const { state, nowMs } = run
  expireWishes(run)
  if (nowMs - state.lastSampleMs >= run.profile.gapMsMax) forget(run)
  const { phase } = state
  if (nowMs < phase.untilMs) return
  if (phase.is === 'waiting') goWrong(run, 'timeouts')
  else if (phase.is === 'held') believe(run, phase.bits, phase.sentMs)
  else ask(run)
}

/** The gap is longer than a pulse: whatever was known may have changed twice. */
function forget(run: Run): void {
  const { state } = run
  for (const [channel, { value }] of state.channels) {
    state.channels.set(channel, UNREAD)
    if (value !== 'unknown') run.effects.push({ type: 'input', channel, value: 'unknown' })
  }
  state.bits = null
  state.doubt ??= { first: null }
  live(run, state.absent ? 'no_device' : 'silent')
}

function live(run: Run, life: PanelLife): void {
  if (run.state.life === life) return
  run.state.life = life
  run.effects.push({ type: 'state', state: life })
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
    untilMs: nowMs + state.replyMs,
    heard: new Uint8Array(0),
  }
  run.effects.push({ type: 'send', bytes: encodeRequest(requestOf(profile, exchange)), turn: state.turn })
}

/** In step first; then inputs and output work by turns, so that neither waits for long on a slow line. */
function nextExchange(run: Run): Exchange {
  const { state } = run
  if (!state.inStep) return 'outputs'
  return (state.lastWasInputs ? outputWork(run) : undefined) ?? 'inputs'
}

function outputWork(run: Run): Exchange | undefined {
  const { state, nowMs, profile } = run
  const readBackDue = state.coilsReadable && nowMs >= state.lastReadBackMs + profile.readBackMs
  if (readBackDue && (state.wishes.size === 0 || state.lastReadBackMs === -Infinity)) return 'outputs'
  for (const [coil, { on }] of state.wishes) if (state.coils?.[coil] !== on) return { coil, on }
  return readBackDue ? 'outputs' : undefined
}

function rest(run: Run): void {
  const { state, nowMs, profile } = run
  const soonMs = nowMs + profile.frameGapMs
  const doubting = state.doubt !== null && state.doubt.first !== null
  const dueMs = doubting || outputWork(run) !== undefined ? soonMs : state.lastPollMs + profile.pollMs
  if (doubting) state.lastPollMs = -Infinity
  state.phase = { is: 'rest', untilMs: Math.max(soonMs, dueMs) }
}

function wish(run: Run, output: Output, on: boolean, ticket: number): void {
  const { state, nowMs, profile } = run
  const coil = profile.outputs.find(row => row.output === output)?.coil
  if (coil === undefined) return void run.effects.push({ type: 'switched', ticket, outcome: 'late' })
  const old = state.wishes.get(coil)
  if (old?.open === true) run.effects.push({ type: 'switched', ticket: old.ticket, outcome: 'superseded' })
  state.wishes.set(coil, { on, ticket, deadlineMs: nowMs + profile.switchMsMax, open: true })
  // Ask the module even when it seems to be as wanted: the wish may be to make sure.
  state.coils = null
  if (state.phase.is === 'rest')
    state.phase = { is: 'rest', untilMs: Math.min(state.phase.untilMs, nowMs + profile.frameGapMs) }
}

function readBack(run: Run, coils: readonly boolean[]): void {
  run.state.coils = coils
  for (const [coil, { on }] of run.state.wishes) if (coils[coil] === on) settleWish(run, coil, on)
}

function settleWish(run: Run, coil: number, on: boolean): void {
  const { state } = run
  const wished = state.wishes.get(coil)
  if (wished === undefined || wished.on !== on) return
  if (!state.coilsReadable) state.coils = Object.assign([...(state.coils ?? [])], { [coil]: on })
  if (!wished.open) return
  state.wishes.set(coil, { ...wished, open: false })
  run.effects.push({ type: 'switched', ticket: wished.ticket, outcome: 'done' })
}

function expireWishes(run: Run): void {
  for (const [coil, wished] of run.state.wishes) {
    if (!wished.open || run.nowMs < wished.deadlineMs) continue
    run.state.wishes.set(coil, { ...wished, open: false })
    run.effects.push({ type: 'switched', ticket: wished.ticket, outcome: 'late' })
  }
}

function nextWake(run: Run): number {
  const { state, profile } = run
  let atMs = state.phase.untilMs
  if (state.life === 'ok') atMs = Math.min(atMs, state.lastSampleMs + profile.gapMsMax)
  for (const { open, deadlineMs } of state.wishes.values()) if (open) atMs = Math.min(atMs, deadlineMs)
  return atMs
}

function requestOf({ address, device }: PanelProfile, exchange: Exchange): ModbusRequest {
  if (exchange === 'inputs') return { kind: 'read-inputs', address, ...device.inputs }
  if (exchange === 'outputs') return { kind: 'read-coils', address, ...device.outputs }
  return { kind: 'write-coil', address, coil: device.outputs.start + exchange.coil, on: exchange.on }
}

const same = (a: readonly boolean[], b: readonly boolean[]): boolean => a.every((bit, i) => bit === b[i])

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.min(HEARD_BYTES_MAX, a.length + b.length))
  out.set(a)
  out.set(b.subarray(0, out.length - a.length), a.length)
  return out
}
