import { describe, expect, it } from 'vitest'
import { groundM, placeOfEcef, velocityOfEcef } from './ellipsoid.ts'
import { geoidM } from './geoid.ts'

describe('the ellipsoid', () => {
  it('knows where an earth-centred place is', () => {
    // On the equator at Greenwich, and the pole: the axes of WGS-84.
    expect(placeOfEcef([6_378_137, 0, 0])).toEqual({ lat: 0, lon: 0, heightM: 0 })
    const pole = placeOfEcef([0, 0, 6_356_752.314245 + 100])
    expect(pole?.lat).toBeCloseTo(90, 9)
    expect(pole?.heightM).toBeCloseTo(100, 5)
    expect(placeOfEcef([0, 0, 0])).toBeUndefined()
  })

  it('turns velocities into speed and track', () => {
    const equator = { lat: 0, lon: 0 }
    expect(velocityOfEcef(equator, [5, 3, 4])).toMatchObject({ speedMps: 5 })
    expect(velocityOfEcef(equator, [0, 7, 0]).trackDeg).toBeCloseTo(90, 9)
    expect(velocityOfEcef(equator, [0, 0, -7]).trackDeg).toBeCloseTo(180, 9)
  })

  it('measures a degree as the standard does', () => {
    // One degree of latitude at the equator is 110,574 m, of longitude 111,320 m.
    expect(groundM({ lat: -0.5, lon: 0 }, { lat: 0.5, lon: 0 })).toBeCloseTo(110_574, -1)
    expect(groundM({ lat: 0, lon: 179.5 }, { lat: 0, lon: -179.5 })).toBeCloseTo(111_320, -1)
  })
})

describe('the sea above the ellipsoid', () => {
  it('is what EGM2008 says at its points, and between its neighbours elsewhere', () => {
    expect(geoidM(0, 0)).toBeCloseTo(17.23, 9)
    expect(geoidM(-90, 12)).toBeCloseTo(-30.15, 9)
    expect(geoidM(90, -179)).toBeCloseTo(14.9, 9)
    const shandong = geoidM(35.6, 117)
    expect(shandong).toBeGreaterThan(-20)
    expect(shandong).toBeLessThan(0)
    expect(geoidM(10, 180)).toBeCloseTo(geoidM(10, -180), 9)
  })
})
