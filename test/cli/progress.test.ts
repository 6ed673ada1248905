import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openProgress } from './progress.ts'

const dir = mkdtempSync(join(tmpdir(), 'reach5-progress-'))
afterAll(() => rmSync(dir, { recursive: true }))

describe('the progress of a proof', () => {
  it('goes on where it was broken off, part by part, on the code it was made on', () => {
    openProgress<number>('days', dir).keep('monday', 'code a', 7)
    const again = openProgress<number>('days', dir)
    again.keep('tuesday', 'code b', 8)
    const third = openProgress<number>('days', dir)
    expect(third.of('monday', 'code a')).toBe(7)
    expect(third.of('monday', 'code b')).toBeUndefined()
    expect(third.of('tuesday', 'code b')).toBe(8)
    expect(third.of('wednesday', 'code a')).toBeUndefined()
  })

  it('begins anew once it is complete, and where its file does not read', () => {
    openProgress<number>('days', dir).drop()
    expect(openProgress<number>('days', dir).of('monday', 'code a')).toBeUndefined()
    writeFileSync(join(dir, 'prove-days.json'), '{"monday":')
    expect(openProgress<number>('days', dir).of('monday', 'code a')).toBeUndefined()
  })
})
