import { computed, signal } from '@preact/signals'
import type { Freshness, UnitView } from '#protocols/api.ts'
import { fixAgeMs, freshnessAt, lookOf } from '../look/unit-look.ts'
import type { UnitLook } from '../look/unit-look.ts'
import { countyOf, gridNames } from './city-data.ts'
import { nowMs } from './clock.ts'
import type { Held } from './clock.ts'
import { unitsByCallSign } from './picture.ts'
import { lostForMs } from './stream.ts'

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
  readonly fresh: Freshness
  readonly stale: boolean
  /** Age of the position when the row was made; null without one. */
  readonly ageMs: number | null
  readonly group: UnitGroup
}

/** The clock alone makes rows older; those of a fleet that has just reported are as old as they should be. */
const AGEING_EVERY_MS = 900
let made: { readonly of: unknown; readonly isLost: boolean; readonly atMs: number } | null = null
let madeRows: readonly BoardRow[] = []

const rows = computed((): readonly BoardRow[] => {
  const all = unitsByCallSign.value
  const isLost = lostForMs.value !== null
  void nowMs.value
  const now = performance.now()
  if (made?.of === all && made.isLost === isLost && now - made.atMs < AGEING_EVERY_MS) return madeRows
  made = { of: all, isLost, atMs: now }
  madeRows = all.map(held => rowOf(held, now, isLost))
  return madeRows
})

function rowOf(held: Held<UnitView>, now: number, isLost: boolean): BoardRow {
  const fresh = freshnessAt(held, now, isLost)
  const stale = fresh === 'stale' || fresh === 'never'
  const look = lookOf(held.view)
  return { held, look, fresh, stale, ageMs: fixAgeMs(held, now), group: groupOf(look, stale) }
}

/** Kinds of units there are, as one word each; a computed text is news only when it differs. */
const typeWords = computed(() => {
  const types = new Set<string>()
  for (const { view } of unitsByCallSign.value) types.add(view.type)
  return [...types].join(' ')
})
export const unitTypes = computed(() => typeWords.value.split(' ').filter(Boolean) as UnitView['type'][])

/** How many there are of each group, whatever the filter. */
export const groupCounts = computed((): Readonly<Record<UnitGroup, number>> => {
  const counts = { free: 0, engaged: 0, stale: 0, other: 0 }
  for (const { group } of rows.value) counts[group] += 1
  return counts
})

const isInEmergency = ({ look }: BoardRow): boolean => look === 'emergency'

/** The board as filtered, by call sign, those in emergency first. */
export const boardRows = computed((): readonly BoardRow[] => {
  const { group, grid, county, type } = unitFilter.value
  const names = gridNames.value
  const counties = countyOf.value
  const isWhole = unitFilter.value === NO_FILTER && search.value === ''
  const fitting = isWhole
    ? rows.value
    : rows.value.filter(row => {
        const { view } = row.held
        return (
          (group === null || row.group === group) &&
          (grid === null || view.gridId === grid) &&
          (county === null || counties.get(view.gridId ?? '') === county) &&
          (type === null || view.type === type) &&
          fitsSearch(view.callSign, view.id, names.get(view.gridId ?? '') ?? '')
        )
      })
  return fitting.some(isInEmergency)
    ? [...fitting.filter(isInEmergency), ...fitting.filter(row => !isInEmergency(row))]
    : fitting
})
