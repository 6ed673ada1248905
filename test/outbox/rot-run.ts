import { existsSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLevelOutbox } from '#agent/outbox/level-outbox.ts'
import type { Outbox } from '#agent/outbox/outbox.ts'
import { LANES } from '#protocols/record.ts'
import type { WireRecord } from '#protocols/record.ts'
import { randomOf } from '#sim/random.ts'
import type { Random } from '#sim/random.ts'
import { auditOutbox } from '../contracts/outbox-audit.ts'
import { draft, HandClock, valueOf } from '../contracts/outbox.ts'

const APPENDS_MAX = 6
/** One in so many lives of the store meets a gateway, which then has everything. */
const DELIVERED_ONE_IN = 2.5
/** Lock and log of LevelDB hold nothing; the quarantine is damaged already. */
const HOLDS_NOTHING = /LOCK$|LOG(\.old)?$|^ballast|^quarantine/

export type RotRun = {
  readonly rots: number
  readonly accepted: number
  readonly repairs: number
  /** Accepted, never delivered, and named by nobody. */
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
}

/**
 * A real store in which a file rots between any two of its lives, `rots` times: a bit turns, or its end is gone. Whatever it
 * accepted it must hold, or name in a receipt, at every delivery and in the end, however many repairs lie between.
 */
export async function rotRun(seed: number, rots: number): Promise<RotRun> {
  const random = randomOf(seed, 'outbox', 'rot')
  const dir = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'reach5-rot-'))
  let minted = 0
  const open = (): Promise<Outbox> =>
    openLevelOutbox(dir, new HandClock(), {
      bootId: 'b00b00b00b00b00b',
      mintEpoch: () => (++minted).toString(16).padStart(16, '0'),
      ballastBytes: 0,
    })
  let [accepted, repairs] = [0, 0]
  let waiting: WireRecord[] = []
  const [lost, doubled]: [string[], string[]] = [[], []]
  const audit = async (outbox: Outbox): Promise<void> => {
    const found = await auditOutbox(outbox, waiting)
    lost.push(...found.lost)
    doubled.push(...found.doubled)
  }
  try {
    for (let rot = 0; rot < rots; rot++) {
      const outbox = await open()
      if (outbox.health() === 'repaired') repairs++
      for (let left = random.integer(0, APPENDS_MAX); left > 0; left--) {
        const lane = random.pick(LANES)
        waiting.push(...valueOf(await outbox.append([draft(lane, accepted++, 100)])))
      }
      if (random.chance(1 / DELIVERED_ONE_IN)) {
        await audit(outbox)
        waiting = []
        await acknowledge(outbox)
      }
      await outbox.close()
      await rotOne(dir, random)
    }
    const outbox = await open()
    await audit(outbox)
    await outbox.close()
    return { rots, accepted, repairs, lost, doubled }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function acknowledge(outbox: Outbox): Promise<void> {
  for (const lane of LANES) {
    const { first, last } = outbox.ranges()[lane]
    if (last < first) continue
    const newest = valueOf(await outbox.read(lane, last - 1, Number.MAX_SAFE_INTEGER)).at(-1)!
    valueOf(await outbox.free(lane, last, newest.sum))
  }
}

async function rotOne(dir: string, random: Random): Promise<void> {
  const names: string[] = []
  for (const name of (await readdir(dir, { recursive: true })).sort()) {
    if (HOLDS_NOTHING.test(name)) continue
    const found = await stat(join(dir, name))
    if (found.isFile() && found.size > 0) names.push(name)
  }
  const file = join(dir, random.pick(names))
  const bytes = await readFile(file)
  if (random.chance(0.5)) return writeFile(file, bytes.subarray(0, random.integer(0, bytes.length - 1)))
  const bit = random.integer(0, bytes.length * 8 - 1)
  bytes[bit >> 3]! ^= 1 << (bit & 7)
  await writeFile(file, bytes)
}
