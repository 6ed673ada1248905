import { coverage, coverageIsOld, trend, trendChange } from '../state/coverage.ts'
import { change, layers } from '../state/layers.ts'
import { words } from '../words/words.ts'

const WIDTH = 64
const HEIGHT = 22
/** A flat line must look flat: half a share is the least the picture spans. */
const SPAN_MIN = 0.02

/** Share of the city's roads somebody reaches in five minutes, and where it is going. A press colours the roads. */
export function CoverageGauge() {
  const w = words.value
  const held = coverage.value
  if (held === null) return null
  const { city, unitsCounted, unitsStale } = held.view
  // Nobody counted is not nobody there.
  const old = coverageIsOld.value || unitsCounted === 0
  const delta = trendChange.value
  const direction = delta === null || Math.abs(delta) < 0.002 ? 'flat' : delta > 0 ? 'up' : 'down'
  return (
    <button
      type="button"
      class="coverage-gauge"
      data-old={old}
      aria-pressed={layers.value.coverage !== 'off'}
      title={w.coverageGaugeTitle(unitsCounted, unitsStale)}
      onClick={() => change({ coverage: layers.value.coverage === 'off' ? 'time' : 'off' })}
    >
      <span class="gauge-name">{w.coverageFive}</span>
      <b class="num">{old ? '—' : `${(city.circles[2] * 100).toFixed(1)}%`}</b>
      <Trend />
      {!old && delta !== null && (
        <span class="gauge-delta num" data-direction={direction}>
          {direction === 'up' ? '▲' : direction === 'down' ? '▼' : '▬'}
          {(Math.abs(delta) * 100).toFixed(1)}
        </span>
      )}
    </button>
  )
}

function Trend() {
  const points = trend.value
  const [first] = points
  const last = points.at(-1)
  if (first === undefined || last === undefined || points.length < 2) return null
  const shares = points.map(point => point.share)
  const low = Math.min(...shares)
  const span = Math.max(SPAN_MIN, Math.max(...shares) - low)
  const line = points
    .map(({ atMs, share }) => {
      const x = ((atMs - first.atMs) / Math.max(1, last.atMs - first.atMs)) * WIDTH
      const y = HEIGHT - 2 - ((share - low) / span) * (HEIGHT - 4)
      return `${x.toFixed(1)},${y.toFixed(1)}`
    })
    .join(' ')
  return (
    <svg class="gauge-trend" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <polyline points={line} />
    </svg>
  )
}
