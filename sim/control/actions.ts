import { CHANNELS } from '#protocols/equipment.ts'
import type { Channel } from '#protocols/equipment.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { ActionGroup } from './sim-view.ts'
import type { CityControls, ControlBook, UnitControls } from './knobs.ts'

/*
 * Everything a visitor can do, as the page shows it and `reach5 sim do ACTION UNIT [VALUE]` takes it:
 *
 *     cut-link unit-02        lightbar unit-01 on        speed city 5        incident city 116.98,35.58
 *
 * An action turns one knob to one position, so what a unit offers follows from the knobs it registered.
 */
type UnitAction = {
  readonly group: ActionGroup
  readonly does: string
  /** The knob this action turns, undefined when the unit has none. */
  readonly bind: (
    unit: UnitControls,
  ) => { isSet(): boolean; run(value: string): Promise<Result<void>> } | undefined
  /** What may follow the unit; absent: nothing. */
  readonly values?: readonly string[]
}

const setting =
  <K extends 'link' | 'power' | 'ignition' | 'battery' | 'receiver' | 'panel' | 'camera' | 'disk'>(
    knob: K,
    to: ReturnType<NonNullable<UnitControls[K]>['read']>,
  ): UnitAction['bind'] =>
  unit => {
    const found = unit[knob] as
      { read(): unknown; turn(to: unknown): Result<void> | Promise<Result<void>> } | undefined
    return found && { isSet: () => found.read() === to, run: async () => found.turn(to) }
  }

const input = (channel: Channel): UnitAction => ({
  group: 'inputs',
  does: `closes or opens the contact of ${channel.replaceAll('_', ' ')}; without a value it changes over`,
  values: ['on', 'off'],
  bind: unit => {
    const contact = unit.contact?.(channel)
    return (
      contact && {
        isSet: contact.read,
        run: async value => contact.turn(value === '' ? !contact.read() : value === 'on'),
      }
    )
  },
})

/** A press of a button that springs back. */
const PRESS_MS = 600
const PRESS_MS_MAX = 12_000

export const UNIT_ACTIONS: Readonly<Record<string, UnitAction>> = {
  ...Object.fromEntries(
    CHANNELS.filter(
      channel => channel !== 'panic' && channel !== 'camera_recording' && channel !== 'crash',
    ).map(channel => [channel.replaceAll('_', '-'), input(channel)]),
  ),
  panic: {
    group: 'inputs',
    does: 'presses the panic button until the car has seen it',
    bind: unit => {
      const contact = unit.contact?.('panic')
      return contact && { isSet: contact.read, run: async () => contact.turn(true) }
    },
  },
  'cut-link': {
    group: 'link',
    does: 'ends its connection and refuses every new one',
    bind: setting('link', 'reset'),
  },
  'freeze-link': {
    group: 'link',
    does: 'leaves the connection open and lets nothing through, as a tunnel does',
    bind: setting('link', 'frozen'),
  },
  'restore-link': { group: 'link', does: 'lets bytes through again', bind: setting('link', 'up') },
  'power-cut': {
    group: 'power',
    does: 'takes its power away in the middle of whatever it does (kill -9 of a real process)',
    bind: setting('power', 'off'),
  },
  'power-on': {
    group: 'power',
    does: 'gives it power: it boots on the store it has',
    bind: setting('power', 'on'),
  },
  'ignition-off': {
    group: 'power',
    does: 'turns the key: the engine stops, the computer goes on alone and ends in order within a minute',
    bind: setting('ignition', 'off'),
  },
  'ignition-on': {
    group: 'power',
    does: 'turns it back: the computer has power, the starter turns, the car goes on',
    bind: setting('ignition', 'on'),
  },
  'weak-battery': {
    group: 'power',
    does: 'its battery is nearly empty and not charged: it saves power, and a start takes the computer down',
    bind: setting('battery', 'weak'),
  },
  'good-battery': { group: 'power', does: 'a full battery, charged', bind: setting('battery', 'good') },
  'block-antenna': {
    group: 'receiver',
    does: 'the receiver speaks and sees no sky',
    bind: setting('receiver', 'blocked'),
  },
  'cut-antenna': {
    group: 'receiver',
    does: 'the cable of the antenna is cut: the receiver sees no sky and says why',
    bind: setting('receiver', 'open'),
  },
  'short-antenna': {
    group: 'receiver',
    does: 'the cable of the antenna is crushed: no sky, and the receiver says why',
    bind: setting('receiver', 'short'),
  },
  'receiver-off': {
    group: 'receiver',
    does: 'the receiver says nothing',
    bind: setting('receiver', 'silent'),
  },
  'receiver-on': { group: 'receiver', does: 'the receiver works', bind: setting('receiver', 'on') },
  'panel-off': { group: 'panel', does: 'the input module has no power', bind: setting('panel', 'off') },
  'panel-on': { group: 'panel', does: 'the input module works', bind: setting('panel', 'on') },
  'camera-asleep': {
    group: 'camera',
    does: 'the body camera ignores its trigger',
    bind: setting('camera', 'asleep'),
  },
  'camera-nack': {
    group: 'camera',
    does: 'the body camera starts, finds its card full and stops',
    bind: setting('camera', 'nack'),
  },
  'camera-late': {
    group: 'camera',
    does: 'the body camera takes a second and a half to start',
    bind: setting('camera', 'late'),
  },
  'camera-lies': {
    group: 'camera',
    does: 'the body camera takes the order and does not record',
    bind: setting('camera', 'lies-started'),
  },
  'camera-on': {
    group: 'camera',
    does: 'the body camera follows its trigger',
    bind: setting('camera', 'normal'),
  },
  'fill-disk': { group: 'disk', does: 'every write of its store fails', bind: setting('disk', 'full') },
  'free-disk': { group: 'disk', does: 'there is room again', bind: setting('disk', 'ok') },
}

export const SPEEDS = [1, 2, 5, 10] as const

type CityAction = {
  readonly does: string
  readonly values?: string
  readonly run: (city: CityControls, value: string) => Promise<Result<string>> | Result<string>
}

export const CITY_ACTIONS: Readonly<Record<string, CityAction>> = {
  'stop-broker': {
    does: 'stops the gateway with its broker: no device and no page reaches it',
    run: async city => said(await city.gateway.turn('off'), 'the gateway is stopped'),
  },
  'start-broker': {
    does: 'starts it again, on the same ports and the same ledger',
    run: async city => said(await city.gateway.turn('on'), 'the gateway starts'),
  },
  'kill-broker': {
    does: 'kill -9: it comes back by itself within seconds',
    run: city => {
      city.killGateway()
      return ok('the gateway was killed and comes back by itself')
    },
  },
  speed: {
    does: 'hurries traffic, crews and incidents; agents and gateway keep real time',
    values: SPEEDS.join('|'),
    run: async (city, value) => {
      const factor = SPEEDS.find(speed => String(speed) === value)
      if (factor === undefined)
        return fault('SIM_VALUE', `speed: ${SPEEDS.join(', ')} (seen: ${JSON.stringify(value)})`)
      return said(await city.speed.turn(factor), `the city runs ${factor} times as fast`)
    },
  },
  incident: {
    does: 'something happens: at LON,LAT, or anywhere without a value',
    values: 'LON,LAT',
    run: (city, value) => {
      const place = placeOf(value)
      return place.ok ? city.incident(place.value) : place
    },
  },
}

const said = (result: Result<void>, words: string): Result<string> => (result.ok ? ok(words) : result)

function placeOf(value: string): Result<{ readonly lat: number; readonly lon: number } | null> {
  if (value === '') return ok(null)
  const match = /^(-?\d{1,3}(?:\.\d+)?),(-?\d{1,2}(?:\.\d+)?)$/.exec(value)
  const [lon, lat] = [Number(match?.[1]), Number(match?.[2])]
  if (!match || Math.abs(lon) > 180 || Math.abs(lat) > 90)
    return fault('SIM_VALUE', `incident: LON,LAT such as 116.98,35.58 (seen: ${JSON.stringify(value)})`)
  return ok({ lat, lon })
}

/** The word for everything that is not one unit. */
export const CITY = 'city'

/**
 * Does one thing. Faults name what exists: `SIM_ACTION_UNKNOWN`, `SIM_UNIT_UNKNOWN`, `SIM_ACTION_ABSENT`, `SIM_VALUE`.
 * `after` is how a button springs back.
 */
export async function act(
  parts: {
    readonly book: ControlBook
    readonly city: CityControls
    readonly after: (ms: number, run: () => void) => unknown
  },
  { action, unit, value = '' }: { readonly action: string; readonly unit: string; readonly value?: string },
): Promise<Result<string>> {
  const ofCity = own(CITY_ACTIONS, action)
  if (ofCity) {
    if (unit !== CITY)
      return fault('SIM_UNIT_UNKNOWN', `${action} is done to the ${CITY}: sim do ${action} ${CITY}`)
    return ofCity.run(parts.city, value)
  }
  const ofUnit = own(UNIT_ACTIONS, action)
  if (!ofUnit) return fault('SIM_ACTION_UNKNOWN', `${quoted(action)}; there are ${actionNames().join(', ')}`)
  const controls = parts.book.byId(unit)
  if (!controls) return fault('SIM_UNIT_UNKNOWN', `${quoted(unit)}; there are ${someOf(parts.book)}`)
  if (value !== '' && !ofUnit.values?.includes(value))
    return fault(
      'SIM_VALUE',
      `${action}: ${ofUnit.values?.join(' or ') ?? 'takes no value'} (seen: ${quoted(value)})`,
    )
  const bound = ofUnit.bind(controls)
  if (!bound)
    return fault('SIM_ACTION_ABSENT', `${unit} cannot ${action}; it can ${offeredBy(controls).join(', ')}`)
  const done = await bound.run(value)
  if (!done.ok) return done
  if (action === 'panic') letGoWhenSeen(parts, controls)
  return ok(`${unit}: ${action}${value === '' ? '' : ` ${value}`}`)
}

/** A frightened hand holds on until the screen answers; a machine too busy to look at its inputs would miss a short press. */
function letGoWhenSeen(
  { after }: { readonly after: (ms: number, run: () => void) => unknown },
  controls: UnitControls,
  heldMs = PRESS_MS,
): void {
  after(PRESS_MS, () => {
    if (controls.view()?.panic.active === true || heldMs >= PRESS_MS_MAX)
      return void controls.contact?.('panic').turn(false)
    letGoWhenSeen({ after }, controls, heldMs + PRESS_MS)
  })
}

export const actionNames = (): readonly string[] => [
  ...Object.keys(UNIT_ACTIONS),
  ...Object.keys(CITY_ACTIONS),
]

/** What this unit can do, in the order of the table. */
export const offeredBy = (controls: UnitControls): readonly string[] =>
  Object.keys(UNIT_ACTIONS).filter(name => UNIT_ACTIONS[name]!.bind(controls) !== undefined)

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

const quoted = (text: string): string => JSON.stringify(text.slice(0, 60))

function someOf(book: ControlBook): string {
  const ids = book.all().map(([id]) => id)
  return ids.length > 12 ? `${ids.slice(0, 10).join(', ')} … ${ids.at(-1)} (${ids.length})` : ids.join(', ')
}
