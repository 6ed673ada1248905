import type { Channel, ChannelValue } from '#protocols/equipment.ts'
import { UNREAD, debounced, isSettled } from '../inputs/contact.ts'
import type { Contact, Debounce } from '../inputs/contact.ts'

/** One wire on a line of the computer. */
export type GpioWire = Debounce & {
  readonly channel: Channel
  /** Offset of the line on its chip. */
  readonly input: number
  /** `closed` pulls the line low, as a contact to ground with a pull-up does; so `low` is active for it. */
  readonly activeWhen: 'high' | 'low'
}

export type GpioEvent =
  /** All lines as they are now, in the order of the wires. */
  | { readonly type: 'levels'; readonly high: readonly boolean[] }
  | { readonly type: 'edge'; readonly offset: number; readonly high: boolean }
  /** Nobody watches any more. */
  | { readonly type: 'lost' }
  | { readonly type: 'tick' }

export type GpioEffect =
  | { readonly type: 'input'; readonly channel: Channel; readonly value: ChannelValue }
  | { readonly type: 'wake'; readonly atMs: number }

/** Changed by `advanceGpio` alone. */
export type GpioState = {
  readonly lines: Map<Channel, { high: boolean | null; contact: Contact }>
  lostMs: number
}

/** Unwatched for longer than a pulse lasts, a line may have changed twice. */
const GAP_MS_MAX = 500
/** A line that is half way to another value is looked at again after this long. */
const LOOK_MS = 10

export const initialGpio = (wires: readonly GpioWire[], nowMs: number): GpioState => ({
  lines: new Map(wires.map(({ channel }) => [channel, { high: null, contact: UNREAD }])),
  lostMs: nowMs,
})

/** One event of the lines; what to publish, and when to look again. */
export function advanceGpio(
  state: GpioState,
  event: GpioEvent,
  nowMs: number,
  wires: readonly GpioWire[],
): readonly GpioEffect[] {
  const effects: GpioEffect[] = []
  if (event.type === 'lost') state.lostMs = Math.min(state.lostMs, nowMs)
  if (event.type === 'levels') state.lostMs = Infinity
  wires.forEach((wire, i) => {
    const line = state.lines.get(wire.channel)!
    if (event.type === 'levels') line.high = event.high[i] ?? null
    if (event.type === 'edge' && event.offset === wire.input) line.high = event.high
    const looked = event.type !== 'edge' || event.offset === wire.input || !isSettled(line.contact)
    if (looked) look(state, wire, nowMs, effects)
  })
  const atMs = nextLook(state, nowMs)
  if (atMs < Infinity) effects.push({ type: 'wake', atMs })
  return effects
}

function look(state: GpioState, wire: GpioWire, nowMs: number, effects: GpioEffect[]): void {
  const line = state.lines.get(wire.channel)!
  if (nowMs >= state.lostMs + GAP_MS_MAX) line.high = null
  const next =
    line.high === null
      ? UNREAD
      : debounced(line.contact, line.high === (wire.activeWhen === 'high'), nowMs, wire)
  if (next.value !== line.contact.value)
    effects.push({ type: 'input', channel: wire.channel, value: next.value })
  line.contact = next
}

function nextLook({ lines, lostMs }: GpioState, nowMs: number): number {
  const open = [...lines.values()].some(({ high, contact }) => high !== null && !isSettled(contact))
  const gapMs = lostMs + GAP_MS_MAX
  return Math.min(open ? nowMs + LOOK_MS : Infinity, gapMs > nowMs ? gapMs : Infinity)
}
