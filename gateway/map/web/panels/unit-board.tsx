import type { UnitView } from '#protocols/api.ts'
import { Icon } from '../look/icons.tsx'
import { fixAgeMs, freshnessNow, lookOf } from '../look/unit-look.ts'
import { UnitMark } from '../look/unit-mark.tsx'
import { nowMs } from '../state/clock.ts'
import type { Held } from '../state/clock.ts'
import { gridNames } from '../state/city-data.ts'
import { focus } from '../state/focus.ts'
import { unitsByCallSign } from '../state/picture.ts'
import { ageWords, words } from '../words/words.ts'
import { showUnitCard } from './candidates.tsx'
import { fitsSearch, search } from './search.tsx'

const isStale = (held: Held<UnitView>): boolean => {
  const fresh = freshnessNow(held, nowMs.value)
  return fresh === 'stale' || fresh === 'never'
}

/** Right of the map: every unit by call sign, those in emergency on top; a stale one is greyed and never goes. */
export function UnitBoard() {
  const w = words.value
  const all = unitsByCallSign.value
  const shown = all
    .filter(({ view }) => fitsSearch(view.callSign, view.id, gridNames.value.get(view.gridId ?? '') ?? ''))
    .sort((a, b) => Number(b.view.emergency) - Number(a.view.emergency))
  const looks = all.map(held => (isStale(held) ? 'stale' : lookOf(held.view)))
  const count = (...wanted: readonly string[]): number => looks.filter(look => wanted.includes(look)).length
  return (
    <aside class="side side-right" aria-label={w.units}>
      <header class="side-head">
        <h1>{w.units}</h1>
        <ul class="counts">
          <li>
            <b class="num">{count('available')}</b> {w.free}
          </li>
          <li>
            <b class="num">{count('dispatched', 'enroute', 'on_scene', 'emergency')}</b> {w.engaged}
          </li>
          {count('stale') > 0 && (
            <li class="warn">
              <b class="num">{count('stale')}</b> {w.stale}
            </li>
          )}
        </ul>
      </header>
      <div class="side-body">
        {all.length === 0 && <p class="empty">{w.noUnits}</p>}
        {all.length > 0 && shown.length === 0 && search.value !== '' && <p class="empty">{w.nobodyFits}</p>}
        <ul class="units">
          {shown.map(held => (
            <UnitRow key={held.view.id} held={held} />
          ))}
        </ul>
      </div>
    </aside>
  )
}

function UnitRow({ held }: { held: Held<UnitView> }) {
  const w = words.value
  const { view } = held
  const look = lookOf(view)
  const fresh = freshnessNow(held, nowMs.value)
  const ageMs = fixAgeMs(held, nowMs.value)
  const speed = view.position?.speedMps
  return (
    <li>
      <button
        type="button"
        class="unit"
        data-unit={view.id}
        data-look={look}
        data-fresh={fresh}
        aria-pressed={focus.value.kind === 'unit' && focus.value.id === view.id}
        onClick={() => showUnitCard(view.id)}
      >
        <UnitMark look={look} stale={isStale(held)} large />
        <span class="unit-who">
          <b>{view.callSign}</b>
          <span class="unit-state">
            {look === 'available' || look === 'out' || look === 'busy'
              ? w.availability[view.availability]
              : w.unitLooks[look]}
          </span>
        </span>
        <span class="unit-where">
          {gridNames.value.get(view.gridId ?? '') ?? (view.position === null ? '' : w.outsideGrids)}
        </span>
        <span class="unit-facts">
          {view.equipment.lightbar === 'on' && <Icon name="light" title={w.channelOn.lightbar} />}
          {view.equipment.siren === 'on' && <Icon name="siren" title={w.channelOn.siren} />}
          {view.equipment.door === 'on' && <Icon name="door" title={w.channelOn.door} />}
          {view.equipment.weapon_rack === 'on' && <Icon name="rack" title={w.channelOn.weapon_rack} />}
          {view.recording && <Icon name="record" title={w.recording} />}
          {view.link === 'down' && <Icon name="unlink" title={w.linkDown} />}
        </span>
        <span class="unit-age num" data-fresh={fresh}>
          {ageMs === null
            ? w.noPosition
            : fresh === 'live'
              ? speed === undefined
                ? w.freshness.live
                : `${Math.round(speed * 3.6)} ${w.kmh}`
              : w.age.ago(ageWords(ageMs))}
        </span>
      </button>
    </li>
  )
}
