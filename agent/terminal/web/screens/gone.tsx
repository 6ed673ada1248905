import { Icon } from '../look/icons.tsx'
import { outdated, said, silentMs } from '../state/car.ts'
import { ageWords, words } from '../words/words.ts'

/**
 * The car computer does not answer: one clear sentence where the buttons were, for there is nothing left to press. The
 * rest of the screen stays in its place, grey.
 */
export function Gone() {
  const w = words.value
  if (outdated.value)
    return (
      <div class="gone" role="alert">
        <Icon name="alarm" />
        <p>
          <b>{w.outdated}</b>
        </p>
        <button type="button" onClick={() => location.reload()}>
          {w.reload}
        </button>
      </div>
    )
  const never = said.value === null
  // It said that it goes down: dark is then what was meant.
  if (said.value?.view.power?.phase === 'shutting_down')
    return (
      <div class="gone" role="status" data-power="off">
        <Icon name="battery" />
        <p>
          <b>{w.goingDown.offNow}</b>
          {w.goingDown.offNowBody}
        </p>
      </div>
    )
  return (
    <div class="gone" role="alert">
      <Icon name="unlink" />
      <p>
        <b>{never ? w.goneNever : w.gone(ageWords(silentMs.value))}</b>
        {never ? w.goneNeverBody : w.goneBody}
      </p>
    </div>
  )
}
