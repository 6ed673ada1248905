import type { Channel, ChannelValue } from '#protocols/equipment.ts'

/** Another channel, and how it has to be. */
export type Condition = { readonly channel: Channel; readonly is: 'on' | 'off' }

/** What a car makes of one of its channels, whichever source it comes from. A channel without a rule is shown as heard. */
export type InputRule = {
  readonly channel: Channel
  /** `level`: on for as long as it is active. `edge`: on for `holdMs` from when it became active, a stuck contact or not. */
  readonly senses: 'level' | 'edge'
  /** Shown for at least this long. */
  readonly holdMs: number
  /** Counts only while this holds; while that is unknown, so is what is active. */
  readonly only: Condition | null
  /** Once on it stays on until this holds, however the contact is: a crash, until the ignition is off. */
  readonly latchedUntil: Condition | null
}

type Slot = {
  heard: ChannelValue
  shown: ChannelValue
  /** Seen quiet since it was last unknown: only then is becoming active an edge. */
  armed: boolean
  activeMs: number
  latched: boolean
}

/** Changed by `advanceRules` alone. */
export type RulesState = Map<Channel, Slot>

export type RulesEvent =
  | { readonly type: 'heard'; readonly channel: Channel; readonly value: ChannelValue }
  | { readonly type: 'tick' }

export type RulesEffect =
  | { readonly type: 'show'; readonly channel: Channel; readonly value: ChannelValue }
  | { readonly type: 'wake'; readonly atMs: number }

/** One change of a contact, or time, through the rules; what is to be shown otherwise now, in order, and the next wake. */
export function advanceRules(
  state: RulesState,
  event: RulesEvent,
  nowMs: number,
  rules: readonly InputRule[],
): readonly RulesEffect[] {
  const effects: RulesEffect[] = []
  if (event.type === 'heard') hear(state, event.channel, event.value, nowMs, rules)
  // A condition may hang on a channel that has a condition: at most once round per channel.
  for (let round = 0; round <= rules.length; round += 1) {
    const before = effects.length
    for (const [channel, slot] of state) {
      const rule = rules.find(row => row.channel === channel)
      const value = rule === undefined ? slot.heard : judged(state, slot, rule, nowMs)
      if (value === slot.shown) continue
      slot.shown = value
      effects.push({ type: 'show', channel, value })
    }
    if (effects.length === before) break
  }
  const wakes = rules
    .map(({ channel, holdMs }) => (state.get(channel)?.activeMs ?? -Infinity) + holdMs)
    .filter(atMs => atMs > nowMs)
  if (wakes.length > 0) effects.push({ type: 'wake', atMs: Math.min(...wakes) })
  return effects
}

function hear(
  state: RulesState,
  channel: Channel,
  value: ChannelValue,
  nowMs: number,
  rules: readonly InputRule[],
): void {
  const slot = state.get(channel) ?? {
    heard: 'unknown',
    shown: 'unknown',
    armed: false,
    activeMs: -Infinity,
    latched: false,
  }
  state.set(channel, slot)
  const edge = rules.find(row => row.channel === channel)?.senses === 'edge'
  if (value === 'on' && slot.heard !== 'on' && (slot.armed || !edge)) slot.activeMs = nowMs
  slot.armed = value === 'off' || (value === 'on' && slot.armed)
  slot.heard = value
}

/** In this order: what the contact says, whether that counts, whether it stays. */
function judged(state: RulesState, slot: Slot, rule: InputRule, nowMs: number): ChannelValue {
  const counted = enabled(state, sensed(slot, rule, nowMs), rule.only)
  if (rule.latchedUntil === null) return counted
  if (counted === 'on') slot.latched = true
  else if (slot.latched && holds(state, rule.latchedUntil) === true) slot.latched = false
  return slot.latched && slot.heard !== 'unknown' ? 'on' : counted
}

function sensed(slot: Slot, { senses, holdMs }: InputRule, nowMs: number): ChannelValue {
  const held = nowMs < slot.activeMs + holdMs
  if (senses === 'level') return slot.heard === 'off' && held ? 'on' : slot.heard
  if (held) return 'on'
  // Active when it was first heard, or after a gap: nobody saw it become so.
  return slot.armed ? 'off' : 'unknown'
}

function enabled(state: RulesState, value: ChannelValue, only: Condition | null): ChannelValue {
  if (only === null || value === 'off') return value
  const met = holds(state, only)
  return met === undefined ? 'unknown' : met ? value : 'off'
}

const holds = (state: RulesState, { channel, is }: Condition): boolean | undefined => {
  const shown = state.get(channel)?.shown ?? 'unknown'
  return shown === 'unknown' ? undefined : shown === is
}
