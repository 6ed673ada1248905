import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admits, bytesToShed, DEFAULT_BOUNDS, GAP_BYTES_MAX, highestOf } from './shedding.ts'
import type { Load } from './shedding.ts'

const MIB = 1024 * 1024
const load = (part: Partial<Load>): Load => ({ alarm: 0, event: 0, track: 0, diag: 0, notes: 0, ...part })

describe('shedding', () => {
  it('lets a car that has been offline for days write its next position by giving up the oldest', () => {
    const held = load({ track: 495.9 * MIB })
    const demand = load({ track: 0.2 * MIB })
    expect(admits(held, demand, 'track', DEFAULT_BOUNDS)).toBe(true)
    expect(bytesToShed(held, demand, DEFAULT_BOUNDS)).toBe(2 * MIB)
    expect(bytesToShed(load({ track: 400 * MIB }), demand, DEFAULT_BOUNDS)).toBe(0)
  })

  it('refuses events at their ceiling, however few positions there are, and keeps the reserve for alarms', () => {
    const held = load({ event: 480 * MIB })
    const kib = load({ event: 1024 })
    expect(admits(held, kib, 'event', DEFAULT_BOUNDS)).toBe(false)
    expect(admits(held, load({ track: 1024 }), 'track', DEFAULT_BOUNDS)).toBe(true)
    expect(admits(held, load({ alarm: 16 * MIB }), 'alarm', DEFAULT_BOUNDS)).toBe(true)
    expect(admits(held, load({ alarm: 33 * MIB }), 'alarm', DEFAULT_BOUNDS)).toBe(false)
  })

  it('lets a call in as its highest lane, because it is written whole or not at all', () => {
    expect(highestOf(['track', 'alarm', 'event'])).toBe('alarm')
    expect(highestOf([])).toBe('event')
  })

  it('never admits what cannot be made to fit by shedding what may be shed', () => {
    let admitted = 0
    const bytes = fc.integer({ min: 0, max: 300 * 1024 })
    const loads = fc.record({ alarm: bytes, event: bytes, track: bytes, diag: bytes, notes: bytes })
    const bounds = { bytesMax: 512 * 1024, alarmReserveBytes: 16 * 1024 }
    fc.assert(
      fc.property(loads, loads, fc.constantFrom('alarm', 'event', 'track', 'diag'), (held, asked, lane) => {
        const demand = lane === 'track' ? load({ track: asked.track }) : load({ ...asked, track: 0, diag: 0 })
        if (!admits(held, demand, lane, bounds)) return
        admitted++
        const solid = held.alarm + demand.alarm + held.event + demand.event + held.notes + demand.notes
        const rest = held.track + held.diag + demand.track + demand.diag
        const shed = Math.min(rest, bytesToShed(held, demand, bounds))
        expect(solid + rest - shed + 2 * GAP_BYTES_MAX).toBeLessThanOrEqual(bounds.bytesMax)
      }),
      { seed: 5, numRuns: 3000 },
    )
    console.log(`shedding: ${admitted} admitted of 3000`)
    expect(admitted).toBeGreaterThan(100)
  })
})
