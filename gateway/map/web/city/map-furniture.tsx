import { UnitMark } from '../look/unit-mark.tsx'
import { UNIT_LOOKS } from '../look/unit-look.ts'
import { words } from '../words/words.ts'

/** Shapes and letters of the map in one line. */
export function Legend() {
  const w = words.value
  return (
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
    </ul>
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
