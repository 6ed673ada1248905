import { pointInPolygon } from '#protocols/geo/polygon.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import type { Random } from '../random.ts'
import { largestPart, strongPartsOf } from '../traffic/strong-part.ts'
import type { GridFeature } from './grids.ts'

/**
 * `station` 派出所, `post` 驻勤点 (a duty station on the street), `joint_station` 警保联控工作站 (guards and police
 * together), `landmark` what people call a place by.
 */
export type PlaceKind = 'station' | 'post' | 'joint_station' | 'landmark'
/** What kind of landmark: things happen at some at night, at others in the morning. */
export type PlaceSort = 'school' | 'hospital' | 'market' | 'nightlife' | 'transit' | 'housing' | 'sight'
/** A named point beside the road network; `node` is the junction it stands at. */
export type Place = LatLon & {
  readonly id: string
  readonly name: string
  readonly kind: PlaceKind
  readonly node: number
  readonly sort?: PlaceSort
  /** The grid a duty station is linked with, or a station stands in. */
  readonly gridId?: string
  /** Duty stations that support each other (DOMAIN.md S42), nearest first. */
  readonly partnerIds?: readonly string[]
  /** Of a duty station: 2,000 m. */
  readonly radiusM?: number
  /** Members of a joint workstation; a count, never names. */
  readonly headcount?: number
}

/** Nearest to the drum tower first, then what stands in town, then what stands at its edge. */
const LANDMARKS_AT_THE_MIDDLE = ['鼓楼', '文庙', '博物馆', '古城商业街']
const LANDMARKS_IN_TOWN = (
  '市人民医院 中医院 第一中学 第二中学 实验小学 购物广场 农贸市场 体育馆 文化广场 图书馆 邮政大楼 百货大楼 ' +
  '妇幼保健院 电影院 幸福家园小区 阳光花园小区 春秋大酒店 市政务中心 第三小学 第五中学'
).split(' ')
const LANDMARKS_AT_THE_EDGE =
  '长途汽车站 师范学院 建材市场 职业中专 工业园 物流园 酒厂 花卉市场 供电公司 汽车城'.split(' ')

/** Junctions one can drive to from anywhere and back: on a real extract the rest are car parks and islands of data. */
export function reachableNodes(network: RoadNetwork): number[] {
  const arcs: number[][] = network.nodes.map(() => [])
  for (const { from, to, forward, backward } of network.edges) {
    if (forward) arcs[from]!.push(to)
    if (backward) arcs[to]!.push(from)
  }
  const parts = strongPartsOf(arcs)
  const largest = largestPart(parts)
  return network.nodes.flatMap((_, node) => (parts[node] === largest ? [node] : []))
}

/** Police posts: per grid a police station and a duty station on the street. */
export function policePlaces(network: RoadNetwork, grids: readonly GridFeature[], random: Random): Place[] {
  const junctions = bigJunctions(network)
  const places: Place[] = []
  for (const grid of grids) {
    const word = grid.properties.name.replace('网格', '')
    const number = grid.id.replace('grid-', '')
    const inside = junctions.filter(node => {
      const { lat, lon } = network.nodes[node]!
      return pointInPolygon(grid.geometry.coordinates, lat, lon)
    })
    // The duty station near the middle of the grid's streets, the police station anywhere else.
    const middle = {
      lat: meanOf(inside.map(n => network.nodes[n]!.lat)),
      lon: meanOf(inside.map(n => network.nodes[n]!.lon)),
    }
    const near = (node: number): number => distanceM(network.nodes[node]!, middle)
    const [nearest, ...others] = [...inside].sort((a, b) => near(a) - near(b))
    const order = nearest === undefined ? [] : [nearest, ...random.shuffle(others)]
    const [post, station] = apart(network, order, 600, 2)
    if (post !== undefined) places.push(placeAt(network, `post-${number}`, `${word}驻勤点`, 'post', post))
    if (station !== undefined)
      places.push(placeAt(network, `station-${number}`, `${word}派出所`, 'station', station))
  }
  return places
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)

/** On a real map the police places are numbered. */
export function postsOn(network: RoadNetwork, count: number, random: Random): Place[] {
  const nodes = apart(network, random.shuffle(bigJunctions(network)), 800, count)
  return nodes.map((node, k) => placeAt(network, `post-${k + 1}`, `${k + 1}号驻勤点`, 'post', node))
}

/** Named places of an invented town: the old ones in the middle, the others spread over the big streets. */
export function landmarksOf(network: RoadNetwork, middle: LatLon, ringM: number, random: Random): Place[] {
  const near = (node: number): number => distanceM(network.nodes[node]!, middle)
  const junctions = bigJunctions(network)
  const between = (low: number, high: number): number[] =>
    random.shuffle(junctions.filter(node => near(node) >= low && near(node) < high))
  const old = [...junctions].sort((a, b) => near(a) - near(b))
  const chosen = [
    { names: LANDMARKS_AT_THE_MIDDLE, nodes: apart(network, old, 130, LANDMARKS_AT_THE_MIDDLE.length) },
    {
      names: random.shuffle(LANDMARKS_IN_TOWN),
      nodes: apart(network, between(450, ringM * 0.75), 300, LANDMARKS_IN_TOWN.length),
    },
    {
      names: random.shuffle(LANDMARKS_AT_THE_EDGE),
      nodes: apart(network, between(ringM * 0.75, ringM * 1.2), 500, LANDMARKS_AT_THE_EDGE.length),
    },
  ].flatMap(({ names, nodes }) => nodes.map((node, k) => ({ name: names[k]!, node })))
  return chosen.map(({ name, node }, k) => placeAt(network, `landmark-${k + 1}`, name, 'landmark', node))
}

export function placeAt(
  network: RoadNetwork,
  id: string,
  name: string,
  kind: PlaceKind,
  node: number,
): Place {
  const { lat, lon } = network.nodes[node]!
  return { id, name, kind, node, lat, lon }
}

/** Reachable crossings of three or more named streets: where one would put a post, and where people know the way. */
export function bigJunctions(network: RoadNetwork): number[] {
  const legs = network.nodes.map(() => 0)
  for (const { from, to, name } of network.edges) {
    if (name === '') continue
    legs[from]! += 1
    legs[to]! += 1
  }
  return reachableNodes(network).filter(node => legs[node]! >= 3)
}

/** Takes nodes in the given order as long as they keep their distance from those taken before. */
export function apart(network: RoadNetwork, nodes: readonly number[], gapM: number, count: number): number[] {
  const taken: number[] = []
  for (const node of nodes) {
    if (taken.length === count) break
    if (taken.every(other => distanceM(network.nodes[other]!, network.nodes[node]!) >= gapM)) taken.push(node)
  }
  return taken
}
