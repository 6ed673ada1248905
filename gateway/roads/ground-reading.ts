import { bboxMiddle, bboxOf, polygonAreaM2 } from '#protocols/geo/polygon.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { GroundFeature } from '../tiles/ground-features.ts'
import { areaKindOf, lineKindOf, placeKindOf, placeNameOf, widthMOf } from './ground-rules.ts'
import type { OsmNode, OsmRelation, OsmWay } from './osm-pbf-file.ts'
import { closedRings, polygonsOf } from './rings.ts'
import type { Tags } from './road-rules.ts'
import type { NodeLookup } from './split-ways.ts'

/** References kept for areas and lines, 8 bytes each: enough for a province; what comes later is left out and counted. */
const REFS_MAX = 20_000_000
/** A pond smaller than this is no landmark at any zoom that is stored. */
const AREA_M2_MIN = 400

/** A named point people go by: village, hospital, hall, hotel. */
export type NamedPlace = {
  readonly kind: string
  readonly name: string
  readonly lat: number
  readonly lon: number
}

export type Ground = {
  readonly features: readonly GroundFeature[]
  readonly places: readonly NamedPlace[]
  /** Areas whose border the extract does not hold, and ways beyond the bound. */
  readonly incompleteAreas: number
}

/**
 * What stands beside the roads, gathered while an extract is read: nodes at once, ways and relations as references until
 * all coordinates are known. Ways without a tag of ours are kept too, because they may be a lake's shore.
 */
export class GroundReading {
  private readonly ways = new Map<number, { readonly refs: Float64Array; readonly tags: Tags }>()
  private readonly areas: { readonly tags: Tags; readonly members: OsmRelation['members'] }[] = []
  private readonly places: NamedPlace[] = []
  private refs = 0
  private left = 0

  takeNode({ lat, lon, tags }: OsmNode): void {
    const kind = tags === undefined ? undefined : placeKindOf(tags)
    if (tags !== undefined && kind !== undefined && Math.abs(lat) <= 85 && Math.abs(lon) <= 180)
      this.places.push({ kind, name: placeNameOf(tags), lat, lon })
  }

  takeWay({ id, refs, tags = {} }: OsmWay): void {
    const isPiece = tags['building'] === undefined && tags['highway'] === undefined
    const isOurs = areaKindOf(tags) ?? lineKindOf(tags) ?? placeKindOf(tags)
    if (isOurs === undefined && !isPiece) return
    if (this.refs + refs.length > REFS_MAX) {
      this.left++
      return
    }
    this.refs += refs.length
    this.ways.set(id, { refs: Float64Array.from(refs), tags })
  }

  takeRelation({ tags, members }: OsmRelation): void {
    if (tags?.['type'] === 'multipolygon' && areaKindOf(tags) !== undefined)
      this.areas.push({ tags, members })
  }

  /** Everything found, once all nodes are known; features in the order of the file. */
  finish(nodes: NodeLookup): Ground {
    const features: GroundFeature[] = []
    const places = [...this.places]
    for (const { tags, members } of this.areas) features.push(...this.multipolygon(tags, members, nodes))
    for (const { refs, tags } of this.ways.values()) {
      const line = positionsOf(refs, nodes)
      const isClosed = refs.length > 3 && refs[0] === refs[refs.length - 1] && line.length > 3
      features.push(...(isClosed ? areaOf(tags, [[line]]) : []), ...lineOf(tags, line))
      const kind = placeKindOf(tags)
      if (kind !== undefined && line.length > 0)
        places.push({ kind, name: placeNameOf(tags), ...middleOf(line) })
    }
    const points = uniquePlaces(places)
    return { features: [...features, ...points.map(pointOf)], places: points, incompleteAreas: this.left }
  }

  private multipolygon(tags: Tags, members: OsmRelation['members'], nodes: NodeLookup): GroundFeature[] {
    const piecesAs = (role: (role: string) => boolean): Float64Array[] =>
      members.flatMap(member => {
        const way = member.type === 'way' && role(member.role) ? this.ways.get(member.ref) : undefined
        return way === undefined ? [] : [way.refs]
      })
    const [outer, inner] = [
      closedRings(piecesAs(r => r !== 'inner')),
      closedRings(piecesAs(r => r === 'inner')),
    ]
    if (outer.open > 0) this.left++
    const located = (rings: readonly number[][]): Position[][] =>
      rings.map(ring => positionsOf(ring, nodes)).filter(ring => ring.length > 3)
    return areaOf(tags, polygonsOf(located(outer.rings), located(inner.rings)))
  }
}

/** What the extract holds of a line. */
function positionsOf(refs: ArrayLike<number>, nodes: NodeLookup): Position[] {
  const line: Position[] = []
  for (let i = 0; i < refs.length; i++) {
    const node = nodes.at(refs[i] ?? 0)
    if (node !== undefined) line.push([node.lon, node.lat])
  }
  return line
}

function areaOf(tags: Tags, polygons: readonly Position[][][]): GroundFeature[] {
  const kind = areaKindOf(tags)
  const large = polygons.filter(polygon => polygonAreaM2(polygon) >= AREA_M2_MIN)
  if (kind === undefined || large.length === 0) return []
  return [
    {
      properties: { kind, name: placeNameOf(tags) },
      geometry: { type: 'MultiPolygon', coordinates: large },
    },
  ]
}

function lineOf(tags: Tags, coordinates: readonly Position[]): GroundFeature[] {
  const kind = lineKindOf(tags)
  if (kind === undefined || kind === 'coast' || coordinates.length < 2) return []
  const widthM = widthMOf(kind, tags)
  const properties = {
    ...{ kind, name: placeNameOf(tags) },
    ...(widthM !== undefined && { widthM }),
    ...(tags['tunnel'] !== undefined && tags['tunnel'] !== 'no' && { tunnel: true }),
  }
  // What runs under the ground in a pipe is on no map of a patrol.
  if ('tunnel' in properties && widthM !== undefined) return []
  return [{ properties, geometry: { type: 'LineString', coordinates } }]
}

const pointOf = ({ kind, name, lat, lon }: NamedPlace): GroundFeature => ({
  properties: { kind, name },
  geometry: { type: 'Point', coordinates: [lon, lat] },
})

/** The middle of the box of an outline: inside or beside the house, near enough for a name. */
function middleOf(line: readonly Position[]): LatLon {
  return bboxMiddle(bboxOf(line))
}

/** One per kind and name within about 300 m: a station is often mapped as a point and as an area. */
function uniquePlaces(places: readonly NamedPlace[]): NamedPlace[] {
  const kept = new Map<string, NamedPlace[]>()
  return places.filter(place => {
    const key = `${place.kind} ${place.name}`
    const same = kept.get(key) ?? []
    const isNew = same.every(o => Math.abs(o.lat - place.lat) > 0.003 || Math.abs(o.lon - place.lon) > 0.004)
    if (isNew) kept.set(key, [...same, place])
    return isNew
  })
}
