import type { Channel, ChannelValue, Output, PanelLife } from '#protocols/equipment.ts'
import { UNREAD } from '../inputs/contact.ts'
import type { Contact } from '../inputs/contact.ts'
import type { PanelProfile } from './profile.ts'
import type { Exchange } from './questions.ts'

export type PanelEvent =
  /** Time passes; `mayAsk` when the line is this module's to speak on. */
  | { readonly type: 'tick'; readonly mayAsk: boolean }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /** The write of question `turn` did not go out. */
  | { readonly type: 'unsent'; readonly turn: number; readonly absent: boolean }
  | { readonly type: 'switch'; readonly output: Output; readonly on: boolean; readonly ticket: number }

export type PanelEffect =
  | { readonly type: 'send'; readonly bytes: Uint8Array; readonly turn: number }
  | { readonly type: 'input'; readonly channel: Channel; readonly value: ChannelValue }
  | { readonly type: 'state'; readonly state: PanelLife }
  /** The coil was read back as wanted, or was not in time, or a newer wish came. */
  | { readonly type: 'switched'; readonly ticket: number; readonly outcome: 'done' | 'late' | 'superseded' }
  /** Registers that must be set were read as they should be, or could not be set. */
  | { readonly type: 'setup'; readonly outcome: 'done' | 'refused' }

/** Counted for the technician's page; only ever grow. */
export type PanelCounts = {
  polls: number
  samples: number
  timeouts: number
  corrupt: number
  foreign: number
  unsolicited: number
  doubled: number
  refused: number
}
export type PanelFault = Exclude<keyof PanelCounts, 'polls' | 'samples' | 'refused'>

export type Phase =
  | { readonly is: 'rest'; readonly untilMs: number }
  | {
      readonly is: 'waiting'
      readonly exchange: Exchange
      readonly sentMs: number
      readonly untilMs: number
      readonly heard: Uint8Array
    }
  | {
      readonly is: 'held'
      readonly bits: readonly boolean[]
      readonly sentMs: number
      readonly untilMs: number
    }
  | { readonly is: 'guard'; readonly untilMs: number }

export type Wish = {
  readonly on: boolean
  readonly ticket: number
  readonly deadlineMs: number
  readonly open: boolean
}

/** Where the registers that must be set stand: `words` as read back, `tries` how often they were written. */
export type SetupState = {
  is: 'due' | 'done' | 'refused'
  words: readonly number[] | null
  tries: number
}

/** Changed by `advancePanel` alone. */
export type PanelState = {
  phase: Phase
  life: PanelLife
  absent: boolean
  inStep: boolean
  /** For `doubtMs` after a fault: a changed sample needs a second one like it, and this is the first. */
  doubt: { readonly first: readonly boolean[] | null } | null
  doubtUntilMs: number
  bits: readonly boolean[] | null
  channels: Map<Channel, Contact>
  lastSampleMs: number
  lastPollMs: number
  lastWasInputs: boolean
  lastReadBackMs: number
  replyMs: number
  /** Faults since the last sample. */
  missed: number
  turn: number
  /** Coil to what it should be. */
  wishes: Map<number, Wish>
  coils: readonly boolean[] | null
  coilsReadable: boolean
  setup: SetupState
  readonly counts: PanelCounts
}

/** One step under way: the state, the moment, and what is to be done about it. */
export type Run = {
  readonly state: PanelState
  readonly nowMs: number
  readonly profile: PanelProfile
  readonly effects: PanelEffect[]
}

export const initialPanel = (profile: PanelProfile, nowMs: number): PanelState => ({
  // Bytes from before the start may still be on their way: begin as after a fault.
  phase: { is: 'guard', untilMs: nowMs + profile.guardMs },
  life: 'no_device',
  absent: false,
  inStep: false,
  doubt: { first: null },
  doubtUntilMs: nowMs,
  bits: null,
  channels: new Map(profile.inputs.map(({ channel }) => [channel, UNREAD])),
  lastSampleMs: nowMs,
  lastPollMs: -Infinity,
  lastWasInputs: false,
  lastReadBackMs: -Infinity,
  replyMs: profile.replyMs,
  missed: 0,
  turn: 0,
  wishes: new Map(),
  coils: null,
  coilsReadable: profile.device.outputs !== null,
  setup: { is: 'due', words: null, tries: 0 },
  counts: {
    polls: 0,
    samples: 0,
    timeouts: 0,
    corrupt: 0,
    foreign: 0,
    unsolicited: 0,
    doubled: 0,
    refused: 0,
  },
})
