import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { underGuard } from './loopback-guard.ts'

const dir = mkdtempSync(join(tmpdir(), 'reach5-loopback-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** How a process gets a network of its own that is loopback alone; null, said loudly, where that is not allowed. */
function lonely(): readonly string[] | null {
  const ways = [
    ['unshare', '-n'],
    ['unshare', '-rn'],
  ]
  const found = ways.find(
    ([name, ...args]) => spawnSync(name!, [...args, 'ip', 'link', 'set', 'lo', 'up']).status === 0,
  )
  if (found === undefined)
    console.warn('SKIPPED the demo without a network: unshare -n is not permitted here')
  return found ?? null
}

describe('nothing leaves this computer', () => {
  it('is watched by a guard that sees lookups, connections and datagrams', () => {
    const strays = join(dir, 'planted')
    const tries = `
      const net = require('node:net'), dns = require('node:dns'), dgram = require('node:dgram')
      net.connect(9, '192.0.2.1').on('error', () => {})
      net.connect({ port: 9, host: 'example.invalid' }).on('error', () => {})
      dns.lookup('lookup.invalid', () => {})
      dns.promises.lookup('later.invalid').catch(() => {})
      try { dgram.createSocket('udp4').send('x', 9, '192.0.2.2') } catch {}
      fetch('http://fetch.invalid/').catch(() => {})
      net.connect(9, '127.0.0.1').on('error', () => {})
      setTimeout(() => process.exit(0), 300)`
    spawnSync(process.execPath, ['-e', tries], { env: underGuard(strays) })
    const seen = readFileSync(strays, 'utf8')
    for (const host of [
      '192.0.2.1',
      'example.invalid',
      'lookup.invalid',
      'later.invalid',
      '192.0.2.2',
      'fetch.invalid',
    ])
      expect(seen).toMatch(new RegExp(`^stray \\w+ ${host} `, 'm'))
    expect(seen).not.toContain('127.0.0.1')
  })

  it('runs whole where there is no network but loopback', { timeout: 90_000 }, ({ skip }) => {
    const way = lonely()
    if (way === null) return skip('unshare -n is not permitted here')
    const [name, ...args] = way
    const run = `ip link set lo up && exec ${process.execPath} --import tsx test/scenarios/lonely-demo.ts ${join(dir, 'demo')}`
    const { stdout, stderr } = spawnSync(name!, [...args, 'sh', '-c', run], {
      encoding: 'utf8',
      timeout: 80_000,
    })
    expect(stderr).toBe('')
    const result = JSON.parse(stdout) as Record<string, number>
    console.log(`loopback: ${stdout.trim()}`)
    expect(result).toMatchObject({ units: 3, exit: 0 })
    expect(result['pages']).toBeGreaterThanOrEqual(2)
    expect(result['incidents']).toBeGreaterThan(0)
  })
})
