import { damageRun, flips, healthyStore, truncations } from '../outbox/damage-run.ts'
import type { Damage, Healthy } from '../outbox/damage-run.ts'
import { faultRun, FAULTS } from '../outbox/fault-run.ts'
import type { Finding } from './evidence.ts'

const LOG_BYTES = 64 * 1024
const FLIPS = 500
const STEPS = 200
/** Stores open at the same time: most of a run is waiting for LevelDB's own threads. */
const AT_ONCE = 8

/**
 * Accepted records through everything a disk does: each length the log of a store may be cut to, bits flipped in any of its
 * files, and every kind of failure at every step of a life with a first boot, acks, a renewal and a restart in it. A cut or
 * a flip takes what was accepted; then a receipt must say so. A failing disk must take nothing.
 */
export async function proveOutbox(say: (words: string) => void): Promise<Finding> {
  const healthy = await healthyStore(LOG_BYTES)
  const truncated = await damaged(healthy, truncations(healthy, 'all'), 'truncations', say)
  const flipped = await damaged(healthy, flips(healthy, FLIPS), 'flips', say)
  const failed = await failing(say)
  const holds = [truncated, flipped].every(isSound) && isSound(failed) && failed.receipted === 0
  const log = { logBytes: healthy.files.get(healthy.log)!.length, accepted: healthy.accepted.length }
  return { holds, evidence: { store: log, truncated, flipped, failed } }
}

type Tally = {
  runs: number
  whole: number
  kept: number
  receipted: number
  /** Neither there nor explained: a silent hole. */
  lost: number
  doubled: number
  faults: number
  notOpened: number
}

const isSound = ({ runs, lost, doubled, faults, notOpened }: Tally): boolean =>
  runs > 0 && lost + doubled + faults + notOpened === 0

const newTally = (): Tally => ({
  ...{ runs: 0, whole: 0, kept: 0, receipted: 0 },
  ...{ lost: 0, doubled: 0, faults: 0, notOpened: 0 },
})

async function damaged(
  healthy: Healthy,
  damages: readonly Damage[],
  name: string,
  say: (words: string) => void,
): Promise<Tally> {
  const tally = newTally()
  const judge = async (damage: Damage): Promise<void> => {
    try {
      const run = await damageRun(healthy, damage)
      if (run.health === 'ok') tally.whole++
      tally.kept += run.kept
      tally.receipted += run.receipted
      tally.lost += run.lost.length
      tally.doubled += run.doubled.length
      tally.faults += run.faults.length
    } catch (error) {
      tally.notOpened++
      say(`${name}: ${String(error)}`)
    }
    if (++tally.runs % 5_000 === 0) say(`${name}: ${tally.runs} of ${damages.length}`)
  }
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < damages.length) await judge(damages[next++]!)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return tally
}

async function failing(say: (words: string) => void) {
  const tally = { ...newTally(), accepted: 0, refused: 0, kinds: FAULTS }
  for (const fault of FAULTS) {
    for (let step = 1; step <= STEPS; step++) {
      tally.runs++
      try {
        const { accepted, refused, audit } = await faultRun(fault, step)
        if (refused === 0) tally.whole++
        tally.accepted += accepted
        tally.refused += refused
        tally.kept += audit.kept
        tally.receipted += audit.receipted
        tally.lost += audit.lost.length
        tally.doubled += audit.doubled.length
        tally.faults += audit.faults.length
      } catch (error) {
        tally.notOpened++
        say(`${fault} at ${step}: ${String(error)}`)
      }
    }
    say(`${fault}: ${STEPS} steps`)
  }
  return tally
}
