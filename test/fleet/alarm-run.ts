import { openRealClock } from '#sim/clock/real-clock.ts'
import { randomOf } from '#sim/random.ts'
import { sleep, within } from '../crash/life.ts'
import { quantile } from '../oracle/quantile.ts'
import { newBootId, openCarrierCar } from './carrier-car.ts'
import { openCommandCentre } from './command-centre.ts'
import { startCrowd } from './crowd.ts'
import { draftAt, patrol } from './drive.ts'
import { watchStream } from './stream-watch.ts'

export type AlarmRun = {
  readonly alarms: number
  /** Positions of the same car that wait when it panics. */
  readonly own: number
  readonly others: number
  /** Positions each of the others has waiting. */
  readonly each: number
}

const BACKFILL_BYTES_PER_S = 20 * 1024
/**
 * Two batches of 256 positions, 14 KB, overdraw the bucket of a car at once; at this rate it sends the next two a minute and a
 * half to four minutes later, two thousand of them 9,000 records a second. So of 2,000 each nearly all have some left when
 * the last has come up, and when the series is over.
 */
const OTHERS_BYTES_PER_S = 120
/** So many of the others are to have a backlog from the first alarm to the last. */
const DRAINING_SHARE = 0.98
const HEARD_WITHIN_MS = 60_000
const CROWD_WITHIN_MS = 240_000

/** From the press in a car to the dispatcher's stream: with nothing else to do, and while everybody's backlog drains. */
export async function alarmRun(run: AlarmRun, say: (words: string) => void = () => {}) {
  const centre = await openCommandCentre(run.others + 1)
  const [identity, ...others] = centre.identities
  const clock = openRealClock()
  const bootId = newBootId()
  const heard = new Map<string, number>()
  const stop = watchStream(centre.gateway.pages, (message, atMs) => {
    if (message.type === 'alarm.changed' && !heard.has(message.data.id)) heard.set(message.data.id, atMs)
  })
  const car = openCarrierCar({
    ...{ identity: identity!, clock, bootId, mqttUrl: centre.gateway.mqtt },
    backfillBytesPerS: BACKFILL_BYTES_PER_S,
  })
  const press = async (): Promise<number> => {
    const before = heard.size
    const pressedMs = performance.now()
    const body = { source: 'input', position: null, positionAgeMs: null }
    await car.append([draftAt('alarm', 'panic', body, clock.now(), bootId)])
    await within(HEARD_WITHIN_MS, () => heard.size > before)
    return Math.max(...heard.values()) - pressedMs
  }
  const series = async (): Promise<number[]> => {
    const delays: number[] = []
    for (let n = 0; n < run.alarms; n++) {
      await sleep(20 + (n % 7) * 10)
      delays.push(await press())
    }
    return delays
  }
  await within(HEARD_WITHIN_MS, () => car.carrier.link().state === 'up')
  const idle = await series()
  say(`idle p50 ${Math.round(quantile(idle, 0.5))} ms, p99 ${Math.round(quantile(idle, 0.99))} ms`)

  const crowd = startCrowd(
    {
      ...{ identities: others, mqttUrl: centre.gateway.mqtt, backlog: run.each },
      ...{ backfillBytesPerS: OTHERS_BYTES_PER_S, backoffMaxMs: 5_000, reportEveryMs: 15_000 },
    },
    2,
  )
  const isThere = (): boolean => crowd.said().up >= 0.98 * run.others
  if (!(await within(CROWD_WITHIN_MS, isThere)))
    throw new Error(`of ${run.others} other cars ${crowd.said().up} came up in ${CROWD_WITHIN_MS / 1000} s`)
  const next = patrol(randomOf(1, 'alarm', 'patrol'))
  for (let n = 0; n < run.own; n += 500) {
    const now = clock.now()
    await car.append(
      Array.from({ length: 500 }, () => draftAt('track', 'position', next(now.utcMs), now, bootId)),
    )
    // The connection is answered meanwhile.
    await sleep(0)
  }
  const began = { own: car.waiting(), ...crowd.said() }
  say(`draining: ${JSON.stringify(began)}`)
  const draining = await series()
  const ended = { own: car.waiting(), ...crowd.said() }
  crowd.close()
  stop()
  await car.close()
  await centre.close()
  const spread = (ms: readonly number[]) => ({
    alarms: ms.length,
    p50Ms: Math.round(quantile(ms, 0.5) * 10) / 10,
    p99Ms: Math.round(quantile(ms, 0.99) * 10) / 10,
    maxMs: Math.round(Math.max(...ms) * 10) / 10,
  })
  const ratio = quantile(draining, 0.99) / quantile(idle, 0.99)
  // Everybody's backlog is to last to the end, or nothing was measured of it.
  const wasDraining =
    ended.own > 0 &&
    ended.own < began.own &&
    ended.draining >= DRAINING_SHARE * run.others &&
    ended.waiting < began.waiting
  return {
    holds: ratio <= 2 && wasDraining,
    wasDraining,
    idle: spread(idle),
    draining: spread(draining),
    ratioOfP99: Math.round(ratio * 100) / 100,
    began,
    ended,
  }
}
