import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomOf } from '#sim/random.ts'
import type { Random } from '#sim/random.ts'
import type { CrashHouse } from './house.ts'
import { concluded } from './kills.ts'
import { sleep } from './life.ts'

type Say = (words: string) => void

const LIFE_MS = { min: 300, max: 1_500 }

/**
 * Between two lives of the agent a file of its store rots: a bit turns, or its end is gone. What is lost by that and was not
 * yet delivered must be named by a gap receipt in the gateway's ledger. The gateway is away during every other life, so that
 * there is something undelivered to lose.
 */
export async function damageStore(house: CrashHouse, count: number, seed: number, say: Say = () => {}) {
  const random = randomOf(seed, 'crash', 'damage')
  const victim = await house.openVictim('ptu-rotten', seed)
  const counted = { damages: 0, notBack: 0 }
  for (let n = 1; n <= count; n++) {
    const isDeaf = n % 2 === 0
    if (isDeaf) await house.life.kill()
    const life = victim.car.begin(victim.data)
    if ((await life.ready) === null) counted.notBack++
    await sleep(random.uniform(LIFE_MS.min, LIFE_MS.max))
    await life.kill()
    damageOne(join(victim.data, 'outbox'), random)
    counted.damages++
    if (isDeaf) house.life = await house.gateway.start()
    if (n % 10 === 0) say(`store damaged ${n} of ${count}`)
  }
  const found = await concluded(victim, counted)
  return { ...found, holds: found.holds && counted.notBack === 0 }
}

/** Lock and log of LevelDB hold nothing, the ballast nothing worth keeping, and the quarantine is damaged already. */
const HOLDS_NOTHING = /LOCK$|LOG(\.old)?$|^ballast|^quarantine/

/** A bit of some file of a store of LevelDB turns, or the end of the file is gone. */
export function damageOne(dir: string, random: Random): void {
  const file = random.pick(filesOf(dir))
  if (random.chance(0.5)) return flipOne(file, random)
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.subarray(0, random.integer(0, bytes.length - 1)))
}

/** One bit of a file turns. */
export function flipOne(file: string, random: Random): void {
  const bytes = readFileSync(file)
  const bit = random.integer(0, bytes.length * 8 - 1)
  bytes[bit >> 3]! ^= 1 << (bit & 7)
  writeFileSync(file, bytes)
}

/** A bit turns where `words` stand, or shortly behind them; false when no file has them. */
export function damageNear(dir: string, words: string, random: Random): boolean {
  const places = filesOf(dir).flatMap(file => {
    const bytes = readFileSync(file)
    const at = bytes.lastIndexOf(words)
    return at < 0 ? [] : [{ file, bytes, at }]
  })
  if (places.length === 0) return false
  const { file, bytes, at } = random.pick(places)
  const byte = Math.min(bytes.length - 1, at + random.integer(0, 2 * words.length))
  bytes[byte]! ^= 1 << random.integer(0, 7)
  writeFileSync(file, bytes)
  return true
}

const filesOf = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter(name => !HOLDS_NOTHING.test(name))
    .map(name => join(dir, name))
    .filter(file => statSync(file).isFile() && statSync(file).size > 0)
