import type { UnitView } from '#protocols/api.ts'
import type { UnitLook } from '../look/unit-look.ts'
import type { Held } from '../state/clock.ts'
import { mercatorX, mercatorY } from './mercator.ts'
import { trackAfter } from './unit-tracks.ts'
import type { Track } from './unit-tracks.ts'

/** Faster than walking pace: below it a receiver's course is noise. */
const MOVING_MPS = 1

/** A unit as it is drawn. */
export type Mark = {
  readonly id: string
  readonly callSign: string
  readonly look: UnitLook
  readonly stale: boolean
  /** Course in degrees, null while standing or unknown. */
  readonly courseDeg: number | null
  readonly track: Track
  /** 1 to 5 in the list beside the map, else 0. */
  readonly rank: number
  readonly chosen: boolean
  /** Age of the position when it is no longer live, milliseconds. */
  readonly oldMs: number | null
}

/** Degrees. */
export type Sight = {
  readonly west: number
  readonly south: number
  readonly east: number
  readonly north: number
}
export const isWithin = (
  { lat, lon }: { readonly lat: number; readonly lon: number },
  sight: Sight,
): boolean => lon >= sight.west && lon <= sight.east && lat >= sight.south && lat <= sight.north

export type Judgement = {
  readonly lookOf: (unit: UnitView) => UnitLook
  readonly freshnessOf: (held: Held<UnitView>, nowMs: number) => UnitView['freshness']
}

/** From the ground up: what matters more is drawn later, on top. */
export const layerOf = ({ look, stale, chosen, rank }: Mark): number =>
  chosen ? 5 : look === 'emergency' ? 4 : rank > 0 ? 3 : stale ? 0 : look === 'available' ? 1 : 2
const LAYERS = 6

/**
 * The marks of the units in `sight`, in drawing order; `tracks` is kept by the caller from one call to the next and forgets
 * units that are gone or out of sight, so that one that comes back is shown where it is. A stale unit stays where it was last
 * seen.
 */
export function marksOf(
  units: ReadonlyMap<string, Held<UnitView>>,
  tracks: Map<string, Track>,
  ranked: readonly string[],
  chosen: string | null,
  nowMs: number,
  sight: Sight,
  judge: Judgement,
): Mark[] {
  const layers: Mark[][] = Array.from({ length: LAYERS }, () => [])
  for (const held of units.values()) {
    const { view } = held
    const { position } = view
    if (position === null || !isWithin(position, sight)) {
      tracks.delete(view.id)
      continue
    }
    const fresh = judge.freshnessOf(held, nowMs)
    const stale = fresh === 'stale' || fresh === 'never'
    const fixMs = held.trueAtMs - position.ageMs
    const track = trackAfter(
      tracks.get(view.id),
      { x: mercatorX(position.lon), y: mercatorY(position.lat), fixMs, live: fresh === 'live' },
      nowMs,
    )
    tracks.set(view.id, track)
    const isMoving = !stale && position.trackDeg !== undefined && (position.speedMps ?? 0) >= MOVING_MPS
    const mark: Mark = {
      id: view.id,
      callSign: view.callSign,
      look: judge.lookOf(view),
      stale,
      courseDeg: isMoving ? (position.trackDeg ?? null) : null,
      track,
      rank: ranked.length === 0 ? 0 : ranked.indexOf(view.id) + 1,
      chosen: view.id === chosen,
      oldMs: fresh === 'live' ? null : Math.max(0, nowMs - fixMs),
    }
    layers[layerOf(mark)]!.push(mark)
  }
  if (tracks.size > units.size) for (const id of tracks.keys()) if (!units.has(id)) tracks.delete(id)
  return ([] as Mark[]).concat(...layers)
}
