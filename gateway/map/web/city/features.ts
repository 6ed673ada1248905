import type { ClosureStretch, ClosureView } from '#protocols/closures.ts'
import { ColdSpotView } from '#protocols/coverage.ts'
import type { ForeseenView, MoveUpView } from '#protocols/coverage.ts'
import { idOf } from '../state/city-data.ts'
import type { Held } from '../state/clock.ts'
import { clockWords, kilometreWords, words } from '../words/words.ts'

/** One point for the name of each grid: well inside, far from every border. */
export function gridNamePoints(grids: GeoJSON.FeatureCollection): GeoJSON.FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: grids.features.flatMap(feature => {
      const ring = outerRing(feature.geometry)
      if (ring === null) return []
      return [
        {
          type: 'Feature' as const,
          geometry: { type: 'Point' as const, coordinates: [...innermost(ring)] },
          id: idOf(feature),
          properties: { id: idOf(feature), name: feature.properties?.['name'] ?? '' },
        },
      ]
    }),
  }
}

type XY = readonly [number, number]

function outerRing(geometry: GeoJSON.Geometry): XY[] | null {
  if (geometry.type === 'Polygon') return geometry.coordinates[0] as unknown as XY[]
  if (geometry.type === 'MultiPolygon') return geometry.coordinates[0]?.[0] as unknown as XY[]
  return null
}

const STEPS = 24

/** The sample point inside the ring with the widest clearance; good to a twenty-fourth of the grid, enough for a name. */
function innermost(ring: readonly XY[]): XY {
  const [west, south, east, north] = boundsOf(ring)
  let best: XY = [(west + east) / 2, (south + north) / 2]
  let bestGap = -1
  for (let i = 1; i < STEPS; i += 1)
    for (let j = 1; j < STEPS; j += 1) {
      const at: XY = [west + ((east - west) * i) / STEPS, south + ((north - south) * j) / STEPS]
      const gap = isInside(ring, at) ? clearance(ring, at) : -1
      if (gap > bestGap) [best, bestGap] = [at, gap]
    }
  return best
}

function isInside(ring: readonly XY[], [x, y]: XY): boolean {
  let inside = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [[xi, yi], [xj, yj]] = [ring[i]!, ring[j]!]
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside
  }
  return inside
}

const clearance = (ring: readonly XY[], [x, y]: XY): number =>
  ring.reduce((least, [px, py]) => Math.min(least, Math.hypot((px - x) * 0.8, py - y)), Infinity)

export function boundsOf(
  points: Iterable<readonly number[]>,
): [west: number, south: number, east: number, north: number] {
  const bounds: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x = 0, y = 0] of points) {
    bounds[0] = Math.min(bounds[0], x)
    bounds[1] = Math.min(bounds[1], y)
    bounds[2] = Math.max(bounds[2], x)
    bounds[3] = Math.max(bounds[3], y)
  }
  return bounds
}

/** Every coordinate of a collection, whatever its geometries. */
export function* pointsOf(collection: GeoJSON.FeatureCollection): Generator<readonly number[]> {
  for (const { geometry } of collection.features)
    if (geometry.type !== 'GeometryCollection') yield* flatten(geometry.coordinates)
}

function* flatten(value: unknown): Generator<readonly number[]> {
  if (!Array.isArray(value)) return
  if (typeof value[0] === 'number') yield value as number[]
  else for (const part of value) yield* flatten(part)
}

/** The same features, each with the colour of its grid where it has one. */
export const coloured = (
  collection: GeoJSON.FeatureCollection,
  colours: ReadonlyMap<string, string>,
): GeoJSON.FeatureCollection => ({
  type: 'FeatureCollection',
  features: collection.features.map(feature => {
    const colour = colours.get(idOf(feature))
    return colour === undefined ? feature : { ...feature, properties: { ...feature.properties, colour } }
  }),
})

/** Road a planned order uncovers, and a name for each hole it makes. */
export function foreseenFeatures(view: ForeseenView | null): GeoJSON.FeatureCollection {
  if (view === null) return { type: 'FeatureCollection', features: [] }
  const lines: GeoJSON.Feature = {
    type: 'Feature',
    geometry: { type: 'MultiLineString', coordinates: view.lines },
    properties: {},
  }
  const names = view.coldSpots.map(({ roadM, fillBy, centre }): GeoJSON.Feature => {
    const fill = fillBy === null ? [] : [`${fillBy.callSign} ${clockWords(fillBy.etaSeconds)}`]
    return {
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [centre.lon, centre.lat] },
      properties: { label: [words.value.coldSpot(kilometreWords(roadM)), ...fill].join('\n') },
    }
  })
  return { type: 'FeatureCollection', features: [lines, ...names] }
}

/** An arrow from each unit to where it is wanted, and what that gains. `at` is where the unit is now. */
export function moveUpFeatures(
  moveUps: readonly MoveUpView[],
  at: (unitId: string) => { readonly lat: number; readonly lon: number } | undefined,
): GeoJSON.FeatureCollection {
  const features = moveUps.flatMap(({ unitId, place, state, callSign, gainShare }): GeoJSON.Feature[] => {
    const from = at(unitId)
    const to = [place.lon, place.lat]
    const label = `${callSign} +${(gainShare * 100).toFixed(1)}%`
    return [
      ...(from === undefined
        ? []
        : [
            {
              type: 'Feature' as const,
              geometry: { type: 'LineString' as const, coordinates: [[from.lon, from.lat], to] },
              properties: { state },
            },
          ]),
      { type: 'Feature', geometry: { type: 'Point', coordinates: to }, properties: { state, label } },
    ]
  })
  return { type: 'FeatureCollection', features }
}

/** Cold spots as lines, and a name for each at its centre: how much road, and who could fill it when. */
export function coldSpotFeatures(shapes: GeoJSON.FeatureCollection | null): GeoJSON.FeatureCollection {
  const features = (shapes?.features ?? []).flatMap(feature => {
    const spot = ColdSpotView.safeParse(feature.properties)
    if (!spot.success) return []
    const { roadM, fillBy, centre } = spot.data
    const label = [
      words.value.coldSpot(kilometreWords(roadM)),
      ...(fillBy === null ? [] : [`${fillBy.callSign} ${clockWords(fillBy.etaSeconds)}`]),
    ].join('\n')
    const name: GeoJSON.Feature = {
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [centre.lon, centre.lat] },
      properties: { label },
    }
    return [{ ...feature, properties: {} }, name]
  })
  return { type: 'FeatureCollection', features }
}

/** Roads closed or slow, and those that somebody is about to close. */
export const closureFeatures = (
  inForce: readonly Held<ClosureView>[],
  meant: ClosureStretch | null,
): GeoJSON.FeatureCollection => ({
  type: 'FeatureCollection',
  features: [
    ...inForce.map(({ view }) => {
      const effect = view.speedFactor === 0 ? 'closed' : 'slow'
      return closureFeature(view.lines, { is: 'in_force', effect })
    }),
    ...(meant === null ? [] : [closureFeature(meant.lines, { is: 'meant', effect: 'slow' })]),
  ],
})

const closureFeature = (
  coordinates: ClosureStretch['lines'],
  properties: Readonly<Record<string, string>>,
): GeoJSON.Feature => ({
  type: 'Feature',
  geometry: { type: 'MultiLineString', coordinates },
  properties,
})
