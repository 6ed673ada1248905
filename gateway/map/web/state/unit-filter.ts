import { computed, signal } from '@preact/signals'
import type { UnitView } from '#protocols/api.ts'
import { freshnessNow, lookOf } from '../look/unit-look.ts'
import type { UnitLook } from '../look/unit-look.ts'
import { countyOf, gridNames } from './city-data.ts'
import { nowMs } from './clock.ts'
import type { Held } from './clock.ts'
import { unitsByCallSign } from './picture.ts'

/** What a unit is to the dispatcher at a glance. */
export type UnitGroup = 'free' | 'engaged' | 'stale' | 'other'
export const GROUPS: readonly UnitGroup[] = ['free', 'engaged', 'stale', 'other']

export type UnitFilter = {
  readonly group: UnitGroup | null
  readonly grid: string | null
  readonly county: string | null
  readonly type: UnitView['type'] | null
}
export const NO_FILTER: UnitFilter = { group: null, grid: null, county: null, type: null }
export const unitFilter = signal<UnitFilter>(NO_FILTER)
/** What is typed into the search field; narrows both lists. */
export const search = signal('')

/** Every word typed must occur somewhere in the texts of an entry. */
export function fitsSearch(...texts: readonly string[]): boolean {
  if (search.value === '') return true
  const hay = texts.join(' ').toLowerCase()
  return search.value
    .toLowerCase()
    .split(/\s+/)
    .every(word => hay.includes(word))
}

export const groupOf = (look: UnitLook, stale: boolean): UnitGroup => {
  switch (look) {
    case 'dispatched':
    case 'enroute':
    case 'on_scene':
    case 'emergency':
      return 'engaged'
    case 'available':
      return stale ? 'stale' : 'free'
    case 'busy':
    case 'out':
      return stale ? 'stale' : 'other'
  }
}

export type BoardRow = {
  readonly held: Held<UnitView>
  readonly look: UnitLook
  readonly stale: boolean
  readonly group: UnitGroup
}

const rows = computed((): readonly BoardRow[] => {
  const now = nowMs.value
  return unitsByCallSign.value.map(held => {
    const fresh = freshnessNow(held, now)
    const stale = fresh === 'stale' || fresh === 'never'
    const look = lookOf(held.view)
    return { held, look, stale, group: groupOf(look, stale) }
  })
})

/** How many there are of each group, whatever the filter. */
export const groupCounts = computed((): Readonly<Record<UnitGroup, number>> => {
  const counts = { free: 0, engaged: 0, stale: 0, other: 0 }
  for (const { group } of rows.value) counts[group] += 1
  return counts
})

/** The board as filtered, by call sign, those in emergency first. */
export const boardRows = computed((): readonly BoardRow[] => {
  const { group, grid, county, type } = unitFilter.value
  const names = gridNames.value
  const counties = countyOf.value
  const fitting = rows.value.filter(row => {
    const { view } = row.held
    return (
      (group === null || row.group === group) &&
      (grid === null || view.gridId === grid) &&
      (county === null || counties.get(view.gridId ?? '') === county) &&
      (type === null || view.type === type) &&
      fitsSearch(view.callSign, view.id, names.get(view.gridId ?? '') ?? '')
    )
  })
  const inEmergency = fitting.filter(({ look }) => look === 'emergency')
  return inEmergency.length === 0
    ? fitting
    : [...inEmergency, ...fitting.filter(({ look }) => look !== 'emergency')]
})
