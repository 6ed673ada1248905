import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openRealClock } from './real-clock.ts'
import { openVirtualClock } from './virtual-clock.ts'

describe('virtual clock', () => {
  it('stands still until told and moves both times together', () => {
    const clock = openVirtualClock({ utcMs: 1_000_000, monoMs: 5, quality: 'gnss' })
    expect(clock.now()).toEqual({ monoMs: 5, utcMs: 1_000_000, quality: 'gnss' })
    clock.runUntil(65)
    expect(clock.now()).toEqual({ monoMs: 65, utcMs: 1_000_060, quality: 'gnss' })
  })

  it('runs equal times in the order they were asked for, and what they ask for in the same run', () => {
    const clock = openVirtualClock()
    const seen: string[] = []
    clock.after(10, () => {
      seen.push(`a@${clock.now().monoMs}`)
      clock.after(0, () => seen.push(`after a@${clock.now().monoMs}`))
      clock.after(5, () => seen.push(`later@${clock.now().monoMs}`))
    })
    clock.after(10, () => seen.push('b'))
    clock.after(3, () => seen.push('first'))
    expect(clock.runUntil(14)).toBe(4)
    expect(seen).toEqual(['first', 'a@10', 'b', 'after a@10'])
    expect(clock.pending()).toBe(1)
    expect(clock.runUntil(15)).toBe(1)
    expect(seen.at(-1)).toBe('later@15')
  })

  it('forgets what was cancelled, even twice and even after it ran', () => {
    const clock = openVirtualClock()
    const seen: string[] = []
    const cancelRun = clock.after(1, () => seen.push('ran'))
    const cancel = clock.after(2, () => seen.push('never'))
    cancel()
    cancel()
    clock.runUntil(5)
    cancelRun()
    expect(seen).toEqual(['ran'])
    expect(clock.pending()).toBe(0)
    expect(clock.step()).toBe(false)
  })

  it('never runs anything early or out of order, whatever is asked and cancelled', () => {
    let cases = 0
    fc.assert(
      fc.property(
        fc.array(fc.record({ ms: fc.nat(200), cancel: fc.boolean() }), { maxLength: 80 }),
        calls => {
          const clock = openVirtualClock()
          const ran: { at: number; turn: number }[] = []
          calls.forEach(({ ms, cancel }, turn) => {
            const stop = clock.after(ms, () => ran.push({ at: clock.now().monoMs, turn }))
            if (cancel) stop()
          })
          clock.runUntil(200)
          const wanted = calls
            .map(({ ms, cancel }, turn) => ({ at: ms, turn, cancel }))
            .filter(call => !call.cancel)
            .sort((a, b) => a.at - b.at || a.turn - b.turn)
          expect(ran).toEqual(wanted.map(({ at, turn }) => ({ at, turn })))
          cases += 1
        },
      ),
      { seed: 5, numRuns: 300 },
    )
    console.info(`virtual clock: ${cases} schedules`)
    expect(cases).toBe(300)
  })
})

describe('real clock', () => {
  it('grows and calls back, unless cancelled', async () => {
    const clock = openRealClock()
    const before = clock.now()
    const seen: string[] = []
    clock.after(0, () => seen.push('cancelled'))()
    await new Promise<void>(done => void clock.after(1, done))
    expect(seen).toEqual([])
    expect(clock.now().monoMs).toBeGreaterThan(before.monoMs)
    expect(clock.now().quality).toBe('ntp')
  })
})
