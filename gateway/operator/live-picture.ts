import type { OperatorView } from '#protocols/operator.ts'
import type { Clock } from '#protocols/time.ts'
import type { CityViews } from '../city.ts'
import type { EnrolmentDesk } from '../enrolment/desk.ts'
import { deviceViewsOf } from '../intake/device-views.ts'
import type { Loop } from '../loop/loop.ts'
import { pictureOf } from './picture.ts'
import type { PictureInputs } from './picture.ts'

/** A page and a scrape within this time read one and the same picture. */
const PICTURE_HELD_MS = 500

/** The operator's picture of the gateway that runs, made when somebody looks. */
export function livePicture(
  parts: {
    readonly clock: Clock
    readonly desk: Pick<EnrolmentDesk, 'devices' | 'codes'>
    readonly loop: Pick<Loop, 'intake' | 'stats'>
    readonly city: Pick<CityViews, 'units' | 'stations' | 'alarms' | 'counts'>
    readonly health: { read(): PictureInputs['health'] }
    readonly readTallies: () => PictureInputs['tallies']
    readonly coverageAgeSeconds: () => number | null
  } & Pick<PictureInputs, 'software'>,
): () => OperatorView {
  const { clock, desk, loop, city, health, readTallies, coverageAgeSeconds, software } = parts
  return heldFor(PICTURE_HELD_MS, clock, () => {
    const now = clock.now()
    const codes = desk.codes()
    return pictureOf(
      {
        software,
        devices: deviceViewsOf(desk.devices, loop.intake),
        units: city.units(now),
        stations: city.stations(now),
        alarms: city.alarms(now),
        counts: city.counts(),
        intake: loop.intake.counts,
        loopQueued: loop.stats().queued,
        health: health.read(),
        tallies: readTallies(),
        coverageAgeSeconds: coverageAgeSeconds(),
        codeAgeMs: id => {
          const open = codes.find(code => code.deviceId === id && code.state === 'open')
          return open === undefined ? null : now.utcMs - Date.parse(open.issuedAt)
        },
      },
      now,
    )
  })
}

/** The same answer for a while, however often it is asked for. */
function heldFor<T>(ms: number, clock: Clock, make: () => T): () => T {
  let held: { readonly value: T; readonly monoMs: number } | null = null
  return () => {
    const { monoMs } = clock.now()
    if (held === null || monoMs - held.monoMs > ms) held = { value: make(), monoMs }
    return held.value
  }
}
