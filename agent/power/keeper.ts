import type { Logger } from '#protocols/log.ts'
import type { Clock } from '#protocols/time.ts'
import type { Runtime } from '../runtime.ts'
import type { VehicleEvent } from '../vehicle/events.ts'
import type { PowerConfig } from './power-config.ts'
import type { Begun } from './cold-start.ts'
import type { LastEndKeeper } from './last-end-file.ts'
import { advancePower, endOf, initialPower } from './power.ts'
import type { PowerEffect, PowerEvent, ShutdownStep } from './power.ts'

export type PowerParts = {
  readonly config: PowerConfig
  /** A meter of its own; without one the volts are those of the car's bus. The returned function lets go of it. */
  readonly onBattery?: (listener: (volts: number | null) => void) => () => void
  /** How this start began, and where its end is kept for the next; absent: nothing was waited for, nothing is kept. */
  readonly begun?: Begun
  readonly lastEnd?: LastEndKeeper
  /** Everything is closed: take the power away, or start the process anew. */
  readonly onEnd: (how: 'off' | 'restart') => void
}

export type PowerKeeper = { hear(event: VehicleEvent): void; close(): void }

const TICK_MS = 250
/** A live slot on its way out over a link that works. */
const GOODBYE_MS = 400
/** A countdown that moved by less is the same. */
const ENDS_DIFFER_MS = 500
/** A start that lives for this long ends a row of brown-outs. */
const SETTLED_MS = 60_000

/** The edge of `power.ts`: it hears ignition and volts, carries out the steps of the end and tells when each is done. */
export function openPowerKeeper(
  parts: PowerParts,
  runtime: Runtime,
  clock: Clock,
  log: Logger,
  closeDevices: () => Promise<void>,
): PowerKeeper {
  let state = initialPower({ isLow: ['weak', 'waited'].includes(parts.begun?.why ?? '') })
  let closed = false
  let cancelTick = (): void => {}
  let toldEndMs: number | null = null

  const feed = (event: PowerEvent): void => {
    if (closed) return
    const next = advancePower(state, event, clock.now().monoMs, parts.config)
    state = next.state
    for (const effect of next.effects) perform(effect)
    const endMs = endOf(state, parts.config)?.atMs ?? null
    if (!closed && Math.abs((endMs ?? 0) - (toldEndMs ?? 0)) > ENDS_DIFFER_MS) tell()
  }

  const tell = (): void => {
    const due = endOf(state, parts.config)
    toldEndMs = due?.atMs ?? null
    runtime.feed({ type: 'power', phase: state.phase, due })
  }

  const perform = (effect: PowerEffect): void => {
    switch (effect.type) {
      case 'phase':
        log.info({ event: 'power.phase', phase: effect.phase, volts: state.volts, ignition: state.ignition })
        tell()
        return
      case 'step':
        void carryOut(effect.step)
          .catch((error: unknown) =>
            log.warn({ event: 'power.step', step: effect.step, detail: String(error) }),
          )
          .then(() => feed({ type: 'done', step: effect.step }))
        return
      case 'overdue':
        log.warn({ event: 'power.overdue', step: effect.step })
        return
      case 'resume':
        log.info({ event: 'power.resumed' })
        return
      case 'end':
        closed = true
        cancelTick()
        cancelSettled()
        letGo()
        parts.onEnd(effect.how)
        return
    }
  }

  async function carryOut(step: ShutdownStep): Promise<void> {
    switch (step) {
      case 'stop_sampling':
        return // the phase itself stops it
      case 'flush':
        return runtime.flush()
      case 'goodbye':
        tell()
        return new Promise(resolve => clock.after(GOODBYE_MS, resolve))
      case 'close':
        return closeDevices()
    }
  }

  const tick = (): void => {
    const { panic, orders } = runtime.view()
    const open = orders.some(({ step }) => !['cleared', 'refused', 'cancelled'].includes(step))
    feed({ type: 'busy', busy: panic.active || open })
    feed({ type: 'tick' })
    if (!closed) cancelTick = clock.after(TICK_MS, tick)
  }
  const heardVolts = (volts: number | null): void => {
    parts.lastEnd?.hear(volts)
    feed({ type: 'volts', volts })
  }
  const heardMeter = (volts: number | null): void => {
    if (volts === null) log.warn({ event: 'power.meter_silent', meter: parts.config.meter?.path ?? '' })
    runtime.feed({ type: 'gauge', gauge: 'batteryVolts', value: volts })
  }
  const letGo = parts.onBattery?.(heardMeter) ?? (() => {})
  const cancelSettled = clock.after(SETTLED_MS, () => parts.lastEnd?.settled())
  tell()
  tick()

  return {
    hear: event => {
      if (event.type === 'input' && event.channel === 'ignition')
        feed({ type: 'ignition', value: event.value })
      if (event.type === 'tap') feed({ type: 'presence' })
      if (event.type === 'gauge' && event.gauge === 'batteryVolts') heardVolts(event.value)
    },
    close: () => {
      closed = true
      cancelTick()
      cancelSettled()
      letGo()
    },
  }
}
