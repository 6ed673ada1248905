import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openReopeningPort } from '#hardware/reopening-port.ts'
import { openSerialPort } from '#hardware/serial-port.ts'
import { openRealClock } from '#sim/clock/real-clock.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { openPseudoTerminal } from '#sim/line/pseudo-terminal.ts'
import type { PseudoTerminal } from '#sim/line/pseudo-terminal.ts'
import { describePort } from './contracts/port.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await new Promise(resolve => setTimeout(resolve, 2))
}
const terminal = async (linkPath?: string): Promise<PseudoTerminal> => {
  const opened = await openPseudoTerminal(linkPath === undefined ? {} : { linkPath })
  if (!opened.ok) throw new Error(opened.detail)
  return opened.value
}

describePort('a line in memory', async () => {
  const clock = openVirtualClock()
  const line = createMemoryLine(clock, { path: '/dev/memory', baud: 115_200 })
  return {
    ...line,
    unplug: () => Promise.resolve(line.unplug()),
    jam: () => line.jam(true),
    until: async done => {
      while (!done()) {
        clock.runUntil(clock.now().monoMs + 1)
        await turn()
      }
    },
    dispose: () => Promise.resolve(),
  }
})

describePort('a real pseudo-terminal', async () => {
  const pty = await terminal()
  return {
    open: openSerialPort,
    path: pty.path,
    peer: pty.port,
    unplug: pty.unplug,
    jam: () => void process.kill(pty.pid, 'SIGSTOP'),
    until,
    dispose: pty.unplug,
  }
})

describe('a port that is kept open', () => {
  it('comes back after an unplug under the name it was opened by', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'reach5-port-'))
    const linkPath = join(dir, 'panel')
    const clock = openRealClock()
    let pty = await terminal(linkPath)
    const port = openReopeningPort(openSerialPort, linkPath, { baud: 9600, silenceMsMax: 60_000 }, clock)
    const states: string[] = []
    const heard: number[] = []
    port.onState(state => states.push(state))
    port.onBytes(bytes => heard.push(...bytes))
    await until(() => port.state === 'open')
    await pty.unplug()
    await until(() => port.state === 'no_device')
    expect(existsSync(linkPath)).toBe(false)
    expect(await port.write(Uint8Array.of(1), 100)).toMatchObject({ ok: false, code: 'PORT_ABSENT' })
    pty = await terminal(linkPath)
    await until(() => port.state === 'open')
    await pty.port.write(Uint8Array.of(42), 100)
    await until(() => heard.length > 0)
    expect({ states, heard, generation: port.generation }).toEqual({
      states: ['open', 'no_device', 'open'],
      heard: [42],
      generation: 2,
    })
    await port.close()
    await pty.unplug()
    rmSync(dir, { recursive: true })
  })

  const kept = (silenceMsMax: number) => {
    const clock = openVirtualClock()
    const line = createMemoryLine(clock)
    const opens: number[] = []
    const port = openReopeningPort(
      (path, options) => {
        opens.push(clock.now().monoMs)
        return line.open(path, options)
      },
      line.path,
      { baud: 9600, silenceMsMax },
      clock,
    )
    const pass = async (ms: number): Promise<void> => {
      const end = clock.now().monoMs + ms
      while (clock.now().monoMs < end) {
        clock.runUntil(Math.min(end, clock.now().monoMs + 10))
        await turn()
      }
    }
    return { clock, line, opens, port, pass }
  }

  it('tries again ever more slowly, but at least twice a second', async () => {
    const { line, opens, port, pass } = kept(1000)
    line.unplug()
    await pass(20_000)
    const waits = opens.slice(1).map((at, i) => at - opens[i]!)
    expect(waits[0]).toBeLessThan(300)
    expect(Math.max(...waits)).toBeLessThanOrEqual(520)
    expect(opens.length).toBeLessThan(45)
    await port.close()
    const before = opens.length
    await pass(10_000)
    expect(opens.length).toBe(before)
  })

  it('calls a silent line stalled, then resting, until it speaks, however often it opens again', async () => {
    const { line, port, pass } = kept(1000)
    const states: string[] = []
    port.onState(state => states.push(state))
    await pass(2500)
    expect(states).toEqual(['open', 'stalled'])
    expect(port.generation).toBe(2)
    await pass(60_000)
    expect(states).toEqual(['open', 'stalled', 'resting'])
    expect(port.generation).toBe(3)
    for (let i = 0; i < 30; i += 1) {
      await line.peer.write(Uint8Array.of(i), 10)
      await pass(300)
    }
    expect(states).toEqual(['open', 'stalled', 'resting', 'open'])
    await port.close()
  })

  it('drops a line that takes nothing', async () => {
    const { line, port, pass } = kept(60_000)
    await pass(100)
    line.jam(true)
    const written = port.write(Uint8Array.of(1), 100)
    await pass(200)
    expect(await written).toMatchObject({ ok: false, code: 'PORT_TIMEOUT' })
    expect(port.state).toBe('stalled')
    await port.close()
  })

  it('opens at the new speed after a change', async () => {
    const { port, pass } = kept(60_000)
    await pass(100)
    port.useBaud(38_400)
    await pass(1000)
    expect({ baud: port.baud, generation: port.generation, state: port.state }).toEqual({
      baud: 38_400,
      generation: 2,
      state: 'open',
    })
    await port.close()
  })
})
