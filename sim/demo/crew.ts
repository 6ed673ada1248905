import type { Tap, TapResult, TerminalOrder, TerminalState } from '#protocols/terminal.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { Clock } from '#protocols/time.ts'
import type { Random } from '../random.ts'

/** What a crew can do: press its terminal and steer its car. */
export type Hands = {
  readonly tap: (tap: Tap) => Promise<TapResult>
  readonly driveTo: (place: LatLon) => void
  readonly patrol: () => void
  /** Lightbar and, with it, the body-cam. */
  readonly lights: (on: boolean) => void
  /** The driver's door. */
  readonly door: (open: boolean) => void
}

/** Seconds a crew takes, each drawn evenly between two numbers. */
const PACE = { sign: [2, 4], roll: [1, 2], work: [25, 45], door: [4, 8], stand: [480, 720] } as const
/** Out, and the door shut behind. */
const DOOR_OPEN_MS = 4_000

/** `moving` to where the centre wants it to stand by, and `standing` there for a while. */
type Stage = 'patrolling' | 'reading' | 'driving' | 'working' | 'moving' | 'standing'

/**
 * A crew that follows its orders: reads, signs, drives, reaches, works, clears. Without `taps` it only drives, because a
 * visitor holds the terminal of that car.
 */
export class Crew {
  private stage: Stage = 'patrolling'
  private orderId: string | null = null
  /** The last move-up it followed. */
  private movedBy: string | null = null
  private cancelTimer = (): void => {}
  private cancelDoor = (): void => {}
  private readonly hands: Hands
  private readonly clock: Clock
  private readonly random: Random
  private readonly taps: boolean

  constructor(hands: Hands, clock: Clock, random: Random, options: { readonly taps: boolean }) {
    this.hands = hands
    this.clock = clock
    this.random = random
    this.taps = options.taps
  }

  /** What the terminal shows now. */
  see(view: TerminalState): void {
    const order = view.orders.find(o => !['cleared', 'refused', 'cancelled'].includes(o.step))
    if (!order) return this.withoutOrder(view.moveUp)
    if (order.orderId !== this.orderId) this.begin(order)
    if (this.stage === 'reading' && order.step !== 'received') this.roll(order)
    if (this.stage === 'driving' && order.step === 'on_scene') this.stage = 'working'
  }

  /** The car stands at the place. */
  arrived(): void {
    if (this.stage === 'moving') return this.standBy()
    if (this.stage !== 'driving' || this.orderId === null) return
    this.stage = 'working'
    this.getOut()
    const orderId = this.orderId
    if (!this.taps) return
    this.after(0.5, 1.5, () => this.press('on_scene', orderId))
  }

  stop(): void {
    this.cancelTimer()
    this.cancelDoor()
  }

  /** What the car takes for an arrival: somebody opens a door where it stands. */
  private getOut(): void {
    const [least, most] = PACE.door
    this.cancelDoor = this.clock.after(1000 * this.random.uniform(least, most), () => {
      this.hands.door(true)
      this.cancelDoor = this.clock.after(DOOR_OPEN_MS, () => this.hands.door(false))
    })
  }

  private begin(order: TerminalOrder): void {
    this.cancelTimer()
    this.orderId = order.orderId
    this.stage = 'reading'
    if (this.taps && order.step === 'received')
      this.after(...PACE.sign, () => this.press('sign', order.orderId))
  }

  private roll(order: TerminalOrder): void {
    this.stage = 'driving'
    if (order.step === 'on_scene') return void (this.stage = 'working')
    this.after(...PACE.roll, () => {
      this.hands.lights(true)
      this.hands.driveTo(order.place)
      if (this.taps) this.press('enroute', order.orderId)
    })
  }

  /** Goes where it is asked to stand by; a crew that stands there patrols again after a while. */
  private withoutOrder(moveUp: TerminalState['moveUp']): void {
    if (moveUp !== undefined && moveUp.orderId !== this.movedBy) {
      this.goPatrolling()
      this.movedBy = moveUp.orderId
      this.stage = 'moving'
      return this.hands.driveTo(moveUp.place)
    }
    if (this.stage !== 'moving' && this.stage !== 'standing') this.goPatrolling()
  }

  private standBy(): void {
    this.stage = 'standing'
    this.after(...PACE.stand, () => this.goPatrolling())
  }

  private goPatrolling(): void {
    if (this.stage === 'patrolling') return
    this.cancelTimer()
    this.stage = 'patrolling'
    this.orderId = null
    this.hands.lights(false)
    this.hands.patrol()
  }

  /** Presses again when the car could not store it: a crew does not shrug. */
  private press(kind: 'sign' | 'enroute' | 'on_scene' | 'clear', orderId: string): void {
    void this.hands.tap({ kind, orderId }).then(result => {
      if (this.orderId !== orderId) return
      // Who is already there has nothing more to say of setting out, and something else to press.
      if (kind === 'enroute' && this.stage !== 'driving') return
      if (!result.accepted && result.code !== 'STEP_BACKWARD' && result.code !== 'ORDER_UNKNOWN') {
        return this.after(1, 2, () => this.press(kind, orderId))
      }
      if (kind === 'on_scene') this.after(...PACE.work, () => this.press('clear', orderId))
    })
  }

  private after(least: number, most: number, run: () => void): void {
    this.cancelTimer()
    this.cancelTimer = this.clock.after(1000 * this.random.uniform(least, most), run)
  }
}
