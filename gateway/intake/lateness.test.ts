import { describe, expect, it } from 'vitest'
import { newDelayWindow, observeDelay, offsetOf, recordAgeMs } from './lateness.ts'

const MINUTE_MS = 60_000

describe('how late a live message is', () => {
  it('is measured against the quickest message, not against a clock', () => {
    const window = newDelayWindow()
    expect(observeDelay(window, 1_000, 500_000)).toBe(0)
    expect(observeDelay(window, 5_000, 501_000)).toBe(3_000)
    expect(observeDelay(window, 5_900, 504_910)).toBe(0)
  })

  it('forgets a quick message after ten minutes, so drift cannot pile up', () => {
    const window = newDelayWindow()
    observeDelay(window, 0, 10)
    for (let minute = 1; minute <= 9; minute++) observeDelay(window, minute * MINUTE_MS, minute * MINUTE_MS)
    expect(observeDelay(window, 10 * MINUTE_MS, 10 * MINUTE_MS)).toBe(10)
    expect(observeDelay(window, 11 * MINUTE_MS, 11 * MINUTE_MS)).toBe(0)
    expect(window.minutes.length).toBeLessThanOrEqual(11)
  })

  it('starts again from the first word after a long silence', () => {
    const window = newDelayWindow()
    observeDelay(window, 0, 0)
    expect(observeDelay(window, 60 * MINUTE_MS + 70, 60 * MINUTE_MS)).toBe(0)
    expect(offsetOf(window)).toBe(70)
  })
})

describe('how old a record is on arrival', () => {
  const facts = {
    receivedMonoMs: 1_000_000,
    receivedUtcMs: 1_795_478_400_000,
    recordMonoMs: 20_000,
    occurredAt: 1_795_478_220_000,
    clockQuality: 'gnss',
    sameBootOffsetMs: 800_000,
    currentOffsetMs: 800_000,
  }

  it('is told by the monotonic clock of the boot that still talks', () => {
    expect(recordAgeMs({ ...facts, clockQuality: 'none', occurredAt: 0 })).toBe(180_000)
  })

  it('is told by the wall clock when the boot is an older one', () => {
    expect(recordAgeMs({ ...facts, sameBootOffsetMs: undefined })).toBe(180_000)
  })

  it('is at least the time since the current boot when the older boot had no clock', () => {
    expect(recordAgeMs({ ...facts, sameBootOffsetMs: undefined, clockQuality: 'none' })).toBe(200_000)
  })

  it('is never negative, whatever the clocks say', () => {
    expect(recordAgeMs({ ...facts, recordMonoMs: 9e9 })).toBe(0)
    expect(recordAgeMs({ ...facts, sameBootOffsetMs: undefined, occurredAt: 9e15 })).toBe(0)
  })
})
