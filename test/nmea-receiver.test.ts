import { describe, expect, it } from 'vitest'
import { openReceiver } from '#hardware/gnss/receiver.ts'
import type { Fix } from '#protocols/fix.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { simulatedReceiver } from '#sim/receiver/receiver.ts'

const START_UTC_MS = Date.UTC(2026, 10, 24, 1, 0, 0)
const truthAt = (utcMs: number, fix: boolean) =>
  ({ lat: 35.41, lon: 116.58, speedMps: 10, trackDeg: 90, utcMs, fix }) as const

async function drive(epochs: number, lostFrom: number): Promise<{ fix: Fix; monoMs: number }[]> {
  const clock = openVirtualClock({ utcMs: START_UTC_MS })
  const line = createMemoryLine(clock, { baud: 9600 })
  const port = await line.open(line.path, { baud: 9600 })
  if (!port.ok) throw new Error(port.detail)
  const heard: { fix: Fix; monoMs: number }[] = []
  const receiver = openReceiver(port.value, clock, {
    onFix: (fix, now) => heard.push({ fix, monoMs: now.monoMs }),
  })
  const device = simulatedReceiver()
  for (let i = 0; i < epochs; i++) {
    void line.peer.write(device.epoch(truthAt(START_UTC_MS + i * 1000, i < lostFrom)), 900)
    clock.runUntil((i + 1) * 1000 - 1)
  }
  clock.runUntil(epochs * 1000 + 500)
  await receiver.close()
  return heard
}

describe('a receiver on a port', () => {
  it('gives every epoch once, before the next one begins, at 9600 baud', async () => {
    const heard = await drive(8, 5)
    expect(heard.map(h => h.fix.timeUtcMs)).toEqual(
      Array.from({ length: 8 }, (_, i) => START_UTC_MS + i * 1000),
    )
    expect(heard.map(h => h.fix.mode)).toEqual([3, 3, 3, 3, 3, 1, 1, 1])
    // 720 bytes take 750 ms at this speed, and 150 ms of quiet close the epoch.
    for (const [i, { monoMs }] of heard.entries()) expect(monoMs).toBeLessThan((i + 1) * 1000)
  })

  it('says nothing after it was closed', async () => {
    const clock = openVirtualClock({ utcMs: START_UTC_MS })
    const line = createMemoryLine(clock)
    const port = await line.open(line.path, { baud: 9600 })
    if (!port.ok) throw new Error(port.detail)
    const heard: Fix[] = []
    const receiver = openReceiver(port.value, clock, { onFix: fix => heard.push(fix) })
    void line.peer.write(simulatedReceiver().epoch(truthAt(START_UTC_MS, true)), 900)
    clock.runUntil(50)
    await receiver.close()
    clock.runUntil(5000)
    expect(heard).toEqual([])
  })
})
