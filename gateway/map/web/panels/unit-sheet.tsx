import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { fixAgeMs, freshnessNow, lookOf } from '../look/unit-look.ts'
import { countyOf, gridNames } from '../state/city-data.ts'
import { nowMs } from '../state/clock.ts'
import { useHotkey } from '../state/hotkeys.ts'
import { gatewayTimeMs, incidents, incidentsNewestFirst, isOpen, unitsByCallSign } from '../state/picture.ts'
import { lostForMs } from '../state/stream.ts'
import { agoWords, ageWords, dateWords, timeWords, words } from '../words/words.ts'

const printing = signal(false)

/** Makes the sheet and hands it to the printer; the page stays as it is. */
export function printSheet(): void {
  printing.value = true
  requestAnimationFrame(() => print())
}

/**
 * Who is where, on paper, for the hours without a gateway: every unit with the age of its place, every open incident. It
 * exists only while it is printed.
 */
export function UnitSheet() {
  useHotkey('p', printSheet)
  useEffect(() => {
    const before = (): void => void (printing.value = true)
    const after = (): void => void (printing.value = false)
    addEventListener('beforeprint', before)
    addEventListener('afterprint', after)
    return () => {
      removeEventListener('beforeprint', before)
      removeEventListener('afterprint', after)
    }
  }, [])
  if (!printing.value) return null
  const w = words.value
  const timeMs = gatewayTimeMs.value
  return (
    <div class="sheet">
      <h1>{w.sheetTitle}</h1>
      <p>
        {timeMs === null ? '' : `${dateWords(timeMs)} ${timeWords(timeMs)}`}
        {lostForMs.value !== null && ` · ${w.lostTitle(ageWords(lostForMs.value))}`}
      </p>
      <h2>{w.incidentsOpen(incidentsNewestFirst.value.filter(isOpen).length)}</h2>
      <table>
        <tbody>
          {incidentsNewestFirst.value.filter(isOpen).map(({ view }) => (
            <tr key={view.id}>
              <td>{view.number}</td>
              <td>{w.classes[view.class]}</td>
              <td>{view.place.text}</td>
              <td>{w.incidentStates[view.state]}</td>
              <td>{view.assignments.map(one => `${one.callSign} ${w.steps[one.state]}`).join('，')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>
        {w.units} {unitsByCallSign.value.length}
      </h2>
      <table>
        <thead>
          <tr>
            {w.sheetColumns.map(column => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {unitsByCallSign.value.map(held => {
            const { view } = held
            const ageMs = fixAgeMs(held, nowMs.value)
            const incident = incidents.value.get(view.assignment?.incidentId ?? '')?.view
            const grid = view.gridId ?? ''
            return (
              <tr key={view.id}>
                <th scope="row">{view.callSign}</th>
                <td>{w.unitLooks[lookOf(view)]}</td>
                <td>{incident?.place.text ?? ''}</td>
                <td>{[countyOf.value.get(grid), gridNames.value.get(grid)].filter(Boolean).join(' ')}</td>
                <td>
                  {view.position === null
                    ? w.noPosition
                    : `${view.position.lat.toFixed(5)}, ${view.position.lon.toFixed(5)}`}
                </td>
                <td>
                  {ageMs === null ? '' : `${w.freshness[freshnessNow(held, nowMs.value)]} ${agoWords(ageMs)}`}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
