import { ARRIVAL } from '#agent/vehicle/arrival.ts'
import { countedArrivals, scoreArrivals, SINGLE_STAGE } from '../oracle/arrivals.ts'
import type { ArrivalRules } from '#agent/vehicle/arrival.ts'
import type { Finding } from './evidence.ts'

const SEED = 2026
const TRIPS = 12_000
/** The first idea of how long standing alone counts: shorter than a long red light. */
const NINETY_SECONDS: ArrivalRules = { ...ARRIVAL, dwellCloseMs: 90_000, dwellMs: 90_000 }

/** Labelled trips against the agent's rule; beside it a rule of one stage, which must not hold, and a dwell of 90 s. */
export function proveArrival(say: (words: string) => void): Finding {
  const rows = { ours: ARRIVAL, singleStage: SINGLE_STAGE, dwell90s: NINETY_SECONDS }
  const counted = Object.entries(rows).map(([name, rules]) => {
    const row = countedArrivals(scoreArrivals(TRIPS, SEED, rules))
    say(`${name}: ${JSON.stringify(row)}`)
    return [name, row] as const
  })
  const evidence = Object.fromEntries(counted)
  const holds = evidence['ours']?.holds === true && evidence['singleStage']?.holds === false
  return { holds, evidence: { seed: SEED, trips: TRIPS, ...evidence } }
}
