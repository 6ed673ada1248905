import { Icon } from '../look/icons.tsx'
import { agent } from '../state/car.ts'
import { holdEnd, holdStart, holding, letGo, panicWord } from '../state/panic.ts'
import type { PanicWord } from '../state/panic.ts'
import { ageWords, words } from '../words/words.ts'

/**
 * Always in the same corner, and never refused: while the car computer is away a hold is tried again until it answers.
 * Silent, and quiet once sent: whoever looks over a shoulder sees a word, not an alarm.
 */
export function PanicButton() {
  const w = words.value
  const word = panicWord.value
  const off = agent.value !== 'live'
  const sent = word.kind !== 'none' && word.kind !== 'failed'
  const key = (event: KeyboardEvent): boolean => event.key === ' ' || event.key === 'Enter'
  return (
    <button
      type="button"
      class="panic"
      data-do="panic"
      data-holding={holding.value}
      data-sent={sent}
      data-word={word.kind}
      data-off={off}
      onPointerDown={event => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        holdStart()
      }}
      onPointerUp={holdEnd}
      onPointerCancel={holdEnd}
      onContextMenu={event => event.preventDefault()}
      onKeyDown={event => {
        if (!key(event)) return
        event.preventDefault()
        event.stopPropagation()
        if (!event.repeat) holdStart()
      }}
      onKeyUp={event => {
        if (key(event)) holdEnd()
      }}
      onBlur={holdEnd}
    >
      <i class="panic-fill" />
      <span class="panic-face">
        {!sent && <Icon name="alarm" />}
        <span>
          <b>
            {w.panic}
            {'ageMs' in word && ` ${ageWords(word.ageMs)}`}
          </b>
          <small>{captionOf(word, off)}</small>
        </span>
      </span>
    </button>
  )
}

function captionOf(word: PanicWord, off: boolean): string {
  const w = words.value
  if (holding.value) return w.panicHolding
  if (word.kind === 'sending' || word.kind === 'failed') return w.panicWords[word.kind]
  if (off) return w.panicAway
  if (word.kind !== 'none') return w.panicWords[word.kind]
  return letGo.value ? w.panicLetGo : w.panicHold
}
