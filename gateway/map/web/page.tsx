import '#protocols/web/no-eval.ts'
import { render } from 'preact'
import { CityMapView } from './city/city-map.tsx'
import { canDrawMaps } from './city/maplibre-map.ts'
import '#protocols/web/tokens.css'
import './style/tokens.css'
import './style/frame.css'
import './style/panels.css'
import './style/map.css'
import './style/desk.css'
import { AlarmStrip } from './panels/alarm-strip.tsx'
import { ClosingCard } from './panels/closing-card.tsx'
import { ClosureCard } from './panels/closure-card.tsx'
import { IncidentCard } from './panels/incident-card.tsx'
import { IncidentList } from './panels/incident-list.tsx'
import { LinkBanner } from './panels/link-banner.tsx'
import { NoMap } from './panels/no-map.tsx'
import { PlaceCard } from './panels/place-card.tsx'
import { TopBar } from './panels/top-bar.tsx'
import { RightSide } from './panels/right-side.tsx'
import { Help } from './panels/help.tsx'
import { LayerPanel } from './panels/layer-panel.tsx'
import { UnitSheet } from './panels/unit-sheet.tsx'
import { UnitCard } from './panels/unit-card.tsx'
import { startAlarmTone } from './state/alarm-tone.ts'
import { startCityData } from './state/city-data.ts'
import { startClock } from './state/clock.ts'
import { closures } from './state/closures.ts'
import { startCoverageRoads } from './state/coverage-roads.ts'
import { focus } from './state/focus.ts'
import { startPlan } from './state/plan.ts'
import { startKeyboard } from './state/keyboard.ts'
import { incidents, units } from './state/picture.ts'
import { startSettings } from './state/settings.ts'
import { startStream, streamUrl } from './state/stream.ts'
import { words } from './words/words.ts'

/*
 * The dispatcher's page:
 *
 *     /v1/stream -> picture (units, incidents, alarms, each with its age) -> lists, cards, map
 *     clicks and keys -> focus (one card) -> /v1/nearest, /v1/incidents, /v1/orders
 */
const drawsMaps = canDrawMaps()

function Page() {
  const w = words.value
  document.title = `${w.title} · reach5`
  return (
    <div class="page">
      <TopBar />
      <AlarmStrip />
      <LinkBanner />
      <main class="desk">
        <IncidentList />
        <section class="centre">
          {drawsMaps ? <CityMapView /> : <NoMap />}
          {drawsMaps && <LayerPanel />}
          <FocusCard />
          <KeyHints />
        </section>
        <RightSide />
      </main>
      <Help />
      <UnitSheet />
    </div>
  )
}

function FocusCard() {
  const looking = focus.value
  switch (looking.kind) {
    case 'none':
      return null
    case 'place':
      return (
        <PlaceCard
          lat={looking.lat}
          lon={looking.lon}
          {...(looking.name !== undefined && { name: looking.name })}
        />
      )
    case 'incident': {
      const held = incidents.value.get(looking.id)
      return held === undefined ? null : <IncidentCard held={held} />
    }
    case 'closure': {
      const held = closures.value.get(looking.id)
      return held === undefined ? null : <ClosureCard held={held} />
    }
    case 'closing': {
      const { lat, lon } = looking
      return <ClosingCard {...(lat !== undefined && lon !== undefined && { lat, lon })} />
    }
    case 'unit': {
      const held = units.value.get(looking.id)
      return held === undefined ? null : <UnitCard held={held} />
    }
  }
}

function KeyHints() {
  const { keys } = words.value
  return (
    <p class="key-hints" aria-hidden="true">
      <kbd>N</kbd> {keys.next} <kbd>/</kbd> {keys.find} <kbd>⏎</kbd> {keys.go} <kbd>?</kbd> {keys.all}
    </p>
  )
}

startSettings()
startClock()
startCityData()
if (drawsMaps) startCoverageRoads()
startPlan()
startKeyboard()
startAlarmTone()
startStream(streamUrl())
render(<Page />, document.querySelector('#page')!)
