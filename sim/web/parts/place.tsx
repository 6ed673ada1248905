import type { SimUnitDetail } from '../../control/sim-view.ts'
import { act, metresFrom, placeAt, roads } from '../state/sim.ts'
import { words } from '../words/words.ts'

/** Metres from the middle to the edge of the picture. */
const REACH_M = 320

/**
 * A small map around the car: where it truly is, and where the gateway believes it to be. A click makes an incident
 * there; with the keyboard one presses the button beside it.
 */
export function Place({ unit, canHappen }: { unit: SimUnitDetail; canHappen: boolean }) {
  const w = words.value
  const drawn = roads.value
  const { truth, believed } = unit
  if (drawn === null || truth === null) return <section class="panel place" aria-label={w.place} />
  const here = metresFrom(drawn.origin, truth)
  const told = believed?.position ? metresFrom(drawn.origin, believed.position) : null
  const gapM = told && Math.round(Math.hypot(told.x - here.x, told.y - here.y))
  const box = `${here.x - REACH_M} ${-here.y - REACH_M} ${2 * REACH_M} ${2 * REACH_M}`
  const happen = (event: MouseEvent & { readonly currentTarget: SVGSVGElement }): void => {
    const matrix = event.currentTarget.getScreenCTM()
    if (!canHappen || matrix === null) return
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse())
    const { lat, lon } = placeAt(drawn.origin, at.x, -at.y)
    void act('incident', 'city', `${lon.toFixed(6)},${lat.toFixed(6)}`)
  }
  return (
    <section class="panel place" aria-label={w.place}>
      <svg viewBox={box} class="ground" data-can={canHappen} role="img" aria-label={w.place} onClick={happen}>
        {drawn.lines.map(({ large, points }, i) => (
          <polyline key={i} class={large ? 'road is-large' : 'road'} points={flip(points)} />
        ))}
        {told && <line class="gap" x1={here.x} y1={-here.y} x2={told.x} y2={-told.y} />}
        {told && <circle class="told" data-fresh={believed?.freshness} cx={told.x} cy={-told.y} r="20" />}
        <path
          class="truth"
          transform={`translate(${here.x} ${-here.y}) rotate(${truth.trackDeg})`}
          d="M0 -24 L15 19 L0 9 L-15 19 Z"
        />
      </svg>
      <p class="legend">
        <span>
          <i class="key-truth" /> {w.truth}
        </span>
        <span>
          <i class="key-told" /> {w.believedPlace}
        </span>
        <b class="num">{gapM === null ? w.noBelief : w.gap(gapM)}</b>
      </p>
      <p class="sub legend">{w.incidentHint}</p>
    </section>
  )
}

/** SVG counts y downwards. */
function flip(points: readonly number[]): string {
  let text = ''
  for (let i = 0; i < points.length; i += 2) text += `${points[i]},${-points[i + 1]!} `
  return text
}
