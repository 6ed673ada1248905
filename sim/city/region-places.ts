import { pointInPolygon } from '#protocols/geo/polygon.ts'
import { bboxOf } from '#protocols/geo/polygon.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import type { Random } from '../random.ts'
import type { County } from './counties.ts'
import type { GridFeature } from './grids.ts'
import { apart, bigJunctions, placeAt } from './places.ts'
import type { Place, PlaceSort } from './places.ts'

/** S42, S29, S30 of the reform text: 205 stations, one duty station per grid among them, and 208 joint workstations. */
const STATIONS = 205
const JOINT_STATIONS = 208
const DUTY_RADIUS_M = 2_000
const PARTNERS = 2

export type RegionToPolice = {
  readonly network: RoadNetwork
  readonly grids: readonly GridFeature[]
  readonly towns: readonly { readonly county: County; readonly at: LatLon; readonly ringM: number }[]
  readonly townships: readonly { readonly name: string; readonly at: LatLon }[]
  readonly random: Random
}

/** What stands beside the roads of a region: landmarks, duty stations, police stations, joint workstations. */
export function regionPlaces(region: RegionToPolice): {
  readonly posts: readonly Place[]
  readonly landmarks: readonly Place[]
} {
  const places = new Places(region)
  const landmarks = [
    ...region.towns.flatMap(town => places.landmarksIn(town)),
    ...places.landmarksOfTownships(),
  ]
  const dutyStations = places.dutyStations()
  const stations = places.stations(STATIONS - dutyStations.length)
  return {
    posts: [...dutyStations, ...stations, ...places.jointStations(JOINT_STATIONS, landmarks)],
    landmarks,
  }
}

const CITY_LANDMARKS: Readonly<Record<PlaceSort, string>> = {
  school:
    '第一中学 第二中学 第三中学 第五中学 实验中学 实验小学 第三小学 第六小学 明德小学 职业中专 师范学院 医学院 外国语学校 育才学校',
  hospital: '市人民医院 中医院 妇幼保健院 第二人民医院 骨科医院',
  market: '购物广场 农贸市场 百货大楼 建材市场 花卉市场 批发市场 万邦商城 银座商场 汽车城 古城商业街',
  nightlife: '酒吧街 夜市 美食街 星河KTV 不夜城 电影院 大剧院',
  transit: '长途汽车站 火车站 公交枢纽 高铁站',
  housing:
    '幸福家园小区 阳光花园小区 锦绣城小区 翠湖苑小区 金色家园小区 和谐家园小区 怡景苑小区 新世纪小区 桃园小区 滨河花园小区',
  sight: '鼓楼 文庙 博物馆 体育馆 文化广场 图书馆 市政务中心 邮政大楼 人民公园 供电公司 工业园 物流园 酒厂',
}
const COUNTY_LANDMARKS: Readonly<Record<PlaceSort, string>> = {
  school: '一中 二中 实验小学 职业中专',
  hospital: '人民医院 中医院',
  market: '农贸市场 购物中心',
  nightlife: '夜市 美食街',
  transit: '汽车站',
  housing: '家园小区 花园小区',
  sight: '政务中心 文化广场 博物馆',
}

class Places {
  private readonly region: RegionToPolice
  /** Junctions of named streets, by grid. */
  private readonly byGrid: readonly (readonly number[])[]
  private readonly big: readonly number[]
  private readonly names = new Set<string>()
  private readonly streetsAt = new Map<number, string[]>()

  constructor(region: RegionToPolice) {
    this.region = region
    this.big = bigJunctions(region.network)
    this.byGrid = junctionsByGrid(region.network, this.big, region.grids)
    for (const { from, to, name } of region.network.edges) {
      if (name === '') continue
      for (const node of [from, to]) this.streetsAt.set(node, [...(this.streetsAt.get(node) ?? []), name])
    }
  }

  landmarksIn({ county, at, ringM }: RegionToPolice['towns'][number]): Place[] {
    const { network, random } = this.region
    const lists = county.short === '' ? CITY_LANDMARKS : COUNTY_LANDMARKS
    const wanted = random.shuffle(
      Object.entries(lists).flatMap(([sort, words]) =>
        words.split(' ').map(word => ({ sort: sort as PlaceSort, name: county.short + word })),
      ),
    )
    const inside = this.big.filter(node => distanceM(network.nodes[node]!, at) < ringM * 0.9)
    const [middle, ...others] = [...inside].sort(
      (a, b) => distanceM(network.nodes[a]!, at) - distanceM(network.nodes[b]!, at),
    )
    const order = middle === undefined ? [] : [middle, ...random.shuffle(others)]
    const nodes = apart(network, order, Math.min(500, ringM / 8), wanted.length)
    // What people call the middle by stands in the middle.
    const byMiddle = [...nodes].sort(
      (a, b) => distanceM(network.nodes[a]!, at) - distanceM(network.nodes[b]!, at),
    )
    const isOld = ({ name }: { name: string }): boolean =>
      /鼓楼|文庙|古城|酒吧街|夜市|文化广场|政务中心/.test(name)
    const ordered = [...wanted.filter(isOld), ...wanted.filter(landmark => !isOld(landmark))]
    return byMiddle.map((node, k) => ({
      ...placeAt(network, `landmark-${county.id}-${k + 1}`, ordered[k]!.name, 'landmark', node),
      sort: ordered[k]!.sort,
    }))
  }

  landmarksOfTownships(): Place[] {
    const { network, townships } = this.region
    const kinds = [
      { word: '政府', sort: 'sight' },
      { word: '卫生院', sort: 'hospital' },
      { word: '中学', sort: 'school' },
      { word: '集市', sort: 'market' },
    ] as const
    return townships.flatMap(({ name, at }, t) => {
      const near = this.nearest(at, 900)
      return apart(network, near, 150, kinds.length).map((node, k) => ({
        ...placeAt(network, `landmark-township-${t + 1}-${k + 1}`, name + kinds[k]!.word, 'landmark', node),
        sort: kinds[k]!.sort,
      }))
    })
  }

  /** One per grid, near the middle of its streets; each knows its grid and the two nearest others. */
  dutyStations(): Place[] {
    const { network, grids } = this.region
    const stations = grids.flatMap((grid, g) => {
      const inside = this.byGrid[g]!
      const middle = {
        lat: mean(inside.map(node => network.nodes[node]!.lat)),
        lon: mean(inside.map(node => network.nodes[node]!.lon)),
      }
      const node = [...inside].sort(
        (a, b) => distanceM(network.nodes[a]!, middle) - distanceM(network.nodes[b]!, middle),
      )[0]
      if (node === undefined) return []
      const word = grid.properties.name.replace('网格', '')
      return [
        {
          ...placeAt(network, `post-${g + 1}`, `${word}驻勤点`, 'post', node),
          gridId: grid.id,
          radiusM: DUTY_RADIUS_M,
        },
      ]
    })
    return stations.map(station => ({
      ...station,
      partnerIds: [...stations]
        .filter(other => other !== station)
        .sort((a, b) => distanceM(a, station) - distanceM(b, station))
        .slice(0, PARTNERS)
        .map(other => other.id),
    }))
  }

  /** One in every township, the rest where the streets are. */
  stations(count: number): Place[] {
    const { network, townships, random } = this.region
    const rural = random
      .shuffle(townships)
      .slice(0, Math.floor(count / 2))
      .flatMap(({ name, at }) => {
        const [node] = this.nearest(at, 1_500)
        return node === undefined ? [] : [{ name: `${this.once(name)}派出所`, node }]
      })
    const urban = this.spread(
      count - rural.length,
      600,
      rural.map(({ node }) => node),
    ).map(node => ({
      name: `${this.once(this.wordAt(node))}派出所`,
      node,
    }))
    return [...urban, ...rural].map(({ name, node }, k) => ({
      ...placeAt(network, `station-${k + 1}`, name, 'station', node),
      ...this.gridOf(node),
    }))
  }

  /** 警保联控工作站: guards at the gates of places people know, else at a crossing. */
  jointStations(count: number, landmarks: readonly Place[]): Place[] {
    const { network, random } = this.region
    const atGates = random
      .shuffle(landmarks.filter(({ sort }) => sort === 'housing' || sort === 'market' || sort === 'transit'))
      .slice(0, Math.floor(count / 3))
      .map(({ name, node }) => ({ name, node }))
    const taken = atGates.map(({ node }) => node)
    const others = this.spread(count - atGates.length, 350, taken).map(node => ({
      name: this.streetsAt.get(node)?.[0] ?? '',
      node,
    }))
    return [...atGates, ...others].map(({ name, node }, k) => ({
      ...placeAt(network, `joint-${k + 1}`, `${this.once(name)}警保联控工作站`, 'joint_station', node),
      ...this.gridOf(node),
      // 14,891 members of 208 stations: 72 each, counted, never named.
      headcount: random.integer(40, 104),
    }))
  }

  /** Junctions over the grids by how many streets each has, `gapM` from each other and from those taken. */
  private spread(count: number, gapM: number, taken: readonly number[]): number[] {
    const { network, random } = this.region
    const total = this.byGrid.reduce((sum, list) => sum + list.length, 0)
    const queues = this.byGrid.map(list => ({
      nodes: random.shuffle(list),
      due: (count * list.length) / total,
    }))
    const chosen: number[] = []
    const all = [...taken]
    for (let round = 0; chosen.length < count && round < 40; round += 1) {
      for (const queue of [...queues].sort((a, b) => b.due - a.due)) {
        if (chosen.length === count) break
        if (queue.due <= 0 && round < 20) continue
        for (let node = queue.nodes.pop(); node !== undefined; node = queue.nodes.pop()) {
          const here = network.nodes[node]!
          if (all.some(other => distanceM(network.nodes[other]!, here) < gapM)) continue
          chosen.push(node)
          all.push(node)
          queue.due -= 1
          break
        }
      }
    }
    return chosen
  }

  private nearest(at: LatLon, withinM: number): number[] {
    const { network } = this.region
    return this.big
      .map(node => ({ node, awayM: distanceM(network.nodes[node]!, at) }))
      .filter(({ awayM }) => awayM < withinM)
      .sort((a, b) => a.awayM - b.awayM)
      .map(({ node }) => node)
  }

  /** 崇德 of 崇德北路: what a station in this street is called. */
  private wordAt(node: number): string {
    const street = this.streetsAt.get(node)?.find(name => !/国道|省道|环路$/.test(name))
    return (street ?? this.streetsAt.get(node)?.[0] ?? '').replace(
      /(大街|大道|胡同|[东西南北]?[路街巷线])$/,
      '',
    )
  }

  private once(name: string): string {
    let free = name
    for (let k = 2; this.names.has(free); k += 1) free = `${name}${'一二三四五六七八九十'[k - 1] ?? k}`
    this.names.add(free)
    return free
  }

  private gridOf(node: number): { readonly gridId?: string } {
    const g = this.byGrid.findIndex(list => list.includes(node))
    const grid = this.region.grids[g]
    return grid === undefined ? {} : { gridId: grid.id }
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)

function junctionsByGrid(
  network: RoadNetwork,
  nodes: readonly number[],
  grids: readonly GridFeature[],
): number[][] {
  const boxes = grids.map(grid => bboxOf(grid.geometry.coordinates.flat()))
  const lists = grids.map((): number[] => [])
  for (const node of nodes) {
    const { lat, lon } = network.nodes[node]!
    const g = grids.findIndex((grid, k) => {
      const { south, north, west, east } = boxes[k]!
      const inBox = lat >= south && lat <= north && lon >= west && lon <= east
      return inBox && pointInPolygon(grid.geometry.coordinates, lat, lon)
    })
    lists[g]?.push(node)
  }
  return lists
}
