import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GnssDecoder } from '#hardware/gnss/decoder.ts'
import { openReceiver } from '#hardware/gnss/receiver.ts'
import { openReceiverLine } from '#hardware/gnss/receiver-line.ts'
import { openLine } from '#hardware/open-line.ts'
import type { Fix } from '#protocols/fix.ts'
import { openRealClock } from '#sim/clock/real-clock.ts'
import { openPseudoTerminal } from '#sim/line/pseudo-terminal.ts'
import type { PseudoTerminal } from '#sim/line/pseudo-terminal.ts'
import { simulatedReceiver } from '#sim/receiver/receiver.ts'

/*
 *     simulated receiver ── pseudo-terminal ──> a real gpsd ── JSON on loopback ──> our line and decoder
 *            └── the same bytes ─────────────────────────────────────────────────> our own decoder
 */
const GPSD = ['/usr/sbin/gpsd', '/usr/local/sbin/gpsd'].find(path => existsSync(path))
const EVERY_MS = 200
const FIXES_ENOUGH = 8

if (GPSD === undefined) console.warn('SKIPPED: gpsd is not installed (apt-get install gpsd)')

describe.skipIf(GPSD === undefined)('a receiver behind a real gpsd', { timeout: 60_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-gpsd-'))
  const ours = new GnssDecoder()
  const told = new Map<number, Fix>()
  let pty: PseudoTerminal
  let port: number
  let gpsd: ChildProcess
  let timer: NodeJS.Timeout

  const start = (): ChildProcess =>
    spawn(GPSD!, ['-N', '-n', '-b', '-S', String(port), pty.path], { stdio: 'ignore' })
  const end = async (child: ChildProcess): Promise<void> => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  const until = async (isDone: () => boolean): Promise<void> => {
    while (!isDone()) await new Promise(resolve => setTimeout(resolve, 20))
  }

  beforeAll(async () => {
    port = await freePort()
    const opened = await openPseudoTerminal()
    if (!opened.ok) throw new Error(opened.detail)
    pty = opened.value
    const receiver = simulatedReceiver()
    let step = 0
    const first = Math.floor(Date.now() / 1_000) * 1_000
    timer = setInterval(() => {
      const utcMs = first + 1_000 * step++
      const epoch = receiver.epoch({
        ...{
          lat: 35.41 + step * 1e-4,
          lon: 116.59,
          speedMps: 11,
          trackDeg: 0,
          altMslM: 42,
          fix: true,
          utcMs,
        },
      })
      for (const fix of [...ours.feed(epoch), ...ours.quiet()])
        if (fix.timeUtcMs !== undefined) told.set(fix.timeUtcMs, fix)
      void pty.port.write(epoch, 1_000)
    }, EVERY_MS)
    gpsd = start()
  })
  afterAll(async () => {
    clearInterval(timer)
    if (gpsd !== undefined) await end(gpsd)
    await pty?.unplug()
    rmSync(dir, { recursive: true })
  })

  // Which satellites are used is gpsd's own reading: release 3.22 counts no used BeiDou satellite of a GB talker.
  it('tells the fixes our own decoder tells, and goes on after gpsd was started anew', async () => {
    const line = openReceiverLine(
      openLine,
      { path: `gpsd://127.0.0.1:${port}`, baud: 9_600, isProved: false },
      openRealClock(),
    )
    const states: string[] = []
    const heard: Fix[] = []
    line.onState(state => states.push(state))
    const receiver = openReceiver(line, openRealClock(), {
      onFix: fix => void (fix.mode >= 2 && heard.push(fix)),
    })
    await until(() => heard.length >= FIXES_ENOUGH)
    const before = heard.length
    await end(gpsd)
    await until(() => line.state === 'no_device')
    gpsd = start()
    await until(() => heard.length >= before + FIXES_ENOUGH)
    await receiver.close()

    let compared = 0
    const worst = { lat: 0, lon: 0, speedMps: 0, altMslM: 0, satsUsed: 0 }
    // Before gpsd knows the cycle it tells a moment first without altitude, then with it.
    const last = new Map(heard.map(fix => [fix.timeUtcMs ?? 0, fix]))
    for (const fix of last.values()) {
      const own = told.get(fix.timeUtcMs ?? 0)
      if (own === undefined || fix.lat === undefined) continue
      compared += 1
      for (const of of ['lat', 'lon', 'speedMps', 'altMslM'] as const)
        worst[of] = Math.max(worst[of], Math.abs((fix[of] ?? NaN) - (own[of] ?? NaN)))
      if (fix.satsUsed !== undefined && fix.satsUsed !== own.satsUsed) worst.satsUsed += 1
    }
    console.log(
      `gpsd: ${heard.length} fixes, ${compared} compared, differ by at most ${JSON.stringify(worst)}`,
    )
    expect(compared).toBeGreaterThanOrEqual(FIXES_ENOUGH)
    expect(worst.lat).toBeLessThan(1e-7)
    expect(worst.lon).toBeLessThan(1e-7)
    expect(worst.speedMps).toBeLessThan(0.01)
    expect(worst.altMslM).toBeLessThan(0.11)
    expect(states.filter(state => state === 'no_device').length).toBeGreaterThan(0)
    expect(line.generation).toBeGreaterThanOrEqual(2)
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
