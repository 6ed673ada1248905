import type { TerminalState } from '#protocols/terminal.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { Clock } from '#protocols/time.ts'
import type { Beat } from '../traffic/beat.ts'
import { moverStep, openMover, poseOf } from '../traffic/mover.ts'
import type { Mover, MoverEvent } from '../traffic/mover.ts'
import type { StreetMap } from '../traffic/street-map.ts'
import type { Random } from '../random.ts'
import type { Truth } from '../receiver/receiver.ts'
import { Crew } from './crew.ts'
import type { Hands } from './crew.ts'

/** The receiver asks once a second where the car is; this is for cars whose receiver is silent. */
const DRIVE_EVERY_MS = 1_000

/** A car on the street with its crew: drives, arrives, and knows at every instant where it truly is. */
export class VehicleBody {
  private readonly clock: Clock
  private readonly pace: Clock
  private readonly mover: Mover
  private readonly crew: Crew
  private readonly parked: boolean
  private cancel = (): void => {}
  private stopped = false
  /** What the car does while its engine runs. */
  private wanted: MoverEvent = { type: 'patrol' }
  private engine = true

  constructor(
    parts: {
      readonly map: StreetMap
      readonly beat: Beat
      readonly clock: Clock
      /** Of driving and of the crew; may run faster than `clock`, which is the world's. */
      readonly pace?: Clock
      readonly random: Random
    },
    options: {
      readonly tap: Hands['tap']
      readonly lights: Hands['lights']
      readonly door: Hands['door']
      /** Presses its own terminal; a visitor's car does not. */
      readonly taps: boolean
      /** Never drives: its receiver plays a recording. */
      readonly parked: boolean
      readonly start?: LatLon
    },
  ) {
    this.clock = parts.clock
    this.pace = parts.pace ?? parts.clock
    this.parked = options.parked
    const { start } = options
    this.mover = openMover({ ...parts, nowMs: this.monoMs(), ...(start && { start }) })
    const hands: Hands = {
      tap: options.tap,
      driveTo: place => this.want({ type: 'drive', lat: place.lat, lon: place.lon }),
      patrol: () => this.want({ type: 'patrol' }),
      lights: options.lights,
      door: options.door,
    }
    this.crew = new Crew(hands, this.pace, parts.random, { taps: options.taps })
    if (!this.parked) this.feed({ type: 'patrol' })
    this.drive()
  }

  see(view: TerminalState): void {
    this.crew.see(view)
  }

  /** Without an engine it rolls to a stand; with it, it goes on with what it was sent for. */
  setEngine(on: boolean): void {
    if (on === this.engine) return
    this.engine = on
    this.feed(on ? this.wanted : { type: 'park' })
  }

  /** What a perfect receiver would say now. */
  truth(): Truth {
    this.feed({ type: 'tick' })
    const { lat, lon, speedMps, trackDeg } = poseOf(this.mover)
    return { lat, lon, speedMps, trackDeg, utcMs: this.clock.now().utcMs, fix: true }
  }

  stop(): void {
    this.stopped = true
    this.cancel()
    this.crew.stop()
  }

  private want(wanted: MoverEvent): void {
    this.wanted = wanted
    if (this.engine) this.feed(wanted)
  }

  private drive(): void {
    if (this.stopped) return
    this.feed({ type: 'tick' })
    this.cancel = this.clock.after(DRIVE_EVERY_MS, () => this.drive())
  }

  private feed(event: MoverEvent): void {
    if (this.parked && event.type !== 'tick') return
    for (const effect of moverStep(this.mover, event, this.monoMs())) {
      if (effect.type === 'arrived') this.crew.arrived()
    }
  }

  private monoMs(): number {
    return this.pace.now().monoMs
  }
}
