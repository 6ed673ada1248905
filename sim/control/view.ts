import type { AlarmView, DeviceView, UnitView } from '#protocols/api.ts'
import type { TerminalState } from '#protocols/terminal.ts'
import { offeredBy, UNIT_ACTIONS } from './actions.ts'
import type { ActionGroup } from './actions.ts'
import type { FeedEntry } from './feed.ts'
import type { ControlBook, UnitControls } from './knobs.ts'
import { queueTotal } from './watch.ts'

/** One line of the list of units. */
export type SimUnit = {
  readonly id: string
  readonly callSign: string
  readonly kind: UnitControls['kind']
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
  readonly diskHow: NonNullable<UnitControls['disk']>['how'] | null
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

export const unitsOf = (book: ControlBook): SimUnit[] =>
  book.all().map(([id, controls]) => unitOf(id, controls))

export function unitOf(id: string, controls: UnitControls): SimUnit {
  const view = controls.view()
  const power = controls.power?.read() ?? 'on'
  const cut = controls.link?.read() ?? 'up'
  return {
    id,
    callSign: controls.callSign,
    kind: controls.kind,
    power,
    cut,
    link: view?.link ?? null,
    gnss: view?.gnss ?? null,
    store: view?.store ?? null,
    queued: queueTotal(view),
    panic: view?.panic.active ?? false,
    meddled:
      power === 'off' ||
      cut !== 'up' ||
      (controls.receiver?.read() ?? 'on') !== 'on' ||
      (controls.panel?.read() ?? 'on') !== 'on' ||
      (controls.camera?.read() ?? 'normal') !== 'normal' ||
      controls.disk?.read() === 'full',
  }
}

export const offersOf = (controls: UnitControls): SimOffer[] =>
  offeredBy(controls).map(action => {
    const { bind, group, values } = UNIT_ACTIONS[action]!
    return { action, group, isSet: bind(controls)!.isSet(), switches: values !== undefined }
  })
