import { describe, expect, it } from 'vitest'
import { runSequences, sequencesToKill } from './cli/prove-trigger.ts'
import { TRIGGER_MUTANTS } from './oracle/trigger-mutants.ts'

/** `reach5 prove trigger` runs a hundred thousand of them. */
const SEQUENCES = 240

describe('the body-camera trigger against a plain one', () => {
  it('loses no activation, stops no recording of an officer and keeps its log whole, killed at any point', () => {
    const { sums, wrong } = runSequences(SEQUENCES)
    console.info(`trigger: ${SEQUENCES} sequences ${JSON.stringify(sums)}`)
    expect(wrong).toEqual([])
    expect(sums.officerStopped).toBe(0)
    for (const name of ['activations', 'confirmed', 'failed', 'released', 'kills', 'officerBegan'] as const)
      expect(sums[name]).toBeGreaterThan(0)
  })

  it.each(Object.entries(TRIGGER_MUTANTS))('finds a trigger in which %s', (_name, mutant) => {
    expect(sequencesToKill(mutant, 1_000)).not.toBeNull()
  })
})
