import { TRIGGER_MUTANTS } from '../oracle/trigger-mutants.ts'
import { runSequence, WIRINGS } from '../oracle/trigger-world.ts'
import type { SequenceResult, Subject } from '../oracle/trigger-world.ts'
import type { Finding } from './evidence.ts'

const SEQUENCES = 100_000
const MUTANT_SEQUENCES_MAX = 2_000

/**
 * A hundred thousand random sequences, each by one of four wirings: no activation lost, no recording of an officer stopped,
 * the log one chain, with kills at any point. And each mutant of the trigger is found.
 */
export function proveTrigger(say: (words: string) => void): Finding {
  const { sums, wrong } = runSequences(SEQUENCES, share => say(`${Math.round(share * 100)} %`))
  const mutants = Object.fromEntries(
    Object.entries(TRIGGER_MUTANTS).map(([name, mutant]) => [
      name,
      sequencesToKill(mutant, MUTANT_SEQUENCES_MAX),
    ]),
  )
  const isKilled = Object.values(mutants).every(killedBy => killedBy !== null)
  const isSeen = ['activations', 'confirmed', 'failed', 'released', 'kills', 'officerBegan'].every(
    name => sums[name as keyof Sums] > 0,
  )
  return {
    holds: wrong.length === 0 && isKilled && isSeen && sums.officerStopped === 0,
    evidence: {
      sequences: SEQUENCES,
      wirings: WIRINGS,
      differing: wrong.length,
      firstDiffering: wrong.slice(0, 5),
      ...sums,
      mutantsKilledBySequence: mutants,
      assumes: [
        'the recording contact is read before each decision: a press within one poll of the opening of a level contact cannot be seen; pulse wiring and the network do not depend on it',
        'indistinguishable happens with ends "ours" alone, which is not the factory setting: no contact can tell a camera its officer woke a moment before, nor what he did between two polls',
        'a camera woken by its officer begins to record later than startMs.max, one that hears the car sooner',
        'goneWithTheProcess: momentary presses whose write a kill took and that were over before the restart; the camera had been told',
      ],
    },
  }
}

export type Sums = Omit<SequenceResult, 'wrong'>

/** Sequences of seeds 0, 1, 2 …, the wirings in turn. */
export function runSequences(
  count: number,
  tell: (share: number) => void = () => {},
): { readonly sums: Sums; readonly wrong: readonly string[] } {
  const wrong: string[] = []
  let sums: Sums | null = null
  for (let seed = 0; seed < count; seed += 1) {
    const wiring = WIRINGS[seed % WIRINGS.length]!
    const { wrong: found, ...counted } = runSequence(seed, wiring)
    if (found.length > 0) wrong.push(`seed ${seed}, ${wiring}: ${found[0]}`)
    sums = sums === null ? counted : added(sums, counted)
    if (seed % (count / 10) === 0) tell(seed / count)
  }
  return { sums: sums!, wrong }
}

const added = (a: Sums, b: Sums): Sums =>
  Object.fromEntries(Object.entries(a).map(([name, n]) => [name, n + b[name as keyof Sums]])) as Sums

/** How many sequences of the wiring with most rules it takes until one goes wrong; null when none does. */
export function sequencesToKill(mutant: Subject, max: number): number | null {
  for (let seed = 0; seed < max; seed += 1)
    if (runSequence(seed, 'level-ours', mutant).wrong.length > 0) return seed + 1
  return null
}
