import { UnitMark } from '../look/unit-mark.tsx'
import { UNIT_LOOKS } from '../look/unit-look.ts'
import { reachOf, shownColdSpots } from '../state/coverage-roads.ts'
import { layers } from '../state/layers.ts'
import { comparing, foreseen } from '../state/plan.ts'
import { units } from '../state/picture.ts'
import { words } from '../words/words.ts'

/** Shapes and letters of the map in one line, and what the colours of the roads mean while they are on. */
export function Legend() {
  const w = words.value
  return (
    <div class="legends">
      <CoverageLegend />
      <ul class="legend" aria-label={w.legend}>
        {UNIT_LOOKS.filter(look => look !== 'emergency').map(look => (
          <li key={look}>
            <UnitMark look={look} />
            {w.unitLooks[look]}
          </li>
        ))}
        <li>
          <UnitMark look="available" stale />
          {w.freshness.stale}
        </li>
        {foreseen.value?.ok === true && foreseen.value.value.lines.length > 0 && (
          <li>
            <svg class="reach-line foreseen-line" viewBox="0 0 26 6" aria-hidden="true">
              <line x1="0" y1="3" x2="26" y2="3" />
            </svg>
            {w.uncovered}
          </li>
        )}
        {layers.value.coldSpots && (shownColdSpots.value?.features.length ?? 0) > 0 && (
          <li>
            <svg class="reach-line cold-line" viewBox="0 0 26 6" aria-hidden="true">
              <line x1="0" y1="3" x2="26" y2="3" />
            </svg>
            {w.layerNames.coldSpots}
          </li>
        )}
      </ul>
    </div>
  )
}

const STEPS = ['60', '180', '300', 'beyond', 'unknown'] as const

function CoverageLegend() {
  const w = words.value
  const unit = reachOf.value
  const mode = layers.value.coverage
  const compared = comparing.value
  if (mode === 'off' && unit === null && compared === 'off') return null
  const byCount = mode === 'count' && unit === null
  const title =
    compared !== 'off'
      ? w.comparedRoads[compared]
      : unit !== null
        ? w.reachTitle(units.value.get(unit)?.view.callSign ?? unit)
        : byCount
          ? w.coverageByCount
          : w.coverageByTime
  return (
    <div class="legend coverage-legend">
      <b>{title}</b>
      <ul aria-label={title}>
        {STEPS.map((step, n) => (
          <li key={step}>
            <svg class={`reach-line reach-${step}`} viewBox="0 0 26 6" aria-hidden="true">
              <line x1="0" y1="3" x2="26" y2="3" />
            </svg>
            {byCount ? w.countSteps[n] : w.timeSteps[n]}
          </li>
        ))}
      </ul>
    </div>
  )
}

const NICE_METRES = [20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]
const BAR_PX_MAX = 96

export function ScaleBar({ metresPerPixel }: { metresPerPixel: number }) {
  if (metresPerPixel <= 0) return null
  const lengthM = NICE_METRES.findLast(metres => metres / metresPerPixel <= BAR_PX_MAX) ?? NICE_METRES[0]!
  const text = lengthM >= 1000 ? `${lengthM / 1000} km` : `${lengthM} m`
  return (
    <span class="scale">
      <span class="scale-bar" style={{ width: `${Math.round(lengthM / metresPerPixel)}px` }} />
      {text}
    </span>
  )
}
