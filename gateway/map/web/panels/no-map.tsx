import { fixAgeMs, freshnessNow, lookOf } from '../look/unit-look.ts'
import { UnitMark } from '../look/unit-mark.tsx'
import { nowMs } from '../state/clock.ts'
import { gridNames, namedPlaces } from '../state/city-data.ts'
import { focus } from '../state/focus.ts'
import { unitsByCallSign } from '../state/picture.ts'
import { agoWords, words } from '../words/words.ts'

/** The place of the map on a desk that cannot draw one: the same facts as a list, and named places to choose from. */
export function NoMap() {
  const w = words.value
  return (
    <div class="no-map">
      <h2>{w.noWebgl}</h2>
      <p>{w.noWebglBody}</p>
      <h3>{w.places}</h3>
      <div class="chips">
        {namedPlaces.value.map(place => (
          <button
            type="button"
            class="button"
            key={`${place.name}${place.lat}`}
            onClick={() => (focus.value = { kind: 'place', lat: place.lat, lon: place.lon })}
          >
            {place.name}
          </button>
        ))}
      </div>
      <h3>{w.units}</h3>
      <table>
        <tbody>
          {unitsByCallSign.value.map(held => {
            const { view } = held
            const ageMs = fixAgeMs(held, nowMs.value)
            return (
              <tr key={view.id} data-fresh={freshnessNow(held, nowMs.value)}>
                <td>
                  <UnitMark look={lookOf(view)} stale={freshnessNow(held, nowMs.value) === 'stale'} />
                </td>
                <th scope="row">{view.callSign}</th>
                <td>{w.unitLooks[lookOf(view)]}</td>
                <td>{gridNames.value.get(view.gridId ?? '') ?? ''}</td>
                <td class="num">
                  {view.position === null
                    ? ''
                    : `${view.position.lat.toFixed(5)}, ${view.position.lon.toFixed(5)}`}
                </td>
                <td class="num">{ageMs === null ? w.noPosition : agoWords(ageMs)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
