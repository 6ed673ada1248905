import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openReceiver } from '#hardware/gnss/receiver.ts'
import { openReceiverLine } from '#hardware/gnss/receiver-line.ts'
import type { OpenPort, Port } from '#hardware/port.ts'
import { openSerialPort } from '#hardware/serial-port.ts'
import { openRealClock } from '#sim/clock/real-clock.ts'
import { openPseudoTerminal } from '#sim/line/pseudo-terminal.ts'
import type { PseudoTerminal } from '#sim/line/pseudo-terminal.ts'
import { simulatedReceiver } from '#sim/receiver/receiver.ts'

/** What is held at one moment between two cycles, after a collection of garbage. */
export type Held = {
  readonly cycle: number
  readonly descriptors: number
  readonly listeners: number
  /** Lines opened so far that are still in memory. */
  readonly lines: number
  readonly heapKb: number
}

export type ReplugResult = {
  readonly cycles: number
  readonly opens: number
  readonly held: readonly Held[]
  /** Milliseconds from the moment the line went to `no_device`, while the receiver talks and while it is silent. */
  readonly noticedTalkingMs: readonly number[]
  readonly noticedSilentMs: readonly number[]
  /** Milliseconds until the process that holds the other end had let go of the line when it was told to: not in the above. */
  readonly letGoMs: readonly number[]
  /** Milliseconds from the replug to the first fix, of a receiver at 10 Hz and at 1 Hz. */
  readonly fixQuickMs: readonly number[]
  readonly fixSlowMs: readonly number[]
}

const STEP_WITHIN_MS = 20_000
const SILENT_FOR_MS = 150

/**
 * Pulls a receiver out of a computer and plugs it in again under the same name, on real pseudo-terminals and real time.
 * Every `slowEvery`th cycle the receiver talks once a second, else ten times.
 */
export async function replugRun(
  cycles: number,
  { slowEvery, lookEvery, say }: { slowEvery: number; lookEvery: number; say: (words: string) => void },
): Promise<ReplugResult> {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-replug-'))
  const linkPath = join(dir, 'gnss')
  const clock = openRealClock()
  const opened = new Set<WeakRef<Port>>()
  const open: OpenPort = async (path, options) => {
    const port = await openSerialPort(path, options)
    if (port.ok) opened.add(new WeakRef(port.value))
    return port
  }
  const line = openReceiverLine(open, { path: linkPath, baud: 9_600, isProved: false }, clock)
  const waiting: { isDone: () => boolean; resolve: (atMs: number) => void }[] = []
  const look = (): void => {
    for (const w of waiting.splice(0)) w.isDone() ? w.resolve(monotonicMs()) : waiting.push(w)
  }
  let fixes = 0
  line.onState(look)
  const receiver = openReceiver(line, clock, {
    onFix: fix => {
      if (fix.mode >= 2) fixes += 1
      look()
    },
  })
  const when = (isDone: () => boolean, what: string): Promise<number> =>
    new Promise((resolve, reject) => {
      if (isDone()) return resolve(monotonicMs())
      const timer = setTimeout(() => reject(new Error(`${what} did not come`)), STEP_WITHIN_MS)
      waiting.push({ isDone, resolve: at => (clearTimeout(timer), resolve(at)) })
    })

  const result = {
    ...{ held: [] as Held[], noticedTalkingMs: [] as number[], noticedSilentMs: [] as number[] },
    ...{ letGoMs: [] as number[], fixQuickMs: [] as number[], fixSlowMs: [] as number[] },
  }
  try {
    for (let cycle = 1; cycle <= cycles; cycle += 1) {
      const isSlow = cycle % slowEvery === 0
      const isSilent = cycle % 2 === 0
      const pty = await plugged(linkPath)
      const pluggedAtMs = monotonicMs()
      const [before, lineBefore] = [fixes, line.generation - (line.state === 'open' ? 1 : 0)]
      const hush = talk(pty.port, isSlow ? 1_000 : 100)
      const fixAtMs = await when(
        () => fixes > before && line.generation > lineBefore,
        `a fix of cycle ${cycle}`,
      )
      ;(isSlow ? result.fixSlowMs : result.fixQuickMs).push(fixAtMs - pluggedAtMs)
      if (isSilent) {
        hush()
        await new Promise(resolve => setTimeout(resolve, SILENT_FOR_MS))
      }
      const toldAtMs = monotonicMs()
      const pulled = pty.pull()
      const noticedAtMs = await when(() => line.state === 'no_device', `the unplug of cycle ${cycle}`)
      hush()
      const pulledAtMs = await pulled
      result.letGoMs.push(pulledAtMs - toldAtMs)
      ;(isSilent ? result.noticedSilentMs : result.noticedTalkingMs).push(noticedAtMs - pulledAtMs)
      if (cycle % lookEvery === 0) {
        result.held.push(await held(cycle, opened))
        say(`${cycle} cycles: ${JSON.stringify(result.held.at(-1))}`)
      }
    }
  } finally {
    await receiver.close()
    rmSync(dir, { recursive: true })
  }
  return { cycles, opens: line.generation, ...result }
}

/** The clock all processes of a machine share. */
const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6

async function plugged(linkPath: string): Promise<PseudoTerminal> {
  const pty = await openPseudoTerminal({ linkPath })
  if (!pty.ok) throw new Error(pty.detail)
  return pty.value
}

function talk(port: Port, everyMs: number): () => void {
  const receiver = simulatedReceiver()
  const timer = setInterval(() => {
    const truth = { lat: 35.41, lon: 116.59, speedMps: 0, trackDeg: 0, fix: true, utcMs: Date.now() }
    void port.write(receiver.epoch(truth), 900)
  }, everyMs)
  return () => clearInterval(timer)
}

async function held(cycle: number, opened: Set<WeakRef<Port>>): Promise<Held> {
  // The last line closes, the next try is on its way: half a second is one whole round of it.
  await new Promise(resolve => setTimeout(resolve, 50))
  collectGarbage()
  for (const ref of opened) if (ref.deref() === undefined) opened.delete(ref)
  return {
    cycle,
    descriptors: readdirSync('/proc/self/fd').length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    lines: opened.size,
    heapKb: Math.round(process.memoryUsage().heapUsed / 1024),
  }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}
