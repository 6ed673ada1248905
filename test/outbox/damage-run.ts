import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BootScan } from '#agent/outbox/boot-scan.ts'
import { levelRoom, openLevelOutbox } from '#agent/outbox/level-outbox.ts'
import { LANES } from '#protocols/record.ts'
import type { WireRecord } from '#protocols/record.ts'
import { randomOf } from '#sim/random.ts'
import { auditOutbox } from '../contracts/outbox-audit.ts'
import type { Audit } from '../contracts/outbox-audit.ts'
import { draft, HandClock, valueOf } from '../contracts/outbox.ts'

const BOOT_ID = 'b00b00b00b00b00b'

/** A healthy store as bytes, and what it accepted. */
export type Healthy = {
  readonly files: ReadonlyMap<string, Buffer>
  readonly accepted: readonly WireRecord[]
  /** The file LevelDB appends to. */
  readonly log: string
}

export type Damage = { readonly file: string; readonly apply: (bytes: Buffer) => Buffer }

/** A store with a table of an earlier session and a log at least so long of the last one. */
export async function healthyStore(logBytes: number): Promise<Healthy> {
  const dir = await newDir()
  const accepted: WireRecord[] = []
  const session = async (bytes: number): Promise<void> => {
    const outbox = await openLevelOutbox(dir, new HandClock(), optionsOf())
    for (let written = 0; written < bytes; written += 1_700) {
      const n = accepted.length
      const lane = LANES[n % LANES.length]!
      accepted.push(...valueOf(await outbox.append([draft(lane, n, 300)], [{ key: 'n', value: n }])))
    }
    await outbox.close()
  }
  await session(logBytes / 4)
  await session(logBytes)
  const names = (await readdir(dir, { recursive: true })).filter(
    n => !/LOCK|LOG|quarantine|^db-[0-9a-f]+$/.test(n),
  )
  const files = new Map<string, Buffer>()
  for (const name of names) files.set(name, await readFile(join(dir, name)))
  await rm(dir, { recursive: true, force: true })
  return { files, accepted, log: names.find(name => name.endsWith('.log'))! }
}

/** Every length the log may have been cut to, or `count` of them by chance. */
export function truncations({ files, log }: Healthy, count: number | 'all'): Damage[] {
  const { length } = files.get(log)!
  const random = randomOf(1, 'outbox', 'truncate')
  const points =
    count === 'all'
      ? Array.from({ length }, (_, i) => i)
      : Array.from({ length: count }, () => random.integer(0, length - 1))
  return points.map(point => ({ file: log, apply: bytes => bytes.subarray(0, point) }))
}

/** One bit of any file, by chance; a file counts as often as it has bytes, and small ones at least a little. */
export function flips({ files }: Healthy, count: number): Damage[] {
  const random = randomOf(2, 'outbox', 'flip')
  const names = [...files.keys()]
  return Array.from({ length: count }, (_, i) => {
    const file = i % 2 === 0 ? names.find(name => name.endsWith('.log'))! : random.pick(names)
    const bit = random.integer(0, files.get(file)!.length * 8 - 1)
    return {
      file,
      apply: bytes => {
        const flipped = Buffer.from(bytes)
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        return flipped
      },
    }
  })
}

/**
 * What LevelDB and the boot scan make of a damaged store, as text: two damages of one outcome leave the same records behind.
 * The store is opened and read, and neither mended nor audited.
 */
export async function outcomeOf(healthy: Healthy, damage: Damage): Promise<string> {
  const dir = await newDir()
  try {
    await layDown(dir, healthy, damage)
    const room = levelRoom(dir)
    const file = await room.openHighWater()
    await file.close()
    const store = await room.open(file.mark?.epoch ?? '')
    if (typeof store === 'string') return store
    const scan = new BootScan(file.mark)
    await store.walk((key, value) => scan.row(key, value))
    await store.close()
    const { complaints, lost, held, notesDigest } = scan.finish()
    return JSON.stringify({ complaints, lost, held, notesDigest })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function layDown(dir: string, healthy: Healthy, damage: Damage): Promise<void> {
  for (const [name, bytes] of healthy.files) {
    await mkdir(join(dir, name, '..'), { recursive: true })
    await writeFile(join(dir, name), name === damage.file ? damage.apply(bytes) : bytes)
  }
}

export type DamageRun = Audit & { readonly health: string }

/** Lays the store down with its damage, opens it and looks for everything. Rejects when it does not come back. */
export async function damageRun(healthy: Healthy, damage: Damage): Promise<DamageRun> {
  const dir = await newDir()
  try {
    await layDown(dir, healthy, damage)
    const outbox = await openLevelOutbox(dir, new HandClock(), optionsOf())
    const audit = await auditOutbox(outbox, healthy.accepted)
    const health = outbox.health()
    await outbox.close()
    return { ...audit, health }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

let minted = 0
const optionsOf = () => ({
  bootId: BOOT_ID,
  mintEpoch: () => (++minted).toString(16).padStart(16, '0'),
  ballastBytes: 0,
})

/** In memory where there is such a place: what is asked here is what is read, not whether it was synced. */
const newDir = (): Promise<string> =>
  mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'reach5-damage-'))
