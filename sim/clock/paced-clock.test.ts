import { describe, expect, it } from 'vitest'
import { openVirtualClock } from './virtual-clock.ts'
import { openPacedClock } from './paced-clock.ts'

describe('a clock that can be hurried', () => {
  it('runs as fast as it is told and keeps the wall time true', () => {
    const world = openVirtualClock()
    const paced = openPacedClock(world)
    const startMs = paced.now().monoMs
    world.runUntil(world.now().monoMs + 1_000)
    expect(paced.now().monoMs - startMs).toBe(1_000)
    paced.setFactor(10)
    world.runUntil(world.now().monoMs + 1_000)
    expect(paced.now().monoMs - startMs).toBe(11_000)
    expect(paced.now().utcMs).toBe(world.now().utcMs)
  })

  it('ends a timer that was running when the pace changed when the new pace says so, once', () => {
    const world = openVirtualClock()
    const paced = openPacedClock(world)
    let rung = 0
    paced.after(10_000, () => (rung += 1))
    world.runUntil(world.now().monoMs + 5_000)
    paced.setFactor(5)
    world.runUntil(world.now().monoMs + 999)
    expect(rung).toBe(0)
    world.runUntil(world.now().monoMs + 1)
    expect(rung).toBe(1)
    paced.setFactor(1)
    world.runUntil(world.now().monoMs + 60_000)
    expect(rung).toBe(1)
  })
})
