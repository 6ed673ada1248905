import { describe, expect, it } from 'vitest'
import type { Fix } from '#protocols/fix.ts'
import { destination, distanceM } from '#protocols/geo/sphere.ts'
import { clamp, openClamp } from './static-clamp.ts'

const KERB = { lat: 35.5969, lon: 116.9911 }
const fix = (metres: number, speedMps: number, bearing = 90): Fix => ({
  mode: 3,
  ...destination(KERB, bearing, metres),
  speedMps,
  trackDeg: bearing,
})
const run = (fixes: readonly Fix[]): Fix[] => {
  let state = openClamp
  return fixes.map(f => {
    const next = clamp(state, f)
    state = next.state
    return next.fix
  })
}
const offM = (f: Fix | undefined): number => distanceM(KERB, { lat: f?.lat ?? NaN, lon: f?.lon ?? NaN })

describe('the static clamp', () => {
  it('holds the place of a parked car that wanders 25 m', () => {
    const wander = Array.from({ length: 600 }, (_, i) =>
      fix(25 * Math.abs(Math.sin(i / 40)), 0.2, (i * 7) % 360),
    )
    const out = run([fix(0, 0.1), fix(0, 0.1), fix(0, 0.1), ...wander])
    expect(Math.max(...out.slice(2).map(offM))).toBeLessThan(0.01)
    expect(out.at(-1)).toMatchObject({ speedMps: 0 })
    expect(out.at(-1)).not.toHaveProperty('trackDeg')
  })

  it('lets go two fixes after the car drives off', () => {
    const out = run([fix(0, 0), fix(0, 0), fix(0, 0), fix(1, 2), fix(4, 4), fix(9, 6)])
    expect(out.map(f => Math.round(offM(f)))).toEqual([0, 0, 0, 0, 4, 9])
    expect(out[5]).toMatchObject({ speedMps: 6, trackDeg: 90 })
  })

  it('lets go of a place that stays away, whatever the speed says', () => {
    const out = run([fix(0, 0), fix(0, 0), fix(0, 0), fix(80, 0), fix(80, 0), fix(80, 0)])
    expect(out.map(f => Math.round(offM(f)))).toEqual([0, 0, 0, 0, 0, 80])
  })

  it('lets a fix without a place or a speed through', () => {
    expect(run([{ mode: 1 }])).toEqual([{ mode: 1 }])
    const { speedMps: _, ...blind } = fix(3, 0)
    expect(run([blind])).toEqual([blind])
  })
})
