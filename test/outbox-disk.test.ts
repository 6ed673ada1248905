import { describe, expect, it } from 'vitest'
import type { Outbox } from '#agent/outbox/outbox.ts'
import type { WireRecord } from '#protocols/record.ts'
import { auditOutbox } from './contracts/outbox-audit.ts'
import { draft, HandClock, outboxContract, valueOf } from './contracts/outbox.ts'
import { SimulatedDisk } from '#sim/store/simulated-disk.ts'
import { openSimulatedOutbox } from '#sim/store/simulated-outbox.ts'
import { damageRun, flips, healthyStore, truncations } from './outbox/damage-run.ts'
import { faultRun, FAULTS } from './outbox/fault-run.ts'

let minted = 0
const mintEpoch = (): string => (++minted).toString(16).padStart(16, 'd')
const options = { bootId: 'b00b00b00b00b00b', mintEpoch }

outboxContract('on a simulated disk', async () => {
  const disk = new SimulatedDisk()
  const clock = new HandClock()
  return {
    clock,
    open: (bounds, keepAckedMs = 0): Promise<Outbox> =>
      openSimulatedOutbox(disk, clock, { ...options, keepAckedMs, ...(bounds && { bounds }) }),
    failNextWrite: () => {
      const at = disk.steps + 1
      disk.faultAt = step => (step === at ? 'enospc' : null)
    },
    hang: () => disk.hang(),
    destroy: () => Promise.resolve(),
  }
})

describe('an outbox whose files are damaged', () => {
  it('has every record or says which it lacks, wherever its log ends and whichever bit is another', async () => {
    const healthy = await healthyStore(64 * 1024)
    const tally = { runs: 0, whole: 0, receipted: 0 }
    for (const damage of [...truncations(healthy, 60), ...flips(healthy, 60)]) {
      const run = await damageRun(healthy, damage)
      tally.runs++
      tally.receipted += run.receipted
      if (run.health === 'ok') tally.whole++
      expect({ file: damage.file, ...run }).toMatchObject({ lost: [], doubled: [], faults: [] })
    }
    console.log(`outbox: ${JSON.stringify(tally)} of damaged files`)
    expect(tally.receipted).toBeGreaterThan(0)
  })
})

describe('an outbox on a disk that fails', () => {
  it('gives up the old store only for a new one that is whole: a write that fails while it is carried over loses nothing', async () => {
    let refused = 0
    for (const fault of FAULTS)
      for (let after = 1; after <= 14; after++) {
        const disk = new SimulatedDisk()
        const clock = new HandClock()
        const open = (): Promise<Outbox> => openSimulatedOutbox(disk, clock, options)
        let outbox = await open()
        const accepted: WireRecord[] = []
        for (let n = 0; n < 150; n++) accepted.push(...valueOf(await outbox.append([draft('event', n)])))
        const at = disk.steps + after
        disk.faultAt = step => (step === at ? fault : null)
        if (!(await outbox.renew()).ok) {
          refused++
          await outbox.close().catch(() => {})
          disk.restart()
          outbox = await open()
        }
        expect({ fault, after, ...(await auditOutbox(outbox, accepted)) }).toMatchObject({
          ...{ lost: [], doubled: [], faults: [], receipted: 0, kept: 150 },
        })
        await outbox.close()
      }
    expect(refused).toBeGreaterThan(FAULTS.length * 5)
  })

  it('never takes what failed for damage: no repair, no new epoch, at whichever step', async () => {
    let runs = 0
    for (const fault of FAULTS)
      for (let at = 1; at <= 40; at++) {
        const disk = new SimulatedDisk()
        const clock = new HandClock()
        disk.faultAt = step => (step === at ? fault : null)
        const reports: string[] = []
        const report = ({ event }: { readonly event: string }): void => void reports.push(event)
        const open = (): Promise<Outbox> => openSimulatedOutbox(disk, clock, { ...options, report })
        let outbox = await open().catch(() => (disk.restart(), open()))
        for (let n = 0; n < 12; n++) {
          await outbox.append([draft('event', n)])
          if (outbox.health() !== 'poisoned') continue
          await outbox.close().catch(() => {})
          disk.restart()
          outbox = await open()
        }
        expect({ fault, at, reports: reports.filter(e => e !== 'outbox.poisoned') }).toEqual({
          ...{ fault, at },
          reports: [],
        })
        expect(outbox.health()).toBe('ok')
        await outbox.close()
        runs++
      }
    expect(runs).toBe(200)
  })

  it('loses no accepted record and always comes back, whatever fails at whichever step, the first boot included', async () => {
    const tally = { runs: 0, accepted: 0, refused: 0, reopened: 0, lost: 0, doubled: 0, firstBoot: 0 }
    for (const fault of FAULTS)
      for (let at = 1; at <= 240; at += at < 24 ? 1 : 13) {
        const run = await faultRun(fault, at)
        tally.runs++
        tally.accepted += run.accepted
        tally.refused += run.refused
        tally.reopened += run.reopened
        if (run.atFirstBoot) tally.firstBoot++
        expect({ fault, at, ...run.audit }).toMatchObject({ lost: [], doubled: [], faults: [], receipted: 0 })
      }
    console.log(`outbox: ${JSON.stringify(tally)} on a failing disk`)
    expect(tally.firstBoot).toBeGreaterThan(FAULTS.length * 5)
    expect(tally.refused).toBeGreaterThan(0)
  })
})
