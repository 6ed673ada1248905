import type { SimUnitDetail } from '../../control/sim-view.ts'
import { history, HISTORY_SAMPLES } from '../state/sim.ts'
import type { QueueSample } from '../state/sim.ts'
import { words } from '../words/words.ts'

const LANES = ['alarm', 'event', 'track', 'diag'] as const
const WIDTH = 600
const HEIGHT = 120
/** A scale that does not jump about while nearly nothing waits. */
const SCALE_MIN = 10

/** The car's queue by lane over the last minute and a half, and how far the gateway's receipts have come. */
export function Queue({ unit }: { unit: SimUnitDetail }) {
  const w = words.value
  const samples = history.value
  const top = Math.max(SCALE_MIN, ...samples.map(total))
  const epoch = unit.device?.lanes.at(-1)?.epoch
  return (
    <section class="panel queue" aria-label={w.queue}>
      <header class="panel-head">
        <h2>{w.queue}</h2>
        <span class="sub">{w.queueNote}</span>
      </header>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={w.queue} preserveAspectRatio="none">
        {[0.25, 0.5, 0.75].map(share => (
          <line key={share} x1="0" x2={WIDTH} y1={HEIGHT * share} y2={HEIGHT * share} class="rule" />
        ))}
        {LANES.toReversed().map(lane => (
          <path key={lane} data-lane={lane} d={areaOf(samples, lane, top)} />
        ))}
      </svg>
      <p class="axis num">
        <span>{w.ago(HISTORY_SAMPLES / 2)}</span>
        <span>{w.highest(top)}</span>
        <span>{w.now}</span>
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">{w.queue}</th>
            <th scope="col">{w.waitingNow}</th>
            <th scope="col">{w.receipt}</th>
            <th scope="col">{w.missing}</th>
          </tr>
        </thead>
        <tbody>
          {LANES.map(lane => {
            const held = unit.device?.lanes.find(one => one.lane === lane && one.epoch === epoch)
            return (
              <tr key={lane} data-lane-row={lane}>
                <td>
                  <i class="swatch" data-lane={lane} />
                  {w.lanes[lane]}
                </td>
                <td class="num" data-waiting={unit.view?.queue[lane] ?? ''}>
                  {unit.view ? unit.view.queue[lane] : w.dark}
                </td>
                <td class="num">{held?.upTo ?? w.unknown}</td>
                <td class="num">{held?.missing ?? w.unknown}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}

const total = (sample: QueueSample): number => sample.alarm + sample.event + sample.track + sample.diag

/** The area from nothing up to this lane on top of those above it in rank. */
function areaOf(samples: readonly QueueSample[], lane: (typeof LANES)[number], top: number): string {
  if (samples.length < 2) return ''
  const upTo = LANES.slice(0, LANES.indexOf(lane) + 1)
  const x = (i: number): number => WIDTH * (1 - (samples.length - 1 - i) / (HISTORY_SAMPLES - 1))
  const y = (sample: QueueSample): number =>
    HEIGHT - (HEIGHT * upTo.reduce((sum, one) => sum + sample[one], 0)) / top
  const line = samples.map((sample, i) => `L${x(i).toFixed(1)} ${y(sample).toFixed(1)}`).join('')
  return `M${x(0).toFixed(1)} ${HEIGHT}${line}L${WIDTH} ${HEIGHT}Z`
}
