import { noteKey } from '#agent/outbox/keys.ts'
import type { Nonces } from '#agent/vehicle/orders.ts'
import { NONCES_NOTE } from '#agent/vehicle/state.ts'
import { rowsOf } from '../store/simulated-disk.ts'
import type { SimulatedDisk } from '../store/simulated-disk.ts'
import type { Car } from './car.ts'
import type { LivingCity } from './city-run.ts'
import type { Fault } from './fault-plan.ts'
import { crash, hideAfter } from './troubles.ts'

const RESTART_MS = 3_000
const IMAGE_TRY_MS = 5_000
const IMAGE_TRIES_MAX = 60

/** A batch of the newest store no longer reads, and the computer starts again. */
export function rot(city: LivingCity, car: Car, chance: number, other: number): void {
  const [epoch, store] = [...car.disk.stores].at(-1) ?? []
  if (epoch !== undefined && store!.log.length > 0) {
    // The end of the log as often as anything before it: there lies what nobody else has.
    const last = store!.log.length - 1
    const at = other < 0.7 ? Math.max(0, last - Math.floor(chance * 4)) : Math.floor(chance * last)
    // With its notes goes what the car remembers of orders it carried out.
    forgetting(city, car, () => car.disk.rotBatch(epoch, at))
  }
  crash(city, car, 'kill', false, RESTART_MS)
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
