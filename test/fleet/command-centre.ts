import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { mortalGateway, openTown } from '../crash/gateway.ts'
import type { MortalGateway } from '../crash/gateway.ts'
import type { Life } from '../crash/life.ts'
import { enrolFleet } from './enrolled.ts'

/** The gateway that ships, running with the flags it ships with, and the identities of its fleet. */
export type CommandCentre = {
  /** On the disk of its ledger; goes with it. */
  readonly dir: string
  readonly gateway: MortalGateway
  readonly life: Life
  readonly identities: readonly DeviceIdentity[]
  close(): Promise<void>
}

export async function openCommandCentre(cars: number): Promise<CommandCentre> {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-centre-'))
  const logFile = openSync(join(dir, 'gateway.log'), 'a')
  const identities = await enrolFleet(join(dir, 'gateway'), cars)
  const gateway = mortalGateway(join(dir, 'gateway'), await openTown(dir), logFile)
  const life = await gateway.start()
  return {
    dir,
    gateway,
    life,
    identities,
    close: async () => {
      await life.kill()
      closeSync(logFile)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
