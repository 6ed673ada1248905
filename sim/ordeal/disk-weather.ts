import type { DiskFault, SimulatedDisk } from '../store/simulated-disk.ts'
import type { Random } from '../random.ts'
import type { World } from './world.ts'

const USUAL_MS: readonly [number, number] = [1, 9]
const SLOW_MS: readonly [number, number] = [100, 900]
const HUNG_MS: readonly [number, number] = [11_000, 25_000]

/** What is wrong with a disk now; each is how many faults ask for it. */
export type DiskWeather = {
  full: number
  readOnly: number
  slow: number
  hung: number
  /** What befalls the next steps, one each; null: nothing. */
  readonly next: (DiskFault | null)[]
}

type Arm = { skip: number; readonly act: () => void }
const ARMED = new WeakMap<SimulatedDisk, Arm[]>()

/** `act` happens while a step is under way: the next but `skip`. */
export function armNextWrite(disk: SimulatedDisk, skip: number, act: () => void): void {
  ARMED.set(disk, [...(ARMED.get(disk) ?? []), { skip, act }])
}

/** Gives a disk its time and its troubles. */
export function diskWeather(world: World, disk: SimulatedDisk, random: Random): DiskWeather {
  const weather: DiskWeather = { full: 0, readOnly: 0, slow: 0, hung: 0, next: [] }
  disk.pace = () => {
    const armed = ARMED.get(disk)
    const arm = armed?.[0]
    if (arm !== undefined && arm.skip-- === 0) {
      armed!.shift()
      // Within this very step.
      world.after(0, arm.act)
    }
    const range = weather.hung > 0 ? HUNG_MS : weather.slow > 0 ? SLOW_MS : USUAL_MS
    return world.pause(random.integer(...range))
  }
  disk.faultAt = () => {
    if (weather.full > 0) return 'enospc'
    if (weather.readOnly > 0) return 'eio'
    return weather.next.shift() ?? null
  }
  return weather
}
