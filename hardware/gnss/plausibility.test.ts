import { describe, expect, it } from 'vitest'
import type { Fix } from '#protocols/fix.ts'
import { destination } from '#protocols/geo/sphere.ts'
import { judge, openGate } from './plausibility.ts'
import type { Gate } from './plausibility.ts'

const QUFU = { lat: 35.5969, lon: 116.9911 }
const START_UTC_MS = Date.UTC(2026, 10, 28, 4, 0, 0)
const at = (second: number, metresEast = 0, more: Partial<Fix> = {}): Fix => ({
  mode: 3,
  timeUtcMs: START_UTC_MS + second * 1000,
  ...destination(QUFU, 90, metresEast),
  speedMps: 10,
  trackDeg: 90,
  altMslM: 60,
  ...more,
})

/** One fix a second; gives what came through and the gate behind it. */
const pass = (fixes: readonly Fix[], stepMs = 1000): { through: Fix[]; gate: Gate } => {
  let gate = openGate
  const through: Fix[] = []
  for (const [i, fix] of fixes.entries()) {
    const judged = judge(gate, fix, i * stepMs)
    gate = judged.gate
    if (judged.fix !== undefined) through.push(judged.fix)
  }
  return { through, gate }
}

describe('the plausibility gate', () => {
  it('lets a drive through as it is', () => {
    const drive = Array.from({ length: 60 }, (_, i) => at(i, i * 30))
    const { through, gate } = pass(drive)
    expect(through).toEqual(drive)
    expect(gate.refused).toEqual({ jump: 0, backwards: 0, speed: 0, altitude: 0, date: 0, datum: 0 })
  })

  it('refuses a single jump and counts it', () => {
    const { through, gate } = pass([at(0), at(1, 10), at(2, 5_000), at(3, 30)])
    expect(through.map(f => f.timeUtcMs)).toEqual([0, 1, 3].map(s => START_UTC_MS + s * 1000))
    expect(gate.refused.jump).toBe(1)
  })

  it('believes a place that stays: a ferry, a cold start', () => {
    const { through, gate } = pass([at(0), at(1, 40_000), at(2, 40_010), at(3, 40_020), at(4, 40_030)])
    expect(through.map(f => f.timeUtcMs)).toEqual([0, 3, 4].map(s => START_UTC_MS + s * 1000))
    expect(gate.refused.jump).toBe(2)
  })

  it('does not believe places that disagree with each other, however many', () => {
    const wild = Array.from({ length: 20 }, (_, i) => at(i + 1, i % 2 === 0 ? 30_000 : -30_000))
    const { through, gate } = pass([at(0), ...wild])
    expect(through.length).toBe(1)
    expect(gate.refused.jump).toBe(20)
  })

  it('allows what a car can have driven through a tunnel', () => {
    const { through } = pass([at(0), { mode: 1 }, at(120, 3_000)], 60_000)
    expect(through.length).toBe(3)
  })

  it('refuses time that runs backwards, and believes it when it goes on from there', () => {
    const { through, gate } = pass([at(100), at(40), at(102)])
    expect(through.map(f => f.timeUtcMs)).toEqual([100, 102].map(s => START_UTC_MS + s * 1000))
    expect(gate.refused.backwards).toBe(1)
    expect(pass([at(100), at(40), at(41), at(42), at(43)]).through.length).toBe(3)
  })

  it('leaves out a speed, an altitude and a date that cannot be, and keeps the place', () => {
    const { through, gate } = pass([
      at(0, 0, { speedMps: 300 }),
      at(1, 0, { altMslM: 18_000 }),
      { ...at(2), timeUtcMs: Date.UTC(2007, 3, 1), dateSuspect: true },
    ])
    expect(through[0]).not.toHaveProperty('speedMps')
    expect(through[0]).not.toHaveProperty('trackDeg')
    expect(through[1]).toMatchObject({ mode: 2, lat: QUFU.lat })
    expect(through[1]).not.toHaveProperty('altMslM')
    expect(through[2]).toMatchObject({ mode: 3, dateSuspect: true })
    expect(through[2]).not.toHaveProperty('timeUtcMs')
    expect(gate.refused).toEqual({ jump: 0, backwards: 0, speed: 1, altitude: 1, date: 1, datum: 0 })
  })
})
