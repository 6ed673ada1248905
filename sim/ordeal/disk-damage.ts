import { noteKey, recordKey } from '#agent/outbox/keys.ts'
import type { Nonces } from '#agent/vehicle/nonces.ts'
import { NONCES_NOTE } from '#agent/vehicle/state.ts'
import { LANES } from '#protocols/record.ts'
import { randomOf } from '../random.ts'
import type { Random } from '../random.ts'
import { rowsOf } from '../store/simulated-disk.ts'
import type { SimulatedDisk, SimulatedStore } from '../store/simulated-disk.ts'
import type { Car } from './car.ts'
import type { LivingCity } from './city-run.ts'
import { isWithout } from './checker/hole-watch.ts'
import { ROT_APART_MS } from './fault-plan.ts'
import type { Fault } from './fault-plan.ts'
import { badWeather, crash, crashCentre, hideAfter, lasting } from './troubles.ts'

const RESTART_MS = 3_000
const IMAGE_TRY_MS = 5_000
const IMAGE_TRIES_MAX = 60

/** Of all rots so many wait for a receipt of thinning that nobody has heard of. */
const AIMED_SHARE = 0.4
/** Of those so many hit another batch first, and the receipt once it was carried over. */
const CARRIED_SHARE = 0.6
/** Of the others so many aim at the moment in which the centre looks up what was carried over. */
const DOUBT_SHARE = 0.3
/** A car that was cut off dials again within a minute nearly always, and sends what it carried before anything else. */
const DOUBT_WITHIN_MS = 60_000
/** The shortest commit and the shortest read of a slow ledger are 300 ms: no such moment passes between two looks. */
const DOUBT_TRY_MS = 20
const AIM_TRY_MS = 2_000
const AIM_WITHIN_MS: readonly [number, number] = [900_000, 2_100_000]
/** A store is carried over by then, and nobody has heard of it. */
const AGAIN_AFTER_MS = 5_000

/** A batch of the newest store no longer reads, and the computer starts again. */
export function rot(city: LivingCity, fault: Fault, car: Car): void {
  const random = randomOf(city.world.seed, `fault-${fault.id}`, 'aim')
  if (random.chance(AIMED_SHARE)) return rotReceipt(city, fault, car, random)
  if (random.chance(DOUBT_SHARE)) return rotInDoubt(city, fault, car)
  hideAfter(city, fault, 0.4)
  rotSomewhere(city, car, fault.dice)
}

/**
 * Out of reach until a batch has rotted and it has written more behind what was carried over; and while the centre reads whether it
 * knows what was carried, both end, and the store rots once more: what was carried goes on under a third name.
 */
function rotInDoubt(city: LivingCity, fault: Fault, car: Car): void {
  const { world, wire, ledger } = city
  const road = wire.roadOf(car.deviceId)
  const againMs = ROT_APART_MS + AGAIN_AFTER_MS
  badWeather(city, { ...fault, lastsMs: againMs }, ['cutUp', 'cutDown'])
  rotSomewhere(city, car, fault.dice)
  world.after(againMs, () => {
    const { epoch } = newestStore(car.disk) ?? {}
    if (epoch === undefined || city.isHealed) return
    const { unruly } = road
    lasting(city, DOUBT_WITHIN_MS, () => {
      city.slowLedger++
      return () => void city.slowLedger--
    })
    const untilMs = world.nowMs + DOUBT_WITHIN_MS
    const aim = (): void => {
      const isOver = city.isHealed || world.nowMs >= untilMs || road.unruly > unruly
      if (isOver || newestStore(car.disk)?.epoch !== epoch) return
      const lanes = LANES.map(lane => `${car.deviceId}/${epoch}/${lane}`)
      if (!lanes.some(lane => isWithout(family => ledger.rowsOf(family), lane)))
        return void world.after(DOUBT_TRY_MS, aim)
      crashCentre(city, 'kill', false)
      rotSomewhere(city, car, fault.dice)
    }
    aim()
  })
}

/** One of the two marks no longer reads, and the computer starts again. */
export function rotMark(city: LivingCity, car: Car, chance: number): void {
  if (mayRot(city, car)) {
    ROTTED_MS.set(car.disk, city.world.nowMs)
    car.disk.rotSlot(chance < 0.5 ? 0 : 1)
  }
  crash(city, car, 'kill', false, RESTART_MS)
}

function rotSomewhere(city: LivingCity, car: Car, [chance, other]: Fault['dice']): void {
  const { log } = newestStore(car.disk)?.store ?? { log: [] }
  const last = log.length - 1
  // The end of the log as often as anything before it: there lies what nobody else has.
  rotAt(city, car, other < 0.7 ? Math.max(0, last - Math.floor(chance * 4)) : Math.floor(chance * last))
}

/**
 * Out of reach until its store has thinned: then the batch with the receipt rots, which is all that says so; or another one
 * rots, and the receipt as soon as it may after it was carried over.
 */
function rotReceipt(city: LivingCity, fault: Fault, car: Car, random: Random): void {
  const withinMs = random.integer(...AIM_WITHIN_MS)
  const isCarried = random.chance(CARRIED_SHARE)
  const hide = (lastsMs: number): void => badWeather(city, { ...fault, lastsMs }, ['cutUp', 'cutDown'])
  hide(withinMs)
  const untilMs = city.world.nowMs + withinMs
  const aim = (): void => {
    if (city.isHealed || city.world.nowMs >= untilMs) return
    const at = car.isOn && mayRot(city, car) ? receiptIn(car.disk, THINNED) : -1
    if (at < 0) return void city.world.after(AIM_TRY_MS, aim)
    const againMs = ROT_APART_MS + AGAIN_AFTER_MS
    hide(againMs + AGAIN_AFTER_MS)
    if (!isCarried) return rotAt(city, car, at)
    rotAt(city, car, at > 0 ? at - 1 : at + 1)
    city.world.after(againMs, () => {
      const again = city.isHealed ? -1 : receiptIn(car.disk, CARRIED)
      if (again >= 0) rotAt(city, car, again)
    })
  }
  aim()
}

/** Where the log of the newest store holds the last such receipt that was not freed; -1: nowhere. */
function receiptIn(disk: SimulatedDisk, isOne: RegExp): number {
  const { log } = newestStore(disk)?.store ?? { log: [] }
  const freed = new Set<string>()
  for (let at = log.length - 1; at >= 0; at--)
    for (const { key, value } of log[at]?.rows ?? []) {
      if (value === null) freed.add(key)
      else if (key.startsWith('r/') && !freed.has(key) && isOne.test(value)) return at
    }
  return -1
}

/** A gap record, and the reason in its body, which is JSON in JSON. */
const THINNED = /"kind":"gap".*\\"reason\\":\\"thinned\\"/

const CARRIED = new RegExp(`${THINNED.source}.*"origin":`)

/** Nothing rots twice within a few minutes, whoever chose the moment; the computer starts again all the same. */
function rotAt(city: LivingCity, car: Car, at: number): void {
  const { epoch, store } = newestStore(car.disk) ?? {}
  if (epoch !== undefined && at < store!.log.length && mayRot(city, car)) {
    ROTTED_MS.set(car.disk, city.world.nowMs)
    for (const { key, value } of store!.log[at]?.rows ?? [])
      if (value !== null && key.startsWith(ALARMS)) city.checker.alarmRotted(car.deviceId, value)
    // With its notes goes what the car remembers of orders it carried out.
    forgetting(city, car, () => car.disk.rotBatch(epoch, at))
  }
  crash(city, car, 'kill', false, RESTART_MS)
}

const ALARMS = recordKey('alarm', 0).replace(/\d+$/, '')
const ROTTED_MS = new WeakMap<SimulatedDisk, number>()
const mayRot = ({ world }: LivingCity, { disk }: Car): boolean =>
  world.nowMs - (ROTTED_MS.get(disk) ?? -ROT_APART_MS) >= ROT_APART_MS

function newestStore({ stores }: SimulatedDisk): { epoch: string; store: SimulatedStore } | undefined {
  const [epoch, store] = [...stores].at(-1) ?? []
  return epoch === undefined ? undefined : { epoch, store: store! }
}

/** An image of the disk is put back later, once everything accepted since has reached the ledger: more nobody can promise. */
export function restoreImage(city: LivingCity, fault: Fault, car: Car): void {
  const image = car.disk.image()
  const tryIt = (triesLeft: number): void => {
    if (city.isHealed || triesLeft === 0) return
    if (!car.isOn || !city.checker.records.isSettledOf(car.deviceId))
      return void city.world.after(IMAGE_TRY_MS, () => tryIt(triesLeft - 1))
    crash(city, car, 'cut', false, RESTART_MS)
    forgetting(city, car, () => car.disk.putBack(image))
    hideAfter(city, fault, 0.6)
  }
  city.world.after(fault.lastsMs, () => tryIt(IMAGE_TRIES_MAX))
}

/** What befalls the disk takes from the car's memory some orders, and no others: those that its notes knew and know no more. */
function forgetting(city: LivingCity, car: Car, befalls: () => void): void {
  const before = noncesOn(car.disk)
  befalls()
  const after = noncesOn(car.disk)
  city.checker.orders.memoryLost(
    car.deviceId,
    before.filter(nonce => !after.includes(nonce)),
  )
}

/** Of the orders that a car would remember were it started now. */
function noncesOn(disk: SimulatedDisk): readonly string[] {
  const store = [...disk.stores.values()].at(-1)
  const note = store && rowsOf(store.log).get(noteKey(NONCES_NOTE))
  return note === undefined ? [] : (JSON.parse(note) as Nonces).used.map(([nonce]) => nonce)
}
