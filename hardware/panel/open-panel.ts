import type { Output } from '#protocols/equipment.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Clock, Now } from '#protocols/time.ts'
import type { InputListener } from '../inputs/input-source.ts'
import type { Port } from '../port.ts'
import { advanceBus, initialBus } from './bus.ts'
import type { BusEvent } from './bus.ts'
import type { PanelCounts, PanelEffect } from './panel-state.ts'
import type { PanelProfile } from './profile.ts'

export type PanelListener = InputListener & {
  /** The module's settings were read as they must be, or it refused them. */
  onSetup?(outcome: 'done' | 'refused', now: Now): void
}

export type Panel = {
  readonly counts: Readonly<PanelCounts>
  /**
   * Settles once the coil was read back as wanted, within a second; else a fault `PANEL_OUTPUT` (which is still being
   * tried, and tried again whenever the module forgets) or `PANEL_SUPERSEDED`.
   */
  setOutput(output: Output, on: boolean): Promise<Result<void>>
  /** Stops asking; the port is the caller's to close. */
  close(): void
}

export type FittedModule = { readonly profile: PanelProfile; readonly listener: PanelListener }

const WRITE_TIMEOUT_MS = 200
/** Before an answer is called late, the line has this long to hand over what came while the process was held. */
const LAST_CALL_MS = 2
/** A module of several that does not answer is asked again after this long at the latest. */
const SHARED_REST_MS_MAX = 5_000

/** One module with a line to itself. */
export const openPanel = (port: Port, clock: Clock, profile: PanelProfile, listener: PanelListener): Panel =>
  openPanels(port, clock, [{ profile, listener }])[0]!

/**
 * Modules on one line, each with an address of its own, in the order given. Performs what the driver core decides: bytes
 * on the port, one timer on the clock. Closing one closes all.
 */
export function openPanels(port: Port, clock: Clock, modules: readonly FittedModule[]): readonly Panel[] {
  const profiles = modules.map(({ profile }) =>
    modules.length === 1 ? profile : { ...profile, restMsMax: SHARED_REST_MS_MAX },
  )
  const state = initialBus(profiles, clock.now().monoMs)
  const waiting = new Map<number, (result: Result<void>) => void>()
  const queue: BusEvent[] = []
  let busy = false
  let closed = false
  let tickets = 0
  let generation = port.generation
  let cancelWake = (): void => {}

  /** A listener may switch an output in the middle of a batch of effects; its event waits for its turn. */
  const feed = (event: BusEvent): void => {
    queue.push(event)
    if (busy) return
    busy = true
    for (let next = queue.shift(); next !== undefined && !closed; next = queue.shift())
      for (const effect of advanceBus(state, next, clock.now().monoMs, profiles))
        if (effect.type === 'module') perform(effect.module, effect.effect)
        else wakeAt(effect.atMs)
    busy = false
  }

  const wakeAt = (atMs: number): void => {
    cancelWake()
    cancelWake = clock.after(atMs - clock.now().monoMs, lastCall)
  }

  /** Node runs timers that are due before it reads: an answer that lies there is heard after its time was over. */
  const lastCall = (): void => {
    const isDue = state.modules.some(
      ({ phase }) => phase.is === 'waiting' && clock.now().monoMs >= phase.untilMs,
    )
    if (!isDue) return feed({ type: 'tick' })
    cancelWake = clock.after(LAST_CALL_MS, () => feed({ type: 'tick' }))
  }

  const perform = (module: number, effect: PanelEffect): void => {
    const { listener } = modules[module]!
    switch (effect.type) {
      case 'send':
        return send(module, effect.bytes, effect.turn)
      case 'input':
        return listener.onInput(effect.channel, effect.value, clock.now())
      case 'state':
        return listener.onState(effect.state, clock.now())
      case 'setup':
        return listener.onSetup?.(effect.outcome, clock.now())
      case 'switched':
        waiting.get(effect.ticket)?.(OUTCOMES[effect.outcome])
        waiting.delete(effect.ticket)
    }
  }

  const send = (module: number, bytes: Uint8Array, turn: number): void => {
    generation = port.generation
    void port.write(bytes, WRITE_TIMEOUT_MS).then(result => {
      if (result.ok) return
      feed({
        type: 'module',
        module,
        event: { type: 'unsent', turn, absent: result.code === 'PORT_ABSENT' },
      })
    })
  }

  const close = (): void => {
    closed = true
    cancelWake()
    for (const resolve of waiting.values()) resolve(OUTCOMES.superseded)
    waiting.clear()
  }

  port.onBytes(bytes => {
    // A line opened since the question was sent cannot answer it.
    if (!closed && port.generation === generation) feed({ type: 'bytes', bytes })
  })
  feed({ type: 'tick' })

  return modules.map((_, module) => ({
    counts: state.modules[module]!.counts,
    setOutput: (output, on) =>
      new Promise(resolve => {
        if (closed) return resolve(OUTCOMES.superseded)
        tickets += 1
        waiting.set(tickets, resolve)
        feed({ type: 'module', module, event: { type: 'switch', output, on, ticket: tickets } })
      }),
    close,
  }))
}

const OUTCOMES = {
  done: ok(undefined),
  late: fault('PANEL_OUTPUT', 'the module did not confirm the output in time'),
  superseded: fault('PANEL_SUPERSEDED', 'a newer wish for the same output came, or the panel was closed'),
} as const
