import type { ChannelValue } from '#protocols/equipment.ts'
import type { Severity } from '#protocols/incident.ts'
import { words } from '../words/words.ts'

/** Full, empty, dashed with a question mark: readable without colour. */
export function ValueMark({ value }: { readonly value: ChannelValue }) {
  return (
    <svg class="mark" data-value={value} viewBox="0 0 20 20" aria-hidden="true">
      <circle cx="10" cy="10" r="7" />
      {value === 'unknown' && (
        <text x="10" y="14">
          ?
        </text>
      )}
    </svg>
  )
}

/** One, two, three bars and the word. */
export function SeverityMark({ severity }: { readonly severity: Severity }) {
  const bars = { normal: 1, urgent: 2, major: 3 }[severity]
  return (
    <span class="severity" data-severity={severity}>
      <svg viewBox="0 0 24 20" aria-hidden="true">
        {[0, 1, 2].map(n => (
          <rect key={n} x={1 + n * 8} y={12 - n * 5} width="6" height={7 + n * 5} data-on={n < bars} />
        ))}
      </svg>
      {words.value.severities[severity]}
    </span>
  )
}

/** North is up, as on the map of the centre; the arrow points where to drive. */
export function Dial({ bearingDeg }: { readonly bearingDeg: number | null }) {
  const w = words.value
  return (
    <svg class="dial" viewBox="0 0 200 200" aria-hidden="true">
      <circle cx="100" cy="100" r="96" />
      <text x="100" y="28">
        {w.north}
      </text>
      <text x="183" y="107">
        {w.east}
      </text>
      <text x="100" y="188">
        {w.south}
      </text>
      <text x="17" y="107">
        {w.west}
      </text>
      {bearingDeg === null ? (
        <text class="dial-unknown" x="100" y="124">
          ?
        </text>
      ) : (
        <path d="M100 34 138 146 100 122 62 146z" transform={`rotate(${bearingDeg.toFixed(0)} 100 100)`} />
      )}
    </svg>
  )
}
