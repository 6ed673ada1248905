import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { keptSecret } from './secret-file.ts'
import { openAuthority } from './x509-authority.ts'
import { openOrderKey } from './order-key.ts'
import { openSealKey } from './seal-key.ts'

const root = mkdtempSync(join(tmpdir(), 'reach5-secret-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const freshDir = (): string => mkdtempSync(join(root, 'gateway-'))

const parse = (json: unknown): { n: number } | undefined =>
  typeof (json as { n?: unknown }).n === 'number' ? (json as { n: number }) : undefined

describe('a secret that is made once', () => {
  it('is the same for everybody who found none, and for who comes after', async () => {
    let dirs = 0
    for (let round = 0; round < 20; round++) {
      const file = join(freshDir(), 'identity', 'key.json')
      const opened = await Promise.all(
        Array.from({ length: 8 }, (_, n) => keptSecret(file, parse, () => ({ n }))),
      )
      const kept = JSON.parse(readFileSync(file, 'utf8')) as { n: number }
      expect(opened).toEqual(Array.from({ length: 8 }, () => ({ ok: true, value: kept })))
      expect(await keptSecret(file, parse, () => ({ n: -1 }))).toEqual({ ok: true, value: kept })
      expect(readdirSync(join(file, '..'))).toEqual(['key.json'])
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700)
      dirs++
    }
    console.log(`a secret made once: ${dirs} directories, 8 openers each`)
    expect(dirs).toBeGreaterThan(0)
  })

  it('makes two gateways that start in one directory the same gateway', async () => {
    const dir = freshDir()
    const open = async () => {
      const authority = await openAuthority(dir, 0)
      const order = await openOrderKey(dir)
      const seal = await openSealKey(dir)
      if (!authority.ok || !order.ok || !seal.ok) throw new Error('a gateway could not be opened')
      return [authority.value.fingerprint, order.value.keyId, seal.value.sealKey.keyId]
    }
    const [one, other] = await Promise.all([open(), open()])
    expect(other).toEqual(one)
    expect(await open()).toEqual(one)
  })

  it('is never made anew in the place of a file that nobody can read', async () => {
    const dir = freshDir()
    for (const [i, text] of ['', '{', '{"n":"one"}', 'null'].entries()) {
      const file = join(dir, `${i}.json`)
      writeFileSync(file, text)
      expect(await keptSecret(file, parse, () => ({ n: 1 }))).toMatchObject({
        ok: false,
        code: 'FILE_BROKEN',
      })
      expect(readFileSync(file, 'utf8')).toBe(text)
    }
  })

  it('is a fault where nothing can be written', async () => {
    const kept = await keptSecret('/sys/reach5/key.json', parse, () => ({ n: 1 }))
    expect(kept).toMatchObject({ ok: false, code: 'FILE_UNWRITABLE' })
  })
})
