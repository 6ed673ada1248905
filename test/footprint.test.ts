import { describe, expect, it } from 'vitest'
import { memoryOfDay, slopeMbPerHour } from './footprint/day.ts'
import type { HourOfMemory } from './footprint/day.ts'

const heap = (hour: HourOfMemory): number => hour.heapBytes

/**
 * A sample of `reach5 prove footprint`: four hours of its day, and the same with a leak that it must see. Over so few hours
 * what the engine compiles and collects is up to a megabyte, so the bound lies above that and the leak above the bound.
 */
const BOUND_MB_PER_HOUR = 1.2
const LEAK_BYTES_PER_S = 1_000

describe('the memory of a vehicle', () => {
  it('does not grow with the hours', async () => {
    const day = await memoryOfDay(4)
    console.log(`footprint: ${JSON.stringify(day.at(-1))}, heap ${slopeMbPerHour(day, heap)} MB/h`)
    expect(day.at(-1)).toMatchObject({ fixes: 14_400, orders: 12, links: 5 })
    expect(day.at(-1)!.records).toBeGreaterThan(1_000)
    expect(slopeMbPerHour(day, heap)).toBeLessThan(BOUND_MB_PER_HOUR)
  }, 60_000)

  it('is seen to grow when a thousand bytes a second are kept', async () => {
    expect(slopeMbPerHour(await memoryOfDay(4, LEAK_BYTES_PER_S), heap)).toBeGreaterThan(BOUND_MB_PER_HOUR)
  }, 60_000)
})
