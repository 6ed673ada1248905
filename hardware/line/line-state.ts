import type { Fault } from '#protocols/result.ts'

/** `no_device`: nothing to open. `stalled`: open, and nothing sensible heard. `resting`: so for long; still listened to. */
export type LineState = 'open' | 'no_device' | 'stalled' | 'resting'

export type LineRules = {
  readonly path: string
  /** Speed to begin with. */
  readonly baud: number
  /** Three periods of what should talk on the line; grows by itself with a slower talker. */
  readonly silenceMsMax: number
  /** Between tries to open; grows by 1.6. Short, because a replugged device should be heard at once. */
  readonly retryMs: { readonly first: number; readonly max: number }
  /** How long the ladder is left alone once it did not help; doubles. */
  readonly restMs: { readonly first: number; readonly max: number }
  /** Speeds to try when bytes make no sense; null: nobody judges the bytes, the speed is what it is. */
  readonly speeds: readonly number[] | null
  /** `baud` was heard to be right by somebody before. */
  readonly isProved: boolean
  /** There is somebody who can look for the device under another name. */
  readonly looksElsewhere: boolean
}

export type LineEvent =
  | { readonly type: 'start' }
  | { readonly type: 'opened'; readonly open: number }
  | { readonly type: 'refused'; readonly open: number; readonly why: Fault }
  /** `sense`: frames with a right sum since this open; null when nobody judges. */
  | { readonly type: 'heard'; readonly open: number; readonly sense: number | null }
  | { readonly type: 'gone'; readonly open: number; readonly why: Fault }
  | { readonly type: 'stuck'; readonly open: number; readonly why: Fault }
  | { readonly type: 'released'; readonly open: number }
  | { readonly type: 'retune'; readonly baud: number }
  | { readonly type: 'elsewhere'; readonly place: Place | null }
  | { readonly type: 'tick' }
  | { readonly type: 'close' }

export type LineEffect =
  | { readonly do: 'open'; readonly open: number; readonly path: string; readonly baud: number }
  /** Closes that open; answered by `released`. */
  | { readonly do: 'release'; readonly open: number }
  /** DTR off and on, where the line can. */
  | { readonly do: 'reset'; readonly open: number }
  | { readonly do: 'tell'; readonly state: LineState; readonly why?: Fault }
  /** The speed is proved: worth writing down. */
  | { readonly do: 'locked'; readonly path: string; readonly baud: number }
  | { readonly do: 'look-elsewhere' }

export type Place = { readonly path: string; readonly baud: number }

/** A search for the right speed; `heard`: any byte at all in this round. */
export type Hunt = {
  readonly plan: readonly number[]
  at: number
  readonly round: number
  heard: boolean
  extended: number
}

/** Owned by `stepLine` alone. `dueMs`: when it wants a `tick`. */
export type LineKeeper = {
  readonly rules: LineRules
  phase: 'absent' | 'opening' | 'open' | 'leaving' | 'ended'
  open: number
  told: LineState
  path: string
  baud: number
  /** Speed of the present open. */
  tunedTo: number
  /** The way back. */
  good: { baud: number; isProved: boolean }
  dueMs: number | null
  waitMs: number
  restMs: number
  rung: number
  reopenAt: 'once' | 'later'
  heardAtMs: number | null
  soundAtMs: number
  garbledSinceMs: number | null
  sense: number
  /** The last gaps between two bursts. */
  gapsMs: readonly number[]
  burstAtMs: number | null
  hunt: Hunt | null
  absentSinceMs: number | null
  lookAtMs: number
  isLooking: boolean
}

/** A line that was never opened. */
export const newLine = (rules: LineRules): LineKeeper => ({
  rules,
  phase: 'absent',
  open: 0,
  told: 'no_device',
  path: rules.path,
  baud: rules.baud,
  tunedTo: rules.baud,
  good: { baud: rules.baud, isProved: rules.isProved },
  dueMs: null,
  waitMs: rules.retryMs.first,
  restMs: rules.restMs.first,
  rung: 0,
  reopenAt: 'once',
  heardAtMs: null,
  soundAtMs: 0,
  garbledSinceMs: null,
  sense: 0,
  gapsMs: [],
  burstAtMs: null,
  hunt: null,
  absentSinceMs: null,
  lookAtMs: 0,
  isLooking: false,
})
