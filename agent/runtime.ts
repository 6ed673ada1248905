import type { DeviceIdentity } from '#protocols/enrolment.ts'
import type { Channel, Output } from '#protocols/equipment.ts'
import type { Now } from '#protocols/time.ts'
import type { Tap, TapResult, TerminalState } from '#protocols/terminal.ts'
import type { Deed } from './bodycam/log-entry.ts'
import type { TriggerConfig } from './bodycam/trigger-config.ts'
import { startCarrier } from './uplink/carrier.ts'
import type { CarrierParts } from './uplink/carrier.ts'
import { step } from './vehicle/core.ts'
import type { VehicleEffect, VehicleEvent } from './vehicle/events.ts'
import { liveOf } from './vehicle/live.ts'
import { announcedMs } from './vehicle/reporting.ts'
import type { Sampling } from './vehicle/sampling.ts'
import { initialState } from './vehicle/state.ts'
import { terminalView } from './vehicle/terminal-view.ts'

const TICK_MS = 200

export type RuntimeParts = Omit<CarrierParts, 'identity' | 'announcedMs' | 'live' | 'onNews' | 'onLink'> & {
  readonly identity: Pick<DeviceIdentity, 'deviceId' | 'unitId' | 'callSign' | 'orderKey'>
  /** Switches an output of the panel; a car without one is handed a function that does nothing. */
  readonly setOutput: (output: Output, on: boolean) => void
  /** Cameras on the network; a car without one leaves it out. */
  readonly orderCamera?: (order: CameraOrder) => void
  /** Where the body-cam trigger writes down what it did. */
  readonly witness?: (deed: Deed, at: Now) => void
  /** What this car's inputs can tell; until they do it is unknown. */
  readonly channels?: readonly Channel[]
  /** How this car starts its cameras; as the factory does it when absent. */
  readonly trigger?: TriggerConfig
  /** Which fixes become records; adaptive when absent. */
  readonly sampling?: Sampling
  /** Starts in a row before this one that ended in a low voltage. */
  readonly brownouts?: number
  /** Hears every event before the core does: what watches over the car beside it. */
  readonly onHeard?: (event: VehicleEvent) => void
  /** Hex digits never seen before. */
  readonly mint: (bytes: number) => string
  /** How often it looks at what only time changes; a car in a simulated city of hours looks less often. */
  readonly tickMs?: number
}

export type CameraOrder = { readonly order: 'start' | 'mark'; readonly activationId: string }

export type Runtime = {
  /** Feeds one event of the car's hardware. */
  feed(event: VehicleEvent): void
  /** A crew's tap; resolves once the record behind it is stored. */
  tap(tap: Tap): Promise<TapResult>
  view(): TerminalState
  onView(listener: (view: TerminalState) => void): () => void
  /** Resolves when everything accepted so far is synced and, with a link, delivered; not bounded here. */
  flush(): Promise<void>
  stop(): Promise<void>
}

/**
 * The loop at the edge of a vehicle: it gives the core time, performs its effects and feeds the completions back; what is
 * stored is carried to the gateway. The same loop runs in the vehicle process and, for simulated units, in the simulator.
 */
export function startRuntime(parts: RuntimeParts): Runtime {
  const { identity, clock, log, outbox, tickMs = TICK_MS } = parts
  const state = initialState(
    { ...identity, bootId: parts.bootId, bootCount: parts.bootCount },
    outbox.notes(),
    parts,
  )
  const carrier = startCarrier({
    ...parts,
    announcedMs: () => announcedMs(state),
    live: (facts, now) => liveOf(state, facts, now),
    onNews: news => feed(news),
    onLink: () => {
      if (carrier.link().state === 'up') feed({ type: 'link.up' })
      publishView()
    },
  })
  const taps = new Map<string, (result: TapResult) => void>()
  const listeners = new Set<(view: TerminalState) => void>()
  let stopped = false
  let tapCount = 0

  const view = (): TerminalState => terminalView(state, carrier.facts(), carrier.link(), clock.now())

  function feed(event: VehicleEvent): void {
    if (stopped) return
    parts.onHeard?.(event)
    for (const effect of step(state, event, clock.now(), parts.mint)) perform(effect)
  }

  function perform(effect: VehicleEffect): void {
    switch (effect.type) {
      case 'append':
        void carrier
          .append(effect.drafts, effect.notes)
          .then(result => feed({ type: 'appended', ref: effect.ref, result }))
        return
      case 'unstored':
        carrier.unstored(effect)
        return
      case 'live':
        carrier.live()
        publishView()
        return
      case 'output':
        parts.setOutput(effect.output, effect.on)
        return
      case 'camera':
        parts.orderCamera?.(effect)
        return
      case 'witness':
        parts.witness?.(effect.deed, effect.at)
        return
      case 'wake':
        cancelWake()
        cancelWake = clock.after(Math.max(0, effect.atMonoMs - clock.now().monoMs), () =>
          feed({ type: 'tick' }),
        )
        return
      case 'tapped':
        taps.get(effect.tapRef)?.(effect.result)
        taps.delete(effect.tapRef)
        publishView()
        return
      case 'log':
        log[effect.level]({ event: effect.event, ...effect.detail })
        return
    }
  }

  let cancelWake = (): void => {}
  let cancelTick = (): void => {}
  function tick(): void {
    if (stopped) return
    const { monoMs } = clock.now()
    feed({ type: 'tick' })
    carrier.tick()
    if (monoMs - lastViewMonoMs >= 1_000) publishView()
    cancelTick = clock.after(tickMs, tick)
  }

  let lastViewMonoMs = -Infinity
  function publishView(): void {
    lastViewMonoMs = clock.now().monoMs
    if (listeners.size === 0) return
    const shown = view()
    for (const listener of listeners) listener(shown)
  }

  tick()
  feed({ type: 'boot', software: parts.software, store: outbox.health() })
  carrier.open()

  return {
    feed,
    tap: tap =>
      new Promise(resolve => {
        if (stopped) return resolve({ accepted: false, code: 'NOT_READY' })
        const tapRef = `t${++tapCount}`
        taps.set(tapRef, resolve)
        feed({ type: 'tap', tapRef, tap })
      }),
    view,
    onView: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    flush: async () => {
      await carrier.append([], [])
      while (!stopped && carrier.link().state === 'up' && waiting(carrier.facts().queue) > 0)
        await new Promise<void>(resolve => clock.after(tickMs, resolve))
    },
    stop: async () => {
      stopped = true
      cancelTick()
      cancelWake()
      await carrier.stop()
    },
  }
}

const waiting = (queue: Readonly<Record<string, number>>): number =>
  Object.values(queue).reduce((sum, records) => sum + records, 0)
