import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { GridRaster } from '#gateway/grids/grid-raster.ts'
import { bboxOf, borderDistanceM, pointInPolygon, polygonAreaM2 } from '#protocols/geo/polygon.ts'
import type { Polygon } from '#protocols/geo/polygon.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import { simulatedCity } from '#sim/city/city.ts'
import { randomOf } from '#sim/random.ts'

/** A third of the default size: the same plan, quick enough for every run. */
const JUNCTIONS = 20_000
const city = simulatedCity({ seed: 1, junctions: JUNCTIONS })
const { network, grids } = city
const raster = new GridRaster(
  grids.map(g => ({ id: g.id, name: g.properties.name, polygon: g.geometry.coordinates })),
)
const gridOfNode = network.nodes.map(({ lat, lon }) => raster.indexAt(lat, lon))

/** A unit on the border road is still in its grid: membership is that patient (30 m, and the width of the road). */
const BORDER_ROAD_M = 40

/** Junctions of the largest piece of road that one can drive without leaving the grid, as a share of the grid's. */
function connectedShare(polygon: Polygon): number {
  const box = bboxOf(polygon.flat())
  const near = 0.0006
  const members = new Set(
    network.nodes.flatMap(({ lat, lon }, node) => {
      if (lat < box.south - near || lat > box.north + near) return []
      if (lon < box.west - near || lon > box.east + near) return []
      const at = { lat, lon }
      return pointInPolygon(polygon, lat, lon) || borderDistanceM(polygon, at) < BORDER_ROAD_M ? [node] : []
    }),
  )
  const around = new Map<number, number[]>()
  for (const { from, to } of network.edges) {
    if (!members.has(from) || !members.has(to)) continue
    around.set(from, [...(around.get(from) ?? []), to])
    around.set(to, [...(around.get(to) ?? []), from])
  }
  const seen = new Set<number>()
  let largest = 0
  for (const node of members) {
    if (seen.has(node)) continue
    const piece = new Set([node])
    for (const at of piece) for (const next of around.get(at) ?? []) piece.add(next)
    piece.forEach(member => seen.add(member))
    largest = Math.max(largest, piece.size)
  }
  return largest / members.size
}

function crossingsOf(line: readonly (readonly [number, number])[]): number {
  const side = (p: readonly number[], q: readonly number[], r: readonly number[]): number =>
    Math.sign((q[0]! - p[0]!) * (r[1]! - p[1]!) - (q[1]! - p[1]!) * (r[0]! - p[0]!))
  const boxes = line.slice(1).map((q, i) => bboxOf([line[i]!, q]))
  return network.edges.filter(({ shape }) => {
    const box = bboxOf(shape)
    return boxes.some((other, i) => {
      if (other.east < box.west || other.west > box.east) return false
      if (other.north < box.south || other.south > box.north) return false
      const [a, b] = [line[i]!, line[i + 1]!]
      return shape.some((p, k) => {
        const q = shape[k - 1]
        if (q === undefined) return false
        return side(q, p, a) !== side(q, p, b) && side(a, b, q) !== side(a, b, p)
      })
    })
  }).length
}

describe('the simulated prefecture', () => {
  it('comes within 5 % of the junctions asked for and is one strongly connected whole', () => {
    expect(Math.abs(network.nodes.length - JUNCTIONS) / JUNCTIONS).toBeLessThan(0.05)
    for (const back of [false, true]) {
      const arcs: number[][] = network.nodes.map(() => [])
      for (const { from, to, forward, backward } of network.edges) {
        if (back ? backward : forward) arcs[from]!.push(to)
        if (back ? forward : backward) arcs[to]!.push(from)
      }
      const seen = new Set([0])
      for (const node of seen) for (const to of arcs[node]!) seen.add(to)
      expect(seen.size).toBe(network.nodes.length)
    }
  })

  it('has 51 grids in nine counties: two of four, one of seven, every name once', () => {
    expect(grids).toHaveLength(51)
    const counties = new Map<string, number>()
    for (const { properties } of grids)
      counties.set(properties.countyId!, (counties.get(properties.countyId!) ?? 0) + 1)
    expect([...counties.values()].sort((a, b) => a - b)).toEqual([3, 3, 3, 3, 3, 4, 4, 7, 21])
    expect(new Set(grids.map(g => g.properties.name)).size).toBe(51)
    expect(grids[0]!.properties.name).toBe('鼓楼网格')
  })

  it('leaves neither gap nor overlap between its grids, on 30,000 places of the land and on every junction', () => {
    const polygons = grids.map(g => g.geometry.coordinates)
    const boxes = polygons.map(p => bboxOf(p.flat()))
    const whole = bboxOf(polygons.flat(2))
    const random = randomOf(7, 'test', 'places')
    const holders = (lat: number, lon: number): number =>
      polygons.filter((polygon, k) => {
        const { south, north, west, east } = boxes[k]!
        return lat >= south && lat <= north && lon >= west && lon <= east && pointInPolygon(polygon, lat, lon)
      }).length
    const counts = [0, 0]
    for (let k = 0; k < 30_000; k += 1) {
      // The outer border wanders by less than a tenth of the land: inside of that there is no outside.
      const at = (low: number, high: number): number => low + (high - low) * random.uniform(0.1, 0.9)
      counts[0]! += 1
      if (holders(at(whole.south, whole.north), at(whole.west, whole.east)) !== 1) counts[1]! += 1
    }
    for (const { lat, lon } of network.nodes) {
      counts[0]! += 1
      if (holders(lat, lon) !== 1) counts[1]! += 1
    }
    console.info(`places and junctions: ${counts[0]}, not in exactly one grid: ${counts[1]}`)
    expect(counts[0]).toBeGreaterThan(45_000)
    expect(counts[1]).toBe(0)
  })

  it('gives every grid a connected piece of road, small in town and wide outside', () => {
    const shares = grids.map(g => connectedShare(g.geometry.coordinates))
    const areas = grids.map(g => polygonAreaM2(g.geometry.coordinates) / 1e6)
    const junctions = grids.map((_, g) => gridOfNode.filter(other => other === g).length)
    console.info(
      `connected share: worst ${Math.min(...shares).toFixed(3)}; junctions ${Math.min(...junctions)}-${Math.max(...junctions)}`,
    )
    expect(Math.min(...shares)).toBeGreaterThan(0.7)
    expect(shares.filter(share => share < 0.95).length).toBeLessThan(8)
    expect(Math.min(...junctions)).toBeGreaterThan(60)
    const urban = areas.slice(0, 17)
    expect(Math.max(...urban)).toBeLessThan(Math.min(...areas.slice(17, 21)))
  })

  it('has few bridges for its rivers and few crossings for its railways', () => {
    const found = [...city.waters, ...city.railways].map(({ properties, geometry }) => ({
      name: properties.name,
      crossings: crossingsOf(geometry.coordinates),
      km: geometry.coordinates
        .slice(1)
        .reduce(
          (sum, [lon, lat], k) =>
            sum +
            distanceM({ lon, lat }, { lon: geometry.coordinates[k]![0], lat: geometry.coordinates[k]![1] }) /
              1e3,
          0,
        ),
    }))
    console.info(found.map(f => `${f.name}: ${f.crossings} on ${f.km.toFixed(0)} km`).join(', '))
    for (const { crossings, km } of found) {
      expect(crossings).toBeGreaterThan(6)
      expect(crossings / km).toBeLessThan(1)
    }
  })

  it('has 205 stations, a duty station per grid with two partners among them, and 208 joint workstations', () => {
    const of = (kind: string) => city.posts.filter(place => place.kind === kind)
    expect(of('post').length + of('station').length).toBe(205)
    expect(of('joint_station')).toHaveLength(208)
    expect(of('post').map(post => post.gridId)).toEqual(grids.map(grid => grid.id))
    const ids = new Set(of('post').map(post => post.id))
    for (const post of of('post')) {
      expect(post.radiusM).toBe(2_000)
      expect(post.partnerIds).toHaveLength(2)
      expect(post.partnerIds!.every(id => id !== post.id && ids.has(id))).toBe(true)
      const inside = pointInPolygon(
        grids.find(g => g.id === post.gridId)!.geometry.coordinates,
        post.lat,
        post.lon,
      )
      expect(inside).toBe(true)
    }
    const names = city.posts.map(place => place.name)
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(city.posts.map(place => place.id)).size).toBe(city.posts.length)
  })

  it('is joined by highways: from the drum tower to every county town without leaving roads of rank', () => {
    const main = new Set(['trunk', 'primary', 'secondary', 'tertiary'])
    const around = new Map<number, number[]>()
    for (const { from, to, roadClass } of network.edges) {
      if (!main.has(roadClass)) continue
      around.set(from, [...(around.get(from) ?? []), to])
      around.set(to, [...(around.get(to) ?? []), from])
    }
    const tower = city.landmarks.find(place => place.name === '鼓楼')!
    const seen = new Set([tower.node])
    for (const node of seen) for (const next of around.get(node) ?? []) seen.add(next)
    const halls = city.landmarks.filter(place => place.name.endsWith('政务中心'))
    expect(halls).toHaveLength(9)
    const near = (place: { lat: number; lon: number }): boolean =>
      [...seen].some(node => distanceM(network.nodes[node]!, place) < 700)
    expect(halls.filter(near)).toHaveLength(9)
  })

  it('is the same on every machine: a change of it is a decision and counts CITY_VERSION up', () => {
    const hash = createHash('sha256')
      .update(JSON.stringify([network, grids, city.posts]))
      .digest('hex')
    expect(hash.slice(0, 16)).toBe('37e87de7af8cb09f')
  })
})
