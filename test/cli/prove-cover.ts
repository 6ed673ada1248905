import { runOrders } from '../orders/orders-run.ts'
import type { OrdersReport } from '../orders/orders-run.ts'
import type { Finding } from './evidence.ts'

/** The demo's own city: seed, junctions and units as `npm start` has them. */
const CITY = { seed: 1, junctions: 60_000, units: 102 }
const ORDERS = 1_000
const IN_CITY = {
  orders: ORDERS,
  everySeconds: 15,
  busySeconds: 450,
  moveUpsEverySeconds: 60,
  byHandEvery: 250,
}
/** Towns with few units, where moving one is worth most and orders leave time for the drive. */
const TOWNS = Array.from({ length: 48 }, (_, i) => i + 1)
const TOWN = { junctions: 2_500, units: 4 }
const IN_TOWN = { orders: 40, everySeconds: 300, busySeconds: 60, moveUpsEverySeconds: 60, byHandEvery: 40 }

const RAISED_SHARE_MIN = 0.95
const MOVE_UPS_MIN = 50

/**
 * 1,000 orders in the default city: foretold = measured; move-ups, there and in small towns, raise the demand reached.
 *
 * What counts for a move-up is the city when the crew is there, beside the same city at the same moment had the crew stayed
 * where it was (`raisedThanStaying`): others drive, are sent and come back meanwhile, and that is nobody's merit. Told beside
 * it: more than when it was accepted, which mixes in what the others did; more while it stands there, up to ten minutes; and
 * more at once, all others held still, which is what was promised and must be so every time.
 */
export function proveCover(say: (words: string) => void): Finding {
  say('drawing the city')
  const city = runOrders({ ...CITY, ...IN_CITY, say })
  const towns = TOWNS.map(seed => {
    const run = runOrders({ seed, ...TOWN, ...IN_TOWN })
    const { arrived, raisedThanStaying } = run.moveUps
    say(`town ${seed}: ${arrived} move-ups arrived, ${raisedThanStaying} raised what is reached`)
    return run
  })
  const all = [city, ...towns]
  const moveUps = {
    accepted: sum(all, run => run.moveUps.accepted),
    raisedAtOnce: sum(all, run => run.moveUps.raisedAtOnce),
    arrived: sum(all, run => run.moveUps.arrived),
    dropped: sum(all, run => run.moveUps.dropped),
    raised: sum(all, run => run.moveUps.raised),
    raisedThanStaying: sum(all, run => run.moveUps.raisedThanStaying),
    raisedWhileStanding: sum(all, run => run.moveUps.raisedWhileStanding),
  }
  const raisedShare = moveUps.arrived === 0 ? 0 : moveUps.raisedThanStaying / moveUps.arrived
  const differing = all.flatMap(run => run.differing)
  const holds =
    city.orders === ORDERS &&
    city.uncovering > 0 &&
    differing.length === 0 &&
    moveUps.arrived >= MOVE_UPS_MIN &&
    moveUps.raisedAtOnce === moveUps.accepted &&
    raisedShare >= RAISED_SHARE_MIN
  const evidence = {
    tolerance: 1e-9,
    orders: sum(all, run => run.orders),
    sharesCompared: sum(all, run => run.sharesCompared),
    largest: Math.max(...all.map(run => run.largest)),
    differing,
    moveUps,
    raisedShare,
    city: { ...CITY, ...city },
    towns,
  }
  return { holds, evidence }
}

const sum = (runs: readonly OrdersReport[], of: (run: OrdersReport) => number): number =>
  runs.reduce((all, run) => all + of(run), 0)
