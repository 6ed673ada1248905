import { spawn } from 'node:child_process'
import { putFirst } from '../storm/fleet.ts'
import type { FromCrowd, ToCrowd } from './crowd-process.ts'

export type Crowd = {
  /** What all of them said last. */
  readonly said: () => FromCrowd
  /** To cars that wait for it. */
  connect(): void
  close(): void
}

/** They stand for computers of their own, so here they take what everybody else leaves: 19 is the last there is. See `putFirst`. */
const CROWD_PRIORITY = 19

/** Cars of `told.identities`, spread over so many processes. */
export function startCrowd(told: ToCrowd, processes: number): Crowd {
  const last = new Map<number, FromCrowd>()
  const children = Array.from({ length: processes }, (_, i) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'test/fleet/crowd-process.ts'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: true,
    })
    putFirst(child.pid!, CROWD_PRIORITY)
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
    connect: () => children.forEach(child => child.send('connect')),
    close: () => children.forEach(child => child.kill('SIGKILL')),
  }
}
