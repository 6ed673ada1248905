import type { SimView } from '../../control/sim-view.ts'
import { act } from '../state/sim.ts'
import { words } from '../words/words.ts'

const SPEEDS = [1, 2, 5, 10] as const

/** What is done to everybody at once. */
export function CityBar({ city }: { city: SimView['city'] }) {
  const w = words.value
  const state = city.gateway === 'off' ? 'off' : city.answers ? 'on' : 'starts'
  return (
    <section class="city panel" aria-label={w.city}>
      <div class="city-part" data-gateway={state}>
        <h2>{w.gateway}</h2>
        <span class="state" data-state={state}>
          <i />
          {state === 'on' ? w.gatewayOn : state === 'off' ? w.gatewayOff : w.gatewayStarts}
        </span>
        <button
          type="button"
          class="button"
          data-action="stop-broker"
          disabled={city.gateway === 'off'}
          onClick={() => void act('stop-broker', 'city')}
        >
          {w.stop}
        </button>
        <button
          type="button"
          class="button"
          data-action="start-broker"
          disabled={city.gateway === 'on'}
          onClick={() => void act('start-broker', 'city')}
        >
          {w.start}
        </button>
        <button
          type="button"
          class="button is-danger"
          data-action="kill-broker"
          disabled={city.gateway === 'off'}
          onClick={() => void act('kill-broker', 'city')}
        >
          {w.kill}
        </button>
      </div>
      <div class="city-part">
        <h2>{w.speed}</h2>
        <div class="segments" role="group" aria-label={w.speed} title={w.speedNote}>
          {SPEEDS.map(speed => (
            <button
              key={speed}
              type="button"
              class="num"
              data-speed={speed}
              aria-pressed={city.speed === speed}
              onClick={() => void act('speed', 'city', String(speed))}
            >
              ×{speed}
            </button>
          ))}
        </div>
        <p class="sub">{w.speedNote}</p>
      </div>
      <div class="city-part">
        <button
          type="button"
          class="button"
          data-action="incident"
          disabled={state !== 'on'}
          onClick={() => void act('incident', 'city')}
        >
          {w.incident}
        </button>
      </div>
    </section>
  )
}
