import { join } from 'node:path'
import { deviceKey } from '#gateway/identity/devices.ts'
import { endFirstMinute } from '#gateway/ledger/first-minute.ts'
import { DeviceId } from '#protocols/ids.ts'
import { randomOf } from '#sim/random.ts'
import { damageNear, damageOne, flipOne } from './damage.ts'
import type { CrashHouse } from './house.ts'
import { concluded } from './kills.ts'
import { sleep, within } from './life.ts'
import { countOf } from './receipts.ts'

type Say = (words: string) => void

const WITNESS = 'ptu-witness'
const LIFE_MS = { min: 500, max: 2_500 }
/** A supervisor starts it again; one that does not stay after so many starts is one that does not come back. */
const STARTS_MAX = 4
/** Every so many a damage aims at the row that says that the car is enrolled. */
const AIMED_ONE_IN = 2
/** Every so many hits the marker beside the store. */
const MARKER_ONE_IN = 10
/** Of so many in a row the one half ends an old life, aimed or not. */
const OLD_ONE_IN = 4
/** The scrub begins a minute after a start, and a damage that it finds is the next start. */
const SCRUBBED_WITHIN_MS = 240_000
const LOOK_EVERY_MS = 250

/**
 * Between two lives of the gateway a file of its ledger rots. It comes back by itself, knows the car, and asks it for what is
 * gone; what nobody reads at a start is found by the scrub, which is waited for. Incidents have no second copy but a backup:
 * those that are gone are counted and judged by nobody.
 */
export async function damageLedger(house: CrashHouse, count: number, seed: number, say: Say = () => {}) {
  const random = randomOf(seed, 'crash', 'damage-ledger')
  const victim = await house.openVictim(WITNESS, seed)
  const agent = await victim.car.start(victim.data)
  const ledger = join(house.gateway.data, 'ledger')
  const enrolment = deviceKey(DeviceId.parse(WITNESS))
  const counted = { damages: 0, atEnrolment: 0, notBack: 0, endedByItself: 0 }
  for (let n = 1; n <= count; n++) {
    await house.gateway.createIncident()
    await living(house, random.uniform(LIFE_MS.min, LIFE_MS.max), counted)
    await house.life.kill()
    if (n % MARKER_ONE_IN === 0) flipOne(join(house.gateway.data, 'ledger.json'), random)
    else if (n % AIMED_ONE_IN === 0 && damageNear(ledger, enrolment, random)) counted.atEnrolment++
    else damageOne(ledger, random)
    counted.damages++
    // As if it had lived for long: then nobody looks at the tables before LevelDB does.
    if (n % OLD_ONE_IN < OLD_ONE_IN / 2) await endFirstMinute(house.gateway.data)
    await comeBack(house, counted)
    if (n % 5 === 0) say(`ledger damaged ${n} of ${count}`)
  }
  const scrubbed = await scrubbedBy(house, counted)
  await agent.stop()
  const forgotten = await house.gateway.forgottenIncidents()
  const incidents = { created: house.gateway.incidents.length, forgotten: forgotten.length }
  const putBack = countOf(house.gatewayLog, 'devices.put_back')
  const found = await concluded(victim, { ...counted, putBack, scrubbed, incidents })
  return { ...found, holds: found.holds && scrubbed && counted.notBack === 0 }
}

type Counted = { notBack: number; endedByItself: number }

/** Started until it stays; rejects when it never does, for nothing could be judged any more. */
async function comeBack(house: CrashHouse, counted: Counted): Promise<void> {
  for (let starts = 1; starts <= STARTS_MAX; starts++) {
    house.life = house.gateway.begin()
    if ((await house.life.ready) !== null) return
    counted.endedByItself++
  }
  counted.notBack++
  throw new Error(`the gateway did not come back in ${STARTS_MAX} starts; see its log`)
}

/** So long a life, or several when it ends in between. */
async function living(house: CrashHouse, ms: number, counted: Counted): Promise<void> {
  const ended = house.life.ended.then(() => 'ended' as const)
  if ((await Promise.race([ended, sleep(ms)])) !== 'ended') return
  counted.endedByItself++
  await comeBack(house, counted)
}

/** Whether one life saw its whole ledger as it was written. */
async function scrubbedBy(house: CrashHouse, counted: Counted): Promise<boolean> {
  const before = countOf(house.gatewayLog, 'ledger.scrubbed')
  return within(SCRUBBED_WITHIN_MS, async () => {
    await living(house, LOOK_EVERY_MS, counted)
    return countOf(house.gatewayLog, 'ledger.scrubbed') > before
  })
}
