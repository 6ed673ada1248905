import { buildMutant } from '../mutants/build.ts'
import {
  hunt,
  HUNT_FAULTS_PER_HOUR,
  HUNT_VEHICLE_HOURS,
  huntJob,
  openWorker,
  SEEDS_MAX,
  shrinkPlanted,
} from '../mutants/hunt.ts'
import type { Planted, Verdict } from '../mutants/hunt.ts'
import { MUTANTS } from '../mutants/list.ts'
import type { Mutant } from '../mutants/list.ts'
import { codeOf } from './evidence.ts'
import type { Finding } from './evidence.ts'
import { openProgress, untilAsked } from './progress.ts'

const AT_A_TIME = 2

/** What is changed, and what finds it. */
export const MUTANT_COVERS = [
  ...new Set(MUTANTS.map(mutant => mutant.file)),
  'sim/ordeal',
  'sim/store',
  'test/mutants',
  'test/cli/prove-mutants.ts',
]

/** Bugs whose finding is shrunk, in a city of the usual size and with the usual faults. */
const PLANTED = ['the signature of an order is not checked', 'nonces do not survive a boot']
const PLANTED_VEHICLE_HOURS = 50

/** The code as it is, on every seed that killed something. */
async function notClean(seeds: readonly number[], say: (words: string) => void): Promise<readonly number[]> {
  const made = await buildMutant(null)
  const worker = openWorker(made.file)
  const guilty: number[] = []
  for (const seed of seeds) {
    const outcome = await worker.run(huntJob(seed))
    if (typeof outcome === 'string' || outcome.violations.length > 0) guilty.push(seed)
  }
  await worker.end()
  await made.drop()
  say(`the code as it is: ${seeds.length} seeds, not clean ${JSON.stringify(guilty)}`)
  return guilty
}

/** Judges every mutant that was not judged yet; what is missing in the list was not reached. */
async function judgeAll(say: (words: string) => void): Promise<readonly Verdict[]> {
  const seeds = Array.from({ length: SEEDS_MAX }, (_, i) => i + 1)
  const progress = openProgress<Verdict>('mutants')
  const isAsked = untilAsked()
  const verdicts: (Verdict | undefined)[] = MUTANTS.map(mutant =>
    progress.of(mutant.name, codeBehind(mutant)),
  )
  let next = 0
  const work = async (): Promise<void> => {
    for (let i = next++; i < MUTANTS.length && !isAsked(); i = next++) {
      const mutant = MUTANTS[i]!
      const verdict = (verdicts[i] ??= await hunt(mutant, seeds))
      progress.keep(mutant.name, codeBehind(mutant), verdict)
      const { name, killedBy, seed, detail } = verdict
      say(
        killedBy === null
          ? `LIVES: ${name} (${detail})`
          : `killed: ${name}, seed ${seed}, ${killedBy}: ${detail}`,
      )
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, work))
  return verdicts.filter(verdict => verdict !== undefined)
}

/** What a verdict depends on: the mutant, the file it changes, and the city that judges. */
const codeBehind = ({ file, find, replace }: Mutant): string =>
  [codeOf([file, 'sim/ordeal', 'sim/store', 'test/mutants/hunt.ts']).sha256, find, replace].join('\n')

/** Every mutant within 50 seeds, each with the seed and the invariant that found it. */
export async function proveMutants(say: (words: string) => void): Promise<Finding> {
  const verdicts = await judgeAll(say)
  const killers = [...new Set(verdicts.flatMap(({ seed }) => (seed === null ? [] : [seed])))].sort(
    (a, b) => a - b,
  )
  const guilty = await notClean(killers, say)
  const planted: Planted[] = []
  for (const name of PLANTED) {
    const one = await shrinkPlanted(
      MUTANTS.find(mutant => mutant.name === name)!,
      PLANTED_VEHICLE_HOURS,
    )
    planted.push(one)
    say(`shrunk: ${name}, ${one.faultsBefore} faults to ${one.faults} in ${one.seconds} s: ${one.replay}`)
  }
  const isShrunk = planted.every(({ faults, seconds }) => faults <= 5 && seconds < 60)
  const survivors = verdicts.filter(verdict => verdict.killedBy === null).map(verdict => verdict.name)
  return {
    holds: survivors.length === 0 && verdicts.length === MUTANTS.length && guilty.length === 0 && isShrunk,
    evidence: {
      mutants: MUTANTS.length,
      judged: verdicts.length,
      killed: verdicts.length - survivors.length,
      survivors,
      seedsMax: SEEDS_MAX,
      vehicleHoursPerSeed: HUNT_VEHICLE_HOURS,
      faultsPerVehicleHour: HUNT_FAULTS_PER_HOUR,
      /** Seeds that find something in the code as it is: what they killed proves nothing. */
      seedsNotClean: guilty,
      planted,
      list: verdicts.map(({ name, killedBy, seed }) => ({ name, killedBy, seed })),
    },
  }
}
