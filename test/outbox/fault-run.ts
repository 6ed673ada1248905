import type { Outbox } from '#agent/outbox/outbox.ts'
import { LANES } from '#protocols/record.ts'
import type { WireRecord } from '#protocols/record.ts'
import { SimulatedDisk } from '#sim/store/simulated-disk.ts'
import type { DiskFault } from '#sim/store/simulated-disk.ts'
import { openSimulatedOutbox } from '#sim/store/simulated-outbox.ts'
import { auditOutbox } from '../contracts/outbox-audit.ts'
import type { Audit } from '../contracts/outbox-audit.ts'
import { draft, HandClock } from '../contracts/outbox.ts'

export const FAULTS: readonly DiskFault[] = ['eio', 'eio-landed', 'enospc', 'cut', 'cut-landed']

export type FaultRun = {
  readonly accepted: number
  readonly refused: number
  readonly reopened: number
  readonly atFirstBoot: boolean
  readonly audit: Audit
}

const APPENDS = 60
const BOOT_ID = 'b00b00b00b00b00b'

/**
 * One life of a store: first boot, appends and acks, a renewal, one restart. One step of the disk fails as told; after a power
 * cut it is started again, after an error the outbox heals by itself. At the end everything accepted and not freed is
 * looked for.
 */
export async function faultRun(fault: DiskFault, atStep: number): Promise<FaultRun> {
  const disk = new SimulatedDisk()
  const clock = new HandClock()
  disk.faultAt = step => (step === atStep ? fault : null)
  const accepted: WireRecord[] = []
  const freed = new Set<WireRecord>()
  let [refused, reopened, minted] = [0, 0, 0]
  const mintEpoch = (): string => (++minted).toString(16).padStart(16, '0')
  const open = async (): Promise<Outbox> => {
    for (let tries = 0; ; tries++)
      try {
        return await openSimulatedOutbox(disk, clock, { bootId: BOOT_ID, mintEpoch, keepAckedMs: 0 })
      } catch (error) {
        if (tries > 3) throw error
        reopened++
        disk.restart()
      }
  }
  let outbox = await open()
  const atFirstBoot = disk.steps >= atStep
  for (let n = 0; n < APPENDS; n++) {
    const lane = LANES[n % LANES.length]!
    const result = await outbox.append([draft(lane, n), draft('track', 1000 + n)], [{ key: 'n', value: n }])
    if (result.ok) accepted.push(...result.value)
    else refused++
    if (n % 10 === 9) {
      // Refused or not, it may have been done.
      for (const record of accepted) if (record.lane === 'diag') freed.add(record)
      await outbox.free('diag', outbox.ranges().diag.last)
    }
    if (n === 35) await outbox.renew()
    if (outbox.health() === 'poisoned' || n === 30) {
      reopened++
      if (n === 30 || !(await healed(outbox, clock))) {
        await outbox.close().catch(() => {})
        disk.restart()
        outbox = await open()
      }
    }
  }
  const audit = await auditOutbox(
    outbox,
    accepted.filter(record => !freed.has(record)),
  )
  await outbox.close()
  return { accepted: accepted.length, refused, reopened, atFirstBoot, audit }
}

/** Lets the outbox reopen its store; false when the power is gone and only a restart helps. */
async function healed(outbox: Outbox, clock: HandClock): Promise<boolean> {
  for (let turns = 0; turns < 50 && outbox.health() === 'poisoned'; turns++) {
    clock.advance(1_000)
    for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
  }
  return outbox.health() !== 'poisoned'
}
