import type { ChannelValue } from '#protocols/equipment.ts'
import type { PowerPhase } from '#protocols/equipment.ts'
import { perBattery } from './battery-curve.ts'
import type { PowerConfig } from './power-config.ts'

/*
 *   running --ignition off--> standby --delay over, nothing open--> shutting_down
 *      ^  ^                      |  low for a minute                 stop_sampling -> flush -> goodbye -> close -> off
 *      |  |                      v                                      |            |         |         |
 *      |  '---- recovered --- survival --critical for a minute-->       '-- ignition on: resume         on: restart
 *
 * A hand on the screen is a crew in the car: the delay begins anew. Each step of the end has its time and the next begins when it is done or when that is over, so a link that is down and a
 * disk that hangs delay the end by a known bound and no more. A dip of the starter is shorter than any span here.
 */
export const SHUTDOWN_STEPS = ['stop_sampling', 'flush', 'goodbye', 'close'] as const
export type ShutdownStep = (typeof SHUTDOWN_STEPS)[number]

export type PowerEvent =
  | { readonly type: 'ignition'; readonly value: ChannelValue }
  /** Null: the source of voltage went silent. */
  | { readonly type: 'volts'; readonly volts: number | null }
  /** A panic not yet acknowledged, or an order under way. */
  | { readonly type: 'busy'; readonly busy: boolean }
  /** Somebody touched the terminal: there is a crew in the car. */
  | { readonly type: 'presence' }
  | { readonly type: 'done'; readonly step: ShutdownStep }
  | { readonly type: 'tick' }

export type PowerEffect =
  | { readonly type: 'phase'; readonly phase: PowerPhase }
  | { readonly type: 'step'; readonly step: ShutdownStep }
  /** A step's time was over before it was done. */
  | { readonly type: 'overdue'; readonly step: ShutdownStep }
  /** The ignition, or a hand on the screen, came back before anything was closed: go on as before. */
  | { readonly type: 'resume' }
  /** All is closed: take the power away, or start anew because the ignition came back meanwhile. */
  | { readonly type: 'end'; readonly how: 'off' | 'restart' }

export type PowerState = {
  readonly ignition: ChannelValue
  /** Of one 12 V battery. */
  readonly volts: number | null
  readonly engine: boolean
  readonly engineSinceMs: number | null
  readonly isLow: boolean
  readonly belowSinceMs: number | null
  readonly aboveSinceMs: number | null
  readonly criticalSinceMs: number | null
  readonly offSinceMs: number | null
  /** The ignition cannot be read since then. */
  readonly unreadSinceMs: number | null
  readonly busySinceMs: number | null
  readonly phase: PowerPhase
  readonly step: { readonly name: ShutdownStep; readonly untilMs: number } | null
  readonly isOver: boolean
}

/** `isLow`: the start already waited in vain for the voltage to rise. */
export const initialPower = ({ isLow = false } = {}): PowerState => ({
  ignition: 'unknown',
  volts: null,
  engine: false,
  engineSinceMs: null,
  isLow,
  belowSinceMs: null,
  aboveSinceMs: null,
  criticalSinceMs: null,
  offSinceMs: null,
  unreadSinceMs: null,
  busySinceMs: null,
  phase: 'running',
  step: null,
  isOver: false,
})

/** The engine shows within seconds and is gone within seconds; a voltage that only brushes the border changes nothing. */
const ENGINE_ON_MS = 2_000
const ENGINE_OFF_MS = 10_000
/** An ignition that was off and cannot be read for so long may be anything. */
const UNREAD_FORGETS_MS = 30_000

/** Longest time from the first step to the end of power, whatever hangs. */
export const shutdownMsMax = ({ stepMs }: PowerConfig): number =>
  SHUTDOWN_STEPS.reduce((sum, step) => sum + stepMs[step], 0)

/** One event into the power of a car. Feed it a tick at least once a second. */
export function advancePower(
  before: PowerState,
  event: PowerEvent,
  nowMs: number,
  config: PowerConfig,
): { readonly state: PowerState; readonly effects: readonly PowerEffect[] } {
  if (before.isOver) return { state: before, effects: [] }
  const heard = withSpans(hear(before, event, nowMs, config), nowMs, config)
  const { state, effects } =
    heard.step === null ? awake(heard, nowMs, config) : goingDown(heard, heard.step, event, nowMs, config)
  const told: PowerEffect[] = state.phase === before.phase ? [] : [{ type: 'phase', phase: state.phase }]
  return { state, effects: [...told, ...effects] }
}

function hear(state: PowerState, event: PowerEvent, nowMs: number, config: PowerConfig): PowerState {
  switch (event.type) {
    case 'ignition': {
      // What cannot be read is not off: a panel without an answer must not put a car to sleep. Nor is it on: a gap of
      // a moment does not begin the delay anew, or a bad wire would empty the battery.
      const offSinceMs =
        event.value === 'on' ? null : event.value === 'off' ? (state.offSinceMs ?? nowMs) : state.offSinceMs
      const unreadSinceMs = event.value === 'unknown' ? (state.unreadSinceMs ?? nowMs) : null
      return { ...state, ignition: event.value, offSinceMs, unreadSinceMs }
    }
    case 'volts':
      return { ...state, volts: event.volts === null ? null : perBattery(event.volts, config.system) }
    case 'busy':
      return { ...state, busySinceMs: event.busy ? (state.busySinceMs ?? nowMs) : null }
    case 'presence':
      return { ...state, offSinceMs: state.offSinceMs === null ? null : nowMs }
    case 'done':
    case 'tick':
      return state
  }
}

/** Since when each border has been crossed, and what follows from it. */
function withSpans(state: PowerState, nowMs: number, config: PowerConfig): PowerState {
  const { volts } = state
  const since = (holds: boolean, was: number | null): number | null => (holds ? (was ?? nowMs) : null)
  const isLasting = (sinceMs: number | null, ms: number): boolean => sinceMs !== null && nowMs - sinceMs >= ms
  const known = volts !== null
  const turning = known && (state.engine ? volts < config.engineOff : volts >= config.engineOn)
  const engineSinceMs = since(turning, state.engineSinceMs)
  const turned = isLasting(engineSinceMs, state.engine ? ENGINE_OFF_MS : ENGINE_ON_MS)
  const engine = known && state.engine !== turned
  const belowSinceMs = since(known && volts < config.low, state.belowSinceMs)
  const aboveSinceMs = since(known && volts >= config.recovered, state.aboveSinceMs)
  return {
    ...state,
    offSinceMs: isLasting(state.unreadSinceMs, UNREAD_FORGETS_MS) ? null : state.offSinceMs,
    engine,
    engineSinceMs: turned ? null : engineSinceMs,
    belowSinceMs,
    aboveSinceMs,
    criticalSinceMs: since(known && volts < config.critical, state.criticalSinceMs),
    isLow: state.isLow
      ? !engine && !isLasting(aboveSinceMs, config.lowForMs)
      : isLasting(belowSinceMs, config.lowForMs),
  }
}

type Next = { readonly state: PowerState; readonly effects: readonly PowerEffect[] }

function awake(state: PowerState, nowMs: number, config: PowerConfig): Next {
  if (mustEnd(state, nowMs, config)) return begin(state, 'stop_sampling', nowMs, config)
  const isStanding = state.offSinceMs !== null && !state.engine
  const phase = state.isLow ? 'survival' : isStanding ? 'standby' : 'running'
  return { state: { ...state, phase }, effects: [] }
}

function mustEnd(state: PowerState, nowMs: number, config: PowerConfig): boolean {
  const due = endOf(state, config)
  return due !== null && nowMs >= due.atMs
}

/** `off`: the engine is off for long; `battery`: what is left starts the engine. */
export type DueEnd = { readonly atMs: number; readonly why: 'off' | 'battery' }

/** When the end begins if nothing changes, by the same clock as the events; null while nothing counts down to it. */
export function endOf(state: PowerState, config: PowerConfig): DueEnd | null {
  const { ignition, offSinceMs, busySinceMs, criticalSinceMs, engine } = state
  if (!config.ends) return null
  const empty = criticalSinceMs !== null && !engine ? criticalSinceMs + config.lowForMs : Infinity
  const isOff = offSinceMs !== null && ignition === 'off'
  const off = !isOff ? Infinity : heldUp(offSinceMs, busySinceMs, config)
  if (empty === Infinity && off === Infinity) return null
  return empty < off ? { atMs: empty, why: 'battery' } : { atMs: off, why: 'off' }
}

/** An open panic or incident holds the end up, and not for ever. */
function heldUp(offSinceMs: number, busySinceMs: number | null, { delayMs, busyMs }: PowerConfig): number {
  const busyUntilMs = busySinceMs === null ? -Infinity : Math.max(busySinceMs, offSinceMs) + busyMs
  return Math.max(offSinceMs + delayMs, busyUntilMs)
}

function begin(state: PowerState, name: ShutdownStep, nowMs: number, config: PowerConfig): Next {
  const step = { name, untilMs: nowMs + config.stepMs[name] }
  return { state: { ...state, phase: 'shutting_down', step }, effects: [{ type: 'step', step: name }] }
}

function goingDown(
  state: PowerState,
  step: NonNullable<PowerState['step']>,
  event: PowerEvent,
  nowMs: number,
  config: PowerConfig,
): Next {
  // A touch takes back the end that came by time, not the one that keeps what starts the engine.
  const isTouched = event.type === 'presence' && state.criticalSinceMs === null
  const cameBack = isTouched || (event.type === 'ignition' && event.value === 'on')
  if (cameBack && step.name !== 'close') {
    const { state: next } = awake({ ...state, step: null, criticalSinceMs: null }, nowMs, config)
    return { state: next, effects: [{ type: 'resume' }] }
  }
  const isDone = event.type === 'done' && event.step === step.name
  const isOverdue = nowMs >= step.untilMs
  if (!isDone && !isOverdue) return { state, effects: [] }
  const overdue: PowerEffect[] = isDone ? [] : [{ type: 'overdue', step: step.name }]
  const following = SHUTDOWN_STEPS[SHUTDOWN_STEPS.indexOf(step.name) + 1]
  if (following === undefined) {
    const how = state.ignition === 'on' ? 'restart' : 'off'
    return { state: { ...state, step: null, isOver: true }, effects: [...overdue, { type: 'end', how }] }
  }
  const next = begin(state, following, nowMs, config)
  return { state: next.state, effects: [...overdue, ...next.effects] }
}
