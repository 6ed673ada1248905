import { CHANNELS } from '#protocols/equipment.ts'
import type { Channel, ChannelValue } from '#protocols/equipment.ts'
import type { Fix } from '#protocols/fix.ts'
import type { Tap } from '#protocols/terminal.ts'
import type { Random } from '../random.ts'
import type { Car } from './car.ts'
import type { World } from './world.ts'

/**
 * Fixes come alone, a few at a time and in heaps, as when a computer was busy: 406 a vehicle-hour, of which the time a car is
 * off or blind leaves more than 360. So some are written alone and some in groups, and some travel alone and some in batches.
 */
const FIX_MS = 71_000
const FIXES = [1, 2, 4, 9, 24] as const
const FIXES_MEAN = 8
const FIX_APART_MS = 1
const EDGE_MS_MEAN = 150_000
const PANIC_MS_MEAN = 2_000_000
/** Long enough for a panel that is asked every other second. */
const PRESS_MS = 3_000
/** From receiving an order to each of the crew's taps on it. */
const TAPS: readonly (readonly [afterMs: number, kind: 'sign' | 'enroute' | 'on_scene' | 'clear'])[] = [
  [20_000, 'sign'],
  [45_000, 'enroute'],
  [260_000, 'on_scene'],
  [500_000, 'clear'],
]
/** What a crew switches; panic has its own rhythm, and nobody's camera speaks for itself. */
const SWITCHED: readonly Channel[] = CHANNELS.filter(c => !['panic', 'camera_recording', 'crash'].includes(c))
const CENTRE = { lat: 35.4, lon: 116.6 }
const METRE_DEG = 1e-5

export type CrewEars = {
  /** The receiver told a place; a page must not show it younger. */
  seen(car: Car, fix: Fix): void
}

/** The hands and the drive of one car: they go on whether its computer runs or not. */
export class Crew {
  readonly car: Car
  /** How many faults keep the receiver from telling anything. */
  blind = 0
  isOver = false
  readonly #world: World
  readonly #ears: CrewEars
  readonly #drive: Random
  readonly #contacts = new Map<Channel, ChannelValue>()
  #at: { lat: number; lon: number }
  #trackDeg = 0
  #speedMps = 8

  constructor(world: World, car: Car, ears: CrewEars) {
    this.#world = world
    this.car = car
    this.#ears = ears
    this.#drive = world.random(car.deviceId, 'drive')
    const offset = (): number => this.#drive.uniform(-0.03, 0.03)
    this.#at = { lat: CENTRE.lat + offset(), lon: CENTRE.lon + offset() }
  }

  /** Where the car is. */
  get truth() {
    const { lat, lon } = this.#at
    return { lat, lon, speedMps: this.#speedMps, trackDeg: this.#trackDeg }
  }

  begin(switchContact: (channel: Channel, on: boolean) => void): void {
    const { deviceId } = this.car
    const hands = this.#world.random(deviceId, 'hands')
    this.#every(
      this.#world.random(deviceId, 'fix').integer(0, FIX_MS),
      () => FIX_MS,
      () => this.#report(),
    )
    this.#every(
      hands.integer(0, EDGE_MS_MEAN),
      () => Math.round(hands.exponential(EDGE_MS_MEAN)),
      () => {
        const channel = hands.pick(SWITCHED)
        switchContact(channel, this.#turn(channel) === 'on')
      },
    )
    const fear = this.#world.random(deviceId, 'fear')
    const nextPanic = (): number => Math.round(fear.exponential(PANIC_MS_MEAN))
    this.#every(nextPanic(), nextPanic, () => this.#panic(fear.chance(0.5), switchContact))
  }

  /** A contact as it is wired to a car without lines. */
  tell(channel: Channel, on: boolean): void {
    this.car.runtime?.feed({ type: 'input', channel, value: on ? 'on' : 'off' })
  }

  /** The terminal shows an order: the crew works through it. */
  follow(orderId: string): void {
    for (const [afterMs, kind] of TAPS) this.#world.after(afterMs, () => this.#tap({ kind, orderId }))
  }

  #report(): void {
    const count = this.#drive.pick(FIXES)
    for (let n = 0; n < count; n++) this.#world.after(n * FIX_APART_MS, () => this.#move())
  }

  /** The receiver tells its place, of a car without lines. */
  #move(): void {
    const { car } = this
    this.#trackDeg = (this.#trackDeg + this.#drive.uniform(-40, 40) + 360) % 360
    this.#speedMps = this.#drive.chance(0.1) ? 0 : this.#drive.uniform(3, 15)
    const metres = (this.#speedMps * FIX_MS) / 1000 / FIXES_MEAN
    const turn = (this.#trackDeg * Math.PI) / 180
    // At least a hand's breadth, so that no place is told twice.
    this.#at = {
      lat: this.#at.lat + (metres * Math.cos(turn) + this.#drive.uniform(0.1, 1)) * METRE_DEG,
      lon: this.#at.lon + (metres * Math.sin(turn) + this.#drive.uniform(0.1, 1)) * METRE_DEG,
    }
    if (car.isOfBytes || this.blind > 0 || car.runtime === null) return
    const { lat, lon, speedMps, trackDeg } = this.truth
    const fix: Fix = { mode: 3, lat, lon, speedMps, trackDeg, hdop: 1, satsUsed: 11, satsSeen: 17 }
    this.#ears.seen(car, fix)
    car.runtime.feed({ type: 'fix', fix })
  }

  #turn(channel: Channel): ChannelValue {
    const value = this.#contacts.get(channel) === 'on' ? 'off' : 'on'
    this.#contacts.set(channel, value)
    return value
  }

  #panic(onScreen: boolean, switchContact: (channel: Channel, on: boolean) => void): void {
    if (onScreen && !this.car.isOfBytes) return this.#tap({ kind: 'panic' })
    switchContact('panic', true)
    this.#world.after(PRESS_MS, () => switchContact('panic', false))
  }

  #tap(tap: Tap): void {
    if (!this.isOver) void this.car.runtime?.tap(tap)
  }

  #every(firstMs: number, nextMs: () => number, act: () => void): void {
    this.#world.after(firstMs, () => {
      if (this.isOver) return
      act()
      this.#every(Math.max(1, nextMs()), nextMs, act)
    })
  }
}
