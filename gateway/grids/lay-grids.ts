import { METRES_PER_DEGREE } from '#protocols/geo/local.ts'
import { bboxMiddle } from '#protocols/geo/polygon.ts'
import type { Bbox } from '#protocols/geo/polygon.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Grid } from './grid.ts'

type Spot = { readonly lat: number; readonly lon: number; readonly metres: number }
/** A place with a name, as an import finds it. */
export type NamedSpot = {
  readonly kind: string
  readonly name: string
  readonly lat: number
  readonly lon: number
}
type Area = { readonly box: Bbox; readonly spots: readonly Spot[]; readonly share: number }

/** Border of the outermost roads: the box is widened so that a unit on the last street is not on the border. */
const MARGIN_M = 100

/**
 * Grids for a city that gave none: the box around its roads is cut in two where the road length on both sides fits the
 * number of grids due there, across its longer side, and again. The cuts are straight, so the grids cover the box
 * without overlap or gap; each has about the same length of road. Ids `grid-1`... from the north-west, row by row; named
 * after a place inside where `places` has one, else 网格01 and so on.
 */
export function layGrids(graph: RoadGraph, count: number, places: readonly NamedSpot[] = []): Grid[] {
  const areas = bisect({
    box: widened(graph.metadata.bbox),
    spots: spotsOf(graph),
    share: Math.max(1, count),
  })
  const byPlace = [...areas].sort((a, b) => b.box.north - a.box.north || a.box.west - b.box.west)
  const digits = String(byPlace.length).length
  const taken = new Set<string>()
  return byPlace.map(({ box }, i) => {
    const place = placeNameIn(box, places, taken)
    const name = place === undefined ? `网格${String(i + 1).padStart(digits, '0')}` : `${place}网格`
    return { id: `grid-${i + 1}`, name, polygon: [ringOf(box)] }
  })
}

/** Kinds of place an area is called after, the best first. */
const NAMING_KINDS = ['suburb', 'town', 'city', 'village', 'hamlet']
const NAME_CHARS_MAX = 40

/** The best kind inside the box, of those the one nearest to its middle; each name is given once. */
function placeNameIn(box: Bbox, places: readonly NamedSpot[], taken: Set<string>): string | undefined {
  const { lat, lon } = bboxMiddle(box)
  const inside = places.filter(
    place =>
      NAMING_KINDS.includes(place.kind) &&
      place.name.length <= NAME_CHARS_MAX &&
      !taken.has(place.name) &&
      place.lat >= box.south &&
      place.lat < box.north &&
      place.lon >= box.west &&
      place.lon < box.east,
  )
  const rank = (place: NamedSpot): number => NAMING_KINDS.indexOf(place.kind)
  const away = (place: NamedSpot): number => Math.hypot(place.lat - lat, place.lon - lon)
  const [best] = inside.sort((a, b) => rank(a) - rank(b) || away(a) - away(b))
  if (best !== undefined) taken.add(best.name)
  return best?.name
}

function bisect(area: Area): Area[] {
  if (area.share <= 1) return [area]
  const first = Math.floor(area.share / 2)
  const { south, west, north, east } = area.box
  const wide = (east - west) * Math.cos((((south + north) / 2) * Math.PI) / 180) > north - south
  const cut = cutOf(area, wide ? 'lon' : 'lat', first / area.share)
  const below = wide ? { ...area.box, east: cut } : { ...area.box, north: cut }
  const above = wide ? { ...area.box, west: cut } : { ...area.box, south: cut }
  const coordinate = (spot: Spot): number => (wide ? spot.lon : spot.lat)
  return [
    ...bisect({ box: below, spots: area.spots.filter(spot => coordinate(spot) < cut), share: first }),
    ...bisect({
      box: above,
      spots: area.spots.filter(spot => coordinate(spot) >= cut),
      share: area.share - first,
    }),
  ]
}

/** Where `part` of the road length lies before the cut; never in the outer tenths, so no grid is a sliver. */
function cutOf({ box, spots }: Area, axis: 'lat' | 'lon', part: number): number {
  const [low, high] = axis === 'lat' ? [box.south, box.north] : [box.west, box.east]
  const [from, to] = [low + (high - low) / 10, high - (high - low) / 10]
  const sorted = [...spots].sort((a, b) => a[axis] - b[axis])
  let wanted = sorted.reduce((sum, spot) => sum + spot.metres, 0) * part
  const middle = sorted.find(spot => (wanted -= spot.metres) <= 0)?.[axis] ?? low + (high - low) * part
  return round7(Math.min(to, Math.max(from, middle)))
}

/** The middle of every edge with its length. */
function spotsOf(graph: RoadGraph): Spot[] {
  return Array.from({ length: graph.edgeCount }, (_, edge) => {
    const [from, to] = [graph.edgeFrom[edge] ?? 0, graph.edgeTo[edge] ?? 0]
    return {
      lat: (graph.lat(from) + graph.lat(to)) / 2,
      lon: (graph.lon(from) + graph.lon(to)) / 2,
      metres: (graph.edgeLengthDm[edge] ?? 0) / 10,
    }
  })
}

function widened({ south, west, north, east }: Bbox): Bbox {
  const lat = MARGIN_M / METRES_PER_DEGREE
  const lon = lat / Math.cos((((south + north) / 2) * Math.PI) / 180)
  return {
    south: round7(south - lat),
    north: round7(north + lat),
    west: round7(west - lon),
    east: round7(east + lon),
  }
}

/** Counter-clockwise and closed, as RFC 7946 wants it. */
const ringOf = ({ west, south, east, north }: Bbox): [number, number][] => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
]

const round7 = (degrees: number): number => Math.round(degrees * 1e7) / 1e7
