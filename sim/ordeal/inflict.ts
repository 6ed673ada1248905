import { randomOf } from '../random.ts'
import type { Random } from '../random.ts'
import type { DiskFault } from '../store/simulated-disk.ts'
import type { Car } from './car.ts'
import type { LivingCity } from './city-run.ts'
import { restoreImage, rot, rotMark } from './disk-damage.ts'
import { armNextWrite } from './disk-weather.ts'
import type { Fault } from './fault-plan.ts'
import { forgery, garbled } from './forgery.ts'
import { badWeather, crash, crashCentre, lasting } from './troubles.ts'

const RESTART_MS = 3_000
const HOUR_MS = 3_600_000
const WEEKS_1024_MS = 1024 * 7 * 24 * HOUR_MS
/** A boot of a first boot has so many steps of the disk, about. */
const FIRST_BOOT_STEPS = 14
const WAIT_TRY_MS = 250
const WAIT_TRIES = 240
/** The last commit before a power cut, when it is a slow one. */
const LAST_COMMIT_MS = 1_500
/** Hardly given, an order is called off. */
const HASTY_MS_MAX = 500

/** Makes happen what the list says; what lasts is healed by itself, or by `healAll` (`troubles.ts`). */
export function inflict(city: LivingCity, fault: Fault): void {
  const { kind } = fault
  city.faultsByKind.set(kind, (city.faultsByKind.get(kind) ?? 0) + 1)
  const random = randomOf(city.world.seed, `fault-${fault.id}`, kind)
  const [chance, other] = fault.dice
  const crew = city.crews.get(fault.target)
  const car = (): Car => crew!.car
  switch (kind) {
    case 'kill':
      return crash(city, car(), 'kill', chance < 0.5, RESTART_MS)
    case 'power cut':
      return crash(city, car(), 'cut', chance < 0.5, RESTART_MS + other * 60_000)
    case 'kill in a write':
    case 'power cut in a write': {
      const how = kind === 'kill in a write' ? 'kill' : 'cut'
      const hit = car()
      armNextWrite(hit.disk, Math.floor(other * 6), () => crash(city, hit, how, chance < 0.5, RESTART_MS))
      return
    }
    case 'power cut at the first boot': {
      const hit = car()
      armNextWrite(hit.disk, Math.floor(other * FIRST_BOOT_STEPS), () =>
        crash(city, hit, 'cut', chance < 0.5, RESTART_MS),
      )
      return
    }
    case 'disk full':
      return diskFor(city, fault, 'full')
    case 'disk read-only':
      return diskFor(city, fault, 'readOnly')
    case 'slow disk':
      return diskFor(city, fault, 'slow')
    case 'hung disk':
      return diskFor(city, fault, 'hung')
    case 'write error':
      return failSoon(car(), 'eio', other)
    case 'write error that landed':
      return failSoon(car(), 'eio-landed', other)
    case 'torn write':
      return failSoon(car(), 'enospc', other)
    case 'bit rot':
      return rot(city, fault, car())
    case 'bit rot in the mark':
      return rotMark(city, car(), chance)
    case 'image restored':
      return restoreImage(city, fault, car())
    case 'loss':
      return badWeather(city, fault, ['lost'])
    case 'duplicates':
      return badWeather(city, fault, ['twice'])
    case 'disorder':
      return badWeather(city, fault, ['disorder'])
    case 'slow link':
      return badWeather(city, fault, ['slow'])
    case 'partition':
      return badWeather(city, fault, ['cutUp', 'cutDown'])
    case 'one way up':
      return badWeather(city, fault, ['cutDown'])
    case 'one way down':
      return badWeather(city, fault, ['cutUp'])
    case 'half-open':
      return city.wire.deaden(city.wire.roadOf(fault.target))
    case 'reset':
      return city.wire.reset(city.wire.roadOf(fault.target), 'told')
    case 'broker restart':
      for (const road of city.wire.sessions()) city.wire.reset(road, chance < 0.5 ? 'told' : 'silent')
      return
    case 'reconnect storm':
      for (const deviceId of city.crews.keys()) {
        city.wire.reset(city.wire.roadOf(deviceId), 'told')
        badWeather(city, fault, ['cutUp', 'cutDown'], deviceId)
      }
      return
    case 'swizzle clog':
      return swizzle(city, fault, random)
    case 'clock ahead':
      return car().clock.turn(Math.round((0.1 + chance * 48) * HOUR_MS))
    case 'clock back':
      return car().clock.turn(-Math.round((0.1 + chance * 48) * HOUR_MS))
    case 'week rollover':
      return car().clock.turn(-WEEKS_1024_MS, 'gnss')
    case 'boot in 1970':
      car().hasBattery = false
      return crash(city, car(), 'cut', chance < 0.5, RESTART_MS)
    case 'line noise':
    case 'line stalls':
    case 'line unplugged':
      return lasting(city, fault.lastsMs, () => car().lines!.worsen(kind, chance))
    case 'receiver blind':
      return lasting(city, fault.lastsMs, () => {
        crew!.blind++
        return () => void crew!.blind--
      })
    case 'centre killed':
      if (other < 0.5) return crashCentre(city, 'kill', chance < 0.5)
      // So that there is a hole to wait for.
      badWeather(
        city,
        { ...fault, lastsMs: WAIT_TRIES * WAIT_TRY_MS },
        ['disorder'],
        random.pick([...city.crews.keys()]),
      )
      return whileRecordsWait(city, () => crashCentre(city, 'kill', chance < 0.5))
    case 'centre power cut':
      // In the middle of a commit, as soon as there is one; a disk that is losing its power is slow now and then.
      city.nextCommit.push({
        slowMs: Math.floor(other * 2) * LAST_COMMIT_MS,
        happens: () => crashCentre(city, 'cut', chance < 0.5, fault.lastsMs),
      })
      return
    case 'ledger error':
      return void city.ledgerNext.push(chance < 0.5 ? 'error' : 'error-landed')
    case 'slow ledger':
      return lasting(city, fault.lastsMs, () => {
        city.slowLedger++
        return () => void city.slowLedger--
      })
    case 'ledger restored':
      return restoreLedger(city, fault)
    case 'frozen page':
      return lasting(city, fault.lastsMs, () => city.pages.freeze())
    case 'forged order': {
      const { lastLive: live, seen } = city.wire.roadOf(fault.target)
      const order = seen.at(-1) ?? null
      return void city.wire.inject(fault.target, forgery(random, fault.target, city.keys, { live, order }))
    }
    case 'replayed order': {
      const { seen } = city.wire.roadOf(fault.target)
      for (const payload of seen.slice(Math.floor(chance * seen.length)))
        city.wire.inject(fault.target, payload)
      return
    }
    case 'expired order':
      return keepBack(city, fault)
    case 'order for another': {
      const others = [...city.crews.keys()].filter(id => id !== fault.target)
      const seen = others.flatMap(id => city.wire.roadOf(id).seen.slice(-2))
      for (const payload of seen) city.wire.inject(fault.target, payload)
      return
    }
    case 'cancel overtakes':
      badWeather(city, fault, ['disorder'])
      return void city.dispatcher.dispatch(fault.target, random, Math.round(1 + chance * HASTY_MS_MAX))
    case 'garbled message': {
      const { lastLive, lastRecord } = city.wire.roadOf(fault.target)
      const channel = chance < 0.4 ? 'live' : chance < 0.5 ? 'hello' : 'up/track'
      const isRecord = channel === 'up/track'
      const payload = garbled(random, isRecord ? lastRecord : lastLive, isRecord)
      city.wire.hears?.({ type: 'payload', deviceId: fault.target, channel, payload })
      city.wire.inject(fault.target, garbled(random, null, false))
      return
    }
  }
}

/** As soon as a record lies in the ledger that the city is not told of before another has come; or after a while anyway. */
function whileRecordsWait(city: LivingCity, act: () => void, triesLeft = WAIT_TRIES): void {
  if (triesLeft === 0 || city.checker.order.isWaiting()) return act()
  city.world.after(WAIT_TRY_MS, () => whileRecordsWait(city, act, triesLeft - 1))
}

const weatherOf = (car: Car) => car.diskWeather

/** One of the next steps: a commit has two, and the second is hit as often as the first. */
function failSoon(car: Car, what: DiskFault, chance: number): void {
  const spared = Array.from({ length: Math.floor(chance * 4) }, () => null)
  weatherOf(car).next.push(...spared, what)
}

function diskFor(city: LivingCity, fault: Fault, what: 'full' | 'readOnly' | 'slow' | 'hung'): void {
  const weather = weatherOf(city.crews.get(fault.target)!.car)
  lasting(city, fault.lastsMs, () => {
    weather[what]++
    return () => void weather[what]--
  })
}

/** One after the other is clogged, and they come back in another order. */
function swizzle(city: LivingCity, fault: Fault, random: Random): void {
  const clogged = random.shuffle([...city.crews.keys()]).slice(0, Math.ceil(city.crews.size / 2))
  for (const deviceId of clogged) {
    const fromMs = random.integer(0, fault.lastsMs)
    const lastsMs = random.integer(2_000, fault.lastsMs)
    city.world.after(fromMs, () => {
      if (!city.isHealed) badWeather(city, { ...fault, lastsMs }, ['cutUp', 'cutDown'], deviceId)
    })
  }
}

/** The ledger of now is backed up, and that backup is put back later. One at a time. */
function restoreLedger(city: LivingCity, fault: Fault): void {
  const { ledger, checker, centre, world } = city
  if (city.isBackedUp) return
  city.isBackedUp = true
  ledger.backUp()
  const promises = checker.promises
  world.after(fault.lastsMs, () => {
    city.isBackedUp = false
    if (city.isHealed) return
    centre.end('kill', false)
    ledger.restore()
    checker.excusePromises(promises)
    centre.restart()
  })
}

/** Whoever owns the broker holds orders back until their window is over. */
function keepBack(city: LivingCity, fault: Fault): void {
  const road = city.wire.roadOf(fault.target)
  if (road.keptBack !== null) return
  road.keptBack = []
  // At least one.
  city.dispatcher.actuate(fault.target, fault.dice[0] < 0.5)
  lasting(city, fault.lastsMs, () => () => {
    const kept = road.keptBack ?? []
    road.keptBack = null
    for (const payload of kept) city.wire.inject(fault.target, payload)
  })
}
