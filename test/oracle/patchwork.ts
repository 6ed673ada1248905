import { seeded } from './cities.ts'

/** `[lon, lat]` degrees. */
type Point = readonly [number, number]
/** A grid as plain data: parts, each an outer ring and its holes, closed. */
export type Patch = { readonly id: string; readonly parts: readonly (readonly (readonly Point[])[])[] }

const WEST = 116.8
const SOUTH = 35.4
const CELL_LON = 0.012
const CELL_LAT = 0.01
const POINTS_PER_SIDE = 9

/**
 * A city of exactly `count` grids that fit together like a jigsaw: wiggly borders that neighbours share to the last bit,
 * every seventh grid in two parts, every ninth with an enclave that belongs to another grid. The same seed, the same city.
 */
export function patchwork(count: number, seed: number): Patch[] {
  // Twice the cells in one grid where it has two parts, and one more where it has an enclave.
  const columns = Math.ceil(Math.sqrt(count * 1.3))
  const cell = (n: number): readonly (readonly Point[])[] => [
    outline(n % columns, Math.floor(n / columns), seed),
  ]
  const patches: Patch[] = []
  let next = 0
  while (patches.length < count) {
    const id = `g-${patches.length + 1}`
    const own = cell(next++)
    if (patches.length % 7 === 3) patches.push({ id, parts: [own, cell((next += 2) - 1)] })
    else if (patches.length % 9 === 4 && patches.length + 1 < count) {
      const enclave = rhombus((next - 1) % columns, Math.floor((next - 1) / columns))
      patches.push({ id, parts: [[...own, [...enclave].reverse()]] })
      patches.push({ id: `${id}-in`, parts: [[enclave]] })
    } else patches.push({ id, parts: [own] })
  }
  return patches
}

/** The border of a cell of the lattice, counter-clockwise; a side is drawn the same way by both its cells. */
function outline(i: number, j: number, seed: number): Point[] {
  const sides = [
    side(i, j, i + 1, j, seed),
    side(i + 1, j, i + 1, j + 1, seed),
    side(i, j + 1, i + 1, j + 1, seed).reverse(),
    side(i, j, i, j + 1, seed).reverse(),
  ]
  const ring = sides.flatMap(points => points.slice(0, -1))
  return [...ring, ring[0]!]
}

function side(i1: number, j1: number, i2: number, j2: number, seed: number): Point[] {
  const random = seeded(seed + 7919 * (i1 + 1_000 * j1) + (i1 === i2 ? 1 : 0))
  const [a, b] = [corner(i1, j1, seed), corner(i2, j2, seed)]
  return Array.from({ length: POINTS_PER_SIDE + 1 }, (_, k): Point => {
    if (k === 0 || k === POINTS_PER_SIDE) return k === 0 ? a : b
    const t = k / POINTS_PER_SIDE
    // Sideways only, and less towards the corners, so that no border crosses itself.
    const aside = (random() - 0.5) * 0.12 * Math.sin(Math.PI * t)
    const [east, north] = [b[0] - a[0], b[1] - a[1]]
    return [a[0] + t * east - aside * north, a[1] + t * north + aside * east]
  })
}

function corner(i: number, j: number, seed: number): Point {
  const random = seeded(seed + 104_729 * (i + 1_000 * j))
  return [WEST + (i + random() * 0.3) * CELL_LON, SOUTH + (j + random() * 0.3) * CELL_LAT]
}

/** Well inside its cell, whatever the wiggles. */
function rhombus(i: number, j: number): Point[] {
  const [lon, lat] = [WEST + (i + 0.65) * CELL_LON, SOUTH + (j + 0.65) * CELL_LAT]
  return [
    [lon - 0.002, lat],
    [lon, lat - 0.0017],
    [lon + 0.002, lat],
    [lon, lat + 0.0017],
    [lon - 0.002, lat],
  ]
}

/**
 * Which grid holds a point, by asking every one: the winding number of each ring (Sunday 2001), inside a part where it
 * winds around the outer ring and no hole. Shares nothing with the code it judges. -1 for none.
 */
export function bruteForceGrid(patches: readonly BoxedPatch[], lon: number, lat: number): number {
  return patches.findIndex(
    ({ box, patch }) =>
      lon >= box[0] &&
      lat >= box[1] &&
      lon <= box[2] &&
      lat <= box[3] &&
      patch.parts.some(
        ([outer, ...holes]) => winds(outer!, lon, lat) && !holes.some(hole => winds(hole, lon, lat)),
      ),
  )
}

export type BoxedPatch = { readonly patch: Patch; readonly box: readonly [number, number, number, number] }

export function boxed(patches: readonly Patch[]): BoxedPatch[] {
  return patches.map(patch => {
    const points = patch.parts.flat(2)
    const [lons, lats] = [points.map(([x]) => x), points.map(([, y]) => y)]
    return {
      patch,
      box: [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)],
    }
  })
}

function winds(ring: readonly Point[], x: number, y: number): boolean {
  let winding = 0
  for (let i = 0; i + 1 < ring.length; i++) {
    const [x1, y1] = ring[i]!
    const [x2, y2] = ring[i + 1]!
    const left = (x2 - x1) * (y - y1) - (x - x1) * (y2 - y1)
    if (y1 <= y && y2 > y && left > 0) winding++
    if (y1 > y && y2 <= y && left < 0) winding--
  }
  return winding !== 0
}

export type MembershipRun = {
  readonly grids: number
  readonly vertices: number
  readonly points: number
  readonly nearBorders: number
  readonly inside: number
  readonly differing: readonly { readonly lon: number; readonly lat: number }[]
}

/**
 * Compares `gridAt` with the brute force at seeded points: four of five anywhere in the box and a little around it, the
 * fifth within some metres of a border.
 */
export function compareMembership(
  patches: readonly Patch[],
  points: number,
  seed: number,
  gridAt: (lon: number, lat: number) => number,
  onShare: (share: number) => void = () => {},
): MembershipRun {
  const random = seeded(seed)
  const all = boxed(patches)
  const [west, south] = [Math.min(...all.map(p => p.box[0])), Math.min(...all.map(p => p.box[1]))]
  const [east, north] = [Math.max(...all.map(p => p.box[2])), Math.max(...all.map(p => p.box[3]))]
  const vertices = patches.flatMap(patch => patch.parts.flat(2))
  const differing: { lon: number; lat: number }[] = []
  let [inside, nearBorders] = [0, 0]
  for (let n = 0; n < points; n++) {
    let lon = west - 0.005 + random() * (east - west + 0.01)
    let lat = south - 0.005 + random() * (north - south + 0.01)
    if (n % 5 === 0) {
      const at = Math.floor(random() * (vertices.length - 1))
      const [[x1, y1], [x2, y2]] = [vertices[at]!, vertices[at + 1]!]
      const t = random()
      lon = x1 + t * (x2 - x1) + (random() - 0.5) * 1e-4
      lat = y1 + t * (y2 - y1) + (random() - 0.5) * 1e-4
      nearBorders++
    }
    const expected = bruteForceGrid(all, lon, lat)
    if (expected >= 0) inside++
    if (gridAt(lon, lat) !== expected && differing.length < 100) differing.push({ lon, lat })
    if (n % 20_000 === 0) onShare(n / points)
  }
  return { grids: patches.length, vertices: vertices.length, points, nearBorders, inside, differing }
}
