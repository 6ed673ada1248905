import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { localPlane, pointSegmentM } from './local.ts'
import { bboxOf, borderDistanceM, cutsAt, pointInPolygon, polygonAreaM2 } from './polygon.ts'
import type { Ring } from './polygon.ts'
import { angleBetweenDeg, bearingDeg, destination, distanceM } from './sphere.ts'

const qufu = { lat: 35.5967, lon: 116.9914 }
const latLon = fc.record({
  lat: fc.double({ min: -80, max: 80, noNaN: true }),
  lon: fc.double({ min: -179, max: 179, noNaN: true }),
})

describe('distances', () => {
  it('puts Beijing 1,067 km from Shanghai', () => {
    const km = distanceM({ lat: 39.9042, lon: 116.4074 }, { lat: 31.2304, lon: 121.4737 }) / 1000
    expect(km).toBeCloseTo(1067.3, 0)
  })

  it('reads the compass', () => {
    expect(bearingDeg(qufu, { ...qufu, lat: qufu.lat + 0.01 })).toBe(0)
    expect(bearingDeg(qufu, { ...qufu, lon: qufu.lon + 0.01 })).toBeCloseTo(90, 2)
    expect(bearingDeg(qufu, { ...qufu, lon: qufu.lon - 0.01 })).toBeCloseTo(270, 2)
    expect(angleBetweenDeg(350, 10)).toBe(20)
  })

  it('arrives where it set out for: distance and bearing lead back to the destination', () => {
    let cases = 0
    fc.assert(
      fc.property(
        latLon,
        fc.double({ min: 0, max: 359, noNaN: true }),
        fc.integer({ min: 1, max: 50_000 }),
        (from, bearing, metres) => {
          const to = destination(from, bearing, metres)
          expect(Math.abs(distanceM(from, to) - metres)).toBeLessThan(0.001)
          expect(angleBetweenDeg(bearingDeg(from, to), bearing)).toBeLessThan(0.01)
          cases++
        },
      ),
      { seed: 11, numRuns: 500 },
    )
    console.info(`destination: ${cases} cases`)
    expect(cases).toBe(500)
  })

  it('keeps the plane within 0.3 % of the sphere up to 10 km', () => {
    const plane = localPlane(qufu)
    for (const bearing of [0, 37, 90, 141, 180, 270]) {
      const point = destination(qufu, bearing, 10_000)
      const { x, y } = plane.toMetres(point)
      expect(Math.abs(Math.hypot(x, y) - 10_000)).toBeLessThan(30)
      expect(plane.toLatLon({ x, y }).lat).toBeCloseTo(point.lat, 9)
    }
  })

  it('measures to the nearest place of a stretch, its ends included', () => {
    const a = destination(qufu, 270, 100)
    const b = destination(qufu, 90, 100)
    expect(pointSegmentM(destination(qufu, 0, 40), a, b)).toBeCloseTo(40, 1)
    expect(pointSegmentM(destination(b, 90, 30), a, b)).toBeCloseTo(30, 1)
    expect(pointSegmentM(destination(a, 0, 5), a, a)).toBeCloseTo(5, 1)
  })
})

describe('polygons', () => {
  // prettier-ignore
  const ring: Ring = [[0, 0], [4, 0], [4, 4], [0, 4]]
  // prettier-ignore
  const hole: Ring = [[1, 1], [3, 1], [3, 3], [1, 3]]

  it('knows inside, outside and a hole', () => {
    expect(pointInPolygon([ring], 2, 2)).toBe(true)
    expect(pointInPolygon([ring], 2, 5)).toBe(false)
    expect(pointInPolygon([ring, hole], 2, 2)).toBe(false)
    expect(pointInPolygon([ring, hole], 0.5, 2)).toBe(true)
    expect(pointInPolygon([], 0, 0)).toBe(false)
  })

  it('gives a point on a shared slanted side to exactly one of two neighbours', () => {
    // prettier-ignore
    const left: Ring = [[0, 0], [1.1, 0], [2.7, 3.3], [0, 3.3]]
    // prettier-ignore
    const right: Ring = [[2.7, 3.3], [1.1, 0], [5, 0], [5, 3.3], [2.7, 3.3]]
    let cases = 0
    fc.assert(
      fc.property(fc.double({ min: 0, max: 3.29, noNaN: true }), lat => {
        const lon = 1.1 + (lat * (2.7 - 1.1)) / 3.3
        expect(Number(pointInPolygon([left], lat, lon)) + Number(pointInPolygon([right], lat, lon))).toBe(1)
        cases++
      }),
      { seed: 12, numRuns: 1000 },
    )
    console.info(`shared side: ${cases} cases`)
    expect(cases).toBe(1000)
  })

  it('is cut by a parallel just where it is entered and left', () => {
    const small = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }))
    const rings = fc.array(fc.array(small, { minLength: 3, maxLength: 8 }), { minLength: 1, maxLength: 3 })
    let cases = 0
    fc.assert(
      fc.property(rings, fc.integer({ min: -2, max: 20 }), (polygon, half) => {
        const cuts = cutsAt(polygon, half / 2)
        expect(cuts.length % 2).toBe(0)
        for (let lon = -0.5; lon < 10; lon += 0.25) {
          expect(cuts.filter(cut => cut <= lon).length % 2 === 1).toBe(pointInPolygon(polygon, half / 2, lon))
          cases++
        }
      }),
      { seed: 13, numRuns: 500 },
    )
    console.info(`cuts: ${cases} places`)
    expect(cases).toBeGreaterThan(20_000)
  })

  it('measures area without the hole, and the way to the border from either side', () => {
    const plane = localPlane(qufu)
    const square = (half: number): Ring =>
      [
        [-half, -half],
        [half, -half],
        [half, half],
        [-half, half],
      ].map(([x = 0, y = 0]) => {
        const { lat, lon } = plane.toLatLon({ x, y })
        return [lon, lat] as const
      })
    expect(polygonAreaM2([square(500)]) / 1e6).toBeCloseTo(1, 4)
    expect(polygonAreaM2([square(500), square(250)]) / 1e6).toBeCloseTo(0.75, 4)
    expect(borderDistanceM([square(500)], qufu)).toBeCloseTo(500, 0)
    expect(borderDistanceM([square(500)], destination(qufu, 90, 530))).toBeCloseTo(30, 0)
    expect(bboxOf(square(500)).north).toBeGreaterThan(qufu.lat)
  })
})
