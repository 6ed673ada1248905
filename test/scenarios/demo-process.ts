import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

export type DemoProcess = {
  readonly process: ChildProcess
  /** An address of its greeting, by its name there: `map`, `terminal`, `simulator`, … */
  addressOf(name: string): string
  /** As Ctrl-C: it ends its processes before itself, so nobody writes into its folder any more. */
  end(): Promise<void>
}

/** For a broken build, not for a measurement. */
const GREETS_WITHIN_MS = 100_000
const ENDS_WITHIN_MS = 60_000

/** `reach5 demo` of the bundle on free ports, once it greets. Rejects with its own words when it does not. */
export function startDemo(dir: string, args: readonly string[]): Promise<DemoProcess> {
  const ports = ['map', 'enrol', 'terminal', 'mqtt', 'sim'].flatMap(name => [`--${name}-port`, '0'])
  const demo = spawn(process.execPath, ['dist/reach5.js', 'demo', '--data', dir, ...ports, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  return new Promise((resolve, reject) => {
    const giveUp = setTimeout(() => demo.kill('SIGKILL'), GREETS_WITHIN_MS)
    demo.once('exit', (code, signal) => {
      clearTimeout(giveUp)
      reject(new Error(`the demo ended (${signal ?? code}): ${said}`))
    })
    for (const stream of [demo.stdout, demo.stderr])
      stream.on('data', words => {
        said += String(words)
        if (!said.includes('Ctrl-C ends everything')) return
        clearTimeout(giveUp)
        resolve({
          process: demo,
          addressOf: name => new RegExp(`${name}\\s+(http:\\S+)`).exec(said)?.[1] ?? '',
          end: () => endOf(demo),
        })
      })
  })
}

async function endOf(demo: ChildProcess): Promise<void> {
  if (demo.exitCode !== null || demo.signalCode !== null) return
  const isOver = once(demo, 'exit')
  const giveUp = setTimeout(() => demo.kill('SIGKILL'), ENDS_WITHIN_MS)
  demo.kill('SIGINT')
  await isOver
  clearTimeout(giveUp)
}
