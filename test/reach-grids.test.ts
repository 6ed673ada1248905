import { describe, expect, it } from 'vitest'
import { adjacentGrids } from '#gateway/grids/adjacency.ts'
import { layGrids } from '#gateway/grids/lay-grids.ts'
import { bboxOf, pointInPolygon, polygonAreaM2 } from '#protocols/geo/polygon.ts'
import { graphOf, scatteredCity, seeded } from './oracle/cities.ts'

describe('grids laid over a city that has none', () => {
  const graph = graphOf(scatteredCity(9, 600))

  it('hold every place of the box exactly once, for 1 to 51 grids', () => {
    const random = seeded(91)
    let cases = 0
    for (const count of [1, 2, 3, 4, 7, 17, 51]) {
      const grids = layGrids(graph, count)
      const box = bboxOf(grids.flatMap(grid => grid.polygon.flat()))
      const corners = grids.flatMap(grid => grid.polygon.flat())
      for (let i = 0; i < 2000; i++) {
        const [lonOfCorner] = corners[Math.floor(random() * corners.length)] ?? [0, 0]
        const lat = box.south + random() * (box.north - box.south)
        const lon = i % 4 === 0 ? lonOfCorner : box.west + random() * (box.east - box.west)
        if (lon >= box.east) continue
        expect(grids.filter(grid => pointInPolygon(grid.polygon, lat, lon))).toHaveLength(1)
        cases++
      }
      const areas = grids.reduce((sum, grid) => sum + polygonAreaM2(grid.polygon), 0)
      expect(grids).toHaveLength(count)
      expect(areas / polygonAreaM2([ringOf(box)])).toBeCloseTo(1, 3)
    }
    console.info(`laid grids: ${cases} places, each in exactly one`)
    expect(cases).toBeGreaterThan(12_000)
  })

  it('share the roads fairly, carry Chinese names and come out the same every time', () => {
    const grids = layGrids(graph, 4)
    expect(grids.map(grid => grid.id)).toEqual(['grid-1', 'grid-2', 'grid-3', 'grid-4'])
    expect(grids[0]?.name).toBe('网格1')
    expect(layGrids(graph, 4)).toEqual(grids)
    expect(
      layGrids(graph, 51)
        .map(grid => grid.name)
        .slice(0, 2),
    ).toEqual(['网格01', '网格02'])
    const { south, west } = bboxOf(grids[2]?.polygon[0] ?? [])
    const inThird = { lat: south + 0.001, lon: west + 0.001 }
    const places = [
      { kind: 'hamlet', name: '小王庄', ...inThird },
      { kind: 'suburb', name: '鼓楼', ...inThird },
      { kind: 'hospital', name: '第一医院', ...inThird },
    ]
    expect(layGrids(graph, 4, places).map(grid => grid.name)).toEqual(['网格1', '网格2', '鼓楼网格', '网格4'])
    const nodes = Array.from({ length: graph.nodeCount }, (_, n) => ({
      lat: graph.lat(n),
      lon: graph.lon(n),
    }))
    for (const grid of grids) {
      const share = nodes.filter(n => pointInPolygon(grid.polygon, n.lat, n.lon)).length / nodes.length
      expect(share).toBeGreaterThan(0.15)
    }
    expect([...adjacentGrids(grids).values()].every(near => near.length >= 2)).toBe(true)
  })
})

const ringOf = (box: ReturnType<typeof bboxOf>) =>
  [
    [box.west, box.south],
    [box.east, box.south],
    [box.east, box.north],
    [box.west, box.north],
  ] as const
