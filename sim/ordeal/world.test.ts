import { describe, expect, it } from 'vitest'
import { DeviceClock } from './device-clock.ts'
import { World } from './world.ts'

describe('the time of an ordeal', () => {
  it('has whole milliseconds, so that no timer comes before its moment', async () => {
    const world = new World(1)
    const random = world.random('line', 'timers')
    let [timers, early] = [0, 0]
    /** As a line does it: a timer for a moment of the car's own clock, and again for what is left if it came too early. */
    const arm = (clock: DeviceClock, dueMs: number): void => {
      timers++
      clock.after(dueMs - clock.now().monoMs, () => {
        if (clock.now().monoMs >= dueMs) return
        early++
        arm(clock, dueMs)
      })
    }
    for (let boot = 0; boot < 300; boot++)
      world.after(random.uniform(0, 60_000), () => {
        expect(Number.isInteger(world.nowMs)).toBe(true)
        arm(new DeviceClock(world), random.uniform(0, 10_000))
      })
    await world.run(120_000)
    console.log(`world: ${timers} timers, ${early} of them early`)
    expect(timers).toBe(300)
    expect(early).toBe(0)
  })
})
