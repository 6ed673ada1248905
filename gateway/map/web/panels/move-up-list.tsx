import { useSignal } from '@preact/signals'
import type { MoveUpView } from '#protocols/coverage.ts'
import { Icon } from '../look/icons.tsx'
import { coverage, coverageIsOld } from '../state/coverage.ts'
import { flyTo } from '../state/focus.ts'
import { acceptMoveUp, declineMoveUp } from '../state/gateway-http.ts'
import { useHotkey } from '../state/hotkeys.ts'
import { clockWords, kilometreWords, refusalWords, words } from '../words/words.ts'

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`

/** Who should stand where instead: the gain, the way, what is left behind; yes or no by a click or a key. */
export function MoveUpList() {
  const w = words.value
  const refused = useSignal<string | null>(null)
  const busy = useSignal<string | null>(null)
  const all = coverageIsOld.value ? [] : (coverage.value?.view.moveUps ?? [])
  const first = all.find(one => one.state === 'proposed')
  const decide = async (one: MoveUpView, how: typeof acceptMoveUp): Promise<void> => {
    if (busy.value !== null) return
    busy.value = one.id
    const answer = await how(one.id)
    busy.value = null
    refused.value = answer.ok ? null : refusalWords(answer)
  }
  useHotkey('y', first === undefined ? null : () => void decide(first, acceptMoveUp))
  useHotkey('x', first === undefined ? null : () => void decide(first, declineMoveUp))
  if (all.length === 0 && refused.value === null) return null
  return (
    <section aria-label={w.moveUps}>
      <h3 class="side-sub">{w.moveUps}</h3>
      {refused.value !== null && (
        <p class="refusal" role="status">
          {refused.value}
        </p>
      )}
      <ul class="warnings">
        {all.map(one => (
          <li key={one.id} class="move-up" data-move-up={one.id} data-state={one.state}>
            <button type="button" class="link" onClick={() => flyTo(one.place)} title={w.toMap}>
              <b>{one.callSign}</b>
              <span aria-hidden="true"> → </span>
              {one.text}
            </button>
            <p class="sub">
              <b class="num gain">+{percent(one.gainShare)}</b> {w.moveUpGain}
              {' · '}
              {w.moveUpDrive(clockWords(one.etaSeconds))}
            </p>
            <p class="sub">
              {one.leaves.roadM < 50
                ? w.leavesNothing
                : w.leaves(kilometreWords(one.leaves.roadM), percent(one.leaves.demandShare))}
            </p>
            {one.state === 'accepted' ? (
              <span class="tag">{w.moveUpAccepted}</span>
            ) : (
              <footer class="move-up-answer">
                <button
                  type="button"
                  class={one === first ? 'button is-primary' : 'button'}
                  disabled={busy.value !== null}
                  onClick={() => void decide(one, acceptMoveUp)}
                >
                  <Icon name="check" />
                  {w.accept}
                  {one === first && <kbd>Y</kbd>}
                </button>
                <button
                  type="button"
                  class="button is-quiet"
                  disabled={busy.value !== null}
                  onClick={() => void decide(one, declineMoveUp)}
                >
                  {w.decline}
                  {one === first && <kbd>X</kbd>}
                </button>
              </footer>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
