import { useEffect, useRef } from 'preact/hooks'
import { idle, touch, wipe } from '../state/wipe.ts'
import { words } from '../words/words.ts'

/** Asked before anything is erased; any touch counts as an answer. */
export function IdleWarning() {
  const now = idle.value
  const w = words.value.idle
  const more = useRef<HTMLButtonElement>(null)
  useEffect(() => more.current?.focus(), [now.phase])
  if (now.phase !== 'warning') return null
  return (
    <div class="veil" onClick={touch}>
      <div
        class="asks"
        role="alertdialog"
        aria-modal="true"
        aria-labelledby="idle-title"
        aria-describedby="idle-hint"
      >
        <h2 id="idle-title">{w.title}</h2>
        <p id="idle-hint" class="left">
          {w.hint(now.leftSeconds)}
        </p>
        <button ref={more} type="button" class="go" data-do="more">
          {w.more}
        </button>
        <button type="button" class="choice is-centred" data-do="end" onClick={wipe}>
          <b>{w.end}</b>
        </button>
      </div>
    </div>
  )
}
