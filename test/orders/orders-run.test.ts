import { describe, expect, it } from 'vitest'
import { runOrders } from './orders-run.ts'

describe('orders in a patrolled city', () => {
  it(
    'uncover what was foretold, by both measures, and move-ups raise what is reached',
    { timeout: 60_000 },
    () => {
      const report = runOrders({
        ...{ seed: 3, junctions: 2_500, units: 4 },
        ...{ orders: 10, everySeconds: 300, busySeconds: 60, moveUpsEverySeconds: 60, byHandEvery: 10 },
      })
      const { moveUps } = report
      console.info(
        `orders: ${report.orders}, ${report.several} of several units, ${report.uncovering} uncover something; ` +
          `${report.sharesCompared} shares, largest difference ${report.largest.toExponential(1)}; ` +
          `move-ups: ${moveUps.arrived} of ${moveUps.accepted} arrived (${moveUps.dropped} had to go elsewhere), ${moveUps.raisedThanStaying} were worth it`,
      )
      expect(report.differing).toEqual([])
      expect(report.uncovering).toBeGreaterThan(3)
      expect(report.byHand.orders).toBe(1)
      expect(moveUps.raisedAtOnce).toBe(moveUps.accepted)
      expect(moveUps.arrived).toBeGreaterThan(0)
      expect(moveUps.raisedThanStaying).toBe(moveUps.arrived)
    },
  )
})
