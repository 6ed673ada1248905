import type { Channel } from '#protocols/equipment.ts'
import type { WalkOutcome, WalkResult, WalkView } from '#protocols/technician.ts'
import type { Wiring } from '../fittings.ts'

/*
 * The inputs, one by one: a person moves one thing, the terminal that moves is where it is wired.
 *
 *   first ──a terminal moves, 150 ms of settling──> back ──it returns──> next channel
 *     │            └── several, or one that is already taken: says so, waits for rest, asks again
 *     └── skip (with a reason)
 *
 * The contacts are the raw ones, whatever the profile says: so a wire on another terminal shows as `swapped`, and a
 * contact that opens where it should close as `inverted`.
 */

/** In the order in which a person walks around the car. `first`: what it is moved to first, coming from rest. */
export const WALK_ROWS: readonly {
  readonly channel: Channel
  readonly first: 'on' | 'off'
  readonly by: 'hand' | 'computer'
}[] = [
  // The visit is made with the ignition on; anything else is at rest when off.
  { channel: 'ignition', first: 'off', by: 'hand' },
  { channel: 'lightbar', first: 'on', by: 'hand' },
  { channel: 'siren', first: 'on', by: 'hand' },
  { channel: 'brake', first: 'on', by: 'hand' },
  { channel: 'door', first: 'on', by: 'hand' },
  { channel: 'weapon_rack', first: 'on', by: 'hand' },
  { channel: 'panic', first: 'on', by: 'hand' },
  { channel: 'crash', first: 'on', by: 'hand' },
  { channel: 'camera_recording', first: 'on', by: 'computer' },
]

/** Terminals that belong together move within two polls; a third is for a slow module. */
export const SETTLE_MS = 150
/** A person has looked for the switch by then; the page says what else may be wrong. */
export const SLOW_MS = 12_000

type Moved = { readonly input: number; readonly closed: boolean; readonly utcMs: number }

export type WalkState = {
  readonly expected: readonly Wiring[]
  readonly rows: typeof WALK_ROWS
  /** Of the terminals, by their place in the row. */
  readonly names: readonly string[]
  contacts: readonly (boolean | null)[]
  /** Row being asked for; null before the start and after the end. */
  at: number | null
  /** How things stood when the person was asked. */
  rest: readonly (boolean | null)[]
  askedMonoMs: number
  /** Every terminal that moved since, with its first movement and its last. */
  touched: Map<number, { readonly first: Moved; readonly last: Moved }>
  settleAtMonoMs: number | null
  taken: Moved | null
  puzzle: WalkView['puzzle']
  results: Map<Channel, WalkResult>
}

export type WalkEvent =
  | { readonly type: 'start' }
  | { readonly type: 'contacts'; readonly contacts: readonly (boolean | null)[] }
  | { readonly type: 'skip'; readonly reason: string }
  | { readonly type: 'again'; readonly channel: Channel }
  | { readonly type: 'fix' }
  | { readonly type: 'tick' }

/** `trigger`: the computer's own hand on the camera's contact. */
export type WalkEffect = { readonly type: 'trigger'; readonly on: boolean }

type Moment = { readonly monoMs: number; readonly utcMs: number }

/** `expected` names terminals by their place in the row of `names`. */
export const initialWalk = (expected: readonly Wiring[], names: readonly string[]): WalkState => ({
  ...{ expected, names },
  rows: WALK_ROWS.filter(row => expected.some(wire => wire.channel === row.channel)),
  contacts: names.map(() => null),
  at: null,
  rest: [],
  askedMonoMs: 0,
  touched: new Map(),
  settleAtMonoMs: null,
  taken: null,
  puzzle: null,
  results: new Map(),
})

/** One event into the walk; `state` is changed here alone. */
export function walk(state: WalkState, event: WalkEvent, now: Moment): WalkEffect[] {
  switch (event.type) {
    case 'start':
      state.results = new Map()
      return askFor(state, 0, now)
    case 'again': {
      const row = state.rows.findIndex(({ channel }) => channel === event.channel)
      if (row < 0) return []
      state.results.delete(event.channel)
      return [...letGo(state), ...askFor(state, row, now)]
    }
    case 'contacts':
      return onContacts(state, event.contacts, now)
    case 'skip':
      return onSkip(state, event.reason, now)
    case 'fix':
      for (const [channel, result] of state.results)
        if (isWrong(result.outcome)) state.results.set(channel, { ...result, corrected: true })
      return []
    case 'tick':
      return onTick(state, now)
  }
}

function askFor(state: WalkState, at: number, now: Moment): WalkEffect[] {
  const row = state.rows[at]
  state.at = row === undefined ? null : at
  state.rest = state.contacts
  state.askedMonoMs = now.monoMs
  state.touched = new Map()
  state.settleAtMonoMs = null
  state.taken = null
  state.puzzle = null
  return row?.by === 'computer' ? [{ type: 'trigger', on: true }] : []
}

/** The next row without a result; after the last one the walk is done. */
function askNext(state: WalkState, now: Moment): WalkEffect[] {
  const next = state.rows.findIndex(({ channel }) => !state.results.has(channel))
  return askFor(state, next < 0 ? state.rows.length : next, now)
}

const letGo = (state: WalkState): WalkEffect[] =>
  rowOf(state)?.by === 'computer' ? [{ type: 'trigger', on: false }] : []

const rowOf = (state: WalkState) => (state.at === null ? undefined : state.rows[state.at])

function onContacts(state: WalkState, contacts: readonly (boolean | null)[], now: Moment): WalkEffect[] {
  const before = state.contacts
  state.contacts = contacts
  if (rowOf(state) === undefined) return []
  contacts.forEach((closed, input) => {
    if (closed === null) return
    const rest = state.rest[input] ?? null
    // First heard while a person is already asked: that is how it stands, not a movement.
    if (rest === null) state.rest = state.rest.map((was, i) => (i === input ? closed : was))
    else if (closed !== (before[input] ?? rest)) touch(state, { input, closed, utcMs: now.utcMs }, now)
  })
  return state.taken !== null ? onReturn(state, now) : []
}

function touch(state: WalkState, moved: Moved, now: Moment): void {
  const first = state.touched.get(moved.input)?.first ?? moved
  state.touched.set(moved.input, { first, last: moved })
  state.settleAtMonoMs ??= now.monoMs + SETTLE_MS
}

function onTick(state: WalkState, now: Moment): WalkEffect[] {
  if (rowOf(state) === undefined) return []
  if (state.taken === null && state.settleAtMonoMs !== null && now.monoMs >= state.settleAtMonoMs)
    return settle(state, now)
  if (state.taken === null && state.puzzle === null && now.monoMs - state.askedMonoMs >= SLOW_MS)
    state.puzzle = { is: 'slow', inputs: [] }
  return []
}

/** Which terminal was it? One that no other channel has, and only one. */
function settle(state: WalkState, now: Moment): WalkEffect[] {
  const moved = [...state.touched.keys()]
  const free = moved.filter(input => !isTaken(state, input))
  if (free.length !== 1) {
    state.puzzle = { is: free.length === 0 ? 'taken' : 'several', inputs: moved }
    // Ask again from rest: what still stands moved is waited for, what has returned is forgotten.
    const settled = moved.every(input => state.contacts[input] === state.rest[input])
    state.settleAtMonoMs = settled ? null : now.monoMs + SETTLE_MS
    if (settled) state.touched = new Map()
    return []
  }
  state.taken = state.touched.get(free[0]!)!.first
  state.puzzle = null
  return [...letGo(state), ...onReturn(state, now)]
}

const isTaken = (state: WalkState, input: number): boolean =>
  [...state.results.values()].some(result => result.input === input)

function onReturn(state: WalkState, now: Moment): WalkEffect[] {
  const { taken } = state
  const row = rowOf(state)
  if (taken === null || row === undefined || state.contacts[taken.input] !== state.rest[taken.input])
    return []
  const offMs = state.touched.get(taken.input)?.last.utcMs ?? now.utcMs
  const closedWhenOn = row.first === 'on' ? taken.closed : !taken.closed
  const activeWhen = closedWhenOn ? 'closed' : 'open'
  const wire = state.expected.find(({ channel }) => channel === row.channel)!
  const swapped = wire.input !== taken.input
  const inverted = wire.activeWhen !== activeWhen
  const outcome: WalkOutcome =
    swapped && inverted ? 'swapped_inverted' : swapped ? 'swapped' : inverted ? 'inverted' : 'right'
  const [onAt, offAt] = row.first === 'on' ? [taken.utcMs, offMs] : [offMs, taken.utcMs]
  state.results.set(row.channel, {
    channel: row.channel,
    outcome,
    input: taken.input,
    expectedInput: wire.input,
    terminal: nameOf(state, taken.input),
    expectedTerminal: nameOf(state, wire.input),
    activeWhen,
    onAt,
    offAt,
    reason: '',
    corrected: false,
  })
  return askNext(state, now)
}

function onSkip(state: WalkState, reason: string, now: Moment): WalkEffect[] {
  const row = rowOf(state)
  if (row === undefined) return []
  const wire = state.expected.find(({ channel }) => channel === row.channel)!
  state.results.set(row.channel, {
    channel: row.channel,
    outcome: 'skipped',
    input: null,
    expectedInput: wire.input,
    terminal: null,
    expectedTerminal: nameOf(state, wire.input),
    activeWhen: null,
    onAt: null,
    offAt: null,
    reason,
    corrected: false,
  })
  return [...letGo(state), ...askNext(state, now)]
}

const nameOf = ({ names }: WalkState, input: number): string => names[input] ?? String(input + 1)

const isWrong = (outcome: WalkOutcome): boolean => outcome !== 'right' && outcome !== 'skipped'

export const isWalked = (state: WalkState): boolean =>
  state.at === null && state.rows.length > 0 && state.rows.every(({ channel }) => state.results.has(channel))

/** Channels whose wire is not where the profile says, and not yet put right. */
export const wrongChannels = (state: WalkState): readonly Channel[] =>
  [...state.results.values()].filter(r => isWrong(r.outcome) && !r.corrected).map(r => r.channel)

/**
 * The wiring as it was found: walked channels where they moved, skipped ones where the profile had them, unless another
 * channel was found on that terminal (then nobody knows, and the channel is left out).
 */
export function foundWiring(state: WalkState): readonly Wiring[] {
  const results = state.results
  const used = new Set([...results.values()].map(r => r.input).filter(input => input !== null))
  return state.expected.flatMap(wire => {
    const result = results.get(wire.channel)
    if (result === undefined || result.input === null || result.activeWhen === null)
      return used.has(wire.input) ? [] : [wire]
    return [{ ...wire, input: result.input, activeWhen: result.activeWhen }]
  })
}

export function walkView(state: WalkState): WalkView {
  const row = rowOf(state)
  const back = state.taken !== null
  return {
    phase: row === undefined ? (isWalked(state) ? 'done' : 'idle') : back ? 'back' : 'first',
    channel: row?.channel ?? null,
    ask: row === undefined ? null : back ? (row.first === 'on' ? 'off' : 'on') : row.first,
    by: row?.by ?? null,
    expectedInput: state.expected.find(({ channel }) => channel === row?.channel)?.input ?? null,
    puzzle: state.puzzle,
    order: state.rows.map(({ channel }) => channel),
    results: state.rows.flatMap(({ channel }) => state.results.get(channel) ?? []),
    fixable: isWalked(state) && wrongChannels(state).length > 0,
  }
}
