import { openVirtualClock } from '../clock/virtual-clock.ts'
import type { VirtualClock } from '../clock/virtual-clock.ts'
import { randomOf } from '../random.ts'
import type { Random } from '../random.ts'
import { settled } from './turns.ts'

/** Time, chance and the one list of events of a simulated city. Everything asynchronous in it ends in an event of this list. */
export class World {
  readonly clock: VirtualClock
  readonly seed: number
  /** Events that happened. */
  events = 0

  constructor(seed: number) {
    this.seed = seed
    this.clock = openVirtualClock()
  }

  /** Milliseconds since the beginning. */
  get nowMs(): number {
    return this.clock.now().monoMs
  }

  /** A stream of chance of its own for every use, so that leaving something out never shifts the draws of the rest. */
  random(entity: string, purpose: string): Random {
    return randomOf(this.seed, entity, purpose)
  }

  /**
   * Everything happens at a whole millisecond. With fractions a timer set for a moment can come a rounding error before it,
   * find nothing due, and be set again for no time at all, for ever.
   */
  after(ms: number, run: () => void): () => void {
    return this.clock.after(Math.ceil(ms), run)
  }

  /** Resolves in an event `ms` later. */
  pause(ms: number): Promise<void> {
    return new Promise(resolve => this.clock.after(ms, resolve))
  }

  /** Lets the city live until `untilMs`, or until `isOver` says so; it is asked once in `everyMs`. */
  async run(untilMs: number, isOver: () => boolean = () => false, everyMs = 5_000): Promise<void> {
    let over = false
    const look = (): void => {
      if (this.nowMs >= untilMs || isOver()) over = true
      else this.clock.after(Math.min(everyMs, untilMs - this.nowMs), look)
    }
    look()
    while (!over && this.clock.step()) {
      this.events++
      await settled()
    }
  }
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Hex digits out of a stream: what a device mints. */
export function minting(random: Random): (bytes: number) => string {
  return bytes => {
    let hex = ''
    for (let i = 0; i < bytes; i++) hex += HEX[random.integer(0, 255)]!
    return hex
  }
}
