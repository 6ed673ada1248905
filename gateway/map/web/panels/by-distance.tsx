import { distanceM } from '#protocols/geo/sphere.ts'
import { freshnessNow, lookOf } from '../look/unit-look.ts'
import { UnitMark } from '../look/unit-mark.tsx'
import { nowMs } from '../state/clock.ts'
import { unitsByCallSign } from '../state/picture.ts'
import { kilometreWords, words } from '../words/words.ts'

const SHOWN_MAX = 5

/**
 * Where no road leads, no time can be promised, and somebody must go all the same: free units by straight line, said so.
 * Enter sends nobody here; it takes a press on a name.
 */
export function ByDistance({
  place,
  sending,
  onSend,
}: {
  place: { readonly lat: number; readonly lon: number }
  sending: string | null
  onSend: (unitId: string) => void
}) {
  const w = words.value
  const free = unitsByCallSign.value
    .flatMap(held => {
      const { view } = held
      const isFree = lookOf(view) === 'available' && freshnessNow(held, nowMs.value) !== 'stale'
      return isFree && view.position ? [{ held, metres: distanceM(view.position, place) }] : []
    })
    .sort((a, b) => a.metres - b.metres)
    .slice(0, SHOWN_MAX)
  return (
    <>
      <h3>{w.byDistance}</h3>
      {free.length === 0 && <p class="empty">{w.none}</p>}
      <ol class="candidates">
        {free.map(({ held, metres }) => (
          <li class="candidate is-plain" key={held.view.id} data-unit={held.view.id}>
            <span class="candidate-name">
              <UnitMark look={lookOf(held.view)} />
              <b>{held.view.callSign}</b>
            </span>
            <span class="sub num">{kilometreWords(metres)}</span>
            <button
              type="button"
              class="button"
              disabled={sending !== null}
              onClick={() => onSend(held.view.id)}
            >
              {sending === held.view.id ? w.dispatching : w.dispatch}
            </button>
          </li>
        ))}
      </ol>
    </>
  )
}
