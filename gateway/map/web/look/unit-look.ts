import type { Freshness, UnitView } from '#protocols/api.ts'
import type { Held } from '../state/clock.ts'
import { grown } from '../state/clock.ts'
import { lostForMs } from '../state/stream.ts'

/** What a unit is drawn as: one shape, letter and colour each, so that none of them is the only cue. */
export type UnitLook = 'available' | 'dispatched' | 'enroute' | 'on_scene' | 'busy' | 'out' | 'emergency'
export const UNIT_LOOKS: readonly UnitLook[] = [
  'available',
  'dispatched',
  'enroute',
  'on_scene',
  'busy',
  'out',
  'emergency',
]

export function lookOf(unit: UnitView): UnitLook {
  if (unit.emergency) return 'emergency'
  switch (unit.assignment?.state) {
    case 'dispatched':
    case 'delivered':
      return 'dispatched'
    case 'signed':
    case 'enroute':
      return 'enroute'
    case 'on_scene':
      return 'on_scene'
    case 'cleared':
    case 'refused':
    case 'cancelled':
    case undefined:
      return idleLook(unit)
  }
}

function idleLook(unit: UnitView): UnitLook {
  switch (unit.availability) {
    case 'available':
      return 'available'
    case 'assigned':
      return 'enroute'
    case 'busy':
      return 'busy'
    case 'off_duty':
    case 'out_of_service':
      return 'out'
  }
}

/** Ages that apply whatever the gateway last said. */
const AGEING_MS = 20_000
const STALE_MS = 50_000

/** The gateway's judgement, made worse by the page when the stream is silent: never better. */
export const freshnessNow = (held: Held<UnitView>, now: number): Freshness =>
  freshnessAt(held, now, lostForMs.value !== null)

/** The same for somebody who asks for thousands and has looked at the link once. */
export function freshnessAt(held: Held<UnitView>, now: number, isLost: boolean): Freshness {
  const { freshness, position } = held.view
  if (position === null || freshness === 'stale' || freshness === 'never') return freshness
  const ageMs = grown(position.ageMs, held, now)
  if (ageMs > STALE_MS) return 'stale'
  return ageMs > AGEING_MS || isLost ? 'ageing' : freshness
}

export const fixAgeMs = (held: Held<UnitView>, now: number): number | null =>
  held.view.position === null ? null : grown(held.view.position.ageMs, held, now)
