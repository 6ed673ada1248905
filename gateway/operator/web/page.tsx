import '#protocols/web/no-eval.ts'
import { render } from 'preact'
import '#protocols/web/tokens.css'
import '#protocols/web/page.css'
import './style/operator.css'
import { Codes } from './parts/codes.tsx'
import { Conditions } from './parts/conditions.tsx'
import { DeviceCard } from './parts/device-card.tsx'
import { DeviceTable } from './parts/device-table.tsx'
import { DrivingTimes } from './parts/driving-times.tsx'
import { Figures } from './parts/figures.tsx'
import { Health } from './parts/health.tsx'
import { TopBar } from './parts/top-bar.tsx'
import { chosen, tab, TABS } from './state/desk.ts'
import { startKeyboard } from './state/keyboard.ts'
import { lostForMs, picture, startPicture } from './state/picture.ts'
import { startSettings } from './state/settings.ts'
import { words } from './words/words.ts'

/*
 * The operator's page:
 *
 *     GET /v1/operator every 2 s -> picture -> figures, conditions with their next step, devices
 *
 * It shows no tracks; whoever looks into the ledger says why, and that is written down first.
 */
function Page() {
  const w = words.value
  const view = picture.value
  document.title = `${w.title} · reach5`
  return (
    <div class="page">
      <TopBar />
      {view !== null && lostForMs.value !== null && (
        <div class="banner" role="alert">
          {w.lostBody}
        </div>
      )}
      {view === null ? (
        <main>
          <p class="empty">{w.waiting}</p>
        </main>
      ) : (
        <main class="desk">
          <h1 class="hidden">{w.title}</h1>
          <Figures view={view} />
          <Conditions view={view} />
          <section class="panel work">
            <Tabs />
            {tab.value === 'devices' && <DeviceTable view={view} />}
            {tab.value === 'codes' && <Codes />}
            {tab.value === 'gateway' && <Health view={view} />}
            {tab.value === 'times' && <DrivingTimes />}
          </section>
          {chosen.value !== null && <DeviceCard key={chosen.value} id={chosen.value} view={view} />}
        </main>
      )}
    </div>
  )
}

function Tabs() {
  const w = words.value
  return (
    <nav class="tabs" aria-label={w.title}>
      {TABS.map(name => (
        <button
          key={name}
          type="button"
          data-tab={name}
          aria-current={tab.value === name ? 'true' : undefined}
          onClick={() => (tab.value = name)}
        >
          {w.tabs[name]}
        </button>
      ))}
    </nav>
  )
}

startSettings()
startKeyboard()
startPicture()
render(<Page />, document.querySelector('#page')!)
