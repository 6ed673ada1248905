import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { selftest } from '#agent/cli/selftest.ts'
import type { Channel } from '#protocols/equipment.ts'
import type { AcceptanceReport } from '#protocols/technician.ts'
import { openRunningBench } from '../scenarios/running-bench.ts'
import type { RunningBench } from '../scenarios/running-bench.ts'

/*
 * The technician's visit from a terminal, on the same bench as the page: pseudo-terminals, receiver, module, gateway.
 */
const dir = mkdtempSync(join(tmpdir(), 'reach5-selftest-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

type Ran = { readonly code: number; readonly out: readonly string[]; readonly err: readonly string[] }

async function run(args: readonly string[], hear: (line: string) => void = () => {}): Promise<Ran> {
  const [error, log] = [console.error, console.log]
  const [out, err]: [string[], string[]] = [[], []]
  console.log = (line: string) => void out.push(line)
  console.error = (line: string) => {
    err.push(line)
    hear(line)
  }
  try {
    return { code: await selftest(args), out, err }
  } finally {
    Object.assign(console, { error, log })
  }
}

describe('`reach5 selftest` on a bench', { timeout: 90_000 }, () => {
  let bench: RunningBench
  beforeAll(async () => {
    bench = await openRunningBench()
  }, 60_000)
  afterAll(() => bench?.close())

  it('goes from a code to a signed, delivered report, and the report is verified', async () => {
    const code = await bench.code()
    const hands = (line: string): void => {
      const asked = /now: (\w+) (on|off)/.exec(line)
      if (asked !== null) bench.move(asked[1] as Channel, asked[2] === 'on')
    }
    const where = ['--data', join(dir, 'car'), '--ports', bench.ports.join(',')]
    const who = ['--code', code, '--enrol-url', bench.enrolUrl, '--technician', '李工']
    const ran = await run([...where, ...who], hands)
    const result = JSON.parse(ran.out.at(-1) ?? '{}') as Record<string, unknown>
    expect(result, ran.err.join('\n')).toMatchObject({
      ...{ verdict: 'failed', mode: 'online', deviceId: 'ptu-31', delivered: true },
    })
    // Two wires are crossed and one is turned, and nobody was asked to take that as it is.
    expect(ran.code).toBe(1)
    expect(ran.err, ran.err.join('\n')).toContain('inputs   brake swapped at terminal 3')
    expect(ran.err.filter(line => / (swapped|inverted) at /.test(line))).toHaveLength(3)
    const report = JSON.parse(readFileSync(String(result['file']), 'utf8')) as AcceptanceReport
    expect(report.steps).toMatchObject({ identity: 'passed', ports: 'passed', signal: 'passed' })
    expect(report.receipts.map(receipt => receipt.kind).sort()).toEqual(['panic.test', 'selftest.probe'])

    const verified = await run(['verify', '--report', String(result['file'])])
    expect(verified.code).toBe(0)
    expect(JSON.parse(verified.out[0] ?? '')).toMatchObject({ technician: '李工' })
    writeFileSync(join(dir, 'altered.json'), JSON.stringify(report).replace('李工', '王工'))
    writeFileSync(join(dir, 'altered.json.sig'), readFileSync(`${String(result['file'])}.sig`))
    const altered = await run(['verify', '--report', join(dir, 'altered.json')])
    expect(altered.code).toBe(1)
    expect(altered.err[0]).toMatch(/altered.*\[REPORT_SIGNATURE\]/)
  })

  it('passes with remarks on what a person takes as it is, without a gateway', async () => {
    const where = ['--data', join(dir, 'bare'), '--ports', bench.ports.slice(0, 2).join(',')]
    const ran = await run([...where, '--skip-inputs', '双手没空'])
    expect(JSON.parse(ran.out.at(-1) ?? '{}')).toMatchObject({ verdict: 'remarks', mode: 'bench' })
    expect(ran.code).toBe(0)
  })
})

describe('`reach5 selftest` used wrongly', () => {
  const data = ['--data', join(dir, 'wrong')]

  it.each([
    [[], /--data is missing/],
    [['--prots', 'x', ...data], /there is no option --prots, did you mean --ports\?/],
    [['--ports', 'package.json', ...data], /--ports "package.json" is no serial line; for example/],
    [['verify'], /verify needs --report FILE.json/],
  ])('answers %j with 2 and one line', async (args, words) => {
    const ran = await run(args)
    expect(ran.code).toBe(2)
    expect(ran.err).toHaveLength(1)
    expect(ran.err[0]).toMatch(words)
    expect(ran.out).toEqual([])
  })

  it('reports a port that is not there by its name, and a failed visit', async () => {
    const ran = await run(['--ports', '/dev/ttyNOPE', ...data])
    expect(ran.code).toBe(1)
    expect(ran.err.filter(line => line.startsWith('ports '))).toEqual([
      expect.stringMatching(/\/dev\/ttyNOPE refused.*\[PORT_ABSENT\]$/),
      expect.stringMatching(/failed: 1 port\. .*\[NO_RECEIVER\]$/),
    ])
    expect(JSON.parse(ran.out[0] ?? '')).toMatchObject({ verdict: 'failed' })
  })

  it('says that there is no such report', async () => {
    const ran = await run(['verify', '--report', join(dir, 'nowhere.json')])
    expect(ran.code).toBe(1)
    expect(ran.err[0]).toMatch(/nowhere.json.*\[FILE_ABSENT\]/)
  })
})
