import { METRES_PER_DEGREE } from '#protocols/geo/local.ts'
import { bboxOf } from '#protocols/geo/polygon.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { RoadSnap } from '../roads/snap.ts'
import type { Finding } from './check-grids.ts'
import type { Crs } from './datum.ts'
import type { GridFile } from './grid-geojson.ts'
import { toWgs84 } from './gcoord-datum.ts'

/** How far the borders lie from the nearest road, on average, under each system; metres, `CAP_M` where none is near. */
export type CrsFit = Readonly<Record<Exclude<Crs, 'CGCS2000'>, number>>

const CANDIDATES = ['WGS84', 'GCJ02', 'BD09'] as const
/** Enough for an average to 1 m; 2,000 look-ups take 10 ms. */
const SAMPLES = 2_000
const CAP_M = 150
/** Borders that follow roads lie within 10 m of them; shifted ones, like any line, about 40 m in a town. */
const CLEARLY_NEARER = 0.5
const CLEARLY_M = 8

/**
 * Whether the grids lie on these roads, and as well as they could. Grids are drawn along roads, so under the right
 * coordinate system their borders do; when another system fits clearly better than the one stated, that is a warning.
 * Grids that follow no roads, or outside China where nothing is shifted, fit alike under all and warn of nothing.
 */
export function fitToRoads(file: GridFile, graph: RoadGraph): { fit: CrsFit; findings: Finding[] } {
  const snap = new RoadSnap(graph)
  const samples = borderSamples(file)
  const fitOf = (crs: (typeof CANDIDATES)[number]): number =>
    samples.reduce((sum, sample) => {
      const [lon, lat] = toWgs84(crs, sample)
      return sum + (snap.snap(lat, lon, CAP_M)?.distanceM ?? CAP_M)
    }, 0) / Math.max(1, samples.length)
  const fit = { WGS84: fitOf('WGS84'), GCJ02: fitOf('GCJ02'), BD09: fitOf('BD09') }
  const elsewhere = elsewhereFinding(file, graph)
  const wrong = wrongCrsFinding(file, fit)
  return { fit, findings: [elsewhere, wrong].flatMap(finding => finding ?? []) }
}

function wrongCrsFinding({ crs, grids }: GridFile, fit: CrsFit): Finding | undefined {
  const stated = crs === 'CGCS2000' ? 'WGS84' : crs
  const best = CANDIDATES.reduce((a, b) => (fit[b] < fit[a] ? b : a))
  if (fit[best] > CLEARLY_NEARER * fit[stated] || fit[stated] - fit[best] < CLEARLY_M) return undefined
  const [lon = 0, lat = 0] = grids[0]?.polygon[0]?.[0] ?? []
  const words =
    `the file says crs ${crs}, but its borders lie ${Math.round(fit[stated])} m from the roads on average ` +
    `and would lie ${Math.round(fit[best])} m from them as ${best}: is it ${best}?`
  return { kind: 'wrongCrs', isRefusal: false, gridIds: [], lat, lon, words }
}

/** Grids and roads that do not even meet. */
function elsewhereFinding({ grids }: GridFile, graph: RoadGraph): Finding | undefined {
  const box = bboxOf(grids.flatMap(grid => grid.polygon.flat()))
  const roads = graph.metadata.bbox
  const apart = Math.max(
    roads.west - box.east,
    box.west - roads.east,
    roads.south - box.north,
    box.south - roads.north,
  )
  if (apart <= 0) return undefined
  const km = Math.round((apart * METRES_PER_DEGREE) / 1000)
  const words = `the grids lie ${km} km from the roads: another city, or latitude and longitude swapped?`
  return { kind: 'elsewhere', isRefusal: false, gridIds: [], lat: box.south, lon: box.west, words }
}

/** Points along all borders, evenly by length, in the file's own system. */
function borderSamples({ asWritten }: GridFile): Position[] {
  const pieces = asWritten.flatMap(({ polygon }) =>
    polygon.flatMap(ring => ring.slice(1).map((b, i) => ({ a: ring[i] ?? b, b }))),
  )
  const lengthOf = ({ a, b }: { a: Position; b: Position }): number =>
    Math.hypot((b[0] - a[0]) * Math.cos((a[1] * Math.PI) / 180), b[1] - a[1])
  const step = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0) / SAMPLES
  const samples: Position[] = []
  let left = step / 2
  for (const piece of pieces) {
    const length = lengthOf(piece)
    const { a, b } = piece
    for (; left < length; left += step) {
      const t = left / length
      samples.push([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])])
    }
    left -= length
  }
  return samples
}
