import { describe, expect, it } from 'vitest'
import type { UnitView } from '#protocols/api.ts'
import { BUSY_SHARE_DEFAULT, BusyShare } from './busy-share.ts'

const unit = (availability: UnitView['availability'], isSent = false): UnitView =>
  ({
    availability,
    assignment: isSent ? { incidentId: 'i', orderId: 'o', state: 'enroute' } : null,
  }) as UnitView
const fleet = (busy: number, all: number): UnitView[] =>
  Array.from({ length: all }, (_, n) => unit('available', n < busy))

describe('how often a unit is busy', () => {
  it('is what configuration says, whatever is seen', () => {
    const share = new BusyShare(0.4)
    for (let second = 0; second < 4_000; second++) share.see(fleet(9, 10), second * 1000)
    expect(share.busy()).toEqual({ share: 0.4, basis: 'configured', measuredSeconds: 3_999 })
  })

  it('is a design value until half an hour was watched, then what was seen', () => {
    const share = new BusyShare(null)
    for (let second = 0; second <= 1_799; second++) share.see(fleet(3, 10), second * 1000)
    expect(share.busy().share).toBe(BUSY_SHARE_DEFAULT)
    const { share: measured, basis } = share.see(fleet(3, 10), 1_800_000)
    expect(basis).toBe('measured')
    expect(measured).toBeCloseTo(0.3, 9)
  })

  it('follows the last hour, and forgets what lies far behind', () => {
    const share = new BusyShare(null)
    let second = 0
    for (; second < 3_600; second++) share.see(fleet(0, 10), second * 1000)
    for (; second < 7_200; second++) share.see(fleet(5, 10), second * 1000)
    expect(share.busy().share).toBeGreaterThan(0.3)
    for (; second < 36_000; second++) share.see(fleet(5, 10), second * 1000)
    expect(share.busy().share).toBeCloseTo(0.5, 2)
  })

  it('counts who is on shift and can work, and no time nobody watched', () => {
    const share = new BusyShare(null)
    const units = [unit('off_duty'), unit('out_of_service'), unit('busy'), unit('available')]
    share.see(units, 0)
    share.see(units, 3_600_000)
    expect(share.busy().measuredSeconds).toBe(10)
    for (let second = 0; second < 2_000; second++) share.see(units, 3_600_000 + second * 1000)
    expect(share.busy().share).toBeCloseTo(0.5, 9)
    expect(share.see([], 7_200_000).share).toBeCloseTo(0.5, 9)
  })
})
