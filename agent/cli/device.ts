import { readFileSync, statSync } from 'node:fs'
import { readFlags } from '#protocols/cli/flags.ts'
import { exitCodeOf } from '#protocols/cli/exit-code.ts'
import { verifyLog } from '../bodycam/log-entry.ts'
import type { LogHead } from '../bodycam/log-entry.ts'
import { readTriggerLog } from '../bodycam/log-file.ts'

const USAGE = `usage: reach5 device log verify DIR|FILE [FILE…] [--head N:SUM]

  Whether the log of a car's body-cam trigger is one unbroken chain: nothing altered, removed, inserted or moved.
  DIR is the folder bodycam below the agent's --data; FILEs are given oldest first.
  --head: an entry the car has told the gateway (record bodycam.log), which must be in it: then no tail was cut off.
  exit 0 unbroken, 1 broken, 2 wrong use; the result is one JSON object on stdout`

/** `reach5 device log verify …`: 0 unbroken, 1 broken, 2 wrong use or no such file. */
export async function device(args: readonly string[]): Promise<number> {
  const split = args.findIndex(arg => arg.startsWith('--'))
  const [what, action, ...paths] = split === -1 ? args : args.slice(0, split)
  const flags = readFlags(split === -1 ? [] : args.slice(split), ['head'])
  if (flags.ok && 'help' in flags.value) {
    console.log(USAGE)
    return 0
  }
  if (!flags.ok) return wrongUse(flags.detail)
  if (what !== 'log' || action !== 'verify') return wrongUse('only log verify')
  if (paths.length === 0) return wrongUse('which DIR or FILE?')
  const head = headOf(flags.value['head'])
  if (head === null) return wrongUse('--head is NUMBER:SUM, the sum 64 hex digits')
  let text: string
  try {
    text = await textOf(paths)
  } catch (error) {
    return wrongUse((error as Error).message)
  }
  if (text === '') return wrongUse(`${paths.join(' ')}: no entry in it`)
  const verified = verifyLog(text, head)
  if (verified.ok) console.log(JSON.stringify({ unbroken: true, ...verified.value }))
  else console.log(JSON.stringify({ unbroken: false, code: verified.code, detail: verified.detail }))
  return verified.ok ? 0 : exitCodeOf(verified.code)
}

async function textOf(paths: readonly string[]): Promise<string> {
  const [first = ''] = paths
  if (paths.length === 1 && statSync(first).isDirectory()) return readTriggerLog(first)
  return paths.map(path => readFileSync(path, 'utf8')).join('')
}

function headOf(text: string | undefined): LogHead | null | undefined {
  if (text === undefined) return undefined
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text)
  return match === null ? null : { n: Number(match[1]), sum: match[2]! }
}

function wrongUse(why: string): number {
  console.error(`reach5 device: ${why} (reach5 device --help)`)
  return 2
}
