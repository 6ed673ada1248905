import type { FeedEntry } from '../../control/sim-view.ts'
import { choose, chosenId } from '../state/sim.ts'
import { clockWords, valueWords, words } from '../words/words.ts'

/** What was done and what was seen to happen after it, newest on top. */
export function Feed({ entries }: { entries: readonly FeedEntry[] }) {
  const w = words.value
  return (
    <section class="panel feed" aria-label={w.feed}>
      <header class="panel-head">
        <h2>{w.feed}</h2>
      </header>
      {entries.length === 0 && <p class="empty">{w.feedEmpty}</p>}
      <div role="log" aria-label={w.feed} tabIndex={0} class="feed-log">
        <ul>
          {entries.map(entry => (
            <li key={entry.n} data-kind={entry.kind} data-what={entry.what} data-value={entry.value}>
              <time class="num">{clockWords(entry.utcMs)}</time>
              {entry.unit === 'city' ? (
                <span class="whom">{w.city}</span>
              ) : (
                <button
                  type="button"
                  class="whom"
                  aria-pressed={entry.unit === chosenId.value}
                  onClick={() => choose(entry.unit)}
                >
                  {entry.callSign}
                </button>
              )}
              <span class="said">{sayOf(entry)}</span>
            </li>
          ))}
        </ul>
      </div>
    </section>
  )
}

function sayOf({ kind, what, value, detail }: FeedEntry): string {
  const w = words.value
  if (kind === 'did') {
    const shown =
      /^-?\d/.test(value) && what !== 'speed' ? '' : what === 'speed' ? `×${value}` : valueWords(value)
    return `${w.you} · ${what.includes('-') && groupOf(what) ? `${groupOf(what)} ` : ''}${w.actions[what] ?? what} ${shown}`.trim()
  }
  if (what === 'queue')
    return `${w.saw['queue']} · ${value === 'drained' ? w.drained(detail['records'] ?? 0, detail['seconds'] ?? 0) : w.grew(detail['records'] ?? 0)}`
  return `${w.saw[what] ?? what} · ${valueWords(value)}`
}

/** `cut-link` alone says “cut”: the group says what. */
function groupOf(action: string): string {
  const { groups } = words.value
  if (action.endsWith('-link')) return groups.link
  if (/^power-|^ignition-|-battery$/.test(action)) return ''
  if (action.startsWith('receiver-') || action.endsWith('-antenna')) return groups.receiver
  if (action.startsWith('panel-')) return groups.panel
  if (action.startsWith('camera-')) return groups.camera
  return action.endsWith('-disk') ? groups.disk : ''
}
