import type { ModbusReply } from '#protocols/modbus/frames.ts'
import type { Output } from '#protocols/equipment.ts'
import type { Run } from './panel-state.ts'
import { bitsOf } from './questions.ts'
import type { Exchange } from './questions.ts'

/** A module that refuses its settings so often is used as it is, and said to be. */
const SETUP_TRIES_MAX = 24

/** An output shall be on or off; the last wish stands, also after the module lost its power. */
export function wish(run: Run, output: Output, on: boolean, ticket: number): void {
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

/** What there is to do about outputs and settings now, if anything. */
export function outputWork(run: Run): Exchange | undefined {
  const { state, nowMs, profile } = run
  const setting = setupWork(run)
  if (setting !== undefined) return setting
  const readBackDue = state.coilsReadable && nowMs >= state.lastReadBackMs + profile.readBackMs
  if (readBackDue && (state.wishes.size === 0 || state.lastReadBackMs === -Infinity)) return 'outputs'
  for (const [coil, { on }] of state.wishes) if (state.coils?.[coil] !== on) return { is: 'coil', coil, on }
  return readBackDue ? 'outputs' : undefined
}

/** Registers that must be set: read them, write those that are otherwise, read them again. */
function setupWork({ state, profile }: Run): Exchange | undefined {
  const { setup } = state
  const row = profile.device.setup.find(({ must }) => must !== undefined)
  if (row?.must === undefined || setup.is !== 'due') return undefined
  if (setup.words === null) return { is: 'read_setup', register: row.register, count: row.count }
  const wrong = setup.words.findIndex(word => word !== row.must)
  return { is: 'write_setup', register: row.register + wrong, value: row.must }
}

/** The module's answer to a question about a setting, or to setting it. */
export function heardSetup(run: Run, reply: ModbusReply): void {
  const { setup } = run.state
  const must = run.profile.device.setup.find(row => row.must !== undefined)?.must
  if (reply.kind === 'refused' || setup.tries >= SETUP_TRIES_MAX) return settleSetup(run, 'refused')
  if (reply.kind === 'words') {
    setup.words = reply.words
    if (reply.words.every(word => word === must)) settleSetup(run, 'done')
  } else {
    setup.tries += 1
    setup.words = null // read again: an echo proves that it was heard, not that it was done
  }
}

function settleSetup(run: Run, outcome: 'done' | 'refused'): void {
  run.state.setup = { is: outcome, words: null, tries: 0 }
  run.effects.push({ type: 'setup', outcome })
}

/** The answer to a reading of the outputs. */
export function heardOutputs(run: Run, reply: ModbusReply): void {
  const { state, profile } = run
  const coils = profile.device.outputs && bitsOf(profile.device.outputs.read, reply)
  state.lastReadBackMs = run.nowMs
  if (coils) {
    state.coils = coils
    for (const [coil, { on }] of state.wishes) if (coils[coil] === on) settleWish(run, coil, on)
  } else state.coilsReadable = false
}

/** The answer to the switching of one coil. */
export function heardCoil(run: Run, coil: number, on: boolean, reply: ModbusReply): void {
  const { state } = run
  if (reply.kind === 'refused') state.counts.refused += 1
  else if (!state.coilsReadable) settleWish(run, coil, on)
  state.lastReadBackMs = -Infinity // an echo proves that it was heard, reading back that it was done
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

/** Reports what was not done in time; it is still being tried. */
export function expireWishes(run: Run): void {
  for (const [coil, wished] of run.state.wishes) {
    if (!wished.open || run.nowMs < wished.deadlineMs) continue
    run.state.wishes.set(coil, { ...wished, open: false })
    run.effects.push({ type: 'switched', ticket: wished.ticket, outcome: 'late' })
  }
}
