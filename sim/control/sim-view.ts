import type { AlarmView, DeviceView, UnitView } from '#protocols/api.ts'
import type { TerminalState } from '#protocols/terminal.ts'

/*
 * What the simulator's page is told, once for every question:
 *
 *     GET  /v1/state?unit=ID     SimView
 *     GET  /v1/roads?unit=ID     RoadsAround
 *     POST /v1/do                { action, unit, value }
 */
export type ActionGroup = 'inputs' | 'link' | 'power' | 'receiver' | 'panel' | 'camera' | 'disk'

/** What was done, or what was seen to happen after it. */
export type FeedEntry = {
  readonly n: number
  readonly utcMs: number
  /** A unit's id, or `city`. */
  readonly unit: string
  readonly callSign: string
  readonly kind: 'did' | 'saw'
  /** An action's name, or what changed: `link`, `queue`, `gateway.link` … */
  readonly what: string
  readonly value: string
  readonly detail: Readonly<Record<string, number>>
}

/** One line of the list of units. */
export type SimUnit = {
  readonly id: string
  readonly callSign: string
  readonly kind: 'vehicle' | 'fleet' | 'station' | 'bench'
  readonly power: 'on' | 'off'
  readonly cut: 'up' | 'reset' | 'frozen'
  readonly link: TerminalState['link'] | null
  readonly gnss: TerminalState['gnss'] | null
  readonly store: TerminalState['store'] | null
  readonly queued: number
  readonly panic: boolean
  /** Anything that was turned away from ordinary. */
  readonly meddled: boolean
}

export type SimOffer = {
  readonly action: string
  readonly group: ActionGroup
  readonly isSet: boolean
  readonly switches: boolean
}

/** Everything about the unit a visitor looks at: the truth, its own screen, what the gateway believes. */
export type SimUnitDetail = SimUnit & {
  readonly deviceId: string
  readonly page: string
  readonly diskHow: 'outbox' | 'file-size-limit' | null
  readonly offers: readonly SimOffer[]
  readonly truth: {
    readonly lat: number
    readonly lon: number
    readonly speedMps: number
    readonly trackDeg: number
  } | null
  readonly view: TerminalState | null
  readonly believed: UnitView | null
  readonly device: DeviceView | null
  readonly alarms: readonly AlarmView[]
}

export type SimView = {
  readonly city: {
    readonly speed: number
    readonly gateway: 'on' | 'off'
    /** Whether it answered just now: a gateway that starts is on and not yet there. */
    readonly answers: boolean
    readonly map: string
    readonly operator: string
  }
  readonly units: readonly SimUnit[]
  readonly chosen: SimUnitDetail | null
  readonly feed: readonly FeedEntry[]
}

/** Roads near a place in metres from it, x east and y north, as flat pairs; larger roads are drawn wider. */
export type RoadsAround = {
  readonly origin: { readonly lat: number; readonly lon: number }
  readonly lines: readonly { readonly large: boolean; readonly points: readonly number[] }[]
}
