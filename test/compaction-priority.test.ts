import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ThreadSeen } from './fixtures/threads.ts'

describe('the compaction of the ledger', () => {
  it.skipIf(process.platform !== 'linux').each([0, 10])(
    'yields to a loop %i nicer than we are, and nothing else does',
    nicer => {
      const dir = mkdtempSync(join(tmpdir(), 'reach5-compaction-'))
      try {
        const command = [process.execPath, '--import', 'tsx', 'test/fixtures/compacting-process.ts', dir]
        const said = execFileSync('nice', ['-n', String(nicer), ...command], { encoding: 'utf8' })
        const { loop, threads } = JSON.parse(said) as { loop: number; threads: ThreadSeen[] }
        const usual = threads.find(({ id }) => id === loop)!.niceness
        const yielding = threads.filter(({ niceness }) => niceness > usual)
        expect(yielding).toHaveLength(1)
        expect(threads.filter(({ niceness }) => niceness === usual)).toHaveLength(threads.length - 1)
        // Merging 40 MB is nobody else's work.
        expect(yielding[0]!.ticks).toBeGreaterThan(0)
        console.log(`compaction: 1 of ${threads.length} threads yields, ${yielding[0]!.ticks} ticks of it`)
      } finally {
        rmSync(dir, { recursive: true, force: true })
      }
    },
  )
})
