import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IncidentView, OrderView, Recommendation } from '#protocols/api.ts'
import type { ClosureView } from '#protocols/closures.ts'
import type { TerminalState } from '#protocols/terminal.ts'
import { eventually, openRunningHouse } from './running-house.ts'
import type { RunningHouse } from './running-house.ts'

const page = readFileSync('docs/api.md', 'utf8')
/** Commands of the page in their order, continued lines joined. */
const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(match =>
  match[1]!
    .replaceAll(/\\\n\s*/g, '')
    .trim()
    .split('\n'),
)

describe('the walk in docs/api.md', () => {
  let house: RunningHouse
  beforeAll(async () => {
    house = await openRunningHouse({ broker: { name: 'the embedded broker' } })
    await eventually('a live position', async () => (await house.unit()).freshness === 'live')
  }, 60_000)
  afterAll(() => house?.close())

  it('leads from nothing to a signed order, command by command', { timeout: 60_000 }, async () => {
    const { position } = await house.unit()
    const words: Record<string, string> = {
      MAP: house.gateway.addresses['pages']!,
      TERMINAL: house.car.terminalUrl(),
      LAT: String(position!.lat),
      LON: String(position!.lon),
      UNIT: house.unitId,
      DEVICE: house.deviceId,
    }
    const run = (command: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const env = { ...process.env, ...words }
        execFile('sh', ['-c', command], { env, timeout: 20_000 }, (error, out, err) =>
          error === null ? resolve(JSON.parse(out)) : reject(new Error(`${command}\n${err}${out}`)),
        )
      })
    const answers: unknown[] = []
    const answerTo = (part: string): unknown => answers[commands.findIndex(command => command.includes(part))]
    for (const command of commands) {
      if (command.includes('/taps'))
        await eventually('the order on the terminal', async () =>
          ((await run('curl -fsS $TERMINAL/v1/state')) as TerminalState).orders.some(
            o => o.orderId === words['ORDER'],
          ),
        )
      if (command.endsWith('$MAP/v1/orders/$ORDER'))
        await eventually('the receipt', async () => ((await run(command)) as OrderView).outcome !== null)
      const answer = await run(command)
      answers.push(answer)
      if (command.includes('/v1/closures -H')) words['CLOSURE'] = (answer as ClosureView).id
      if (command.includes('/v1/incidents -H')) words['INCIDENT'] = (answer as IncidentView).id
      if (command.includes('/v1/orders -H') && 'issuedAt' in (answer as object))
        words['ORDER'] = (answer as OrderView).id
    }
    expect(commands.length).toBeGreaterThanOrEqual(12)
    expect((answerTo('/recommendations') as Recommendation).candidates[0]?.unitId).toBe(house.unitId)
    expect(answerTo('/taps')).toEqual({ accepted: true, code: null })
    expect(answerTo('/close')).toMatchObject({ state: 'cancelled' })
    expect(answers.at(-1)).toMatchObject({ code: 'INCIDENT_UNKNOWN', status: 404 })
    console.log(`api walk: ${commands.length} commands of docs/api.md`)
  })
})
