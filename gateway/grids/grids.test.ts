import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { localPlane } from '#protocols/geo/local.ts'
import { NO_GRID } from '#protocols/geo/membership.ts'
import { pointInPolygon, polygonAreaM2 } from '#protocols/geo/polygon.ts'
import type { Polygon, Ring } from '#protocols/geo/polygon.ts'
import { destination } from '#protocols/geo/sphere.ts'
import { adjacentGrids } from './adjacency.ts'
import type { Grid } from './grid.ts'
import { GridMap } from './membership.ts'

const qufu = { lat: 35.6, lon: 117 }
const plane = localPlane(qufu)
/** A ring given in metres around Qufu. */
const ring = (...points: readonly (readonly [number, number])[]): Ring =>
  points.map(([x, y]) => {
    const { lat, lon } = plane.toLatLon({ x, y })
    return [lon, lat] as const
  })
const square = (west: number, south: number, size: number): Ring =>
  ring([west, south], [west + size, south], [west + size, south + size], [west, south + size])
const grid = (id: string, polygon: Polygon): Grid => ({ id, name: id, polygon })
const at = (x: number, y: number) => plane.toLatLon({ x, y })

/*
 *  +-----+-----+      each 1 km wide; d lies 1 m apart from b
 *  |  c  |     |  d
 *  +-----+  b  +-
 *  |  a  |     |
 *  +-----+-----+
 */
const town = [
  grid('a', [square(0, 0, 1000)]),
  grid('b', [ring([1000, 0], [2000, 0], [2000, 2000], [1000, 2000])]),
  grid('c', [square(0, 1000, 1000)]),
  grid('d', [square(2001, 1000, 1000)]),
]

describe('grid of a place', () => {
  it('equals asking every polygon, for 60,000 random places over star-shaped grids with holes', () => {
    let cases = 0
    let inside = 0
    for (const seed of [1, 2, 3]) {
      const spread = fc.sample(fc.double({ min: 0, max: 1, noNaN: true }), {
        seed,
        numRuns: 51 * 40 + 40_000,
      })
      const next = (() => {
        let i = 0
        return () => spread[i++ % spread.length] ?? 0
      })()
      const grids = Array.from({ length: 51 }, (_, i) => {
        const middle = { x: next() * 20_000, y: next() * 20_000 }
        const star = Array.from({ length: 12 }, (_, corner) => {
          const reach = 400 + next() * 2500
          const angle = (corner * Math.PI) / 6
          return [middle.x + reach * Math.cos(angle), middle.y + reach * Math.sin(angle)] as const
        })
        const hole = square(middle.x - 100, middle.y - 100, 200)
        return grid(`g${i}`, i % 5 === 0 ? [ring(...star), hole] : [ring(...star)])
      })
      const map = new GridMap(grids)
      for (let i = 0; i < 20_000; i++) {
        const place = at(next() * 22_000 - 1000, next() * 22_000 - 1000)
        const plain = grids.find(g => pointInPolygon(g.polygon, place.lat, place.lon))
        expect(map.gridAt(place)?.id).toBe(plain?.id)
        cases++
        if (plain !== undefined) inside++
      }
    }
    console.info(`membership = every polygon: ${cases} places, ${inside} inside a grid`)
    expect(cases).toBe(60_000)
    expect(inside).toBeGreaterThan(10_000)
  })

  it('equals asking every polygon on and beside the borders themselves', () => {
    const map = new GridMap(town)
    let cases = 0
    for (const g of town) {
      for (const line of g.polygon) {
        line.forEach(([lon, lat], i) => {
          const [toLon, toLat] = line[(i + 1) % line.length] ?? [lon, lat]
          for (let step = 0; step <= 100; step++) {
            for (const off of [0, 1e-9, -1e-9, 1e-6, -1e-6]) {
              const t = step / 100
              const place = { lat: lat + t * (toLat - lat) + off, lon: lon + t * (toLon - lon) + off }
              const plain = town.find(other => pointInPolygon(other.polygon, place.lat, place.lon))
              expect(map.gridAt(place)?.id).toBe(plain?.id)
              cases++
            }
          }
        })
      }
    }
    console.info(`on the borders: ${cases} places`)
    expect(cases).toBe(4 * 4 * 101 * 5)
  })

  it('says none outside, without grids, and for a place that is no place', () => {
    expect(new GridMap(town).gridAt(at(-50, 500))).toBeUndefined()
    expect(new GridMap(town).gridAt({ lat: Number.NaN, lon: 117 })).toBeUndefined()
    expect(new GridMap([]).gridAt(qufu)).toBeUndefined()
  })
})

describe('grid of a unit', () => {
  const map = new GridMap(town)
  const inA = { gridId: 'a', outsideSinceMs: null }

  it('takes the grid of the first fix at once', () => {
    expect(map.move(NO_GRID, at(500, 500), 0)).toEqual(inA)
    expect(map.move(NO_GRID, at(-500, 500), 0)).toBe(NO_GRID)
  })

  it('keeps a patrol on the border road in its grid, however often it crosses', () => {
    let unit = map.move(NO_GRID, at(990, 500), 0)
    for (let second = 1; second <= 600; second++) {
      unit = map.move(unit, at(second % 9 === 0 ? 990 : 1010, 500), second * 1000)
      expect(unit.gridId).toBe('a')
    }
  })

  it('changes at 30 m outside at once, at 29 m only after 10 s', () => {
    expect(map.move(inA, at(1030.1, 500), 0).gridId).toBe('b')
    const waiting = map.move(inA, at(1029, 500), 5000)
    expect(waiting).toEqual({ gridId: 'a', outsideSinceMs: 5000 })
    expect(map.move(waiting, at(1029, 500), 14_999)).toBe(waiting)
    expect(map.move(waiting, at(1029, 500), 15_000)).toEqual({ gridId: 'b', outsideSinceMs: null })
  })

  it('begins the 10 s anew once the unit was back inside, and not when it wanders between two others', () => {
    const waiting = map.move(inA, at(1010, 990), 0)
    expect(map.move(waiting, at(990, 990), 9000)).toEqual(inA)
    const corner = map.move(waiting, at(990, 1010), 9000)
    expect(corner).toBe(waiting)
    expect(map.move(corner, at(1010, 1010), 10_000).gridId).toBe('b')
  })

  it('leaves all grids by the same rule, and forgets a grid that is no longer drawn', () => {
    expect(map.move(inA, at(-29, 500), 0).gridId).toBe('a')
    expect(map.move(inA, at(-31, 500), 0).gridId).toBeNull()
    expect(map.move({ gridId: 'old', outsideSinceMs: null }, at(500, 500), 0)).toEqual(inA)
  })

  it('gives back the very same value while nothing changes', () => {
    expect(map.move(inA, at(500, 500), 0)).toBe(inA)
  })

  it('never keeps a unit 30 m out or 10 s out, on random drives', () => {
    let cases = 0
    const step = fc.tuple(
      fc.double({ min: -60, max: 60, noNaN: true }),
      fc.double({ min: -60, max: 60, noNaN: true }),
    )
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), steps => {
        let place = at(1000, 1000)
        let unit = NO_GRID
        let outsideMs = 0
        steps.forEach(([north, east], i) => {
          place = destination(destination(place, 0, north), 90, east)
          unit = map.move(unit, place, i * 1000)
          const own = town.find(g => g.id === unit.gridId)
          const isOut = own !== undefined && !pointInPolygon(own.polygon, place.lat, place.lon)
          outsideMs = isOut ? outsideMs + 1000 : 0
          expect(outsideMs).toBeLessThanOrEqual(10_000)
          if (own === undefined) expect(map.gridAt(place)).toBeUndefined()
          cases++
        })
      }),
      { seed: 31, numRuns: 300 },
    )
    console.info(`random drives: ${cases} fixes`)
    expect(cases).toBeGreaterThan(6000)
  })
})

describe('neighbours', () => {
  it('share a border, also one drawn twice a metre apart, but not a mere corner', () => {
    const near = adjacentGrids([...town, grid('e', [square(-1000, -1000, 1000)])])
    expect(near.get('a')).toEqual(['b', 'c'])
    expect(near.get('b')).toEqual(['a', 'c', 'd'])
    expect(near.get('d')).toEqual(['b'])
    expect(near.get('e')).toEqual([])
    expect(adjacentGrids([]).size).toBe(0)
  })

  it('has an area to compare', () => {
    expect(polygonAreaM2(town[1]?.polygon ?? []) / 1e6).toBeCloseTo(2, 3)
  })
})
