import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GATEWAY_START, missingAtStart } from '#gateway/start-flags.ts'
import { gatewayEntry } from '#sim/demo/child.ts'

const { execArgv, env } = GATEWAY_START

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
})
