import { execFileSync } from 'node:child_process'
import {
  ftruncateSync,
  openSync,
  closeSync,
  rmSync,
  readFileSync,
  statfsSync,
  writeFileSync,
  writeSync,
  mkdirSync,
} from 'node:fs'
import { join } from 'node:path'
import type { CrashHouse } from './house.ts'
import { concluded } from './kills.ts'
import { within } from './life.ts'
import { countOf } from './receipts.ts'

type Say = (words: string) => void

const PAGE_BYTES = 4096
/** Without room for the ballast, so that every full disk is met bare. */
const SMALL_MEBIBYTES = 20
/** A synced write of the outbox fills this much of a page; so the nth write is the first without room, give or take one. */
const WRITE_BYTES = 1_400
/** The bound of a broken build: a fault that is never met, or a store that never comes back. */
const MET_WITHIN_MS = 40_000
/** A failed sync of the store is told at once; one that is not was of another file. */
const NOTICED_WITHIN_MS = 3_000

/**
 * The disk has room for `n` more writes, for each n of `writes`: the one after it fails in the middle of LevelDB. Room comes
 * back, and the store must by itself, in the same process; every tenth time that process is killed on the full disk and
 * must first boot on it.
 */
export async function fillDisk(
  house: CrashHouse,
  writes: readonly number[],
  seed: number,
  say: Say = () => {},
) {
  const dir = join(house.dir, 'disk-small')
  mkdirSync(dir, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_MEBIBYTES}m`, 'tmpfs', dir])
  const filler = join(dir, 'filler')
  const victim = await house.openVictim('ptu-full', seed, join(dir, 'reach5'))
  let life = await victim.car.start(victim.data)
  const store = (event: string): number => countOf(victim.log, `outbox.${event}`)
  const counted = { runs: 0, met: 0, bootedFull: 0, notBack: 0 }
  for (const n of writes) {
    const [poisoned, reopened, accepted] = [store('poisoned'), store('reopened'), store('accepted')]
    fillBut(filler, dir, n * WRITE_BYTES)
    // LevelDB may delete a log it has folded, and so make room enough: then this one is not met, and counted as that.
    const met = await within(MET_WITHIN_MS, () => store('poisoned') > poisoned)
    counted.runs++
    if (met) counted.met++
    if (n % 10 === 0) {
      counted.bootedFull++
      await life.kill()
      life = victim.car.begin(victim.data)
      await Promise.race([life.ready, life.ended])
      rmSync(filler, { force: true })
      if ((await life.ready) === null) life = await victim.car.start(victim.data)
      // A store that was opened on a full disk may still meet it once.
      if (!(await within(MET_WITHIN_MS, () => store('accepted') > accepted))) counted.notBack++
    } else {
      rmSync(filler, { force: true })
      if (met && !(await within(MET_WITHIN_MS, () => store('reopened') > reopened))) counted.notBack++
    }
    if (counted.runs % 20 === 0) say(`disk full at write ${n}`)
  }
  await life.stop()
  const found = await concluded(victim, counted)
  execFileSync('umount', ['-l', dir])
  return { ...found, holds: found.holds && counted.met > 0.9 * counted.runs && counted.notBack === 0 }
}

/** Leaves `bytes` free, to the page. */
function fillBut(filler: string, dir: string, bytes: number): void {
  const file = openSync(filler, 'w')
  const { bavail, bsize } = statfsSync(dir)
  const chunk = Buffer.alloc(PAGE_BYTES)
  let written = 0
  const wanted = Math.max(0, bavail * bsize - bytes)
  try {
    while (written < wanted) written += writeSync(file, chunk)
  } catch {
    // Full already: less is left than was asked for.
  }
  ftruncateSync(file, written)
  closeSync(file)
}

/** In words why the kernel cannot be asked to fail a process's syncs here; null when it can. */
export function whyNoTracing(): string | null {
  try {
    execFileSync('strace', ['-qq', '-o', '/dev/null', '-e', 'trace=fdatasync', 'true'], { stdio: 'pipe' })
    return null
  } catch (error) {
    return String(error).split('\n')[0]!
  }
}

/**
 * The nth time the process asks the disk to keep what it wrote, the answer is EIO, for each n of `syncs`: at its boot, in
 * LevelDB, in the mark outside it or in the log of the body-cam trigger. Each is a life of its own on one and the same store, and ends by a kill.
 */
export async function failSyncs(
  house: CrashHouse,
  syncs: readonly number[],
  seed: number,
  say: Say = () => {},
) {
  const victim = await house.openVictim('ptu-eio', seed)
  const trace = join(house.dir, 'failing-syncs')
  const store = (event: string): number => countOf(victim.log, `outbox.${event}`)
  const counted = { runs: 0, atBoot: 0, inStore: 0, elsewhere: 0, unmet: 0, notBack: 0 }
  for (const n of syncs) {
    const [poisoned, reopened] = [store('poisoned'), store('reopened')]
    writeFileSync(trace, '')
    const life = victim.car.begin(victim.data, {
      under: failingSync(n, trace),
      env: { UV_THREADPOOL_SIZE: '1' },
    })
    counted.runs++
    const failed = (): boolean => readFileSync(trace, 'utf8').includes('INJECTED')
    if ((await life.ready) === null) counted.atBoot++
    else if (!(await within(MET_WITHIN_MS, failed))) counted.unmet++
    else if (!(await within(NOTICED_WITHIN_MS, () => store('poisoned') > poisoned))) counted.elsewhere++
    else {
      counted.inStore++
      if (!(await within(MET_WITHIN_MS, () => store('reopened') > reopened))) counted.notBack++
    }
    await life.kill()
    if (counted.runs % 20 === 0) say(`sync ${n} failed`)
  }
  const found = await concluded(victim, counted)
  return { ...found, holds: found.holds && counted.unmet === 0 && counted.notBack === 0 }
}

/**
 * The same for the gateway: a commit that fails is the end of that life, and nothing it did not commit was acknowledged.
 */
export async function failCommits(
  house: CrashHouse,
  syncs: readonly number[],
  seed: number,
  say: Say = () => {},
) {
  const victim = await house.openVictim('ptu-uncommitted', seed)
  const agent = await victim.car.start(victim.data)
  const counted = { runs: 0, ended: 0, mended: 0, unmet: 0 }
  const mended = (): number => countOf(house.gatewayLog, 'ledger.repair')
  for (const n of syncs) {
    await house.life.kill()
    const before = mended()
    house.life = house.gateway.begin({ under: failingSync(n, '/dev/null'), env: { UV_THREADPOOL_SIZE: '1' } })
    let ended = false
    void house.life.ended.then(() => (ended = true))
    counted.runs++
    // While it opens the ledger an error is taken for damage, and mended.
    if (!(await within(MET_WITHIN_MS, () => ended || mended() > before))) counted.unmet++
    else if (ended) counted.ended++
    else counted.mended++
    if (counted.runs % 10 === 0) say(`commit ${n} failed`)
  }
  await house.life.kill()
  house.life = await house.gateway.start()
  await agent.stop()
  const found = await concluded(victim, counted)
  return { ...found, holds: found.holds && counted.unmet === 0 }
}

/** Counts are per thread, hence a pool of one. */
const failingSync = (n: number, trace: string): readonly string[] => [
  ...['strace', '-f', '--seccomp-bpf', '-qq', '-o', trace],
  ...['-e', 'trace=fdatasync', '-e', `inject=fdatasync:error=EIO:when=${n}`],
]
