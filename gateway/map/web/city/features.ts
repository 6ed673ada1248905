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
          properties: { name: feature.properties?.['name'] ?? '' },
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
