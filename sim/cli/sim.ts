import { parseArgs } from 'node:util'
import { wrongUseOf } from '#protocols/cli/flags.ts'
import { nearestWord } from '#protocols/cli/nearest-word.ts'
import { CITY_ACTIONS, UNIT_ACTIONS } from '../control/actions.ts'
import { readRunning } from '../demo/running-file.ts'
import { DemoFlags } from '../demo/flags.ts'

const USAGE = `usage: reach5 sim do ACTION UNIT [VALUE] [--data DIR | --url URL]

  Does something to a unit of a running demo (npm start), or to the whole city (UNIT is then the word city).
  Prints one line of JSON. The demo is found by the directory it runs on (--data, ${DemoFlags.parse({}).data}).

      reach5 sim do cut-link unit-02
      reach5 sim do lightbar unit-01 on
      reach5 sim do speed city 5

actions on a unit
${tableOf(Object.entries(UNIT_ACTIONS).map(([name, a]) => [[name, a.values && `[${a.values.join('|')}]`].filter(Boolean).join(' '), a.does]))}

actions on the city
${tableOf(Object.entries(CITY_ACTIONS).map(([name, a]) => [[name, a.values && `[${a.values}]`].filter(Boolean).join(' '), a.does]))}`

/** `reach5 sim do …`: 0 done, 1 it could not be done or no demo runs, 2 wrong use. */
export async function sim(args: readonly string[]): Promise<number> {
  // Without a verb it is a whole city on simulated time.
  if (args[0]?.startsWith('--') && args[0] !== '--help') return (await import('./ordeal.ts')).ordeal(args)
  const read = readCall(args)
  if (read === 'help') {
    console.log(`${USAGE}\n\n${(await import('./ordeal.ts')).ORDEAL_USAGE}`)
    return 0
  }
  if (typeof read === 'string') {
    console.error(`reach5 sim: ${read}`)
    return 2
  }
  const url = read.url ?? readRunning(read.data)?.url
  if (url === undefined)
    return notRunning(`no demo runs on ${read.data}: start one with npm start, or name its --data`)
  try {
    const answer = await fetch(`${url}/v1/do`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ action: read.action, unit: read.unit, value: read.value }),
      signal: AbortSignal.timeout(10_000),
    })
    const said = (await answer.json()) as { detail?: string; code?: string }
    if (answer.ok) {
      console.log(JSON.stringify(said))
      return 0
    }
    console.error(`reach5 sim: ${said.detail} [${said.code}]`)
    return WRONG_USE.has(said.code ?? '') ? 2 : 1
  } catch {
    return notRunning(
      `nothing answers at ${url}: the demo that ran there has ended. Start one with npm start`,
    )
  }
}

const WRONG_USE = new Set([
  'SIM_ACTION_UNKNOWN',
  'SIM_UNIT_UNKNOWN',
  'SIM_ACTION_ABSENT',
  'SIM_VALUE',
  'BODY_INVALID',
])

type Call = {
  readonly action: string
  readonly unit: string
  readonly value: string
  readonly data: string
  readonly url: string | undefined
}

function readCall(args: readonly string[]): Call | 'help' | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { data: { type: 'string' }, url: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    })
    if (values.help) return 'help'
    const [verb, action, unit, value = '', ...rest] = positionals
    if (verb !== 'do')
      return `there is no ${JSON.stringify(verb ?? '')}; write reach5 sim do ACTION UNIT (--help lists them) [USAGE]`
    if (action === undefined || unit === undefined || rest.length > 0)
      return 'write reach5 sim do ACTION UNIT [VALUE]; --help lists the actions [USAGE]'
    const unknown = unknownAction(action)
    if (unknown !== undefined) return unknown
    return { action, unit, value, data: values.data ?? DemoFlags.parse({}).data, url: values.url }
  } catch (error) {
    return `${wrongUseOf(error, ['data', 'url'])} [USAGE]`
  }
}

/** A wrong action is wrong whether or not a demo runs. */
function unknownAction(action: string): string | undefined {
  if (Object.hasOwn(UNIT_ACTIONS, action) || Object.hasOwn(CITY_ACTIONS, action)) return undefined
  const meant = nearestWord(action, [...Object.keys(UNIT_ACTIONS), ...Object.keys(CITY_ACTIONS)])
  const hint = meant === undefined ? '--help lists the actions' : `did you mean ${meant}?`
  return `there is no action ${JSON.stringify(action.slice(0, 60))}, ${hint} [SIM_ACTION_UNKNOWN]`
}

function notRunning(words: string): number {
  console.error(`reach5 sim: ${words} [SIM_NOT_RUNNING]`)
  return 1
}

function tableOf(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return rows.map(([name, does]) => `  ${name.padEnd(width)}${does}`).join('\n')
}
