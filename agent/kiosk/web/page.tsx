import '#protocols/web/no-eval.ts'
import { render } from 'preact'
import './style/tokens.css'
import './style/frame.css'
import './style/screens.css'
import { Attract, Danger, Details, What, When, Where } from './screens/ask.tsx'
import { Contact } from './screens/contact.tsx'
import { Topic, Topics } from './screens/consult.tsx'
import { Check, Emergency, Receipt } from './screens/finish.tsx'
import { Footer, Header } from './screens/frame.tsx'
import { IdleWarning } from './screens/idle-warning.tsx'
import { startSettings } from './state/settings.ts'
import { startStation } from './state/station.ts'
import { visit } from './state/visit.ts'
import type { Step } from './state/visit.ts'
import { startIdle } from './state/wipe.ts'
import { words } from './words/words.ts'

/*
 * The visitors' page. One signal holds what a visitor told (`state/visit.ts`), one screen asks for one thing, and leaving
 * begins a new document (`state/wipe.ts`):
 *
 *     attract -> danger -> what -> where -> when -> details -> contact -> check -> receipt
 *        |         `-> emergency        (from every screen)
 *        `-> topics -> topic
 */
const SCREENS: Readonly<Record<Step, () => preact.JSX.Element>> = {
  attract: Attract,
  danger: Danger,
  what: What,
  where: Where,
  when: When,
  details: Details,
  contact: Contact,
  check: Check,
  receipt: Receipt,
  emergency: Emergency,
  topics: Topics,
  topic: Topic,
}

function Page() {
  const { step } = visit.value
  const Screen = SCREENS[step]
  document.title = `${words.value.title} · reach5`
  return (
    <div class="page" data-step={step}>
      <Header />
      <main class="main">
        <Screen />
      </main>
      {step !== 'emergency' && <Footer />}
      <IdleWarning />
    </div>
  )
}

// A kiosk is touched, not browsed: nothing to drag out of it, nothing behind a long press.
for (const kind of ['contextmenu', 'dragstart', 'drop', 'dragover'])
  addEventListener(kind, event => event.preventDefault())

startSettings()
startStation()
startIdle()
render(<Page />, document.querySelector('#page')!)
