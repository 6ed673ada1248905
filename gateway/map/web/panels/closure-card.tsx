import { useSignal } from '@preact/signals'
import { useLayoutEffect } from 'preact/hooks'
import type { ClosureView } from '#protocols/closures.ts'
import { Icon } from '../look/icons.tsx'
import type { Held } from '../state/clock.ts'
import { endClosure } from '../state/gateway-http.ts'
import { primary } from '../state/keyboard.ts'
import { gatewayTimeMs, takeClosure } from '../state/picture.ts'
import { closureWords, roadNames } from '../words/closure-words.ts'
import { dateWords, kilometreWords, refusalWords, timeWords } from '../words/words.ts'
import { Card, Refusal } from './card.tsx'
import { effectWords, lastingWords } from './closure-item.tsx'

/** Who closed a road, why and until when; and how to open it again. */
export function ClosureCard({ held }: { held: Held<ClosureView> }) {
  const w = closureWords.value
  const { view } = held
  const busy = useSignal(false)
  const refused = useSignal<string | null>(null)
  const end = async (): Promise<void> => {
    if (busy.value) return
    busy.value = true
    const ended = await endClosure(view.id)
    busy.value = false
    if (!ended.ok) return void (refused.value = w.codes[ended.code] ?? refusalWords(ended))
    takeClosure(ended.value)
  }
  useLayoutEffect(() => {
    primary.value = view.state === 'ended' ? null : () => void end()
    return () => {
      primary.value = null
    }
  })
  return (
    <Card
      label={roadNames(view.roads)}
      head={
        <>
          <div class="unit-title">
            <h2>{roadNames(view.roads)}</h2>
            <span class="tag" data-closure-state={view.state}>
              {w.states[view.state]}
            </span>
          </div>
          <p class="sub">
            {effectWords(view)}
            {view.oneWay && ` · ${w.oneWay}`} · {w.length(kilometreWords(view.lengthM))}
          </p>
        </>
      }
      foot={
        view.state === 'ended' ? undefined : (
          <>
            <Refusal text={refused.value} />
            <button
              type="button"
              class="button is-primary is-wide"
              disabled={busy.value}
              onClick={() => void end()}
            >
              {busy.value ? w.ending : w.end}
              <kbd>⏎</kbd>
            </button>
          </>
        )
      }
    >
      <dl class="facts">
        <Fact term={w.why} text={view.reason} />
        <Fact term={w.by} text={view.createdBy} />
        <Fact term={w.since} text={momentWords(view.from)} />
        {view.state === 'ended' ? (
          <Fact
            term={w.overAt}
            text={`${view.endedAt === null ? '' : momentWords(view.endedAt)} · ${view.endedBy ?? w.byClock}`}
          />
        ) : (
          <Fact
            term={w.until}
            text={view.until === null ? w.untilEnded : `${momentWords(view.until)} · ${lastingWords(held)}`}
          />
        )}
      </dl>
      {view.lost > 0 && (
        <p class="refusal">
          <Icon name="alarm" />
          {w.lost(view.lost)}
        </p>
      )}
    </Card>
  )
}

function Fact({ term, text }: { term: string; text: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{text}</dd>
    </div>
  )
}

/** `08:13`, with the day when it is another. */
function momentWords(at: string): string {
  const time = timeWords(at).slice(0, 5)
  const day = dateWords(Date.parse(at))
  return day === dateWords(gatewayTimeMs.value ?? Date.now()) ? time : `${day} ${time}`
}
