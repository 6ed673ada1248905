import type { Clock, ClockQuality, Now } from '#protocols/time.ts'
import type { World } from './world.ts'

/** A computer of the 1970s: no battery behind its clock. */
const NO_TIME_MS = 1_000

/**
 * The clocks of one run of one computer. The monotonic one begins at its boot and is never touched; the wall clock is as
 * wrong as `turn` makes it. When the run is over nothing it asked for happens any more.
 */
export class DeviceClock implements Clock {
  #offsetMs = 0
  #quality: ClockQuality = 'ntp'
  #isOver = false
  /** What it shows, made once a moment, and at which moment of the world; null when it was set. */
  #shown: Now | null = null
  #shownAt: Now | null = null
  readonly #world: World
  readonly #bootedMs: number

  constructor(world: World) {
    this.#world = world
    this.#bootedMs = world.nowMs
  }

  now(): Now {
    const truth = this.#world.clock.now()
    if (this.#shown === null || this.#shownAt !== truth) {
      this.#shownAt = truth
      this.#shown = {
        monoMs: truth.monoMs - this.#bootedMs,
        utcMs: Math.max(0, Math.round(truth.utcMs + this.#offsetMs)),
        quality: this.#quality,
      }
    }
    return this.#shown
  }

  after(ms: number, run: () => void): () => void {
    if (this.#isOver) return () => {}
    return this.#world.after(ms, () => {
      if (!this.#isOver) run()
    })
  }

  /** The wall clock is set, `offsetMs` from the truth. */
  turn(offsetMs: number, quality: ClockQuality = 'ntp'): void {
    this.#offsetMs = offsetMs
    this.#quality = quality
    this.#shown = null
  }

  /** As after a boot without a battery: 1970, and nobody believes it. */
  forget(): void {
    this.turn(NO_TIME_MS - this.#world.clock.now().utcMs, 'none')
  }

  get isOver(): boolean {
    return this.#isOver
  }

  end(): void {
    this.#isOver = true
  }
}
