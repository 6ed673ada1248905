import { join } from 'node:path'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { openRealClock } from '#sim/clock/real-clock.ts'
import { randomOf } from '#sim/random.ts'
import { sleep, within } from '../crash/life.ts'
import { quantile } from '../oracle/quantile.ts'
import { putFirst } from '../storm/fleet.ts'
import { openBareEcho } from './bare-echo.ts'
import type { BareEcho } from './bare-echo.ts'
import { newBootId, openCarrierCar } from './carrier-car.ts'
import type { CarrierCar } from './carrier-car.ts'
import { openCommandCentre } from './command-centre.ts'
import { startCrowd } from './crowd.ts'
import type { Crowd } from './crowd.ts'
import { draftAt, patrol } from './drive.ts'
import { busiestSince, kernelThreads } from './kernel-threads.ts'
import { watchStream } from './stream-watch.ts'

export type AlarmRun = {
  readonly alarms: number
  /** Positions of the same car that wait when it panics. */
  readonly own: number
  readonly others: number
  /** Positions each of the others has waiting. */
  readonly each: number
  /** Of the gateway, whose session is its own: see `putFirst`. */
  readonly priority?: number
}

const BACKFILL_BYTES_PER_S = 20 * 1024
/**
 * Two batches of 256 positions, 14 KB, overdraw the bucket of a car at once; at this rate it sends the next two a minute or two
 * later, and two thousand of them 15,000 records a second. So of 2,000 each nearly all have some left when the series is over.
 */
const OTHERS_BYTES_PER_S = 120
/** So many of the others are to be there, and to have a backlog from the first alarm to the last. */
const DRAINING_SHARE = 0.98
/** Their first batches are not to come all at once. */
const CONNECT_OVER_MS = 45_000
const HEARD_WITHIN_MS = 60_000
/** Most of it is making the backlogs. */
const CROWD_WITHIN_MS = 400_000

/**
 * From the press in a car to the dispatcher's stream: with nothing else to do, beside the others while they are there and
 * silent, which is what they cost by living on the same machine, and while everybody's backlog drains.
 */
export async function alarmRun(run: AlarmRun, say: (words: string) => void = () => {}) {
  const centre = await openCommandCentre(run.others + 1)
  putFirst(centre.life.pid, run.priority ?? 0)
  const [identity, ...others] = centre.identities
  const dispatcher = openDispatcher(centre.gateway.pages)
  const car = openAlarmedCar(identity!, centre.gateway.mqtt)
  let echo: BareEcho | undefined
  let crowd: Crowd | undefined
  try {
    echo = await openBareEcho(join(centre.dir, 'echo'), run.priority ?? 0)
    await within(HEARD_WITHIN_MS, () => car.carrier.link().state === 'up')
    const idle = await watched(run.alarms, car, dispatcher, echo)
    say(`idle: ${JSON.stringify(idle)}`)

    crowd = startCrowd(
      {
        ...{ identities: others, mqttUrl: centre.gateway.mqtt, backlog: run.each },
        ...{ backfillBytesPerS: OTHERS_BYTES_PER_S, backoffMaxMs: 5_000, reportEveryMs: 15_000 },
        ...{ connectOverMs: CONNECT_OVER_MS, waits: true },
      },
      2,
    )
    const { said } = crowd
    if (!(await within(CROWD_WITHIN_MS, () => said().opened === run.others)))
      throw new Error(
        `of ${run.others} other cars ${said().opened} were filled in ${CROWD_WITHIN_MS / 1000} s`,
      )
    const silent = await watched(run.alarms, car, dispatcher, echo)
    say(`beside the others, who are silent: ${JSON.stringify(silent)}`)
    crowd.connect()
    if (!(await within(CROWD_WITHIN_MS, () => said().up >= DRAINING_SHARE * run.others)))
      throw new Error(`of ${run.others} other cars ${said().up} came up in ${CROWD_WITHIN_MS / 1000} s`)
    await car.fill(run.own)
    const began = { own: car.waiting(), ...said() }
    say(`draining: ${JSON.stringify(began)}`)
    const draining = await watched(run.alarms, car, dispatcher, echo)
    const ended = { own: car.waiting(), ...said() }
    const ratio = draining.p99Ms / idle.p99Ms
    // Everybody's backlog is to last to the end, or nothing was measured of it.
    const wasDraining =
      ended.own > 0 &&
      ended.own < began.own &&
      ended.draining >= DRAINING_SHARE * run.others &&
      ended.waiting < began.waiting
    return {
      holds: ratio <= 2 && wasDraining,
      wasDraining,
      ...{ idle, silent, draining },
      ratioOfP99: hundredths(ratio),
      ratioToSilent: hundredths(draining.p99Ms / silent.p99Ms),
      ratioOfBareEcho: hundredths(draining.bareEcho.p99Ms / idle.bareEcho.p99Ms),
      began,
      ended,
    }
  } finally {
    crowd?.close()
    echo?.close()
    dispatcher.close()
    await car.close()
    await centre.close()
  }
}

const hundredths = (value: number): number => Math.round(value * 100) / 100

/**
 * How long alarms took, how long the bare echo between them, which is what the machine itself asks of anybody, and which
 * thread of the kernel took most of a processor meanwhile.
 */
async function watched(presses: number, car: AlarmedCar, dispatcher: Dispatcher, echo: BareEcho) {
  const before = kernelThreads()
  const { delays, echoes } = await series(presses, car, dispatcher, echo)
  return {
    alarms: delays.length,
    ...spreadOf(delays),
    bareEcho: spreadOf(echoes),
    busiestOfKernel: busiestSince(before),
  }
}

const spreadOf = (ms: readonly number[]) => ({
  p50Ms: tenths(quantile(ms, 0.5)),
  p99Ms: tenths(quantile(ms, 0.99)),
  maxMs: tenths(Math.max(...ms)),
})

const tenths = (value: number): number => Math.round(value * 10) / 10

type Dispatcher = {
  /** Alarms on the dispatcher's stream so far, and when the newest of them came. */
  heard(): { readonly alarms: number; readonly newestMs: number }
  close(): void
}

function openDispatcher(pages: string): Dispatcher {
  const ids = new Set<string>()
  let newestMs = -Infinity
  const close = watchStream(pages, (message, atMs) => {
    if (message.type !== 'alarm.changed' || ids.has(message.data.id)) return
    ids.add(message.data.id)
    newestMs = atMs
  })
  return { heard: () => ({ alarms: ids.size, newestMs }), close }
}

type AlarmedCar = CarrierCar & {
  panic(): Promise<void>
  /** So many positions into its store. */
  fill(positions: number): Promise<void>
}

function openAlarmedCar(identity: DeviceIdentity, mqttUrl: string): AlarmedCar {
  const clock = openRealClock()
  const bootId = newBootId()
  const car = openCarrierCar({ identity, clock, bootId, mqttUrl, backfillBytesPerS: BACKFILL_BYTES_PER_S })
  const next = patrol(randomOf(1, 'alarm', 'patrol'))
  return {
    ...car,
    async panic() {
      const body = { source: 'input', position: null, positionAgeMs: null }
      await car.append([draftAt('alarm', 'panic', body, clock.now(), bootId)])
    },
    async fill(positions) {
      for (let n = 0; n < positions; n += 500) {
        const now = clock.now()
        await car.append(
          Array.from({ length: 500 }, () => draftAt('track', 'position', next(now.utcMs), now, bootId)),
        )
        // The connection is answered meanwhile.
        await sleep(0)
      }
    },
  }
}

/** Milliseconds from each press to the dispatcher, one press after the other, and of an echo between two of them. */
async function series(presses: number, car: AlarmedCar, dispatcher: Dispatcher, echo: BareEcho) {
  const delays: number[] = []
  const echoes: number[] = []
  for (let n = 0; n < presses; n++) {
    await sleep(10 + (n % 7) * 5)
    echoes.push(await echo.echo())
    await sleep(10 + (n % 5) * 7)
    const before = dispatcher.heard().alarms
    const pressedMs = performance.now()
    await car.panic()
    if (!(await within(HEARD_WITHIN_MS, () => dispatcher.heard().alarms > before)))
      throw new Error(`an alarm was not heard in ${HEARD_WITHIN_MS / 1000} s`)
    delays.push(dispatcher.heard().newestMs - pressedMs)
  }
  return { delays, echoes }
}
