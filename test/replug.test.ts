import { describe, expect, it } from 'vitest'
import { replugRun } from './ports/replug-run.ts'

const CYCLES = 20

describe('a receiver that is pulled out and plugged in again', () => {
  it('leaves nothing behind and has a fix every time', { timeout: 120_000 }, async () => {
    const run = await replugRun(CYCLES, { slowEvery: CYCLES + 1, lookEvery: 5, say: () => {} })
    const [first, last] = [run.held[0]!, run.held.at(-1)!]
    console.log(`replug: ${run.cycles} cycles, ${run.opens} opens, held ${JSON.stringify([first, last])}`)
    expect(run.fixQuickMs).toHaveLength(CYCLES)
    expect(run.noticedTalkingMs.length + run.noticedSilentMs.length).toBe(CYCLES)
    expect(run.opens).toBe(CYCLES)
    expect(last.descriptors).toBeLessThanOrEqual(first.descriptors)
    expect(last.listeners).toBeLessThanOrEqual(first.listeners)
    expect(last.lines).toBeLessThanOrEqual(2)
  })
})
