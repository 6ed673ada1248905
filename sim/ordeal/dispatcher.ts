import type { IncidentView, OrderView } from '#protocols/api.ts'
import type { Command } from '#gateway/loop/effects.ts'
import type { Random } from '../random.ts'
import type { Centre } from './centre.ts'
import type { World } from './world.ts'

const DISPATCH_MS_MEAN = 1_500_000
const ACTUATE_MS_MEAN = 1_500_000
const SWEEP_MS = 45_000
const CANCEL_SHARE = 0.3
/** Soon as often as late: a cancel that overtakes its order is the one to be afraid of. */
const CANCEL_AFTER_MS: readonly [number, number] = [50, 240_000]

export type DispatcherEars = {
  /** The centre said yes to it: its row must stay. */
  promised(family: 'incident/' | 'order/', id: string): void
}

/** Somebody at the centre who gives orders to every car, takes some back, and acknowledges what alarms. */
export class Dispatcher {
  isOver = false
  readonly #world: World
  readonly #centre: Centre
  readonly #ears: DispatcherEars

  constructor(world: World, centre: Centre, ears: DispatcherEars) {
    this.#world = world
    this.#centre = centre
    this.#ears = ears
  }

  begin(unitIds: readonly string[]): void {
    for (const unitId of unitIds) {
      const random = this.#world.random(unitId, 'dispatcher')
      this.#often(random, DISPATCH_MS_MEAN, () => {
        const cancels = random.chance(CANCEL_SHARE)
        const [soonest, latest] = CANCEL_AFTER_MS
        const afterMs = Math.round(soonest * (latest / soonest) ** random.uniform())
        void this.dispatch(unitId, random, cancels ? afterMs : null)
      })
      this.#often(random, ACTUATE_MS_MEAN, () => this.actuate(unitId, random.chance(0.5)))
    }
    this.#sweep()
  }

  /** Switches the contact of a car. */
  actuate(unitId: string, on: boolean): void {
    const order = { kind: 'actuate', unitId, output: 'camera_trigger', on } as const
    void this.#command({ kind: 'order', order })
  }

  /** Sends a car somewhere, and calls it off again; null: does not. */
  async dispatch(unitId: string, random: Random, cancelAfterMs: number | null): Promise<void> {
    const place = {
      lat: 35.4 + random.uniform(-0.03, 0.03),
      lon: 116.6 + random.uniform(-0.03, 0.03),
      text: '',
    }
    const rest = { class: 'help', severity: 'normal', source: 'simulator', exercise: false } as const
    const incident = await this.#command<IncidentView>({
      kind: 'incident.create',
      incident: { place, ...rest },
    })
    if (incident === undefined) return
    this.#ears.promised('incident/', incident.id)
    const order = await this.#command<OrderView>({
      kind: 'order',
      order: { kind: 'dispatch', incidentId: incident.id, unitId },
    })
    if (order === undefined) return
    this.#ears.promised('order/', order.id)
    if (cancelAfterMs === null) return
    this.#world.after(cancelAfterMs, () => {
      const cancel = { kind: 'cancel', orderId: order.id, reason: 'another car is nearer' } as const
      if (!this.isOver) void this.#command({ kind: 'order', order: cancel })
    })
  }

  /** What somebody sees on the map and acknowledges. */
  #sweep(): void {
    this.#world.after(SWEEP_MS, () => {
      const { city, clock } = this.#centre
      for (const alarm of city?.alarms(clock.now()) ?? [])
        if (alarm.acknowledgedAt === null)
          void this.#command({ kind: 'alarm.acknowledge', alarmId: alarm.id })
      if (!this.isOver) this.#sweep()
    })
  }

  async #command<T>(command: Command): Promise<T | undefined> {
    const result = await this.#centre.command(command)
    return result?.ok ? (result.value as T) : undefined
  }

  #often(random: Random, meanMs: number, act: () => void): void {
    this.#world.after(Math.max(1, Math.round(random.exponential(meanMs))), () => {
      if (this.isOver) return
      act()
      this.#often(random, meanMs, act)
    })
  }
}
