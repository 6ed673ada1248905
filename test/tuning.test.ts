import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { openReceiverLine } from '#hardware/gnss/receiver-line.ts'
import { RECEIVER_SPEEDS } from '#hardware/line/speed-hunt.ts'
import { openSerialPort } from '#hardware/serial-port.ts'
import { openRealClock } from '#sim/clock/real-clock.ts'
import { openPseudoTerminal } from '#sim/line/pseudo-terminal.ts'
import { heardAt } from '#sim/line/uart.ts'
import { randomOf } from '#sim/random.ts'
import { simulatedReceiver } from '#sim/receiver/receiver.ts'
import { fits, tuningRun } from './ports/tuning-run.ts'

const calm = { isProved: false, hours: 1 / 30, troubleEveryMs: null } as const

describe('the speed of a receiver', () => {
  it('is found from every first guess, for quick, slow and quiet talkers, without a byte sent', async () => {
    const counts = { cases: 0, impossible: 0, slowestMs: 0 }
    for (const deviceBaud of RECEIVER_SPEEDS)
      for (const [i, periodMs] of [1_000, 500, 200, 100].entries())
        for (const isQuiet of [false, true]) {
          const firstBaud =
            RECEIVER_SPEEDS[(RECEIVER_SPEEDS.indexOf(deviceBaud) + 1 + 2 * i) % RECEIVER_SPEEDS.length]!
          if (!fits(periodMs, isQuiet, deviceBaud)) {
            counts.impossible += 1
            continue
          }
          const random = randomOf(1, `${deviceBaud}`, `${periodMs}${isQuiet}`)
          const run = await tuningRun({ ...calm, deviceBaud, firstBaud, periodMs, isQuiet, random })
          expect({ deviceBaud, periodMs, isQuiet, ...run }).toMatchObject({
            ...{ lockedAt: deviceBaud, endsAt: deviceBaud, leftRight: 0, bytesWritten: 0 },
          })
          counts.cases += 1
          counts.slowestMs = Math.max(counts.slowestMs, run.lockedAfterMs!)
        }
    console.log(`tuning: ${JSON.stringify(counts)}`)
    expect(counts.cases).toBeGreaterThan(50)
  })

  it('is never left for silence, noise or an unplug', async () => {
    const total = { hours: 0, opens: 0, left: 0, silence: 0, noise: 0, unplug: 0 }
    for (const deviceBaud of [4_800, 9_600, 115_200]) {
      const run = await tuningRun({
        ...{ deviceBaud, firstBaud: deviceBaud, isProved: true, periodMs: 1_000, isQuiet: true },
        ...{ hours: 2, troubleEveryMs: 60_000, random: randomOf(2, `${deviceBaud}`, 'trouble') },
      })
      expect(run).toMatchObject({ leftRight: 0, endsAt: deviceBaud, bytesWritten: 0 })
      total.hours += 2
      total.opens += run.opens
      for (const kind of ['silence', 'noise', 'unplug'] as const) total[kind] += run.troubles[kind] ?? 0
    }
    console.log(`tuning, troubled: ${JSON.stringify(total)}`)
    expect(total.silence * total.noise * total.unplug).toBeGreaterThan(0)
  })

  it('is found again when somebody set the receiver to another one', async () => {
    const run = await tuningRun({
      ...{ deviceBaud: 115_200, firstBaud: 115_200, isProved: true, periodMs: 1_000, isQuiet: false },
      ...{ hours: 0.15, troubleEveryMs: null, random: randomOf(3, 'reset', 'x') },
      resetTo: { atMs: 60_000, baud: 4_800 },
    })
    expect(run).toMatchObject({ lockedAt: 4_800, endsAt: 4_800 })
    expect(run.lockedAfterMs! - 60_000).toBeLessThan(60_000 + 2 * 2 * 2_200 * RECEIVER_SPEEDS.length)
  })

  it('is found for a receiver that speaks every five seconds', async () => {
    const run = await tuningRun({
      ...{ ...calm, deviceBaud: 38_400, firstBaud: 9_600, periodMs: 5_000, isQuiet: true },
      ...{ hours: 0.2, random: randomOf(4, 'slow', 'x') },
    })
    expect(run).toMatchObject({ lockedAt: 38_400, endsAt: 38_400, leftRight: 0 })
  })

  it('is found on a real pseudo-terminal, whose far end reads at which speed it was opened', async () => {
    const pty = await openPseudoTerminal()
    if (!pty.ok) throw new Error(pty.detail)
    const { path, port: peer } = pty.value
    const line = openReceiverLine(openSerialPort, { path, baud: 9_600, isProved: false }, openRealClock())
    const epoch = simulatedReceiver().epoch({
      ...{ lat: 35.41, lon: 116.59, speedMps: 0, trackDeg: 0, fix: true },
      utcMs: Date.UTC(2026, 10, 24, 3),
    })
    const timer = setInterval(() => {
      const speed = Number(execFileSync('stty', ['-F', path, 'speed'], { encoding: 'utf8' }))
      void peer.write(heardAt(epoch, 38_400, speed), 500)
    }, 250)
    const found = await new Promise<{ readonly baud: number }>(resolve => line.onLocked(resolve))
    clearInterval(timer)
    expect([found.baud, line.baud]).toEqual([38_400, 38_400])
    await line.close()
    await pty.value.unplug()
  }, 30_000)
})
