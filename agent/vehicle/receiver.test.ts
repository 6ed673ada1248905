import { describe, expect, it } from 'vitest'
import type { ReceiverHealth } from '#protocols/receiver-health.ts'
import { step } from './core.ts'
import { initialState } from './state.ts'

const BOOT = '00112233445566aa'
const SOUND: ReceiverHealth = { antenna: 'ok', hints: [], refused: {} }

/** A car and what its records tell of the antenna, each with its moment in seconds. */
function openCar() {
  const state = initialState(
    { deviceId: 'ptu-01', unitId: 'unit-01', callSign: '鼓楼01', bootId: BOOT, bootCount: 1 },
    new Map(),
  )
  const told: [seconds: number, code: string][] = []
  let lives = 0
  const feed = (seconds: number, event: Parameters<typeof step>[1]): void => {
    const now = { monoMs: seconds * 1000, utcMs: seconds * 1000, quality: 'none' as const }
    for (const effect of step(state, event, now, () => BOOT)) {
      if (effect.type === 'live') lives += 1
      if (effect.type !== 'append') continue
      for (const { kind, body } of effect.drafts)
        if (kind === 'driver.fault') told.push([seconds, (JSON.parse(body) as { code: string }).code])
    }
  }
  return {
    told,
    lives: () => lives,
    hear: (seconds: number, health: ReceiverHealth) => feed(seconds, { type: 'receiver', health }),
    tick: (seconds: number) => feed(seconds, { type: 'tick' }),
  }
}

describe('the antenna in the records of a car', () => {
  it('is told when it opens, shorts and is well again; never when it always was', () => {
    const car = openCar()
    car.hear(1, SOUND)
    car.hear(20, { ...SOUND, antenna: 'open' })
    car.hear(40, { ...SOUND, antenna: 'short' })
    car.hear(60, SOUND)
    car.hear(80, { hints: [], refused: {} })
    expect(car.told).toEqual([
      [20, 'ANTENNA_OPEN'],
      [40, 'ANTENNA_SHORT'],
      [60, 'ANTENNA_OK'],
    ])
  })

  it('is told every ten seconds at most by a loose plug, and how it ended is told', () => {
    const car = openCar()
    for (let s = 1; s <= 61; s++) {
      car.hear(s, { ...SOUND, antenna: s % 2 === 1 ? 'open' : 'ok' })
      car.tick(s)
    }
    for (let s = 62; s <= 100; s++) {
      car.hear(s, SOUND)
      car.tick(s)
    }
    expect(car.told.length).toBeLessThanOrEqual(8)
    expect(car.told.length).toBeGreaterThan(2)
    expect(car.told.at(-1)![1]).toBe('ANTENNA_OK')
    for (const [i, [at]] of car.told.slice(1).entries())
      expect(at - car.told[i]![0]).toBeGreaterThanOrEqual(10)
  })

  it('is shown at once, and more refusals alone are no news', () => {
    const car = openCar()
    car.hear(1, SOUND)
    expect(car.lives()).toBe(1)
    car.hear(2, { ...SOUND, refused: { jump: 4 } })
    expect(car.lives()).toBe(1)
    car.hear(3, { ...SOUND, antenna: 'open' })
    expect(car.lives()).toBe(2)
  })
})
