import { words } from '../words/words.ts'
import { SHAPES } from './shapes.ts'
import type { UnitLook } from './unit-look.ts'

/** The sign of a unit in lists: shape, letter and colour of the map, hollow when its position is stale. */
export function UnitMark({
  look,
  stale = false,
  large = false,
}: {
  look: UnitLook
  stale?: boolean
  large?: boolean
}) {
  return (
    <svg
      class={`mark mark-${look}${stale ? ' is-stale' : ''}${large ? ' is-large' : ''}`}
      viewBox="-1 -1 26 26"
      aria-hidden="true"
    >
      <path d={SHAPES[look]} />
      <text x="12" y="12.5" text-anchor="middle" dominant-baseline="central">
        {words.value.unitGlyphs[look]}
      </text>
    </svg>
  )
}
