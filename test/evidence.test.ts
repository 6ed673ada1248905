import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { BENCHES } from './cli/bench.ts'
import { EVIDENCE_DIR, codeOf } from './cli/evidence.ts'
import { PROMISES_FILE, formattedPage } from './cli/promises.ts'
import { PROOFS } from './cli/prove.ts'

const Written = z.object({
  /** Evidence may say no: that is an answer, and is said aloud. */
  holds: z.boolean(),
  at: z.iso.datetime(),
  /** The hash below says of which code, also where other files had changes. */
  commit: z.string().regex(/^[0-9a-f]{12}( with changes)?$/),
  code: z.object({ covers: z.array(z.string()).min(1), sha256: z.string().length(64) }),
})

const names = readdirSync(EVIDENCE_DIR)
  .filter(file => file.endsWith('.json'))
  .map(file => basename(file, '.json'))

describe('written evidence', () => {
  it('is there', () => {
    console.log(`evidence: ${names.length} files (${names.join(', ')})`)
    expect(names).toContain('membership')
    expect(names).toContain('bench-map')
    expect(names).toContain('panel')
  })

  it.each(names)('%s: speaks of the code as it is', name => {
    const [, bench, of = ''] = /^(bench-)?(.+)$/.exec(name) ?? []
    const inquiry = bench === undefined ? PROOFS[of] : BENCHES[of]
    const again = `make it again: npm run -s reach5 -- ${bench === undefined ? 'prove' : 'bench'} ${of}`
    expect(inquiry, `${name}.json: nothing in test/cli makes it`).toBeDefined()
    const written = Written.parse(JSON.parse(readFileSync(join(EVIDENCE_DIR, `${name}.json`), 'utf8')))
    if (!written.holds) console.warn(`${name}.json says: it does not hold`)
    expect(written.code, `${name}.json is older than the code it names; ${again}`).toEqual(
      codeOf(inquiry!.covers),
    )
  })
})

describe('the page of promises', () => {
  it('says what the evidence says, every figure of it', async () => {
    const page = await formattedPage()
    expect(page).not.toMatch(/\?|NaN|undefined/)
    expect(readFileSync(PROMISES_FILE, 'utf8')).toBe(page)
  })
})

describe('the hash of covered code', () => {
  it('changes with a byte of a source and with its name, not with a test', () => {
    const dir = mkdtempSync(join(tmpdir(), 'reach5-code-'))
    const hash = (): string => codeOf([dir]).sha256
    writeFileSync(join(dir, 'near.ts'), 'one')
    const before = hash()
    writeFileSync(join(dir, 'near.test.ts'), 'a test')
    expect(hash()).toBe(before)
    writeFileSync(join(dir, 'near.ts'), 'two')
    expect(hash()).not.toBe(before)
    writeFileSync(join(dir, 'near.ts'), 'one')
    expect(hash()).toBe(before)
    renameSync(join(dir, 'near.ts'), join(dir, 'far.ts'))
    expect(hash()).not.toBe(before)
    rmSync(dir, { recursive: true })
  })
})
