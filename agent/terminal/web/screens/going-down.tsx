import { signal } from '@preact/signals'
import type { TerminalState } from '#protocols/terminal.ts'
import { Icon } from '../look/icons.tsx'
import { grown } from '../state/car.ts'
import { sendTap } from '../state/tap-http.ts'
import { ageWords, words } from '../words/words.ts'

/** A crew that waits with the engine off is told this long before the screen goes dark. */
const TOLD_BEFORE_MS = 5 * 60_000

const asking = signal(false)

async function stayOn(): Promise<void> {
  if (asking.value) return
  asking.value = true
  await sendTap({ kind: 'stay_on' })
  asking.value = false
}

/** Whether the computer is about to go down, so that it has the footer. */
export const isGoingDown = ({ power }: TerminalState): boolean =>
  power?.phase === 'shutting_down' || (power?.endsInMs ?? Infinity) < TOLD_BEFORE_MS

/** How long it stays on, and one key for a crew that is still there. A battery that is nearly empty has no such key. */
export function GoingDown({ view }: { readonly view: TerminalState }) {
  const w = words.value.goingDown
  const { phase, endsInMs = 0, endsWhy = 'off', batteryVolts = null } = view.power ?? {}
  const leftMs = Math.max(0, endsInMs - grown(0))
  const isNow = phase === 'shutting_down'
  return (
    <div class="gone" role="status" data-power={isNow ? 'now' : endsWhy}>
      <Icon name="battery" />
      <p>
        <b>{isNow ? w.now : w[endsWhy](ageWords(leftMs), batteryVolts)}</b>
        {endsWhy === 'battery' ? w.batteryBody : w.offBody}
      </p>
      {endsWhy === 'off' && (
        <button type="button" data-do="stay_on" disabled={asking.value} onClick={() => void stayOn()}>
          {w.stayOn}
        </button>
      )}
    </div>
  )
}
