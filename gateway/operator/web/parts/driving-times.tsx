import { useEffect } from 'preact/hooks'
import { DrivingKind } from '#protocols/eta.ts'
import type { EtaHour, EtaView } from '#protocols/eta.ts'
import { ROAD_CLASSES } from '#protocols/roads/network.ts'
import type { RoadClass } from '#protocols/roads/network.ts'
import { etas, kind, refreshEtas } from '../state/driving-times.ts'
import { words } from '../words/words.ts'

const REFRESH_MS = 30_000
/** A factor this far from 1 has the full colour. */
const FULL = 0.5

/** Driving times as past drives taught them: how promises fared, and how many times as long a class takes in each hour. */
export function DrivingTimes() {
  useEffect(() => {
    void refreshEtas()
    const timer = setInterval(() => void refreshEtas(), REFRESH_MS)
    return () => clearInterval(timer)
  }, [])
  const view = etas.value
  const w = words.value.times
  if (view === null) return <p class="empty">{words.value.waiting}</p>
  return (
    <div class="times">
      <Promises view={view} />
      <div class="times-tools">
        <h2>{w.table}</h2>
        <div class="segments" role="group" aria-label={w.table}>
          {DrivingKind.options.map(name => (
            <button
              key={name}
              type="button"
              aria-pressed={kind.value === name}
              onClick={() => (kind.value = name)}
            >
              {w.kinds[name]}
            </button>
          ))}
        </div>
        <span class="sub">{w.legend}</span>
      </div>
      <Factors view={view} />
      <p class="sub times-note">{w.note(view.halfLifeDays, view.roads.spoken, view.roads.passesLeast)}</p>
    </div>
  )
}

/** Promised at dispatch, sensed at arrival, by what the promise rested on. */
function Promises({ view }: { view: EtaView }) {
  const all = words.value
  const w = all.times
  const seconds = (value: number | null): string =>
    value === null ? all.none : all.seconds(value.toFixed(0))
  return (
    <table class="promises">
      <caption>{w.promises}</caption>
      <thead>
        <tr>
          <th scope="col">{w.basis}</th>
          <th scope="col">{w.arrivals}</th>
          <th scope="col">{w.medianError}</th>
          <th scope="col">{w.bias}</th>
          <th scope="col">{w.within80}</th>
        </tr>
      </thead>
      <tbody>
        {(['learned', 'profile'] as const).map(basis => {
          const { trips, medianErrorSeconds, biasSeconds, within80 } = view.past[basis]
          return (
            <tr key={basis} data-basis={basis}>
              <th scope="row">{w.bases[basis]}</th>
              <td class="num">{Math.round(trips)}</td>
              <td class="num">{seconds(medianErrorSeconds)}</td>
              <td class="num">{biasSeconds === null ? all.none : w.biasOf(biasSeconds)}</td>
              <td class="num">{within80 === null ? all.none : `${Math.round(100 * within80)} %`}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

function Factors({ view }: { view: EtaView }) {
  const all = words.value
  const w = all.times
  const own = view.hours.filter(hour => hour.kind === kind.value)
  const at = new Map(own.map(hour => [`${hour.class} ${hour.hour ?? 'day'}`, hour]))
  const classes = ROAD_CLASSES.filter(name => at.has(`${name} day`))
  if (classes.length === 0) return <p class="empty">{w.nothing}</p>
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={w.table}>
      <table class="factors">
        <thead>
          <tr>
            <th scope="col">{w.roadClass}</th>
            <th scope="col">{w.day}</th>
            {Array.from({ length: 24 }, (_, hour) => (
              <th scope="col" key={hour} class="num">
                {hour}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {classes.map(name => (
            <tr key={name} data-class={name}>
              <th scope="row">{w.classes[name]}</th>
              {['day', ...Array.from({ length: 24 }, (_, hour) => hour)].map(hour => (
                <Factor key={hour} roadClass={name} of={at.get(`${name} ${hour}`)} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Factor({ roadClass, of }: { roadClass: RoadClass; of: EtaHour | undefined }) {
  const w = words.value.times
  if (of === undefined || of.factor === null || of.p50Seconds === null || of.p80Seconds === null)
    return (
      <td class="num factor" data-few={of === undefined ? 'none' : 'few'} title={of && w.few(of.trips)} />
    )
  const share = Math.min(1, Math.abs(Math.log(of.factor)) / FULL)
  const moved = of.drift === null ? '' : of.drift.ratio > 1 ? '↑' : '↓'
  const hour = of.hour === null ? w.day : w.hour(of.hour)
  const told = w.told(of.factor, of.p50Seconds, of.p80Seconds, Math.round(of.runs), Math.round(of.trips))
  const drift = of.drift === null ? '' : ` ${w.moved(of.drift.factor)}`
  return (
    <td
      class="num factor"
      data-slow={of.factor >= 1}
      style={{ '--share': `${Math.round(100 * share)}%` }}
      title={`${w.classes[roadClass]} · ${hour}: ${told}${drift}`}
    >
      {of.factor.toFixed(1)}
      {moved !== '' && <b>{moved}</b>}
    </td>
  )
}
