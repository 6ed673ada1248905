import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { GATEWAY_START, missingAtStart } from '#gateway/start-flags.ts'
import { gatewayEntry } from '#sim/demo/child.ts'

const { execArgv, env } = GATEWAY_START
/** 98 where malloc gave every table of LevelDB's compression pages of its own, 13 to 17 where it does not. */
const FAULTS_PER_BATCH_MAX = 40

describe('the start of a gateway', () => {
  it('is the same in the demo, the benches and the proofs', () => {
    const entry = gatewayEntry('dist/gateway.js')
    expect(missingAtStart(entry.execArgv, entry.env ?? {})).toEqual([])
  })

  it('is the same for who types reach5 gateway, and other verbs work as ever', () => {
    expect(execFileSync('dist/reach5', ['nmea', '--help'], { encoding: 'utf8' })).toContain('nmea decode')
    const command = readFileSync('dist/reach5', 'utf8')
    const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    expect(command).toContain(
      `export ${settings.join(' ')}\n  exec node ${execArgv.join(' ')} "$here/reach5.js" "$@"`,
    )
  })

  it('names what was left out', () => {
    expect(missingAtStart(execArgv.slice(1), { ...env, MALLOC_ARENA_MAX: '4' })).toEqual([
      execArgv[0],
      `MALLOC_ARENA_MAX=${env.MALLOC_ARENA_MAX}`,
    ])
  })

  it('is known to this Node', () => {
    const said = execFileSync(process.execPath, [...execArgv, '-p', 'process.execArgv.length'], {
      encoding: 'utf8',
    })
    expect(Number(said)).toBeGreaterThanOrEqual(execArgv.length)
  })

  it.skipIf(process.platform !== 'linux')(
    'does not fetch its pages anew for every batch of a backlog',
    () => {
      const dir = mkdtempSync(join(tmpdir(), 'reach5-batches-'))
      try {
        const command = [...execArgv, '--import', 'tsx', 'test/fixtures/batches-process.ts', dir]
        const said = execFileSync(process.execPath, command, {
          encoding: 'utf8',
          env: { ...process.env, ...env },
        })
        const { batches, faultsPerBatch } = JSON.parse(said) as { batches: number; faultsPerBatch: number }
        console.log(`start of a gateway: ${batches} batches, ${faultsPerBatch.toFixed(1)} page faults each`)
        expect(batches).toBeGreaterThan(0)
        expect(faultsPerBatch).toBeLessThan(FAULTS_PER_BATCH_MAX)
      } finally {
        rmSync(dir, { recursive: true, force: true })
      }
    },
  )
})
