import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { randomOf } from '#sim/random.ts'
import type { CrashHouse } from './house.ts'
import { concluded } from './kills.ts'
import { sleep } from './life.ts'
import { powerDisk } from './power-disk.ts'

type Say = (words: string) => void

const FIRST_BOOT_MS_MAX = 1_500
const BOOT_MS_MAX = 900
const LIFE_MS = { min: 50, max: 1_800 }

/** The power goes `count` times while a car runs or boots; the disk keeps what was synced and nothing else. */
export async function cutAgent(house: CrashHouse, count: number, seed: number, say: Say = () => {}) {
  const random = randomOf(seed, 'crash', 'cut-agent')
  const disk = powerDisk(join(house.dir, 'disk-cut'))
  const victim = await house.openVictim('ptu-cut', seed, join(disk.path, 'reach5'))
  execFileSync('sync')
  for (let n = 1; n <= count; n++) {
    const life = victim.car.begin(victim.data)
    if (n % 4 === 0) await sleep(random.uniform(0, BOOT_MS_MAX))
    else {
      if ((await life.ready) === null) throw new Error(`the agent did not come back after cut ${n - 1}`)
      await sleep(random.uniform(LIFE_MS.min, LIFE_MS.max))
    }
    disk.cut()
    await life.kill()
    await disk.restore()
    if (n % 5 === 0) say(`power of the car cut ${n} of ${count}`)
  }
  const found = await concluded(victim, { cuts: count })
  await disk.remove()
  return found
}

/** A new disk with nothing but an identity on it, and the power goes somewhere in the very first boot. */
export async function cutFirstBoots(house: CrashHouse, count: number, seed: number, say: Say = () => {}) {
  const random = randomOf(seed, 'crash', 'cut-first-boot')
  const disk = powerDisk(join(house.dir, 'disk-first'))
  const found: Awaited<ReturnType<typeof concluded<object>>>[] = []
  for (let n = 1; n <= count; n++) {
    if (n > 1) await disk.renew()
    const victim = await house.openVictim(`ptu-new-${n}`, seed + n, join(disk.path, 'reach5'))
    execFileSync('sync')
    const life = victim.car.begin(victim.data)
    await Promise.race([life.ended, sleep(random.uniform(0, FIRST_BOOT_MS_MAX))])
    disk.cut()
    await life.kill()
    await disk.restore()
    found.push(await concluded(victim, {}))
    say(`first boot cut ${n} of ${count}`)
  }
  await disk.remove()
  const sum = (of: (one: (typeof found)[number]) => number): number =>
    found.reduce((s, one) => s + of(one), 0)
  return {
    cuts: count,
    holds: found.every(one => one.holds),
    accepted: sum(one => one.accepted),
    effective: sum(one => one.effective),
    lost: sum(one => one.lost),
    doubled: sum(one => one.doubled),
    holes: sum(one => one.holes),
  }
}

/** The power of the command centre goes, in its first boot and while it commits. The house is one on a disk of its own. */
export async function cutGateway(
  house: CrashHouse,
  disk: ReturnType<typeof powerDisk>,
  count: number,
  seed: number,
  say: Say = () => {},
) {
  const random = randomOf(seed, 'crash', 'cut-gateway')
  const victim = await house.openVictim('ptu-deaf', seed)
  const agent = await victim.car.start(victim.data)
  for (let n = 1; n <= count; n++) {
    const endMs = performance.now() + random.uniform(LIFE_MS.min, 2 * LIFE_MS.max)
    while (performance.now() < endMs) {
      await Promise.race([house.gateway.createIncident(), sleep(200)])
      await sleep(50)
    }
    disk.cut()
    await house.life.kill()
    await disk.restore()
    house.life = await house.gateway.start()
    if (n % 5 === 0) say(`power of the gateway cut ${n} of ${count}`)
  }
  await agent.stop()
  const forgotten = await house.gateway.forgottenIncidents()
  const incidents = { created: house.gateway.incidents.length, forgotten: forgotten.length }
  const found = await concluded(victim, { cuts: count, incidents })
  return { ...found, holds: found.holds && forgotten.length === 0 }
}

/** The power goes somewhere in the first boot of a gateway, `count` times on new disks; each must come up afterwards. */
export async function cutGatewayFirstBoots(house: CrashHouse, count: number, seed: number) {
  const random = randomOf(seed, 'crash', 'cut-gateway-first')
  const disk = powerDisk(join(house.dir, 'disk-gateway-first'))
  let notBack = 0
  for (let n = 1; n <= count; n++) {
    if (n > 1) await disk.renew()
    const gateway = house.anotherGateway(join(disk.path, 'gateway'))
    const life = gateway.begin()
    await sleep(random.uniform(100, FIRST_BOOT_MS_MAX))
    disk.cut()
    await life.kill()
    await disk.restore()
    const next = gateway.begin()
    if ((await next.ready) === null) notBack++
    await next.kill()
  }
  await disk.remove()
  return { cuts: count, notBack, holds: notBack === 0 }
}
