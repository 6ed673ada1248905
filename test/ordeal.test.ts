import { describe, expect, it } from 'vitest'
import { FAULT_KINDS } from '#sim/ordeal/fault-plan.ts'
import { faultsOf, runJob } from '#sim/ordeal/job.ts'
import type { CityJob } from '#sim/ordeal/job.ts'
import { isClean, summaryOf } from '#sim/ordeal/summary.ts'

const job = (more: Partial<CityJob>): CityJob => ({
  ...{
    seed: 1,
    vehicleHours: 2,
    city: 0,
    faults: true,
    only: null,
    car: null,
    untilMs: null,
    faultsPerHour: null,
  },
  ...more,
})

describe('a city that breaks', () => {
  it('keeps every promise, and says which faults it saw', { timeout: 120_000 }, async () => {
    const report = await runJob(job({ seed: 7, vehicleHours: 4 }))
    const summary = summaryOf(7, 4, [report])
    const kinds = Object.values(summary.faultsByKind).filter(count => count > 0).length
    console.log(
      `ordeal: ${summary.accepted} records, ${summary.faults} faults of ${kinds} of ${Object.keys(FAULT_KINDS).length} kinds`,
    )
    expect(report.violations).toEqual([])
    expect(isClean(summary)).toBe(true)
    expect(summary.accepted).toBe(summary.effective + summary.receipted)
    expect(summary.positions).toBeGreaterThan(360 * 4)
    expect(summary.faults).toBeGreaterThan(20)
  })

  it('loses nothing of cars whose disks are put back again and again', { timeout: 120_000 }, async () => {
    let images = 0
    for (let seed = 1; seed <= 12; seed++) {
      const city = job({ seed, vehicleHours: 4, faultsPerHour: 16 })
      const only = faultsOf(city)
        .filter(({ kind, target }) => kind === 'image restored' && target === 'ptu-02')
        .map(({ id }) => id)
      if (only.length < 2) continue
      const report = await runJob({ ...city, car: 'ptu-02', only })
      expect(report.violations, `seed ${seed}`).toEqual([])
      images += report.faultsByKind['image restored'] ?? 0
    }
    console.log(`ordeal: ${images} images put back`)
    expect(images).toBeGreaterThan(4)
  })

  it('loses nothing of a car that cannot read its disk when it meets the gateway after it was put back', async () => {
    const again = { seed: 13, vehicleHours: 4, faultsPerHour: 16, car: 'ptu-01', only: [24, 29] }
    const report = await runJob(job({ ...again, untilMs: 3_500_000 }))
    expect(report.faultsByKind).toEqual({ 'disk read-only': 1, 'image restored': 1 })
    expect(report.violations).toEqual([])
  }, 120_000)

  it('loses nothing of a car whose disk was put back, though the answer to its hello was lost', async () => {
    const again = { seed: 3, vehicleHours: 2_000, city: 38, only: [19, 42, 47, 69, 85, 87] }
    const report = await runJob(job({ ...again, untilMs: 2_600_000 }))
    expect(report.faultsByKind).toMatchObject({ 'image restored': 1, loss: 1 })
    expect(report.violations).toEqual([])
  }, 120_000)

  it('sends nobody to what was cancelled, though its receipt was not written and somebody replays it', async () => {
    const again = { seed: 6, vehicleHours: 2_000, city: 3, car: 'ptu-06', only: [133, 215] }
    const report = await runJob(job({ ...again, untilMs: 4_490_000 }))
    expect(report.faultsByKind).toEqual({ 'write error': 1, 'replayed order': 1 })
    expect(report.violations).toEqual([])
  }, 120_000)

  it('has an answer for every order, though the receipt of one rotted on the car before it went out', async () => {
    const again = { seed: 4, vehicleHours: 2_000, city: 31, only: [110, 111, 120, 123, 124, 128, 131, 132] }
    const report = await runJob(job({ ...again, untilMs: 4_000_000 }))
    expect(report.faultsByKind).toMatchObject({ 'bit rot': 1 })
    expect(report.violations).toEqual([])
  }, 120_000)

  it('loses nothing of a store that was carried over with losses, and then put back and driven on with', async () => {
    const again = { seed: 40, vehicleHours: 2_000, city: 31, car: 'ptu-16', only: [137, 197] }
    const report = await runJob(job({ ...again, untilMs: 4_944_699 }))
    expect(report.faultsByKind).toEqual({ 'bit rot': 1, 'image restored': 1 })
    expect(report.violations).toEqual([])
  }, 120_000)

  it('tells nothing twice of a carried-over store whose first records were excused before they came', async () => {
    const again = { seed: 9, vehicleHours: 2_000, city: 17, only: [15, 22, 27, 30, 31] }
    const report = await runJob(job({ ...again, untilMs: 640_000 }))
    expect(report.faultsByKind).toMatchObject({ 'bit rot': 1, disorder: 1 })
    expect(report.violations).toEqual([])
  }, 120_000)

  it('is the same twice, and another one by another seed', { timeout: 120_000 }, async () => {
    const [first, again, other] = [
      await runJob(job({})),
      await runJob(job({})),
      await runJob(job({ seed: 2 })),
    ]
    expect(again).toEqual(first)
    expect(other.hash).not.toBe(first.hash)
  })
})
