import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { GATEWAY_START, V8_POOL } from '#gateway/start-flags.ts'
import type { ThreadSeen } from './fixtures/threads.ts'

function collecting(nicer: number, execArgv: readonly string[]) {
  const command = [process.execPath, ...execArgv, '--import', 'tsx', 'test/fixtures/collecting-process.ts']
  const said = execFileSync('nice', ['-n', String(nicer), ...command], { encoding: 'utf8' })
  const { loop, threads } = JSON.parse(said) as { loop: number; threads: ThreadSeen[] }
  const usual = threads.find(({ id }) => id === loop)!.niceness
  return { threads, yielding: threads.filter(({ niceness }) => niceness > usual) }
}

describe.skipIf(process.platform !== 'linux')('the collector of the gateway', () => {
  it.each([0, 10])('yields to a loop %i nicer than we are, and nothing else does', nicer => {
    const { threads, yielding } = collecting(nicer, GATEWAY_START.execArgv)
    const ticks = yielding.reduce((sum, thread) => sum + thread.ticks, 0)
    const niceness = new Set(threads.map(thread => thread.niceness))
    console.log(`collector: ${yielding.length} of ${threads.length} threads yield, ${ticks} ticks of them`)
    expect(yielding).toHaveLength(V8_POOL)
    expect(niceness.size).toBe(2)
    // Marking a hundred megabytes is nobody else's work.
    expect(ticks).toBeGreaterThan(0)
  })

  it('is left alone where the process was started otherwise', () => {
    const { threads, yielding } = collecting(0, [])
    expect(threads.length).toBeGreaterThan(V8_POOL)
    expect(yielding).toEqual([])
  })
})
