import type { Condition, OperatorView } from '#protocols/operator.ts'
import { chosen, choose } from '../state/desk.ts'
import { nextWords, whatWords, words } from '../words/words.ts'
import { Icon } from './icons.tsx'

/** The same thing wrong on more devices than this is told as one entry. */
const ALIKE_MAX = 3

type Entry = { readonly condition: Condition; readonly devices: readonly string[] }

/** Worst first; many devices with the same trouble are one entry with their names. */
function entriesOf(conditions: readonly Condition[]): Entry[] {
  const alike = new Map<string, Condition[]>()
  for (const condition of conditions) {
    const key = `${condition.severity} ${condition.code} ${condition.deviceId === null ? condition.about : ''}`
    alike.set(key, [...(alike.get(key) ?? []), condition])
  }
  return [...alike.values()].flatMap(group => {
    const ids = group.flatMap(c => c.deviceId ?? [])
    if (group.length > ALIKE_MAX) return [{ condition: group[0]!, devices: ids }]
    return group.map(condition => ({
      condition,
      devices: condition.deviceId === null ? [] : [condition.deviceId],
    }))
  })
}

/** Left of the page: everything that needs somebody, with what to do next. */
export function Conditions({ view }: { view: OperatorView }) {
  const w = words.value
  const entries = entriesOf(view.conditions)
  return (
    <section class="panel todo" aria-labelledby="todo-title">
      <header class="panel-head">
        <h2 id="todo-title">{w.attention}</h2>
        <ul class="badges num">
          {(['alarm', 'warn', 'note'] as const).map(severity => (
            <li key={severity} data-severity={severity} data-zero={view.totals.conditions[severity] === 0}>
              <Icon name={severity} title={w.severity[severity]} />
              {view.totals.conditions[severity]}
            </li>
          ))}
        </ul>
      </header>
      {entries.length === 0 ? (
        <div class="calm">
          <Icon name="check" />
          <b>{w.nothing}</b>
          <p class="sub">{w.nothingBody}</p>
        </div>
      ) : (
        <ul class="todo-list">
          {entries.map(entry => (
            <Entry
              key={`${entry.condition.code}${entry.devices[0] ?? ''}${entry.condition.about}`}
              entry={entry}
              view={view}
            />
          ))}
        </ul>
      )}
    </section>
  )
}

function Entry({ entry, view }: { entry: Entry; view: OperatorView }) {
  const w = words.value
  const { condition, devices } = entry
  const callSign = (id: string): string => view.devices.find(d => d.id === id)?.callSign ?? id
  return (
    <li class="todo-item" data-severity={condition.severity} data-code={condition.code}>
      <Icon name={condition.severity} title={w.severity[condition.severity]} />
      <div>
        <p class="todo-who">
          {devices.length === 0 ? (
            <b>{w.theGateway}</b>
          ) : (
            devices.slice(0, ALIKE_MAX).map(id => (
              <button
                key={id}
                type="button"
                class="who"
                title={w.onlyThis}
                aria-pressed={chosen.value === id}
                onClick={() => choose(id)}
              >
                {callSign(id)}
              </button>
            ))
          )}
          {devices.length > ALIKE_MAX && <span class="sub">{w.more(devices.length - ALIKE_MAX)}</span>}
        </p>
        <p class="todo-what">{whatWords(condition)}</p>
        <p class="todo-next">
          <Icon name="next" />
          {nextWords(condition)}
        </p>
      </div>
    </li>
  )
}
