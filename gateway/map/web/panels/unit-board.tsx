import type { UnitView } from '#protocols/api.ts'
import { Icon } from '../look/icons.tsx'
import { UnitMark } from '../look/unit-mark.tsx'
import { computed } from '@preact/signals'
import { counties, countyOf, gridNames } from '../state/city-data.ts'
import { focus } from '../state/focus.ts'
import { unitCount } from '../state/picture.ts'
import { boardRows, groupCounts, GROUPS, NO_FILTER, unitFilter, unitTypes } from '../state/unit-filter.ts'
import type { BoardRow, UnitFilter } from '../state/unit-filter.ts'
import { ageWords, words } from '../words/words.ts'
import { showUnitCard } from './candidates.tsx'
import { VirtualList } from './virtual-list.tsx'

const ROW_PX = 58

/** Every unit by call sign, those in emergency on top; a stale one is greyed and never goes. */
export function UnitBoard() {
  const w = words.value
  const shown = boardRows.value
  const isFiltered = unitFilter.value !== NO_FILTER
  return (
    <>
      <div class="filters">
        <GroupFilter />
        <AreaFilter />
      </div>
      {unitCount.value === 0 && <p class="empty">{w.noUnits}</p>}
      {unitCount.value > 0 && shown.length === 0 && (
        <p class="empty">
          {w.nobodyFits}
          {isFiltered && (
            <button type="button" class="button" onClick={() => (unitFilter.value = NO_FILTER)}>
              {w.clearFilter}
            </button>
          )}
        </p>
      )}
      <VirtualList items={shown} rowPx={ROW_PX} label={w.units} keyOf={row => row.held.view.id}>
        {row => <UnitRow row={row} />}
      </VirtualList>
    </>
  )
}

const set = (next: Partial<UnitFilter>): void => {
  const merged = { ...unitFilter.value, ...next }
  const isNone = Object.values(merged).every(value => value === null)
  unitFilter.value = isNone ? NO_FILTER : merged
}

/** State as buttons with their counts. */
function GroupFilter() {
  const w = words.value
  const { group: chosen } = unitFilter.value
  return (
    <div class="filter-groups" role="group" aria-label={w.filterState}>
      {GROUPS.filter(group => group !== 'other' || groupCounts.value.other > 0).map(group => (
        <button
          type="button"
          key={group}
          data-group={group}
          aria-pressed={chosen === group}
          onClick={() => set({ group: chosen === group ? null : group })}
        >
          <b class="num">{groupCounts.value[group]}</b>
          {w.groups[group]}
        </button>
      ))}
    </div>
  )
}

const gridsByName = computed(() =>
  [...gridNames.value].sort((a, b) => a[1].localeCompare(b[1], 'zh-CN', { numeric: true })),
)

/** Area and kind as lists to choose from. */
function AreaFilter() {
  const w = words.value
  const filter = unitFilter.value
  const grids = gridsByName.value.filter(
    ([id]) => filter.county === null || countyOf.value.get(id) === filter.county,
  )
  return (
    <div class="filter-areas">
      {counties.value.length > 1 && (
        <select
          aria-label={w.filterCounty}
          value={filter.county ?? ''}
          onChange={event => set({ county: event.currentTarget.value || null, grid: null })}
        >
          <option value="">{w.allCounties}</option>
          {counties.value.map(county => (
            <option key={county} value={county}>
              {county}
            </option>
          ))}
        </select>
      )}
      <select
        aria-label={w.filterGrid}
        value={filter.grid ?? ''}
        onChange={event => set({ grid: event.currentTarget.value || null })}
      >
        <option value="">{w.allGrids}</option>
        {grids.map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      {unitTypes.value.length > 1 && (
        <select
          aria-label={w.filterType}
          value={filter.type ?? ''}
          onChange={event => set({ type: (event.currentTarget.value || null) as UnitView['type'] | null })}
        >
          <option value="">{w.allTypes}</option>
          {unitTypes.value.map(type => (
            <option key={type} value={type}>
              {w.unitTypes[type]}
            </option>
          ))}
        </select>
      )}
    </div>
  )
}

function UnitRow({ row: { held, look, fresh, stale, ageMs } }: { row: BoardRow }) {
  const w = words.value
  const { view } = held
  const speed = view.position?.speedMps
  return (
    <button
      type="button"
      class="unit"
      data-unit={view.id}
      data-look={look}
      data-fresh={fresh}
      aria-pressed={focus.value.kind === 'unit' && focus.value.id === view.id}
      onClick={() => showUnitCard(view.id)}
    >
      <UnitMark look={look} stale={stale} large />
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
  )
}
