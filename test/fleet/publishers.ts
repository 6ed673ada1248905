import { spawn } from 'node:child_process'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import type { FromPublishers, ToPublishers } from './publisher-process.ts'

type Round = Extract<ToPublishers, { say: 'round' }>

/** Connections in a process of their own that publish when told. */
export type Publishers = {
  /** Prepares a round; what is returned plays it and gives the number of records carried. */
  prepare(round: Omit<Round, 'say'>): Promise<() => Promise<number>>
  close(): void
}

export async function connectPublishers(
  identities: readonly DeviceIdentity[],
  url: string,
): Promise<Publishers> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/fleet/publisher-process.ts'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const answer = (): Promise<FromPublishers> =>
    new Promise((resolve, reject) => {
      const onExit = (code: number | null): void => reject(new Error(`the publishers ended with ${code}`))
      child.once('exit', onExit)
      child.once('message', said => {
        child.off('exit', onExit)
        resolve(said as FromPublishers)
      })
    })
  const connected = answer()
  child.send({ say: 'connect', identities, url } satisfies ToPublishers)
  await connected
  return {
    prepare: async round => {
      const ready = answer()
      child.send({ say: 'round', ...round } satisfies ToPublishers)
      await ready
      return async () => {
        const done = answer()
        child.send({ say: 'go' })
        return (await done).records
      }
    },
    close: () => void child.kill('SIGKILL'),
  }
}
