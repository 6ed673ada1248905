import { describe, expect, it } from 'vitest'
import { memoryOfDay, slopeMbPerHour } from './footprint/day.ts'
import type { HourOfMemory } from './footprint/day.ts'

const heap = (hour: HourOfMemory): number => hour.heapBytes

/** A sample of `reach5 prove footprint`: two hours of its day, and the same with a leak that it must see. */
describe('the memory of a vehicle', () => {
  it('does not grow with the hours', async () => {
    const day = await memoryOfDay(2)
    console.log(`footprint: ${JSON.stringify(day.at(-1))}, heap ${slopeMbPerHour(day, heap)} MB/h`)
    expect(day.at(-1)).toMatchObject({ fixes: 7_200, orders: 6, links: 3 })
    expect(day.at(-1)!.records).toBeGreaterThan(500)
    expect(slopeMbPerHour(day, heap)).toBeLessThan(0.5)
  }, 60_000)

  it('is seen to grow when 400 bytes a second are kept', async () => {
    expect(slopeMbPerHour(await memoryOfDay(2, 400), heap)).toBeGreaterThan(0.5)
  }, 60_000)
})
