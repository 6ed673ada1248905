import { cpSync, mkdirSync, mkdtempSync, openSync, closeSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quantile } from '../oracle/quantile.ts'
import { openMortalCar } from './car.ts'
import type { MortalCar } from './car.ts'
import { ledgerOf, mortalGateway, openTown, waitUntilDelivered } from './gateway.ts'
import type { DeviceLedger, MortalGateway } from './gateway.ts'
import { within } from './life.ts'
import type { Life } from './life.ts'
import { auditLedger, receiptsIn } from './receipts.ts'
import type { LedgerAudit } from './receipts.ts'

/** Everything must be in the ledger this long after the last fault; the bound of a broken build, not a measurement. */
const DELIVERED_WITHIN_MS = 90_000

/** A gateway, the ground it stands on, and cars that may be broken one after the other. */
export type CrashHouse = {
  readonly dir: string
  readonly gateway: MortalGateway
  readonly gatewayLog: string
  /** The gateway's present life. */
  life: Life
  openVictim(deviceId: string, seed: number, at?: string): Promise<Victim>
  /** One more gateway in the same town, never started. */
  anotherGateway(data: string): MortalGateway
  close(): Promise<void>
}

/** A car whose computer is to be broken, and what it said. */
export type Victim = {
  readonly deviceId: string
  readonly car: MortalCar
  /** Where its identity and its store lie. */
  readonly data: string
  readonly log: string
  /**
   * Peace, one more life, everything delivered: then what was receipted is held against the gateway's ledger, read from its
   * disk.
   */
  audit(): Promise<LedgerAudit>
  close(): Promise<void>
}

export async function openCrashHouse(gatewayDataAt?: string): Promise<CrashHouse> {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-crash-'))
  const gatewayLog = join(dir, 'gateway.log')
  const logFile = openSync(gatewayLog, 'a')
  const town = await openTown(dir)
  const anotherGateway = (data: string): MortalGateway => mortalGateway(data, town, logFile)
  const gateway = anotherGateway(gatewayDataAt ?? join(dir, 'gateway'))
  const house: CrashHouse = {
    dir,
    gateway,
    gatewayLog,
    anotherGateway,
    life: await gateway.start(),
    openVictim: (deviceId, seed, at) => openVictim(house, deviceId, seed, at),
    close: async () => {
      await house.life.kill()
      closeSync(logFile)
      rmSync(dir, { recursive: true, force: true })
    },
  }
  return house
}

async function openVictim(
  house: CrashHouse,
  deviceId: string,
  seed: number,
  at = join(house.dir, deviceId),
): Promise<Victim> {
  const home = join(house.dir, `${deviceId}-bench`)
  mkdirSync(home, { recursive: true })
  mkdirSync(at, { recursive: true })
  await house.gateway.enrolInto(at, deviceId)
  const log = join(home, 'agent.log')
  const logFile = openSync(log, 'a')
  const car = await openMortalCar({ dir: home, seed, mqttUrl: () => house.gateway.mqtt, logFile })
  return {
    deviceId,
    car,
    data: at,
    log,
    audit: async () => {
      car.busy(false)
      const life = await car.start(at)
      await within(DELIVERED_WITHIN_MS, () => receiptsIn(log).size > 0)
      // What it accepts from here on may still be on its way when it is stopped.
      const receipts = receiptsIn(log)
      if (!(await waitUntilDelivered(() => car.terminalUrl(), DELIVERED_WITHIN_MS)))
        throw new Error(`${deviceId}: not delivered within ${DELIVERED_WITHIN_MS} ms`)
      await life.stop()
      return auditLedger(receipts, await ledgerAsIs(house, deviceId))
    },
    close: async () => {
      await car.close()
      closeSync(logFile)
    },
  }
}

/** The ledger as it lies on the disk: the gateway holds its breath while it is copied. */
async function ledgerAsIs({ dir, gateway, life }: CrashHouse, deviceId: string): Promise<DeviceLedger> {
  const copy = join(dir, 'ledger-copy')
  rmSync(copy, { recursive: true, force: true })
  process.kill(life.pid, 'SIGSTOP')
  cpSync(gateway.data, copy, { recursive: true })
  process.kill(life.pid, 'SIGCONT')
  return ledgerOf(copy, deviceId)
}

/** Times in whole milliseconds. */
export const spreadOf = (ms: readonly number[]) => ({
  starts: ms.length,
  p50: Math.round(quantile(ms, 0.5)),
  p99: Math.round(quantile(ms, 0.99)),
  max: Math.round(Math.max(0, ...ms)),
})
