import { execFileSync, spawn } from 'node:child_process'
import { availableParallelism, setPriority } from 'node:os'
import type { FromCrowd, ToCrowd } from './crowd-process.ts'

export type Crowd = {
  /** What all of them said last. */
  readonly said: () => FromCrowd
  /**
   * Leaves them the last processor alone from now on, so that whoever is woken finds another one free: a kernel may wait for
   * its next tick, 4 ms, before it takes a processor from them, at each of the five wakings from a car to a page. Where there is
   * one processor only nothing changes. Throws where `taskset` is missing.
   */
  confine(): void
  close(): void
}

/** They stand for computers of their own, so here they take what the measured ones leave. */
const CROWD_NICE = 5

/** Cars of `told.identities`, spread over so many processes. */
export function startCrowd(told: ToCrowd, processes: number): Crowd {
  const last = new Map<number, FromCrowd>()
  const children = Array.from({ length: processes }, (_, i) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'test/fleet/crowd-process.ts'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    setPriority(child.pid!, CROWD_NICE)
    child.on('message', said => last.set(i, said as FromCrowd))
    child.send({ ...told, identities: told.identities.filter((_, n) => n % processes === i) })
    return child
  })
  const sum = (of: (said: FromCrowd) => number): number =>
    [...last.values()].reduce((s, said) => s + of(said), 0)
  return {
    said: () => ({
      up: sum(s => s.up),
      waiting: sum(s => s.waiting),
      draining: sum(s => s.draining),
      opened: sum(s => s.opened),
    }),
    confine: () => {
      const last = String(availableParallelism() - 1)
      for (const { pid } of children)
        execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', last, String(pid)])
    },
    close: () => children.forEach(child => child.kill('SIGKILL')),
  }
}
