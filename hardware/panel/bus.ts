import { isSealed } from '#protocols/modbus/crc.ts'
import { replyLength } from '#protocols/modbus/frames.ts'
import { advancePanel, nextWake, wantsLine } from './panel.ts'
import { initialPanel } from './panel-state.ts'
import type { PanelEffect, PanelEvent, PanelState } from './panel-state.ts'
import type { PanelProfile } from './profile.ts'

/*
 * Several modules on one pair of wires. One question is on the line at a time; who has waited longest asks next.
 *
 *      ask 1 ── answer 1 ── ask 2 ── (nothing) ── ask 1 ── answer 1 ── ask 3 …
 *                                        └ 2 is out of step; 1 and 3 do not wait for its silence
 *
 * An answer names its module. So a late answer of 2 that is heard while 1 is being asked is 2's trouble and not 1's,
 * and while 2 keeps silent, or keeps a sample back, the line is the others'. A module that does not answer is asked
 * ever more seldom: a dead one costs the others one reply time in some seconds.
 */

export type BusEvent =
  | { readonly type: 'tick' }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /** To one module: its write did not go out, or one of its outputs is wished otherwise. */
  | { readonly type: 'module'; readonly module: number; readonly event: ModuleEvent }
export type ModuleEvent = Exclude<PanelEvent, { type: 'tick' | 'bytes' }>

export type BusEffect =
  | { readonly type: 'module'; readonly module: number; readonly effect: PanelEffect }
  | { readonly type: 'wake'; readonly atMs: number }

/** Changed by `advanceBus` alone. */
export type BusState = {
  readonly modules: readonly PanelState[]
  /** The beginning of what may be another module's late answer. */
  stray: Uint8Array
  heardMs: number
  /** Who asked last: bytes that name nobody are on it. */
  asker: number
}

export const initialBus = (profiles: readonly PanelProfile[], nowMs: number): BusState => ({
  modules: profiles.map(profile => initialPanel(profile, nowMs)),
  stray: NOTHING,
  heardMs: -Infinity,
  asker: 0,
})

/** One event into the driver of a line; effects in the order in which they are to be performed, the last is the wake. */
export function advanceBus(
  bus: BusState,
  event: BusEvent,
  nowMs: number,
  profiles: readonly PanelProfile[],
): readonly BusEffect[] {
  const run: BusRun = { bus, nowMs, profiles, effects: [] }
  if (event.type === 'bytes') hear(run, event.bytes)
  else if (event.type === 'module') tell(run, event.module, event.event)
  if (bus.stray.length > 0 && nowMs >= bus.heardMs + STRAY_MS) blame(run, bus.stray)
  bus.modules.forEach((_, module) => tell(run, module, PASS))
  const next = nextAsker(run)
  if (next !== undefined) {
    bus.asker = next
    tell(run, next, ASK)
  }
  run.effects.push({ type: 'wake', atMs: wakeOf(run) })
  return run.effects
}

type BusRun = {
  readonly bus: BusState
  readonly nowMs: number
  readonly profiles: readonly PanelProfile[]
  readonly effects: BusEffect[]
}

const NOTHING = new Uint8Array(0)
const PASS = { type: 'tick', mayAsk: false } as const
const ASK = { type: 'tick', mayAsk: true } as const
/** The rest of a frame that does not come within this time does not come. */
const STRAY_MS = 20

function tell({ bus, nowMs, profiles, effects }: BusRun, module: number, event: PanelEvent): void {
  for (const effect of advancePanel(bus.modules[module]!, event, nowMs, profiles[module]!))
    effects.push({ type: 'module', module, effect })
}

function hear(run: BusRun, bytes: Uint8Array): void {
  const { bus } = run
  bus.heardMs = run.nowMs
  if (bus.modules.length === 1) return tell(run, 0, { type: 'bytes', bytes })
  let heard = bus.stray.length === 0 ? bytes : Uint8Array.of(...bus.stray, ...bytes)
  bus.stray = NOTHING
  while (heard.length > 0) {
    const owner = strayOwner(run, heard[0]!)
    if (owner === undefined) return blame(run, heard)
    const length = replyLength(heard)
    if (length === undefined || (length > heard.length && length > 0)) {
      bus.stray = heard
      return
    }
    if (!isSealed(heard, length)) return blame(run, heard)
    tell(run, owner, { type: 'bytes', bytes: heard.subarray(0, length) })
    heard = heard.subarray(length)
  }
}

/** The module whose late answer may begin with this byte: one on this line, and not the one whose answer is due. */
function strayOwner({ bus, profiles }: BusRun, address: number): number | undefined {
  const waiting = bus.modules[bus.asker]!.phase
  if (waiting.is === 'waiting' && waiting.heard.length > 0) return undefined
  const owner = profiles.findIndex(profile => profile.address === address)
  return owner < 0 || (waiting.is === 'waiting' && owner === bus.asker) ? undefined : owner
}

/** The answer that is due, or noise: in both cases it is the asker's. */
function blame(run: BusRun, bytes: Uint8Array): void {
  run.bus.stray = NOTHING
  tell(run, run.bus.asker, { type: 'bytes', bytes })
}

/** Who may ask now: nobody while an answer is due or the line has just been spoken on; else who has waited longest. */
function nextAsker(run: BusRun): number | undefined {
  const { bus, nowMs } = run
  if (isBusy(bus) || nowMs < freeMs(run)) return undefined
  let next: number | undefined
  bus.modules.forEach((state, module) => {
    if (!wantsLine(state, nowMs)) return
    if (next === undefined || state.phase.untilMs < bus.modules[next]!.phase.untilMs) next = module
  })
  return next
}

const isBusy = ({ modules, stray }: BusState): boolean =>
  stray.length > 0 || modules.some(({ phase }) => phase.is === 'waiting')

/** Frames of different modules keep the same silence between them as those of one. */
const freeMs = ({ bus, profiles }: BusRun): number =>
  bus.modules.length === 1 ? -Infinity : bus.heardMs + profiles[0]!.frameGapMs

function wakeOf(run: BusRun): number {
  const { bus, profiles, nowMs } = run
  const free = isBusy(bus) ? Infinity : freeMs(run)
  let atMs = bus.stray.length > 0 ? bus.heardMs + STRAY_MS : Infinity
  bus.modules.forEach((state, module) => {
    const wanting = wantsLine(state, nowMs)
    const due = nextWake(state, profiles[module]!, wanting)
    atMs = Math.min(atMs, wanting ? Math.min(due, Math.max(free, nowMs)) : due)
  })
  return atMs
}
