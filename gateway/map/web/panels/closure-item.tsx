import type { ClosureView } from '#protocols/closures.ts'
import { gatewayMs, nowMs } from '../state/clock.ts'
import type { Held } from '../state/clock.ts'
import { middleOf } from '../state/closures.ts'
import { flyTo, focus } from '../state/focus.ts'
import { closureWords, roadNames } from '../words/closure-words.ts'
import { ageWords } from '../words/words.ts'

/** One closure in a list: which road, what holds there, for how long yet. */
export function ClosureItem({ held }: { held: Held<ClosureView> }) {
  const { view } = held
  return (
    <li data-closure={view.id}>
      <button type="button" class="link" onClick={() => showClosure(view)}>
        <b>{roadNames(view.roads)}</b>
      </button>
      <span class="sub">
        {effectWords(view)} · {lastingWords(held)} · {view.reason}
      </span>
    </li>
  )
}

export function effectWords({ speedFactor }: ClosureView): string {
  const w = closureWords.value
  return speedFactor === 0 ? w.effects.closed : w.slowed(Math.round(speedFactor * 100))
}

export function lastingWords(held: Held<ClosureView>): string {
  const w = closureWords.value
  const { state, until } = held.view
  if (state !== 'in_force') return w.states[state]
  if (until === null) return w.untilEnded
  return w.remaining(ageWords(Date.parse(until) - gatewayMs(held, nowMs.value)))
}

export function showClosure(view: ClosureView): void {
  focus.value = { kind: 'closure', id: view.id }
  const middle = middleOf(view.lines)
  if (middle !== null) flyTo({ lon: middle[0], lat: middle[1] })
}
