import type { Fault } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import type { InputListener, InputSource } from '../inputs/input-source.ts'
import { advanceObd, initialObd } from './obd-inputs.ts'
import type { ObdEvent, ObdProfile } from './obd-inputs.ts'
import type { OpenObdLine } from './obd-line.ts'

/** The car's own bus as a source of inputs: asks in turn, publishes what is answered, forgets what is not told again. */
export function openObd(
  openLine: OpenObdLine,
  profile: ObdProfile,
  clock: Clock,
  listener: InputListener,
): InputSource {
  const state = initialObd(clock.now().monoMs)
  let why: Fault | undefined
  let cancel = (): void => {}
  let closed = false
  const queue: ObdEvent[] = []
  let ready = false

  const feed = (event: ObdEvent): void => {
    queue.push(event)
    if (!ready || closed) return
    ready = false
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      cancel()
      for (const effect of advanceObd(state, next, clock.now().monoMs, profile)) {
        if (effect.type === 'ask') line.ask(effect.pid)
        else if (effect.type === 'ignition') listener.onInput('ignition', effect.value, clock.now())
        else if (effect.type === 'gauge') listener.onGauge?.(effect.gauge, effect.value, clock.now())
        else if (effect.type === 'state')
          listener.onState(effect.state, clock.now(), effect.state === 'no_device' ? why : undefined)
        else cancel = clock.after(effect.atMs - clock.now().monoMs, () => feed({ type: 'tick' }))
      }
    }
    ready = true
  }

  const line = openLine(clock, {
    onReply: reply => feed({ type: 'reply', reply }),
    onVolts: volts => feed({ type: 'volts', volts }),
    onLine: (open, reason) => {
      // Said again only where it is news: `advanceObd` tells changes, and a first refusal is none.
      if (!open && reason !== undefined && reason.detail !== why?.detail && state.life === 'no_device')
        listener.onState('no_device', clock.now(), reason)
      why = reason
      feed({ type: 'line', open })
    },
  })
  ready = true
  feed({ type: 'tick' })
  return {
    close: () => {
      closed = true
      cancel()
      return line.close()
    },
  }
}
