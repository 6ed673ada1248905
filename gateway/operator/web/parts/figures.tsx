import type { ComponentChildren } from 'preact'
import type { OperatorView } from '#protocols/operator.ts'
import { ageWords, bytesWords, millisOf, words } from '../words/words.ts'

const FRESHNESS = ['live', 'ageing', 'stale', 'never'] as const
const LANES = ['alarm', 'event', 'track', 'diag'] as const

/** The numbers an operator looks at first, in one line. */
export function Figures({ view }: { view: OperatorView }) {
  const w = words.value
  const { gateway, totals } = view
  const queued = LANES.reduce((sum, lane) => sum + totals.queued[lane], 0)
  return (
    <section class="figures" aria-label={w.subtitle}>
      <Figure name={w.seen} id="seen" bad={totals.devicesUp < totals.devicesExpected}>
        <b class="num">{totals.devicesUp}</b> <span>{w.ofExpected(totals.devicesExpected)}</span>
      </Figure>
      <Figure name={w.fixes} id="fixes" bad={totals.units.stale > 0}>
        <ul class="split num">
          {FRESHNESS.map(state => (
            <li key={state} data-fresh={state} data-zero={totals.units[state] === 0}>
              <b>{totals.units[state]}</b>
              <span>{w.freshness[state]}</span>
            </li>
          ))}
        </ul>
      </Figure>
      <Figure name={w.queued} id="queued" bad={false}>
        <b class="num">{queued}</b>{' '}
        <span class="num">{LANES.map(lane => `${w.lanes[lane]} ${totals.queued[lane]}`).join(' · ')}</span>
      </Figure>
      <Figure name={w.commit} id="commit" bad={gateway.commitP99Seconds > 0.25}>
        <b class="num">
          {millisOf(gateway.commitP50Seconds)} / {millisOf(gateway.commitP99Seconds)}
        </b>{' '}
        <span>{w.millis('').trim()}</span>
      </Figure>
      <Figure name={w.memory} id="memory" bad={false}>
        <b class="num">{bytesWords(gateway.residentBytes)}</b>{' '}
        <span class="num">{w.lag(Math.round(gateway.loopLagP99Seconds * 1000))}</span>
      </Figure>
      <Figure name={w.disk} id="disk" bad={view.conditions.some(c => c.code === 'disk_low')}>
        <b class="num">{gateway.diskFreeBytes === null ? w.none : bytesWords(gateway.diskFreeBytes)}</b>{' '}
        {gateway.diskTotalBytes !== null && (
          <span class="num">{w.diskOf(bytesWords(gateway.diskTotalBytes))}</span>
        )}
      </Figure>
      <Figure name={w.sessions} id="sessions" bad={false}>
        <b class="num">
          {gateway.sessions} / {gateway.streamClients}
        </b>{' '}
        <span class="num">{w.uptime(ageWords(gateway.uptimeSeconds * 1000))}</span>
      </Figure>
    </section>
  )
}

function Figure({
  name,
  id,
  bad,
  children,
}: {
  name: string
  id: string
  bad: boolean
  children: ComponentChildren
}) {
  return (
    <div class="figure" data-figure={id} data-bad={bad}>
      <h2>{name}</h2>
      <div>{children}</div>
    </div>
  )
}
