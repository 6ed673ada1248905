import { MISBEHAVIOURS } from '#sim/panel/misbehaviour.ts'
import { judge, judgePulses, ourDriver, plainDriver } from '../oracle/panel-judge.ts'
import type { Verdict } from '../oracle/panel-judge.ts'
import type { Finding } from './evidence.ts'

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
const POLLS_PER_SEED = 100_000
/** Of the answers, in each way. */
const SHARE_PER_WAY = 0.01
/** Seldom enough that half the faults meet a driver that has long seen none. */
const SHARE_SELDOM = 0.002
/** The driver waits 30 ms for an answer; a late one is late by up to five times that. */
const LATE_MS_MAX = 5 * 30
const PULSES = 20_000

/**
 * A million polls of a module that goes wrong in every way: no channel is ever published as it was not. Beside it what
 * a plain client makes of the same line, and every 40 ms pulse seen on a clean line polled every 20 ms.
 */
export async function provePanel(say: (words: string) => void): Promise<Finding> {
  const trial = {
    names: MISBEHAVIOURS,
    share: SHARE_PER_WAY * MISBEHAVIOURS.length,
    polls: POLLS_PER_SEED,
    lateMsMax: LATE_MS_MAX,
  }
  const run = async (share: number): Promise<Run[]> => {
    const runs: Run[] = []
    for (const seed of SEEDS) {
      const verdict = await judge(ourDriver, { ...trial, share, seed })
      say(`seed ${seed}: ${verdict.polls} polls, ${verdict.published} published, ${verdict.wrong} wrong`)
      runs.push({ seed, ...verdict })
    }
    return runs
  }
  const runs = await run(trial.share)
  const seldom = totalOf(await run(SHARE_SELDOM))
  const plain = await judge(plainDriver, { ...trial, seed: SEEDS[0]! })
  say(`a plain client: ${plain.wrong} wrong in ${plain.polls} polls`)
  const pulses = await judgePulses(SEEDS[0]!, PULSES)
  say(`pulses: ${pulses.seen} of ${pulses.pulses}`)
  const total = totalOf(runs)
  const allWays = runs.every(run => MISBEHAVIOURS.every(name => (run.faults[name] ?? 0) > 100))
  const holds =
    total.polls >= SEEDS.length * POLLS_PER_SEED &&
    total.wrong === 0 &&
    total.stuck === 0 &&
    seldom.wrong === 0 &&
    seldom.stuck === 0 &&
    allWays &&
    plain.wrong > 0 &&
    pulses.seen === pulses.pulses
  return {
    holds,
    evidence: {
      sharePerWay: SHARE_PER_WAY,
      lateMsMax: LATE_MS_MAX,
      total,
      seldom: { share: SHARE_SELDOM, ...seldom },
      plain,
      pulses,
      runs,
    },
  }
}

type Run = Verdict & { readonly seed: number }

function totalOf(runs: readonly Run[]) {
  const sum = (of: (run: Run) => number): number => runs.reduce((n, run) => n + of(run), 0)
  return {
    polls: sum(run => run.polls),
    published: sum(run => run.published),
    wrong: sum(run => run.wrong),
    stuck: sum(run => run.stuck),
    faults: sum(run => Object.values(run.faults).reduce((n, count) => n + count, 0)),
  }
}
