import { runOrders } from '../orders/orders-run.ts'
import type { Finding } from './evidence.ts'

/** The demo's own city: seed, junctions and units as `npm start` has them. */
const CITY = { seed: 1, junctions: 60_000, units: 102 }
const ORDERS = 1_000
const RAISED_SHARE_MIN = 0.95

/** 1,000 orders in the default city: foretold = measured; move-ups raise the demand that is reached. */
export function proveCover(say: (words: string) => void): Finding {
  say('drawing the city')
  const run = runOrders({
    ...CITY,
    orders: ORDERS,
    everySeconds: 15,
    busySeconds: 450,
    moveUpsEvery: 4,
    byHandEvery: 100,
    say,
  })
  const { moveUps } = run
  const raisedShare = moveUps.arrived === 0 ? 0 : moveUps.raised / moveUps.arrived
  const holds =
    run.orders >= ORDERS * 0.99 &&
    run.uncovering > 0 &&
    run.differing.length === 0 &&
    moveUps.arrived >= 50 &&
    raisedShare >= RAISED_SHARE_MIN
  return { holds, evidence: { city: CITY, tolerance: 1e-9, ...run, raisedShare } }
}
