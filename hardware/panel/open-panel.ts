import type { Channel, ChannelValue, Output, PanelLife } from '#protocols/equipment.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Clock, Now } from '#protocols/time.ts'
import type { Port } from '../port.ts'
import { advancePanel } from './panel.ts'
import { initialPanel } from './panel-state.ts'
import type { PanelCounts, PanelEffect, PanelEvent } from './panel-state.ts'
import type { PanelProfile } from './profile.ts'

export type PanelListener = {
  onInput(channel: Channel, value: ChannelValue, now: Now): void
  onState(state: PanelLife, now: Now): void
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

const WRITE_TIMEOUT_MS = 200

/** Performs what the driver core decides: bytes on the port, one timer on the clock. */
export function openPanel(port: Port, clock: Clock, profile: PanelProfile, listener: PanelListener): Panel {
  const state = initialPanel(profile, clock.now().monoMs)
  const waiting = new Map<number, (result: Result<void>) => void>()
  const queue: PanelEvent[] = []
  let busy = false
  let closed = false
  let tickets = 0
  let generation = port.generation
  let cancelWake = (): void => {}

  /** A listener may switch an output in the middle of a batch of effects; its event waits for its turn. */
  const feed = (event: PanelEvent): void => {
    queue.push(event)
    if (busy) return
    busy = true
    for (let next = queue.shift(); next !== undefined && !closed; next = queue.shift())
      for (const effect of advancePanel(state, next, clock.now().monoMs, profile)) perform(effect)
    busy = false
  }

  const perform = (effect: PanelEffect): void => {
    switch (effect.type) {
      case 'send':
        generation = port.generation
        void port.write(effect.bytes, WRITE_TIMEOUT_MS).then(result => {
          if (!result.ok) feed({ type: 'unsent', turn: effect.turn, absent: result.code === 'PORT_ABSENT' })
        })
        return
      case 'wake':
        cancelWake()
        cancelWake = clock.after(effect.atMs - clock.now().monoMs, () => feed({ type: 'tick' }))
        return
      case 'input':
        return listener.onInput(effect.channel, effect.value, clock.now())
      case 'state':
        return listener.onState(effect.state, clock.now())
      case 'switched':
        waiting.get(effect.ticket)?.(OUTCOMES[effect.outcome])
        waiting.delete(effect.ticket)
    }
  }

  port.onBytes(bytes => {
    // A line opened since the question was sent cannot answer it.
    if (!closed && port.generation === generation) feed({ type: 'bytes', bytes })
  })
  feed({ type: 'tick' })

  return {
    counts: state.counts,
    setOutput: (output, on) =>
      new Promise(resolve => {
        if (closed) return resolve(OUTCOMES.superseded)
        tickets += 1
        waiting.set(tickets, resolve)
        feed({ type: 'switch', output, on, ticket: tickets })
      }),
    close: () => {
      closed = true
      cancelWake()
      for (const resolve of waiting.values()) resolve(OUTCOMES.superseded)
      waiting.clear()
    },
  }
}

const OUTCOMES = {
  done: ok(undefined),
  late: fault('PANEL_OUTPUT', 'the module did not confirm the output in time'),
  superseded: fault('PANEL_SUPERSEDED', 'a newer wish for the same output came, or the panel was closed'),
} as const
