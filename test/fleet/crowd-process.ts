import { openRealClock } from '#sim/clock/real-clock.ts'
import { randomOf } from '#sim/random.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { sleep } from '../crash/life.ts'
import { newBootId, openCarrierCar } from './carrier-car.ts'
import type { CarrierCar } from './carrier-car.ts'
import { draftAt, patrol } from './drive.ts'

/** Said to a crowd by whoever started it. */
export type ToCrowd = {
  readonly identities: readonly DeviceIdentity[]
  readonly mqttUrl: string
  /** Positions each car has waiting before the first of them connects. */
  readonly backlog: number
  /** They are filled, and connect only when they are told to. */
  readonly waits?: boolean
  /** They connect one after the other over so long. */
  readonly connectOverMs?: number
  /** Of them all in the mean; each has its own between half and one and a half of it, so that they do not send in step. */
  readonly backfillBytesPerS: number
  readonly backoffMaxMs: number
  /** Every car says where it is this often. */
  readonly reportEveryMs: number
  /** Where each begins its drive, by turns; the middle of the town when absent. */
  readonly homes?: readonly LatLon[]
}

/** Said by a crowd every second; `draining` are the cars with a backlog. */
export type FromCrowd = {
  readonly up: number
  readonly waiting: number
  readonly draining: number
  readonly opened: number
}

/** What waits for its ack at any moment is no backlog. */
const BACKLOG_FROM = 16

const GROUP = 500
/** A thousand cars of one process that look five times a second take a tenth of a processor from whoever is measured. */
const TICK_MS = 1_000
const SAID_EVERY_MS = 1_000
/** Its multiples lie evenly in every interval. */
const GOLDEN = 0.618034

/** Many cars in a process of their own, so that whoever measures has a loop to itself. */
async function crowd(told: ToCrowd): Promise<void> {
  const clock = openRealClock()
  const cars: CarrierCar[] = []
  setInterval(() => {
    const waiting = cars.map(car => car.waiting())
    const said: FromCrowd = {
      up: cars.filter(car => car.carrier.link().state === 'up').length,
      waiting: waiting.reduce((sum, n) => sum + n, 0),
      draining: waiting.filter(n => n >= BACKLOG_FROM).length,
      opened: cars.length,
    }
    process.send?.(said)
  }, SAID_EVERY_MS)
  const drives = told.identities.map((identity, i) =>
    patrol(randomOf(i, identity.deviceId, 'crowd'), told.homes?.[i % told.homes.length]),
  )
  for (const [i, identity] of told.identities.entries()) {
    const bootId = newBootId()
    const backfillBytesPerS = told.backfillBytesPerS * (0.5 + ((i * GOLDEN) % 1))
    const pace = { backfillBytesPerS, tickMs: TICK_MS }
    const car = openCarrierCar({ ...told, ...pace, identity, clock, bootId, parked: true })
    cars.push(car)
    for (let n = 0; n < told.backlog; n += GROUP) {
      const now = clock.now()
      await car.append(
        Array.from({ length: Math.min(GROUP, told.backlog - n) }, () =>
          draftAt('track', 'position', drives[i]!(now.utcMs), now, bootId),
        ),
      )
    }
    // Nobody asks a crowd what it accepted.
    car.accepted.length = 0
  }
  if (told.waits === true) await toldToConnect
  for (const [i, car] of cars.entries()) {
    car.connect()
    const report = (): void => {
      void car.report(drives[i]!(clock.now().utcMs)).then(() => void (car.accepted.length = 0))
    }
    setTimeout(() => setInterval(report, told.reportEveryMs), (i * told.reportEveryMs) / cars.length)
    report()
    // Those before it have connections to answer.
    await sleep((told.connectOverMs ?? 0) / cars.length)
  }
}

let tellToConnect = (): void => {}
const toldToConnect = new Promise<void>(resolve => (tellToConnect = resolve))

process.on('message', (message: ToCrowd | 'connect') =>
  message === 'connect' ? tellToConnect() : void crowd(message),
)
process.once('disconnect', () => process.exit(0))
