import type { SimUnit } from '../../control/sim-view.ts'
import { choose, chosenId, search } from '../state/sim.ts'
import { words } from '../words/words.ts'

/** Every unit; those somebody meddled with, or that are in trouble, on top. */
export function UnitList({ units }: { units: readonly SimUnit[] }) {
  const w = words.value
  const wanted = search.value.trim().toLowerCase()
  const shown = units
    .filter(unit => `${unit.id} ${unit.callSign}`.toLowerCase().includes(wanted))
    .toSorted((a, b) => rank(a) - rank(b))
  return (
    <aside class="panel list" aria-label={w.units}>
      <header class="panel-head">
        <h2>{w.units}</h2>
        <input
          type="search"
          class="plain-input"
          placeholder={w.find}
          aria-label={w.find}
          value={search.value}
          onInput={event => (search.value = event.currentTarget.value)}
        />
      </header>
      <ul class="units">
        {shown.map(unit => (
          <li key={unit.id}>
            <button
              type="button"
              class="unit"
              data-unit={unit.id}
              aria-pressed={unit.id === chosenId.value}
              onClick={() => choose(unit.id)}
            >
              <b>{unit.callSign}</b>
              <span class="id">{unit.id}</span>
              <Marks unit={unit} />
            </button>
          </li>
        ))}
      </ul>
    </aside>
  )
}

const rank = (unit: SimUnit): number =>
  Number(unit.kind === 'fleet') * 2 - Number(unit.meddled || unit.panic) * 4 - Number(unit.queued > 5)

function Marks({ unit }: { unit: SimUnit }) {
  const w = words.value
  const marks: readonly (readonly [string, string])[] = [
    ...(unit.panic ? ([['bad', w.panic]] as const) : []),
    ...(unit.power === 'off' ? ([['bad', w.off]] as const) : []),
    ...(unit.cut === 'reset' ? ([['bad', w.cut]] as const) : []),
    ...(unit.cut === 'frozen' ? ([['bad', w.frozen]] as const) : []),
    ...(unit.queued > 5 ? ([['warn', w.queuedShort(unit.queued)]] as const) : []),
  ]
  return (
    <span class="marks">
      {marks.map(([kind, text]) => (
        <i key={text} data-kind={kind} class="num">
          {text}
        </i>
      ))}
      {marks.length === 0 && unit.kind !== 'fleet' && <i data-kind="plain">{w.kinds[unit.kind]}</i>}
    </span>
  )
}
