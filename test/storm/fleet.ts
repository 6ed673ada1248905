import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { FromFleet, ToFleet } from './fleet-words.ts'

export type Report = Extract<FromFleet, { type: 'report' }>

export type Fleet = {
  readonly pid: number
  tell(words: Exclude<ToFleet, { type: 'report' }>): void
  /** Resolves when the last link is gone. */
  lost(): Promise<void>
  report(): Promise<Report>
  close(): void
}

/** Starts the devices' process on a file of identities, and waits until it can dial. */
export async function startFleet(identitiesFile: string, priority: number): Promise<Fleet> {
  const file = fileURLToPath(new URL('./fleet-process.ts', import.meta.url))
  const child = fork(file, [identitiesFile], { execArgv: ['--import', 'tsx'] })
  putFirst(child.pid!, priority)
  const heard = new Map<FromFleet['type'], (words: FromFleet) => void>()
  const next = (type: FromFleet['type']): Promise<FromFleet> =>
    new Promise((resolve, reject) => {
      const onExit = (code: number | null): void => reject(new Error(`the fleet ended with ${code}`))
      child.once('exit', onExit)
      heard.set(type, words => {
        child.off('exit', onExit)
        resolve(words)
      })
    })
  child.on('message', (words: FromFleet) => heard.get(words.type)?.(words))
  const tell = (words: ToFleet): void => void child.send(words)
  await next('ready')
  return {
    pid: child.pid!,
    tell,
    lost: async () => void (await next('lost')),
    report: async () => {
      const reported = next('report')
      tell({ type: 'report' })
      return (await reported) as Report
    },
    close: () => {
      if (child.connected) child.disconnect()
      void once(child, 'exit')
    },
  }
}

/**
 * Gives a process and its session this priority (-20 before all, 0 as any): other work of the machine is not what is measured.
 * A session of its own counts as one for the scheduler of Linux, whatever the priorities inside (sched(7), autogroups).
 */
export function putFirst(pid: number, priority: number): void {
  try {
    setPriority(pid, priority)
    writeFileSync(`/proc/${pid}/autogroup`, String(priority))
  } catch {
    // Only root may; the evidence says what it was.
  }
}
