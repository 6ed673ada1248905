import { createHash } from 'node:crypto'
import type { Channel } from '#protocols/equipment.ts'
import { SimulatedDisk } from '../store/simulated-disk.ts'
import { LedgerDisk } from '../store/simulated-ledger.ts'
import type { LedgerFault } from '../store/simulated-ledger.ts'
import { Car } from './car.ts'
import { Centre } from './centre.ts'
import { Checker } from './checker/checker.ts'
import { disagreements, judgeDisk, unanswered } from './checker/end-watch.ts'
import type { Violation } from './checker/findings.ts'
import { silentHoles } from './checker/hole-watch.ts'
import type { CarPlan, CityPlan } from './city-plan.ts'
import { Crew } from './crew.ts'
import { diskWeather } from './disk-weather.ts'
import { Dispatcher } from './dispatcher.ts'
import type { Fault, FaultKind } from './fault-plan.ts'
import { inflict } from './inflict.ts'
import { CarLines } from './lines.ts'
import { orderKeysOf } from './order-keys.ts'
import type { OrderKeys } from './order-keys.ts'
import { Pages } from './pages.ts'
import { healAll } from './troubles.ts'
import { Wire } from './wire.ts'
import { World } from './world.ts'

/** Every promise is kept this long after the last fault was healed. */
export const DRAIN_MS = 600_000
const LOOK_EVERY_MS = 20_000
const DISKS_EVERY_MS = 900_000
const FIRST_BOOT_WITHIN_MS = 2_000
const COMMIT_MS: readonly [number, number] = [2, 25]
const SLOW_COMMIT_MS: readonly [number, number] = [300, 3_000]
/** A read syncs nothing: up to half of what a commit takes, and never at once, or nothing could come between. */
const READ_MS: readonly [number, number] = [1, 12]

/** A city while it lives: what faults do things to. */
export type LivingCity = {
  readonly world: World
  readonly wire: Wire
  readonly centre: Centre
  readonly ledger: LedgerDisk
  readonly checker: Checker
  readonly keys: OrderKeys
  readonly crews: ReadonlyMap<string, Crew>
  /** Crashes while a write was under way. */
  crashesDuringWrite: number
  /** Ends of what still lasts. */
  readonly lasting: Set<() => void>
  isHealed: boolean
  isBackedUp: boolean
  slowLedger: number
  readonly ledgerNext: LedgerFault[]
  /** What happens while the next commit is under way, and how long that one takes at least. */
  readonly nextCommit: { readonly slowMs: number; happens(): void }[]
  readonly dispatcher: Dispatcher
  readonly pages: Pages
  readonly faultsByKind: Map<FaultKind, number>
}

export type CityReport = {
  readonly accepted: number
  readonly effective: number
  readonly receipted: number
  readonly alarms: number
  readonly orders: number
  readonly positions: number
  readonly edges: number
  readonly events: number
  readonly crashesDuringWrite: number
  readonly faultsByKind: Readonly<Record<string, number>>
  readonly counts: Readonly<Record<string, number>>
  readonly violations: readonly Violation[]
  readonly hash: string
}

/** Lives through one city, from its first boots to the end of everything that was on its way. */
export async function runCity(plan: CityPlan, faults: readonly Fault[]): Promise<CityReport> {
  const city = openCity(plan)
  const { world, crews, centre, dispatcher } = city
  centre.powerOn()
  for (const [deviceId, crew] of crews) {
    const offset = world.random(deviceId, 'first boot').integer(0, FIRST_BOOT_WITHIN_MS)
    world.after(offset, () => crew.car.powerOn())
    const { lines } = crew.car
    const wire = (channel: Channel, on: boolean): void =>
      lines === undefined ? crew.tell(channel, on) : lines.setContact(channel, on)
    crew.begin(wire)
  }
  dispatcher.begin([...crews.keys()])
  for (const fault of faults) world.after(fault.atMs, () => inflict(city, fault))
  watchPages(city)
  watchDisks(city, plan)

  await world.run(plan.hours * 3_600_000)
  city.isHealed = true
  healAll(city)
  dispatcher.isOver = true
  for (const crew of crews.values()) crew.isOver = true
  const untilMs = world.nowMs + DRAIN_MS
  await world.run(untilMs, () => isDrained(city))
  return close(city, world.nowMs >= untilMs)
}

/** Whether everything that was on its way has arrived, and both sides know it. */
function isDrained({ crews, checker, ledger }: LivingCity): boolean {
  const rows = (family: string): ReadonlyMap<string, unknown> => ledger.rowsOf(family)
  const cars = [...crews.values()].map(({ car }) => car)
  return (
    cars.every(car => car.isOn) &&
    unanswered(rows).length === 0 &&
    checker.records.isSettled() &&
    checker.alarms.isSettled(rows('alarm/').values()) &&
    checker.order.isComplete() &&
    disagreements(cars, rows, checker.orders).length === 0
  )
}

function openCity(plan: CityPlan): LivingCity {
  const world = new World(plan.seed)
  const checker = new Checker(world)
  const keys = orderKeysOf(world.random('centre', 'key'))
  const crews = new Map<string, Crew>()
  const wire = new Wire(world, {
    heard: (deviceId, channel, payload) => checker.heard(crews.get(deviceId)!.car, channel, payload),
    ordered: (deviceId, payload) => {
      const crew = crews.get(deviceId)!
      const order = checker.orders.heard(deviceId, payload, crew.car.clock.now().monoMs)
      if (order?.kind === 'dispatch') crew.follow(order.orderId)
    },
  })
  const ledger = new LedgerDisk('00000000000000ce', checker)
  const centre: Centre = new Centre({
    ...{ world, wire, ledger, keys },
    deviceIds: plan.cars.map(car => car.deviceId),
    ears: {
      told: event => checker.toldCity(event),
      signed: order => checker.signed(order),
      changed: changes => city.pages.changed(changes),
      gone: () => {
        checker.centreGone()
        city.pages.gone()
      },
    },
  })
  for (const car of plan.cars) crews.set(car.deviceId, openCar(car, { world, wire, checker, keys }))
  const city: LivingCity = {
    ...{ world, wire, centre, ledger, checker, keys, crews },
    ...{ crashesDuringWrite: 0, isHealed: false, isBackedUp: false, slowLedger: 0 },
    ...{ lasting: new Set(), ledgerNext: [], nextCommit: [], faultsByKind: new Map() },
    dispatcher: new Dispatcher(world, centre, { promised: (family, id) => checker.promised(family, id) }),
    pages: new Pages(centre, checker.findings),
  }
  const commits = world.random('centre', 'disk')
  ledger.pace = () => {
    const next = city.nextCommit.shift()
    const { slowMs = 0 } = next ?? {}
    if (next !== undefined) world.after(slowMs, () => next.happens())
    return world.pause(slowMs + commits.integer(...(city.slowLedger > 0 ? SLOW_COMMIT_MS : COMMIT_MS)))
  }
  const reads = world.random('centre', 'reads')
  ledger.readPace = () => world.pause(reads.integer(...(city.slowLedger > 0 ? SLOW_COMMIT_MS : READ_MS)))
  ledger.faultNext = () => city.ledgerNext.shift() ?? null
  return city
}

function openCar(
  { deviceId, bounds, isOfBytes }: CarPlan,
  { world, wire, checker, keys }: Pick<LivingCity, 'world' | 'wire' | 'checker' | 'keys'>,
): Crew {
  const disk = new SimulatedDisk()
  const weather = diskWeather(world, disk, world.random(deviceId, 'disk'))
  disk.onLanded = rows => checker.records.landed(deviceId, rows)
  const lines: CarLines | undefined = isOfBytes ? new CarLines(world, deviceId, () => crew.truth) : undefined
  const car = new Car({
    ...{ world, wire, ears: checker, deviceId, disk, bounds, orderKey: keys },
    diskWeather: weather,
    ...(lines && { lines }),
  })
  const crew: Crew = new Crew(world, car, {
    seen: (_car, { lat, lon }) => checker.ages.seen(deviceId, lat!, lon!),
  })
  return crew
}

/** Somebody looks at the map, and into the cars. */
function watchPages(city: LivingCity): void {
  const { world, centre, checker, crews } = city
  world.after(LOOK_EVERY_MS, () => {
    for (const view of centre.city?.units(centre.clock.now()) ?? []) checker.ages.shown(view)
    for (const { car } of crews.values())
      if (car.runtime !== null && checker.orders.hasCalledOff(car.deviceId))
        checker.orders.shown(car.deviceId, car.runtime.view().orders)
    watchPages(city)
  })
}

function watchDisks(city: LivingCity, plan: CityPlan): void {
  city.world.after(DISKS_EVERY_MS, () => {
    for (const { deviceId, bounds } of plan.cars)
      judgeDisk(city.checker.findings, deviceId, city.crews.get(deviceId)!.car.disk, bounds.bytesMax)
    watchDisks(city, plan)
  })
}

function close(city: LivingCity, isLate: boolean): CityReport {
  const { checker, ledger, world, crews } = city
  const { findings, records, orders } = checker
  if (isLate) findings.add('stuck', 'city', `not drained ${DRAIN_MS / 1000} s after everything was healed`)
  const rows = (family: string): ReadonlyMap<string, unknown> => ledger.rowsOf(family)
  for (const order of unanswered(rows)) findings.add('stuck', 'centre', `no receipt for ${order}`)
  const cars = [...crews.values()].map(({ car }) => car)
  for (const [deviceId, orderId] of disagreements(cars, rows, orders))
    findings.add('disagree', deviceId, orderId)
  for (const { deviceId, first, count } of silentHoles(rows))
    findings.add('hole', deviceId, `${first} and ${count - 1} more`, count)
  checker.order.close()
  const books = records.close()
  checker.alarms.close(ledger.rowsOf('alarm/').values())
  checker.closePromises(family => ledger.rowsOf(family))
  const kind = (name: string): number => records.kinds.get(name) ?? 0
  const counts = Object.fromEntries([...findings.counts].sort())
  const faultsByKind = Object.fromEntries([...city.faultsByKind].sort())
  const { crashesDuringWrite } = city
  const report = {
    ...books,
    alarms: kind('alarm lane'),
    orders: orders.nonces.size,
    positions: kind('position'),
    edges: kind('equipment.edge'),
    events: world.events,
    ...{ crashesDuringWrite, faultsByKind, counts },
    violations: findings.listed,
  }
  const hash = createHash('sha256').update(JSON.stringify(report)).update(records.digest())
  for (const { car } of crews.values()) hash.update(`${car.deviceId} ${car.boots} ${car.disk.steps}\n`)
  return { ...report, hash: hash.digest('hex') }
}
