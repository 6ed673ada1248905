import { damageRun, flips, healthyStore, outcomeOf, truncations } from '../outbox/damage-run.ts'
import type { Damage, Healthy } from '../outbox/damage-run.ts'
import { faultRun, FAULTS } from '../outbox/fault-run.ts'
import type { Finding } from './evidence.ts'

const LOG_BYTES = 64 * 1024
const FLIPS = 500
const STEPS = 200
/** Stores open at the same time: most of a run is waiting for LevelDB's own threads. */
const AT_ONCE = 8

/**
 * Accepted records through everything a disk does: each length the log of a store may be cut to (each is opened and scanned;
 * mended and audited are the ends of every outcome and every hundredth cut), bits flipped in any of its
 * files, and every kind of failure at every step of a life with a first boot, acks, a renewal and a restart in it. A cut or
 * a flip takes what was accepted; then a receipt must say so. A failing disk must take nothing.
 */
export async function proveOutbox(say: (words: string) => void): Promise<Finding> {
  const healthy = await healthyStore(LOG_BYTES)
  const cuts = await outcomesOf(healthy, truncations(healthy, 'all'), say)
  const truncated = {
    opened: cuts.opened,
    outcomes: cuts.examples.size,
    ...(await damaged(healthy, cuts.sample, 'cuts', say)),
  }
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

/**
 * Opens every cut and groups them by what the scan makes of them. To be mended and audited: the first and the last cut of
 * each outcome, where the bytes differ most, and every hundredth of all.
 */
async function outcomesOf(healthy: Healthy, cuts: readonly Damage[], say: (words: string) => void) {
  const examples = new Map<string, { first: number; last: number }>()
  let [next, opened] = [0, 0]
  const worker = async (): Promise<void> => {
    while (next < cuts.length) {
      const i = next++
      const outcome = await outcomeOf(healthy, cuts[i]!)
      const { first, last } = examples.get(outcome) ?? { first: i, last: i }
      examples.set(outcome, { first: Math.min(first, i), last: Math.max(last, i) })
      if (++opened % 10_000 === 0) say(`cuts opened: ${opened} of ${cuts.length}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  const chosen = new Set([...examples.values()].flatMap(({ first, last }) => [first, last]))
  const sample = cuts.filter((_, i) => chosen.has(i) || i % 100 === 0)
  return { opened, examples, sample }
}

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
