import { randomOf } from '#sim/random.ts'
import { spreadOf } from './house.ts'
import type { CrashHouse, Victim } from './house.ts'
import { sleep } from './life.ts'
import { isClean, tallyOf } from './receipts.ts'

type Say = (words: string) => void

/** One in this many lives is ended before it is ready. */
const DURING_BOOT_ONE_IN = 5
/** A computer that is ended in its boot again and again is let up in between, so that there is something to lose. */
const BOOT_MS_MAX = 600
const LIFE_MS = { min: 20, max: 1_800 }

/** The agent is killed `count` times, at any moment of its life. */
export async function killAgent(house: CrashHouse, count: number, seed: number, say: Say = () => {}) {
  const random = randomOf(seed, 'crash', 'kill-agent')
  const victim = await house.openVictim('ptu-killed', seed)
  let duringBoot = 0
  for (let n = 1; n <= count; n++) {
    const life = victim.car.begin(victim.data)
    if (random.chance(1 / DURING_BOOT_ONE_IN)) {
      await sleep(random.uniform(0, BOOT_MS_MAX))
      duringBoot++
    } else {
      if ((await life.ready) === null) throw new Error(`the agent did not come back after kill ${n - 1}`)
      await sleep(random.uniform(LIFE_MS.min, LIFE_MS.max))
    }
    await life.kill()
    if (n % 10 === 0) say(`agent killed ${n} of ${count}`)
  }
  return concluded(victim, { kills: count, duringBoot })
}

/** The gateway is killed `count` times while a car reports and incidents are created. */
export async function killGateway(house: CrashHouse, count: number, seed: number, say: Say = () => {}) {
  const random = randomOf(seed, 'crash', 'kill-gateway')
  const victim = await house.openVictim('ptu-unheard', seed)
  const agent = await victim.car.start(victim.data)
  const before = house.gateway.bootMs.length
  for (let n = 1; n <= count; n++) {
    const endMs = performance.now() + random.uniform(LIFE_MS.min, 2 * LIFE_MS.max)
    while (performance.now() < endMs) {
      await Promise.race([house.gateway.createIncident(), sleep(200)])
      await sleep(50)
    }
    await house.life.kill()
    if (random.chance(1 / DURING_BOOT_ONE_IN)) {
      const cutShort = house.gateway.begin()
      await sleep(random.uniform(0, BOOT_MS_MAX))
      await cutShort.kill()
    }
    house.life = await house.gateway.start()
    if (n % 10 === 0) say(`gateway killed ${n} of ${count}`)
  }
  await agent.stop()
  const gatewayStart = spreadOf(house.gateway.bootMs.slice(before))
  const forgotten = await house.gateway.forgottenIncidents()
  const incidents = { created: house.gateway.incidents.length, forgotten: forgotten.length }
  const found = await concluded(victim, { kills: count, incidents, gatewayStart })
  return { ...found, holds: found.holds && forgotten.length === 0 }
}

/** Audits, and puts what was counted beside it. */
export async function concluded<T extends object>(victim: Victim, counted: T) {
  const audit = await victim.audit()
  await victim.close()
  return { ...counted, holds: isClean(audit), ...tallyOf(audit), startMs: spreadOf(victim.car.bootMs) }
}
