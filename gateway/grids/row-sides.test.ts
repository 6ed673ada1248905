import fc from 'fast-check'
import { expect, it } from 'vitest'
import { pointInPolygon } from '#protocols/geo/polygon.ts'
import type { Polygon } from '#protocols/geo/polygon.ts'
import { RowSides } from './row-sides.ts'

/** Corners on a coarse lattice, so that sides are level, meet, repeat and end on the border of a row. */
const lattice = fc.integer({ min: -4, max: 4 }).map(n => n / 4)
const anywhere = fc.double({ min: -1.2, max: 1.2, noNaN: true })
const degree = fc.oneof(lattice, anywhere)
const ring = fc.array(fc.tuple(degree, degree), { maxLength: 9 })
const polygon: fc.Arbitrary<Polygon> = fc.array(ring, { minLength: 1, maxLength: 3 })

it('says of every place what the polygon itself says, on corners and level with them, too', () => {
  let asked = 0
  let inside = 0
  fc.assert(
    fc.property(
      fc.array(polygon, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(0.1, 0.25, 0.5, 3),
      fc.array(fc.tuple(degree, degree), { minLength: 4, maxLength: 8 }),
      (polygons, rowHeight, places) => {
        const sides = new RowSides(polygons, lat => Math.floor((lat - 0.5) / rowHeight))
        polygons.forEach((polygon, index) => {
          for (const [lon, lat] of [...places, ...polygon.flat()]) {
            const expected = pointInPolygon(polygon, lat, lon)
            expect(sides.holds(index, lat, lon)).toBe(expected)
            asked++
            if (expected) inside++
          }
        })
      },
    ),
    { seed: 7, numRuns: 400 },
  )
  console.log(`row sides: ${asked} places, ${inside} inside`)
  expect(inside).toBeGreaterThan(500)
})
