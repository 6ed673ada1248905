import { openReceiver } from '#hardware/gnss/receiver.ts'
import { openReceiverLine } from '#hardware/gnss/receiver-line.ts'
import type { SignalSummary } from '#protocols/technician.ts'
import { GOOD_EPOCHS, LiveSignal } from './live-signal.ts'
import type { Visit } from './visit.ts'

/** A receiver with a view of the sky has a place long before. */
const SIGNAL_WITHIN_MS = 40_000

/** The step that listens to the receiver until its signal is good, or too long was not. */
export type SignalStep = {
  /** Begins anew with what is fitted now. The returned function closes the line. */
  open(): () => Promise<void>
  tick(): void
  summary(): SignalSummary | null
}

export function openSignalStep(visit: Visit): SignalStep {
  const { state, publish, parts } = visit
  const { clock } = parts
  let signal = new LiveSignal()
  let sinceMs = 0

  function listen({ path, baud }: NonNullable<Visit['fittings']['gnss']>): () => Promise<void> {
    const port = openReceiverLine(parts.openPort, { path, baud, isProved: true }, clock)
    port.onState(line => {
      if (line !== 'open')
        state.signal = { ...state.signal, gnss: line === 'no_device' ? 'no_device' : 'silent' }
      publish()
    })
    const receiver = openReceiver(port, clock, {
      onFix: (fix, now) => {
        signal.hear(fix, now)
        const wasDone = state.signal.state === 'passed' || state.signal.state === 'skipped'
        state.signal = {
          ...state.signal,
          gnss: fix.mode >= 2 ? 'fix' : 'no_fix',
          ...(signal.isGood() && !wasDone && { state: 'passed', fault: null }),
        }
        publish()
      },
    })
    return () => receiver.close()
  }

  return {
    open: () => {
      const { gnss } = visit.fittings
      signal = new LiveSignal()
      sinceMs = clock.now().monoMs
      state.signal = {
        ...{ state: gnss === null ? 'skipped' : 'running', gnss: 'no_device', reason: '', fault: null },
      }
      return gnss === null ? () => Promise.resolve() : listen(gnss)
    },
    tick: () => {
      if (state.signal.state !== 'running' || clock.now().monoMs - sinceMs <= SIGNAL_WITHIN_MS) return
      const code = signal.summary() === null ? 'PORT_SILENT' : 'NO_FIX'
      const detail = `${GOOD_EPOCHS} good epochs in a row did not come`
      state.signal = { ...state.signal, state: 'failed', fault: { code, detail } }
    },
    summary: () => signal.summary(),
  }
}
