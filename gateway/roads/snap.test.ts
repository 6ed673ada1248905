import { describe, expect, it } from 'vitest'
import { localPlane, segmentDistance } from '#protocols/geo/local.ts'
import { openGraph, packGraph } from '#protocols/roads/graph.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { NetworkEdge } from '#protocols/roads/network.ts'
import { partOfShape } from './shape.ts'
import { RoadSnap } from './snap.ts'

const plane = localPlane({ lat: 35.6, lon: 117 })
const at = (x: number, y: number) => plane.toLatLon({ x, y })
type Line = readonly (readonly [number, number])[]

/** Roads given in metres around Qufu, every end its own junction. */
function roads(...lines: readonly (Line | { readonly line: Line; readonly oneWay: true })[]): RoadGraph {
  const nodes: { lat: number; lon: number }[] = []
  const edges = lines.map((given): NetworkEdge => {
    const line = 'line' in given ? given.line : given
    const points = line.map(([x, y]) => at(x, y))
    const ends = [points[0], points[points.length - 1]].map(point => nodes.push(point ?? at(0, 0)) - 1)
    const shape = points.map(({ lat, lon }) => [lon, lat] as const)
    const backward = !('line' in given)
    const [from = 0, to = 0] = ends
    return { from, to, roadClass: 'primary', name: '', speedKph: 60, forward: true, backward, shape }
  })
  const graph = openGraph(packGraph({ source: 'drawn', nodes, edges }))
  if (!graph.ok) throw new Error(graph.detail)
  return graph.value
}

describe('snap to a road', () => {
  it('finds the nearest place, its share of the length and its distance', () => {
    const snap = new RoadSnap(
      roads(
        [
          [0, 0],
          [300, 0],
          [300, 100],
        ],
        [
          [0, 500],
          [300, 500],
        ],
      ),
    )
    const found = snap.snap(at(100, 12).lat, at(100, 12).lon, 50)
    expect(found).toMatchObject({ edge: 0 })
    expect(found?.fraction).toBeCloseTo(0.25, 3)
    expect(found?.distanceM).toBeCloseTo(12, 1)
    expect(snap.snap(at(310, 50).lat, at(310, 50).lon, 50)?.fraction).toBeCloseTo(0.875, 3)
    expect(snap.snap(at(150, 490).lat, at(150, 490).lon, 50)).toMatchObject({ edge: 1 })
  })

  it('says none at once for a pole, the date line and any other place far outside', () => {
    const snap = new RoadSnap(
      roads([
        [0, 0],
        [3000, 2000],
      ]),
    )
    const lats = [-90, -89.999999, -60, 0, 35.6, 89.999999, 90]
    const lons = [-180, 0, 116.5, 117, 180]
    const places = lats.flatMap(lat => lons.map(lon => ({ lat, lon })))
    const found = places.filter(({ lat, lon }) => snap.snap(lat, lon, 1000) !== undefined)
    expect(found).toEqual([{ lat: 35.6, lon: 117 }])
  })

  it('finds the road from outside the box of all roads', () => {
    const snap = new RoadSnap(
      roads([
        [0, 0],
        [3000, 0],
      ]),
    )
    for (const [x, y] of [
      [-4000, 0],
      [1500, 4000],
      [1500, -4000],
      [7000, 0],
    ] as const) {
      expect(snap.snap(at(x, y).lat, at(x, y).lon, 5000)?.distanceM).toBeCloseTo(4000, -1)
      expect(snap.snap(at(x, y).lat, at(x, y).lon, 3900)).toBeUndefined()
    }
  })

  it('says none beyond the distance, however little, and without roads', () => {
    const snap = new RoadSnap(
      roads([
        [0, 0],
        [300, 0],
      ]),
    )
    expect(snap.snap(at(150, 50.1).lat, at(150, 50.1).lon, 50)).toBeUndefined()
    expect(snap.snap(at(150, 49.9).lat, at(150, 49.9).lon, 50)).toBeDefined()
    expect(snap.snap(at(9000, 9000).lat, at(9000, 9000).lon, 50)).toBeUndefined()
    expect(snap.snap(Number.NaN, 117, 50)).toBeUndefined()
    expect(new RoadSnap(roads()).snap(35.6, 117, 50)).toBeUndefined()
  })

  /*
   *  <------- north carriageway, 20 m above
   *  -------> south carriageway
   */
  const divided = new RoadSnap(
    roads(
      {
        line: [
          [0, 0],
          [1000, 0],
        ],
        oneWay: true,
      },
      {
        line: [
          [1000, 20],
          [0, 20],
        ],
        oneWay: true,
      },
    ),
  )
  const nearer = at(500, 13)

  it('puts a moving unit on the carriageway of its direction', () => {
    expect(divided.snap(nearer.lat, nearer.lon, 50)?.edge).toBe(1)
    expect(divided.snap(nearer.lat, nearer.lon, 50, { trackDeg: 88, speedMps: 12 })?.edge).toBe(0)
    expect(divided.snap(nearer.lat, nearer.lon, 50, { trackDeg: 271, speedMps: 12 })?.edge).toBe(1)
    expect(divided.snap(nearer.lat, nearer.lon, 50, { trackDeg: 88, speedMps: 12 })?.distanceM).toBeCloseTo(
      13,
      1,
    )
  })

  it('does not believe the track of a unit that stands', () => {
    expect(divided.snap(nearer.lat, nearer.lon, 50, { trackDeg: 88, speedMps: 0.4 })?.edge).toBe(1)
    expect(divided.snap(nearer.lat, nearer.lon, 50, { trackDeg: 88 })?.edge).toBe(1)
  })

  it('keeps a unit on the only road even when it drives against it', () => {
    const one = new RoadSnap(
      roads({
        line: [
          [0, 0],
          [1000, 0],
        ],
        oneWay: true,
      }),
    )
    expect(one.snap(nearer.lat, nearer.lon, 50, { trackDeg: 270, speedMps: 12 })?.edge).toBe(0)
  })

  it('equals a look at every segment, for 1,000 places among 400 roads', () => {
    let state = 5
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
    const lines = Array.from({ length: 400 }, () => {
      const [x, y] = [random() * 6000, random() * 6000]
      return Array.from({ length: 4 }, (_, i) => [x + i * 120 * random(), y + i * 120 * random()] as const)
    })
    const graph = roads(...lines)
    const snap = new RoadSnap(graph)
    const again = new RoadSnap(graph, snap.index)
    const shapes = lines.map((_, edge) => graph.edgeShape(edge))
    let cases = 0
    let hits = 0
    for (let i = 0; i < 1000; i++) {
      const place = at(random() * 6400 - 200, random() * 6400 - 200)
      const here = localPlane(place)
      const distances = shapes.flatMap(shape =>
        shape.slice(1).map((end, s) => {
          const [a, b] = [shape[s] ?? end, end].map(([lon, lat]) => here.toMetres({ lat, lon }))
          return a === undefined || b === undefined ? Infinity : segmentDistance({ x: 0, y: 0 }, a, b)
        }),
      )
      const plain = Math.min(...distances)
      const withinM = i % 2 === 0 ? 250 : 2500
      const found = snap.snap(place.lat, place.lon, withinM)
      if (plain > withinM) expect(found).toBeUndefined()
      else expect(found?.distanceM).toBeCloseTo(plain, 3)
      cases++
      if (found !== undefined) hits++
      expect(again.snap(place.lat, place.lon, withinM)).toEqual(found)
    }
    console.info(`snap = every segment: ${cases} places, ${hits} on a road`)
    expect(hits).toBeGreaterThan(500)
  })
})

describe('part of a road', () => {
  const line = [
    [117, 35],
    [117.01, 35],
    [117.02, 35],
  ] as const

  it('is cut by length, either way round, and keeps the bends between', () => {
    expect(partOfShape(line, 0.25, 0.75)).toEqual([
      [117.005, 35],
      [117.01, 35],
      [117.015, 35],
    ])
    expect(partOfShape(line, 1, 0.5)).toEqual([
      [117.02, 35],
      [117.01, 35],
    ])
    expect(partOfShape(line, 0.5, 0.5)).toHaveLength(2)
  })
})
