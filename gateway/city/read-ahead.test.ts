import { expect, it } from 'vitest'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { readAhead } from './read-ahead.ts'
import { inTurns } from './steps.ts'
import type { Steps } from './steps.ts'

const AFTER_MS = 800
const KEPT_MS = 500

/** Readings of three steps that say when they began; every breath is let go by hand. */
function world() {
  const clock = openVirtualClock()
  const breaths: (() => void)[] = []
  const turns = inTurns(clock, () => new Promise(resolve => breaths.push(resolve)))
  let steps = 0
  const reading = readAhead(
    clock,
    turns,
    { afterMs: AFTER_MS, keptMs: KEPT_MS },
    function* (): Steps<number> {
      const startMonoMs = clock.now().monoMs
      for (let n = 0; n < 3; n++) {
        steps++
        yield
      }
      return startMonoMs
    },
  )
  const breatheOn = async (): Promise<void> => {
    for (let n = 0; n < 10; n++) {
      breaths.shift()?.()
      await Promise.resolve()
    }
  }
  return { reading, breatheOn, to: (ms: number) => clock.runUntil(ms), steps: () => steps }
}

it('is read at once where nothing was read ahead', () => {
  const { reading, to } = world()
  to(5)
  expect(reading.read()).toBe(5)
  reading.close()
})

it('is there when it is asked for again, read in turns before, and once only', async () => {
  const { reading, breatheOn, to, steps } = world()
  reading.read()
  to(AFTER_MS)
  await breatheOn()
  expect(steps()).toBe(6)
  to(1_000)
  expect(reading.read()).toBe(AFTER_MS)
  expect(steps()).toBe(6)
  to(1_001)
  expect(reading.read()).toBe(1_001)
  reading.close()
})

it('is read at once where the turns are not over, and what they end with later is not told', async () => {
  const { reading, breatheOn, to } = world()
  reading.read()
  to(1_000)
  expect(reading.read()).toBe(1_000)
  await breatheOn()
  to(1_500)
  expect(reading.read()).toBe(1_500)
  reading.close()
})

it('is read anew where it was read ahead too long ago', async () => {
  const { reading, breatheOn, to } = world()
  reading.read()
  to(AFTER_MS)
  await breatheOn()
  to(AFTER_MS + KEPT_MS + 1)
  expect(reading.read()).toBe(AFTER_MS + KEPT_MS + 1)
  reading.close()
})

it('is not read ahead any more once it is closed', async () => {
  const { reading, breatheOn, to, steps } = world()
  reading.read()
  reading.close()
  to(AFTER_MS)
  await breatheOn()
  expect(steps()).toBe(3)
})
