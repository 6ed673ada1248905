import { randomOf } from '../random.ts'
import type { Car } from './car.ts'
import type { LivingCity } from './city-run.ts'
import type { Fault } from './fault-plan.ts'
import type { Weather } from './wire.ts'

/* What faults are made of: crashes of cars and of the centre, weather, and whatever lasts. */

const HIDDEN_MS: readonly [number, number] = [120_000, 600_000]

/** Everything that still lasts is over. */
export function healAll(city: LivingCity): void {
  for (const heal of [...city.lasting]) heal()
}

/** Begins now and ends by itself. */
export function lasting(city: LivingCity, lastsMs: number, begin: () => () => void): void {
  const end = begin()
  const heal = (): void => {
    if (city.lasting.delete(heal)) end()
  }
  city.lasting.add(heal)
  city.world.after(lastsMs, heal)
}

/** The computer of a car ends in the middle of whatever it does, and comes back. */
export function crash(
  city: LivingCity,
  car: Car,
  how: 'kill' | 'cut',
  landed: boolean,
  backAfterMs: number,
): void {
  if (car.disk.inFlight > 0) city.crashesDuringWrite++
  car.end(how, landed)
  car.restart(backAfterMs)
}

/** So does that of the centre, unless it is off already; `backAfterMs` 0: as soon as its supervisor starts it. */
export function crashCentre(city: LivingCity, how: 'kill' | 'cut', landed: boolean, backAfterMs = 0): void {
  const { centre, ledger } = city
  if (!centre.isPowered) return
  if (ledger.inFlight > 0) city.crashesDuringWrite++
  centre.end(how, landed)
  if (backAfterMs === 0 || city.isHealed) return centre.restart()
  lasting(city, backAfterMs, () => () => {
    if (!centre.isPowered) centre.restart()
  })
}

/** Out of reach, now and then, after what befell its disk: then it finds out before anybody can tell it. */
export function hideAfter(city: LivingCity, fault: Fault, share: number): void {
  const random = randomOf(city.world.seed, `fault-${fault.id}`, 'hide')
  if (!random.chance(share)) return
  badWeather(city, { ...fault, lastsMs: random.integer(...HIDDEN_MS) }, ['cutUp', 'cutDown'])
}

/** Something is the matter with the way between a car and the centre. */
export function badWeather(
  city: LivingCity,
  fault: Fault,
  whats: readonly (keyof Weather)[],
  deviceId = fault.target,
): void {
  const road = city.wire.roadOf(deviceId)
  lasting(city, fault.lastsMs, () => {
    for (const what of whats) road.weather[what]++
    city.wire.weatherChanged(road)
    return () => {
      for (const what of whats) road.weather[what]--
      city.wire.weatherChanged(road)
    }
  })
}
