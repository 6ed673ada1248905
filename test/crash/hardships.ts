import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomOf } from '#sim/random.ts'
import type { Random } from '#sim/random.ts'
import type { CrashHouse, Victim } from './house.ts'
import { concluded } from './kills.ts'
import { sleep, within } from './life.ts'
import type { Life } from './life.ts'
import { powerDisk } from './power-disk.ts'
import type { PowerDisk } from './power-disk.ts'
import { countOf } from './receipts.ts'

type Say = (words: string) => void

/** Each lasts this long, then it is over. */
const LASTS_MS = { min: 1_500, max: 4_000 }
/** The bound of a broken build: a life that accepts nothing more when the hardship is over. */
const BACK_WITHIN_MS = 60_000
const SYNC_DELAY_MICROS = 700_000
/** Debian's place for it, whatever the processor. */
const LIBRARIES = '/usr/lib'

/** What a computer in a car may have to live with; each with the tool it needs. */
export const HARDSHIPS = ['readOnly', 'slowDisk', 'descriptors', 'memory', 'clock', 'hungGateway'] as const
export type Hardship = (typeof HARDSHIPS)[number]

/** In words what this machine lacks for it; null when it can be had. */
export function whyNot(hardship: Hardship): string | null {
  const has = (program: string): boolean =>
    ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].some(dir => existsSync(join(dir, program)))
  switch (hardship) {
    case 'readOnly':
      return process.getuid?.() === 0 ? null : 'mounting a disk needs root'
    case 'slowDisk':
      return has('strace') ? null : 'no strace'
    case 'descriptors':
    case 'memory':
      return has('prlimit') ? null : 'no prlimit'
    case 'clock':
      return fakeTimeLibrary() === undefined ? 'no libfaketime' : null
    case 'hungGateway':
      return null
  }
}

/**
 * A car's computer lives `rounds` times with each hardship: its disk turns read-only, a sync takes most of a second, no
 * descriptor or no memory is left, its clock jumps by years, its gateway hangs with the connection open. It may end, and is
 * started again as its supervisor would; afterwards it must accept again, and everything accepted must be in the ledger.
 */
export async function sufferHardships(
  house: CrashHouse,
  kinds: readonly Hardship[],
  rounds: number,
  seed: number,
  say: Say = () => {},
) {
  const random = randomOf(seed, 'crash', 'hardships')
  const disk = kinds.includes('readOnly') ? powerDisk(join(house.dir, 'disk-hard')) : null
  const victim = await house.openVictim(
    'ptu-hard',
    seed,
    disk === null ? undefined : join(disk.path, 'reach5'),
  )
  const counted = { rounds: 0, ended: 0, notBack: 0, met: {} as Record<string, number> }
  const accepted = (): number => countOf(victim.log, 'outbox.accepted')
  for (let round = 1; round <= rounds; round++)
    for (const kind of kinds) {
      const seen = marksOf(victim.log)
      const { life, ended } = await oneHardship(kind, { house, victim, disk, random })
      counted.rounds++
      const mark = MARKS[kind]
      const isMet = kind === 'memory' ? ended : mark === undefined || marksOf(victim.log)[mark]! > seen[mark]!
      counted.met[kind] = (counted.met[kind] ?? 0) + (isMet ? 1 : 0)
      if (ended) counted.ended++
      const before = accepted()
      const next = ended ? await victim.car.start(victim.data) : life
      if (!(await within(BACK_WITHIN_MS, () => accepted() > before))) counted.notBack++
      await next.kill()
      say(`hardship ${kind}, round ${round} of ${rounds}`)
    }
  const found = await concluded(victim, counted)
  await disk?.remove()
  const isFelt = Object.values(counted.met).every(times => times > 0)
  return { ...found, holds: found.holds && counted.notBack === 0 && isFelt }
}

/** By what a log shows that the hardship was felt; without memory it ends, and the others cannot be missed. */
const MARKS: Partial<Record<Hardship, string>> = {
  readOnly: 'outbox.poisoned',
  descriptors: 'EMFILE',
}
const marksOf = (log: string): Readonly<Record<string, number>> => {
  const text = readFileSync(log, 'utf8')
  return Object.fromEntries(Object.values(MARKS).map(mark => [mark, text.split(mark).length - 1]))
}

type Parts = {
  readonly house: CrashHouse
  readonly victim: Victim
  readonly disk: PowerDisk | null
  readonly random: Random
}

/** A life through one hardship; `ended` when it did not outlive it, or could not be let go on. */
async function oneHardship(
  kind: Hardship,
  { house, victim, disk, random }: Parts,
): Promise<{ readonly life: Life; readonly ended: boolean }> {
  const lasts = (): Promise<void> => sleep(random.uniform(LASTS_MS.min, LASTS_MS.max))
  const { car, data } = victim
  switch (kind) {
    case 'readOnly': {
      const life = await car.start(data)
      await lasts()
      execFileSync('mount', ['-o', 'remount,abort', disk!.path])
      await lasts()
      // The disk comes back when nobody has it open.
      await life.kill()
      await disk!.restore()
      return { life, ended: true }
    }
    case 'slowDisk': {
      const delay = `inject=fdatasync,fsync:delay_enter=${SYNC_DELAY_MICROS}`
      const under = ['strace', '-f', '--seccomp-bpf', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync,fsync']
      const life = await car.start(data, { under: [...under, '-e', delay] })
      await lasts()
      return { life, ended: false }
    }
    case 'descriptors': {
      const life = await car.start(data)
      // Who wants to connect anew needs one, and gets none: not even the one its lost connection gave back.
      await house.life.kill()
      limit(life.pid, 'nofile', (await lowestFree(life.pid)) - random.integer(0, 3))
      house.life = await house.gateway.start()
      await lasts()
      return lifted(life, 'nofile', '4096')
    }
    case 'memory': {
      const life = await car.start(data)
      limit(life.pid, 'as', addressSpaceOf(life.pid))
      await lasts()
      return lifted(life, 'as', 'unlimited')
    }
    case 'clock': {
      const file = join(house.dir, 'clock')
      writeFileSync(file, '+0')
      const life = await car.start(data, { env: fakeTime(file) })
      for (const jump of [random.pick(['+40d', '+3y', '+1h']), random.pick(['-50y', '-2d', '-1h']), '+0']) {
        writeFileSync(file, jump)
        await lasts()
      }
      return { life, ended: false }
    }
    case 'hungGateway': {
      const life = await car.start(data)
      process.kill(house.life.pid, 'SIGSTOP')
      await lasts()
      process.kill(house.life.pid, 'SIGCONT')
      return { life, ended: false }
    }
  }
}

/** The soft limit only, so that it can be lifted again. */
const limit = (pid: number, what: string, value: number | string): void =>
  void execFileSync('prlimit', ['--pid', String(pid), `--${what}=${value}:`], { stdio: 'pipe' })

const LOOKS = 20
const LOOK_EVERY_MS = 20

/** The number the next descriptor of a process would get; looked at for a while, because an attempt to connect takes one. */
async function lowestFree(pid: number): Promise<number> {
  let lowest = Infinity
  for (let look = 0; look < LOOKS; look++) {
    const open = new Set(readdirSync(`/proc/${pid}/fd`).map(Number))
    let number = 0
    while (open.has(number)) number++
    lowest = Math.min(lowest, number)
    await sleep(LOOK_EVERY_MS)
  }
  return lowest
}

async function lifted(life: Life, what: string, value: string): Promise<{ life: Life; ended: boolean }> {
  const ended = await Promise.race([life.ended.then(() => true), sleep(0).then(() => false)])
  if (!ended) limit(life.pid, what, value)
  return { life, ended }
}

const addressSpaceOf = (pid: number): number =>
  1_024 * Number(/^VmSize:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])

function fakeTimeLibrary(): string | undefined {
  if (!existsSync(LIBRARIES)) return undefined
  return readdirSync(LIBRARIES)
    .map(dir => join(LIBRARIES, dir, 'faketime', 'libfaketimeMT.so.1'))
    .find(file => existsSync(file))
}

/** The wall clock as a file says; time that only goes forward goes on as it does. */
const fakeTime = (file: string): Readonly<Record<string, string>> => ({
  LD_PRELOAD: fakeTimeLibrary() ?? '',
  FAKETIME_TIMESTAMP_FILE: file,
  FAKETIME_NO_CACHE: '1',
  DONT_FAKE_MONOTONIC: '1',
})
