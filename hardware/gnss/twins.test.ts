import { describe, expect, it } from 'vitest'
import type { Fix } from '#protocols/fix.ts'
import { openTwins, pair } from './twins.ts'

const START_UTC_MS = Date.UTC(2026, 10, 28)
const run = (fixes: readonly Fix[]): Fix[] => {
  let state = openTwins
  return fixes.map(fix => {
    const next = pair(state, fix)
    state = next.state
    return next.fix
  })
}
const first = (s: number): Fix => ({
  mode: 3,
  timeUtcMs: START_UTC_MS + s * 1000,
  lat: 35,
  lon: 116,
  speedMps: 12,
  trackDeg: 80,
})
const second = (s: number): Fix => ({
  mode: 3,
  timeUtcMs: START_UTC_MS + s * 1000 + 200,
  lat: 35,
  lon: 116,
  speedMps: 0,
  altMslM: 61,
})

describe('two times in one epoch', () => {
  it('are learned, and the second fix gets speed and track of the first', () => {
    const out = run([0, 1, 2, 3, 4].flatMap(s => [first(s), second(s)]))
    expect(out[1]).toEqual(second(0))
    expect(out.at(-1)).toEqual({ ...second(4), speedMps: 12, trackDeg: 80 })
  })

  it('are not seen in an even step', () => {
    const even = Array.from({ length: 20 }, (_, i) => ({ ...second(0), timeUtcMs: START_UTC_MS + i * 200 }))
    expect(run(even)).toEqual(even)
  })
})
