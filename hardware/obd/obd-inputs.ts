import type { ChannelValue, Gauge, PanelLife } from '#protocols/equipment.ts'
import { PIDS } from './obd.ts'
import type { ObdReply, Pid } from './obd.ts'

/*
 * The car's own bus as a source: numbers, and from them the ignition.
 *
 *   any answer                            the computers have power: ignition on
 *   no answer for a while                 asleep, or the plug is out: `unknown`; `off` only in a car that was seen to
 *                                         answer exactly while the ignition is on (`silenceMeans`)
 *   the adapter itself is gone            unknown, whatever silence means
 *
 * A parked car's bus sleeps, and every question wakes what hangs on it for seconds: asked on and on, it empties the
 * battery it asks about. So a bus that was silent for a minute is asked every five seconds.
 */

export type ObdProfile = {
  /** Whether this source tells the ignition, or only the numbers. */
  readonly ignition: boolean
  readonly silenceMeans: 'unknown' | 'off'
}

export type ObdEvent =
  | { readonly type: 'reply'; readonly reply: ObdReply }
  /** Measured at the plug, whether the car's computers are awake or not. */
  | { readonly type: 'volts'; readonly volts: number }
  /** Whether there is something to ask through. */
  | { readonly type: 'line'; readonly open: boolean }
  | { readonly type: 'tick' }

export type ObdEffect =
  | { readonly type: 'ask'; readonly pid: Pid }
  | { readonly type: 'ignition'; readonly value: ChannelValue }
  | { readonly type: 'gauge'; readonly gauge: Gauge; readonly value: number | null }
  | { readonly type: 'state'; readonly state: PanelLife }
  | { readonly type: 'wake'; readonly atMs: number }

/** Changed by `advanceObd` alone. */
export type ObdState = {
  open: boolean
  life: PanelLife
  ignition: ChannelValue
  next: number
  askAtMs: number
  heardMs: number
  readonly told: Map<Gauge, number>
}

/** One question at a time, each number about once a second. */
const ASK_EVERY_MS = 300
/** So many questions in a row without an answer is silence. */
const SILENT_MS = 3_000
/** A number older than this is no longer true of a moving car. */
const STALE_MS = 3_000
const SLEEPS_AFTER_MS = 60_000
const ASK_SLEEPING_EVERY_MS = 5_000
/** Two rounds of questions to a sleeping bus. */
const STALE_SLEEPING_MS = 2 * PIDS.length * ASK_SLEEPING_EVERY_MS

export const initialObd = (nowMs: number): ObdState => ({
  open: false,
  life: 'no_device',
  ignition: 'unknown',
  next: 0,
  askAtMs: nowMs,
  heardMs: nowMs,
  told: new Map(),
})

/** One event of the bus; effects in order, the last is the next wake. */
export function advanceObd(
  state: ObdState,
  event: ObdEvent,
  nowMs: number,
  profile: ObdProfile,
): readonly ObdEffect[] {
  const effects: ObdEffect[] = []
  if (event.type === 'line') {
    if (event.open && !state.open) [state.heardMs, state.askAtMs] = [nowMs, nowMs]
    state.open = event.open
  }
  if (event.type === 'reply' && state.open) {
    state.heardMs = nowMs
    state.told.set(event.reply.gauge, nowMs)
    effects.push({ type: 'gauge', gauge: event.reply.gauge, value: event.reply.value })
    live(state, 'ok', effects)
    ignite(state, 'on', profile, effects)
  }
  if (event.type === 'volts' && state.open) {
    state.told.set('batteryVolts', nowMs)
    effects.push({ type: 'gauge', gauge: 'batteryVolts', value: event.volts })
  }
  const sleeps = nowMs >= state.heardMs + SLEEPS_AFTER_MS
  for (const [gauge, atMs] of state.told) {
    if (state.open && nowMs < atMs + (sleeps ? STALE_SLEEPING_MS : STALE_MS)) continue
    state.told.delete(gauge)
    effects.push({ type: 'gauge', gauge, value: null })
  }
  if (!state.open) {
    live(state, 'no_device', effects)
    ignite(state, 'unknown', profile, effects)
  } else if (nowMs >= state.heardMs + SILENT_MS) {
    // Where silence means off, or is asked for numbers only, it is what a parked car does and no fault.
    const isFault = profile.ignition && profile.silenceMeans === 'unknown'
    live(state, isFault ? 'silent' : 'ok', effects)
    ignite(state, profile.silenceMeans, profile, effects)
  }
  if (state.open && nowMs >= state.askAtMs) {
    effects.push({ type: 'ask', pid: PIDS[state.next % PIDS.length]! })
    state.next += 1
    state.askAtMs = nowMs + (sleeps ? ASK_SLEEPING_EVERY_MS : ASK_EVERY_MS)
  }
  if (state.open) effects.push({ type: 'wake', atMs: state.askAtMs })
  return effects
}

function live(state: ObdState, life: PanelLife, effects: ObdEffect[]): void {
  if (state.life === life) return
  state.life = life
  effects.push({ type: 'state', state: life })
}

function ignite(state: ObdState, value: ChannelValue, { ignition }: ObdProfile, effects: ObdEffect[]): void {
  if (!ignition || state.ignition === value) return
  state.ignition = value
  effects.push({ type: 'ignition', value })
}
