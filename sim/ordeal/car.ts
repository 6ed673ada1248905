import type { Outbox } from '#agent/outbox/outbox.ts'
import type { Bounds } from '#agent/outbox/shedding.ts'
import { startRuntime } from '#agent/runtime.ts'
import type { Runtime } from '#agent/runtime.ts'
import { TriggerConfig } from '#agent/bodycam/trigger-config.ts'
import { composeVehicle } from '#agent/vehicle.ts'
import { ADAPTIVE } from '#agent/vehicle/sampling.ts'
import type { Sampling } from '#agent/vehicle/sampling.ts'
import { BOOT_NOTE } from '#agent/vehicle/state.ts'
import type { Output } from '#protocols/equipment.ts'
import type { Logger } from '#protocols/log.ts'
import type { SimulatedDisk } from '../store/simulated-disk.ts'
import { openSimulatedOutbox } from '../store/simulated-outbox.ts'
import type { Random } from '../random.ts'
import { DeviceClock } from './device-clock.ts'
import type { DiskWeather } from './disk-weather.ts'
import type { CarLines } from './lines.ts'
import type { Wire } from './wire.ts'
import { minting } from './world.ts'
import type { World } from './world.ts'

/** A supervisor starts a process again after this long. */
const RESTART_MS = 3_000
/** Often enough for every bound that is counted in seconds. */
const TICK_MS = 6_000

const QUIET: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
/** Its cameras hang on nothing: so every switch of the contact is an order's. */
const NO_TRIGGER = TriggerConfig.parse({ sources: {} })

const ALWAYS = { errorM: 0, everyMs: 1, everyMsMin: 0, announcedMs: 20_000, movedM: 0, turnedDeg: 0 }
const EVERY_FIX: Sampling = { parked: ALWAYS, patrol: ALWAYS, incident: ALWAYS }

/** What the checker hears of a car, at the doors of its code. */
export type CarEars = {
  /** The store as the car's code is to see it. */
  watched(car: Car, outbox: Outbox, isAlive: () => boolean): Outbox
  minted(car: Car, hex: string, monoMs: number): void
  switched(car: Car, output: Output, on: boolean): void
  gone(car: Car): void
}

export type CarParts = {
  readonly world: World
  readonly wire: Wire
  readonly ears: CarEars
  readonly deviceId: string
  readonly disk: SimulatedDisk
  readonly bounds: Bounds
  readonly orderKey: { readonly keyId: string; readonly publicKeyPem: string }
  readonly diskWeather: DiskWeather
  /** Its lines, of a car that enters from bytes. */
  readonly lines?: CarLines
}

/**
 * A car: a disk that stays, and one run of the vehicle's code after another on it. The code is that of the real process; a
 * car without lines is told its fixes and inputs where the drivers would tell them.
 */
export class Car {
  readonly deviceId: string
  readonly disk: SimulatedDisk
  readonly diskWeather: DiskWeather
  readonly lines: CarLines | undefined
  /** Of the run now; of a car that is off, of the last one. */
  clock: DeviceClock
  runtime: Runtime | null = null
  /** The next boot finds no time. */
  hasBattery = true
  boots = 0
  readonly #parts: CarParts
  readonly #random: Random
  readonly #mint: (bytes: number) => string
  #run = 0

  constructor(parts: CarParts) {
    this.#parts = parts
    this.deviceId = parts.deviceId
    this.disk = parts.disk
    this.diskWeather = parts.diskWeather
    this.lines = parts.lines
    this.#random = parts.world.random(parts.deviceId, 'process')
    this.#mint = minting(parts.world.random(parts.deviceId, 'mint'))
    this.clock = new DeviceClock(parts.world)
  }

  get isOfBytes(): boolean {
    return this.lines !== undefined
  }

  get isOn(): boolean {
    return this.runtime !== null
  }

  /** Boots, and tries again for as long as its store does not open. */
  powerOn(): void {
    const run = ++this.#run
    const { world } = this.#parts
    this.clock = new DeviceClock(world)
    if (!this.hasBattery) this.clock.forget()
    this.disk.restart()
    void this.#boot(run, this.clock).catch(() => {
      if (run === this.#run) this.restart(RESTART_MS)
    })
  }

  /** The process is killed, or the power goes: nothing of this run happens any more. */
  end(how: 'kill' | 'cut', landed: boolean): void {
    if (landed) this.disk.landFlying()
    this.#run++
    this.clock.end()
    if (how === 'cut') this.disk.powerCut()
    this.disk.restart()
    this.#parts.wire.carGone(this.deviceId, how === 'kill' ? 'told' : 'silent')
    if (this.runtime !== null) this.#parts.ears.gone(this)
    this.runtime = null
    this.lines?.drop()
  }

  restart(afterMs: number): void {
    const run = this.#run
    this.#parts.world.after(afterMs, () => {
      if (run === this.#run) this.powerOn()
    })
  }

  async #boot(run: number, clock: DeviceClock): Promise<void> {
    const { world, wire, ears, deviceId, bounds, orderKey, lines } = this.#parts
    const isAlive = (): boolean => run === this.#run
    const bootId = this.#mint(8)
    const mintEpoch = (): string => this.#mint(8)
    const opened = await openSimulatedOutbox(this.disk, clock, { bootId, mintEpoch, bounds })
    if (!isAlive()) return
    const outbox = ears.watched(this, opened, isAlive)
    const bootCount = Number(outbox.notes().get(BOOT_NOTE) ?? 0) + 1
    await outbox.append([], [{ key: BOOT_NOTE, value: bootCount }])
    if (!isAlive()) return
    this.boots++
    const unitId = deviceId
    const parts = {
      ...{ clock, outbox, bootId, bootCount, log: QUIET },
      identity: { deviceId, unitId, callSign: deviceId, orderKey },
      dial: wire.dialOf(deviceId, isAlive),
      random: () => this.#random.uniform(),
      software: 'reach5/ordeal',
      mint: (bytes: number): string => {
        const hex = this.#mint(bytes)
        ears.minted(this, hex, clock.now().monoMs)
        return hex
      },
      tickMs: TICK_MS,
      trigger: NO_TRIGGER,
      // Fixes enter once in some seconds, or from a receiver that tells one a second.
      sampling: lines === undefined ? EVERY_FIX : ADAPTIVE,
    }
    const setOutput = (output: Output, on: boolean): void => {
      if (isAlive()) ears.switched(this, output, on)
    }
    this.runtime = lines
      ? composeVehicle({
          ...parts,
          openPort: lines.openPort,
          gnss: { path: 'gnss', baud: 38_400, isProved: true },
          panel: { path: 'panel', baud: 38_400, profile: lines.panelProfile },
        }).runtime
      : startRuntime({ ...parts, setOutput })
    if (!this.hasBattery) world.after(this.#random.integer(30_000, 300_000), () => clock.turn(0))
  }
}
