import type { OpenPort } from '#hardware/port.ts'
import { factoryProfile } from '#hardware/panel/profile.ts'
import { CHANNELS } from '#protocols/equipment.ts'
import type { Channel } from '#protocols/equipment.ts'
import { damaged } from '../line/byte-faults.ts'
import { createMemoryLine } from '../line/memory-line.ts'
import { attachPanel } from '../panel/attach-panel.ts'
import type { SimPanel } from '../panel/attach-panel.ts'
import { PERSONALITIES } from '../receiver/personality.ts'
import { simulatedReceiver } from '../receiver/receiver.ts'
import type { Truth } from '../receiver/receiver.ts'
import type { World } from './world.ts'

const EPOCH_MS = 1_000
const WRITE_WITHIN_MS = 900
const NOISE_SHARE: readonly [number, number] = [0.005, 0.2]

/** Asked rarely: what is tried here is what becomes of a line, and not how fast it is read. */
const PANEL = factoryProfile(undefined, { pollMs: 2_000, replyMs: 150, replyMsMax: 600, gapMsMax: 6_000 })

export type LineTrouble = 'line noise' | 'line stalls' | 'line unplugged'

/** Receiver and panel of a car that enters from bytes, at the far ends of its two lines. */
export class CarLines {
  readonly panelProfile = PANEL
  readonly openPort: OpenPort
  readonly #gnss: ReturnType<typeof createMemoryLine>
  readonly #panel: ReturnType<typeof createMemoryLine>
  readonly #module: SimPanel
  #noise = 0
  #stalled = 0
  #unplugged = 0

  constructor(world: World, deviceId: string, truth: () => Omit<Truth, 'utcMs' | 'fix'>) {
    const random = world.random(deviceId, 'lines')
    const toAgent = (bytes: Uint8Array) => [
      { bytes: this.#noise > 0 ? damaged(bytes, this.#noise, random) : bytes, afterMs: 0 },
    ]
    this.#gnss = createMemoryLine(world.clock, { path: 'gnss', toAgent })
    this.#panel = createMemoryLine(world.clock, { path: 'panel', toAgent })
    this.openPort = (path, options) => (path === 'gnss' ? this.#gnss : this.#panel).open(path, options)
    this.#module = attachPanel(this.#panel.peer, world.clock)
    // Two sentences a second: what a sky is made of is tried elsewhere.
    const receiver = simulatedReceiver(PERSONALITIES['rtk-10hz'])
    const epoch = (): void => {
      const { utcMs } = world.clock.now()
      if (this.#stalled === 0)
        void this.#gnss.peer.write(receiver.epoch({ ...truth(), utcMs, fix: true }), WRITE_WITHIN_MS)
      world.after(EPOCH_MS, epoch)
    }
    world.after(random.integer(0, EPOCH_MS), epoch)
  }

  setContact(channel: Channel, on: boolean): void {
    this.#module.setContact(CHANNELS.indexOf(channel), on)
  }

  /** The process that held the lines is gone. */
  drop(): void {
    for (const line of [this.#gnss, this.#panel]) {
      line.unplug()
      if (this.#unplugged === 0) line.plug()
    }
  }

  /** Until the returned function is called. */
  worsen(trouble: LineTrouble, chance: number): () => void {
    switch (trouble) {
      case 'line noise': {
        this.#noise = NOISE_SHARE[0] + chance * (NOISE_SHARE[1] - NOISE_SHARE[0])
        return () => void (this.#noise = 0)
      }
      case 'line stalls':
        this.#stalled++
        this.#module.setPower(false)
        return () => {
          if (--this.#stalled === 0) this.#module.setPower(true)
        }
      case 'line unplugged':
        this.#unplugged++
        this.drop()
        return () => {
          if (--this.#unplugged > 0) return
          this.#gnss.plug()
          this.#panel.plug()
        }
    }
  }
}
