import { describe, expect, it } from 'vitest'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { attachPanel } from '#sim/panel/attach-panel.ts'
import { panelDevice } from '../panel/device-table.ts'
import { probePort } from './probe-port.ts'

/** What is found of a module that answers after so long, or whose answer lay unread for so long. */
async function foundAfter(turnaroundMs: number): Promise<string> {
  const clock = openVirtualClock()
  const line = createMemoryLine(clock, { path: 'rs485', baud: 38_400 })
  const device = panelDevice('waveshare-io-8ch')!
  attachPanel(line.peer, clock, { address: 1, device, turnaroundMs })
  let isOver = false
  const probed = probePort((path, options) => line.open(path, options), 'rs485', clock, {
    addresses: 1,
  }).finally(() => (isOver = true))
  for (let turns = 0; !isOver && turns < 100_000; turns++) {
    clock.runUntil(clock.now().monoMs + 5)
    await new Promise(setImmediate)
  }
  return (await probed).is
}

describe('a module on a line that is searched', () => {
  it('is found by an answer that is read in the quiet after its question, for nothing else was asked', async () => {
    expect(await foundAfter(2)).toBe('panel')
    expect(await foundAfter(65)).toBe('panel')
  })

  it('is not there where nobody answers', async () => {
    expect(await foundAfter(60_000)).toBe('silent')
  })
})
