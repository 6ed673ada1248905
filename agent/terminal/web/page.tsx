import '#protocols/web/no-eval.ts'
import { render } from 'preact'
import './style/tokens.css'
import './style/frame.css'
import './style/idle.css'
import './style/order.css'
import { Icon } from './look/icons.tsx'
import { Actions } from './screens/actions.tsx'
import { GoingDown, isGoingDown } from './screens/going-down.tsx'
import { Gone } from './screens/gone.tsx'
import { Header } from './screens/header.tsx'
import { Idle } from './screens/idle.tsx'
import { OrderScreen } from './screens/order.tsx'
import { PanicButton } from './screens/panic-button.tsx'
import { agent, outdated, said, startClock } from './state/car.ts'
import { ended, shown, startOrders } from './state/orders.ts'
import { startPanic } from './state/panic.ts'
import { startSettings } from './state/settings.ts'
import { startStream, streamUrl } from './state/stream.ts'
import { chime, startTone } from './state/tone.ts'
import { words } from './words/words.ts'

/*
 * The crew's page, for one glance at night:
 *
 *     /v1/stream -> car (the newest state and its age) -> idle, or the order that has the screen
 *     finger, key -> /v1/taps -> confirmed only when the car has stored it
 */
function Page() {
  const w = words.value
  document.title = `${w.title} · reach5`
  const view = said.value?.view ?? null
  const order = shown.value
  return (
    <div class="page" data-agent={agent.value}>
      <Header view={view} compact={order !== null} />
      <main class="main">
        {view === null ? (
          <p class="starting">{agent.value === 'starting' && w.starting}</p>
        ) : order === null ? (
          <Idle view={view} />
        ) : (
          <OrderScreen order={order} view={view} />
        )}
      </main>
      <footer class="footer">
        {agent.value === 'gone' || outdated.value ? (
          <Gone />
        ) : view !== null && order !== null ? (
          <Actions order={order} view={view} />
        ) : view !== null && isGoingDown(view) ? (
          <GoingDown view={view} />
        ) : (
          <Standby />
        )}
        <PanicButton />
      </footer>
    </div>
  )
}

/** No work: says so, and how the last order ended while the car still tells. */
function Standby() {
  const w = words.value
  const last = ended.value[0]
  if (said.value === null) return <p class="standby" />
  return (
    <p class="standby">
      <Icon name={last === undefined ? 'clock' : last.step === 'cleared' ? 'check' : 'stop'} />
      {last === undefined ? w.noOrders : `${w.steps[last.step]}  ${w.classes[last.class]} ${last.number}`}
    </p>
  )
}

/** A steering wheel has one key: Enter outside any button is the huge one. */
function startEnterKey(): void {
  addEventListener('keydown', event => {
    if (event.key !== 'Enter' || event.repeat || (event.target as HTMLElement).matches('button')) return
    document.querySelector<HTMLButtonElement>('button.huge')?.click()
  })
}

startSettings()
startClock()
startTone()
startOrders(chime)
startPanic()
startEnterKey()
startStream(streamUrl())
render(<Page />, document.querySelector('#page')!)
