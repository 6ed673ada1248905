import '#protocols/web/no-eval.ts'
import { render } from 'preact'
import '#protocols/web/tokens.css'
import '#protocols/web/page.css'
import './style/sim.css'
import { CityBar } from './parts/city-bar.tsx'
import { Compare } from './parts/compare.tsx'
import { Controls } from './parts/controls.tsx'
import { Feed } from './parts/feed.tsx'
import { Place } from './parts/place.tsx'
import { Queue } from './parts/queue.tsx'
import { TopBar } from './parts/top-bar.tsx'
import { UnitList } from './parts/unit-list.tsx'
import { startSettings } from './state/settings.ts'
import { chosen, lost, startSim, view } from './state/sim.ts'
import { words } from './words/words.ts'

/*
 * The simulator's page: hands on one unit in the middle, and around them everything that shows what became of it.
 *
 *     GET /v1/state?unit=… twice a second -> list, controls, queue, car beside gateway, place, feed
 */
function Page() {
  const w = words.value
  const now = view.value
  const unit = chosen.value
  document.title = `${w.title} · reach5`
  return (
    <div class="page">
      <TopBar />
      {lost.value && (
        <div class="banner" role="alert">
          {w.lostBody}
        </div>
      )}
      {now === null ? (
        <main>
          <p class="empty">{w.waiting}</p>
        </main>
      ) : (
        <main class="bench">
          <h1 class="hidden">{w.title}</h1>
          <CityBar city={now.city} />
          <UnitList units={now.units} />
          {unit !== null && (
            <>
              <section class="panel car" aria-label={unit.callSign} data-chosen={unit.id}>
                <header class="panel-head">
                  <h2>{unit.callSign}</h2>
                  <span class="id">
                    {unit.id} · {unit.deviceId}
                  </span>
                  <span class="kind" title={w.kindNotes[unit.kind]}>
                    {w.kinds[unit.kind]}
                  </span>
                  {unit.page !== '' && (
                    <a class="own-page" href={unit.page} target="_blank" rel="noreferrer">
                      {w.terminal}
                    </a>
                  )}
                </header>
                <Controls unit={unit} />
                <p class="sub kind-note">{w.kindNotes[unit.kind]}</p>
              </section>
              <div class="middle">
                <Queue unit={unit} />
                <Compare unit={unit} gatewayAnswers={now.city.answers} />
              </div>
              <div class="right">
                <Place unit={unit} canHappen={now.city.answers} />
                <Feed entries={now.feed} />
              </div>
            </>
          )}
        </main>
      )}
    </div>
  )
}

startSettings()
startSim()
render(<Page />, document.querySelector('#page')!)
