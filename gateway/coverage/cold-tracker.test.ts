import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ColdTracker } from './cold-tracker.ts'

const COLD_MS = 120_000

describe('cold road', () => {
  it('is cold after 120 s without a unit, and not a second before', () => {
    const tracker = new ColdTracker(1, COLD_MS)
    for (let second = 0; second <= 120; second++) {
      tracker.note(0, 0.2, 0.7, second * 1000)
      expect(tracker.isCold(0, second * 1000)).toBe(second === 120)
    }
    tracker.note(0, 0, 0, 121_000)
    expect(tracker.isCold(0, 121_000)).toBe(false)
  })

  it('begins anew when a unit came by, however short', () => {
    const tracker = new ColdTracker(1, COLD_MS)
    for (let second = 0; second <= 200; second++) tracker.note(0, 0, second === 100 ? 0 : 1, second * 1000)
    expect(tracker.isCold(0, 200_000)).toBe(false)
    expect(tracker.sinceMs[0]).toBe(101_000)
  })

  it('keeps the age of the hole while it grows', () => {
    const tracker = new ColdTracker(1, COLD_MS)
    for (let second = 0; second <= 400; second++)
      tracker.note(0, 0.4, second < 150 ? 0.5 : 0.9, second * 1000)
    expect([tracker.sinceMs[0], tracker.coreFrom[0], tracker.coreTo[0]]).toEqual([0, 0.4, 0.9])
  })

  it('says cold only where nobody was for 120 s, and everywhere nobody was for 240 s', () => {
    const gap = fc.tuple(fc.nat(20), fc.nat(20), fc.integer({ min: 1, max: 12 }))
    let looks = 0
    let cold = 0
    fc.assert(
      fc.property(fc.array(gap, { minLength: 10, maxLength: 25 }), steps => {
        const tracker = new ColdTracker(1, COLD_MS)
        const gaps: (readonly [number, number])[] = []
        for (const [a, b, repeat] of steps)
          for (let i = 0; i < repeat; i++) {
            const now = gaps.length * 20_000
            const [from, to] = [Math.min(a, b) / 20, Math.max(a, b) / 20]
            gaps.push([from, to])
            tracker.note(0, from, to, now)
            const isCold = tracker.isCold(0, now)
            for (let x = 0.025; x < 1; x += 0.05) {
              const outFor = (refreshes: number): boolean =>
                gaps.length > refreshes && gaps.slice(-refreshes - 1).every(([f, t]) => f < x && x < t)
              const says = isCold && tracker.coreFrom[0]! < x && x < tracker.coreTo[0]!
              if (says && !outFor(6)) throw new Error(`${x} is called cold after less than 120 s`)
              if (!says && outFor(12)) throw new Error(`${x} is not called cold after 240 s`)
              looks++
              if (says) cold++
            }
          }
      }),
      { seed: 51, numRuns: 150 },
    )
    console.info(`cold road: ${looks} looks, ${cold} cold`)
    expect(cold).toBeGreaterThan(1000)
  })
})
