import { describe, expect, it } from 'vitest'
import { gridsWithoutMargin } from './road-margin.ts'

/*
 *   roads: 0.2 degrees of latitude and of longitude, some 22 km by 18 km at 35.6 north
 *   +----------------+
 *   |   [mid]        |     mid: 6 km from every side    rim: 1 km from the north
 *   |        [rim]   |
 *   +----------------+
 */
const roads = { west: 117, south: 35.5, east: 117.2, north: 35.7 }
const grid = (id: string, west: number, south: number, east: number, north: number) => ({
  ...{ id, name: id },
  polygon: [
    [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
    ] as [number, number][],
  ],
})

describe('roads beyond the border', () => {
  it('are missed where a grid lies nearer to the end of the roads than a car drives in five minutes', () => {
    const grids = [grid('mid', 117.08, 35.58, 117.12, 35.62), grid('rim', 117.08, 35.62, 117.12, 35.69)]
    expect(gridsWithoutMargin(grids, roads)).toEqual(['rim'])
    expect(gridsWithoutMargin(grids, roads, 500)).toEqual([])
    expect(gridsWithoutMargin([grid('west', 117.02, 35.58, 117.1, 35.62)], roads)).toEqual(['west'])
  })

  it('are all there once the neighbours were imported too', () => {
    const wide = { west: 116.9, south: 35.4, east: 117.3, north: 35.8 }
    expect(gridsWithoutMargin([grid('rim', 117.08, 35.62, 117.12, 35.69)], wide)).toEqual([])
  })
})
