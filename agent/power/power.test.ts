import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chargeAtRest } from './battery-curve.ts'
import { advanceColdStart, beginColdStart, brownoutsOf } from './cold-start.ts'
import { DEFAULT_POWER, WATCHED_ONLY } from './power-config.ts'
import { advancePower, endOf, initialPower, shutdownMsMax } from './power.ts'
import type { PowerEffect, PowerEvent } from './power.ts'

const MINUTE = 60_000
const config = DEFAULT_POWER

/** A car's power on a clock moved by hand, with a tick each second. */
function bench(steps: 'done' | 'hang' = 'done', config = DEFAULT_POWER) {
  let state = initialPower()
  let nowMs = 0
  const said: { readonly atMs: number; readonly effect: PowerEffect }[] = []
  const feed = (event: PowerEvent): void => {
    const next = advancePower(state, event, nowMs, config)
    state = next.state
    for (const effect of next.effects) {
      said.push({ atMs: nowMs, effect })
      if (effect.type === 'step' && steps === 'done') feed({ type: 'done', step: effect.step })
    }
  }
  const pass = (ms: number): void => {
    for (const end = nowMs + ms; nowMs < end;) {
      nowMs = Math.min(end, nowMs + 1_000)
      feed({ type: 'tick' })
    }
  }
  return {
    ...{ feed, pass, said },
    ignition: (value: 'on' | 'off' | 'unknown') => feed({ type: 'ignition', value }),
    volts: (volts: number | null) => feed({ type: 'volts', volts }),
    phase: () => state.phase,
    due: () => endOf(state, config),
    ends: () => said.filter(({ effect }) => effect.type === 'end'),
  }
}

describe('the power of a car', () => {
  it('stands by when the engine is off, and goes down after its delay', () => {
    const car = bench()
    car.ignition('on')
    car.volts(14.2)
    car.pass(MINUTE)
    expect(car.phase()).toBe('running')
    car.ignition('off')
    car.volts(12.6)
    car.pass(30_000)
    expect(car.phase()).toBe('standby')
    car.pass(config.delayMs)
    expect(car.ends().map(({ effect }) => effect)).toEqual([{ type: 'end', how: 'off' }])
  })

  it('does not go down while the engine runs or the panel cannot be read', () => {
    const car = bench()
    car.ignition('off')
    car.pass(MINUTE)
    car.ignition('unknown')
    car.pass(3 * config.delayMs)
    expect(car.ends()).toEqual([])
  })

  it('goes on counting over a gap in which the panel was not read', () => {
    const car = bench()
    car.ignition('off')
    for (let spent = 0; spent < config.delayMs - 20_000; spent += 20_000) {
      car.pass(19_000)
      car.ignition('unknown')
      car.pass(1_000)
      expect(car.due()).toBeNull()
      car.ignition('off')
    }
    car.pass(21_000)
    expect(car.ends()).toHaveLength(1)
  })

  it('sleeps through the dip of a starter', () => {
    const car = bench()
    car.ignition('on')
    car.volts(12.4)
    car.pass(MINUTE)
    car.volts(7)
    car.pass(3_000)
    car.volts(14.2)
    car.pass(MINUTE)
    expect(car.said.map(({ effect }) => effect.type)).toEqual([])
    expect(car.phase()).toBe('running')
  })

  it('saves power below 11.8 V for a minute, and takes it back only above 12.3 V or with the engine', () => {
    const car = bench()
    car.ignition('off')
    car.volts(11.7)
    car.pass(59_000)
    expect(car.phase()).toBe('standby')
    car.pass(2_000)
    expect(car.phase()).toBe('survival')
    car.volts(12.1)
    car.pass(5 * MINUTE)
    expect(car.phase()).toBe('survival')
    car.volts(13.9)
    car.pass(5_000)
    expect(car.phase()).toBe('running')
  })

  it('reads a 24 V system by its half', () => {
    const next = advancePower(initialPower(), { type: 'volts', volts: 25.2 }, 0, { ...config, system: 24 })
    expect(next.state.volts).toBeCloseTo(12.6)
    expect(chargeAtRest(24.9, 24)).toBeCloseTo(chargeAtRest(12.45, 12))
    expect([11, 11.89, 12.345, 12.65, 13].map(volts => chargeAtRest(volts, 12).toFixed(3))).toEqual([
      '0.000',
      '0.000',
      '0.625',
      '1.000',
      '1.000',
    ])
  })

  it('keeps what starts the engine: critical for a minute ends it', () => {
    const car = bench()
    car.ignition('off')
    car.volts(10.8)
    car.pass(62_000)
    expect(car.ends()).toHaveLength(1)
  })

  it('waits for an open panic or incident, and not for ever', () => {
    const car = bench()
    car.ignition('off')
    car.feed({ type: 'busy', busy: true })
    car.pass(config.delayMs + MINUTE)
    expect(car.ends()).toEqual([])
    car.feed({ type: 'busy', busy: false })
    car.pass(1_000)
    expect(car.ends()).toHaveLength(1)
    const forgotten = bench()
    forgotten.ignition('off')
    forgotten.feed({ type: 'busy', busy: true })
    forgotten.pass(config.busyMs + MINUTE)
    expect(forgotten.ends()).toHaveLength(1)
  })

  it('stays on for a crew that touches its screen, and tells when it will not', () => {
    const car = bench()
    car.ignition('off')
    car.volts(12.5)
    car.pass(config.delayMs - 10_000)
    expect(car.due()).toEqual({ atMs: config.delayMs, why: 'off' })
    car.feed({ type: 'presence' })
    car.pass(config.delayMs - 20_000)
    expect(car.ends()).toEqual([])
    car.pass(30_000)
    expect(car.ends()).toHaveLength(1)
    const late = bench('hang')
    late.ignition('off')
    late.pass(config.delayMs + 5_000)
    expect(late.phase()).toBe('shutting_down')
    late.feed({ type: 'presence' })
    expect(late.said.at(-1)?.effect).toEqual({ type: 'resume' })
    expect(late.phase()).toBe('standby')
    // A battery that is nearly empty starts the engine or nothing: no touch holds that up.
    const empty = bench()
    empty.volts(10.8)
    empty.pass(30_000)
    expect(empty.due()?.why).toBe('battery')
    empty.feed({ type: 'presence' })
    empty.pass(32_000)
    expect(empty.ends()).toHaveLength(1)
  })

  it('never ends a car whose fittings do not say that something starts it again', () => {
    const car = bench('done', WATCHED_ONLY)
    car.ignition('off')
    car.volts(10.8)
    car.pass(3 * config.busyMs)
    expect([car.phase(), car.ends(), car.due()]).toEqual(['survival', [], null])
  })

  it('saves power from the first second of a start that waited in vain', () => {
    expect(advancePower(initialPower({ isLow: true }), { type: 'tick' }, 0, config).state.phase).toBe(
      'survival',
    )
  })

  it('goes on when the ignition returns before anything is closed, and starts anew when it is later', () => {
    const car = bench('hang')
    car.ignition('off')
    car.pass(config.delayMs + 5_000)
    expect(car.phase()).toBe('shutting_down')
    car.ignition('on')
    expect(car.said.at(-1)?.effect).toEqual({ type: 'resume' })
    expect(car.phase()).toBe('running')
    car.ignition('off')
    car.pass(config.delayMs + 16_000)
    expect(car.said.at(-1)?.effect).toEqual({ type: 'step', step: 'close' })
    car.ignition('on')
    car.pass(10_000)
    expect(car.ends().map(({ effect }) => effect)).toEqual([{ type: 'end', how: 'restart' }])
  })

  it('ends within its bound whatever hangs, each step in its order and once', () => {
    let runs = 0
    const step = fc.oneof(
      fc.record({ type: fc.constant('ignition' as const), value: fc.constantFrom('on', 'off', 'unknown') }),
      fc.record({
        type: fc.constant('volts' as const),
        volts: fc.constantFrom(7, 10.5, 11.5, 12.5, 14, null),
      }),
      fc.record({ type: fc.constant('busy' as const), busy: fc.boolean() }),
      fc.record({
        type: fc.constant('done' as const),
        step: fc.constantFrom('stop_sampling', 'flush', 'goodbye', 'close'),
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.integer({ min: 0, max: 200 }))), events => {
        const car = bench('hang')
        for (const [event, seconds] of events) {
          car.feed(event)
          car.pass(seconds * 1_000)
        }
        car.ignition('off')
        car.feed({ type: 'busy', busy: false })
        car.volts(12.5)
        car.pass(config.delayMs + shutdownMsMax(config) + 5_000)
        expect(car.ends()).toHaveLength(1)
        const last = car.said.findLastIndex(
          ({ effect }) => effect.type === 'step' && effect.step === 'stop_sampling',
        )
        const steps = car.said.slice(last).filter(({ effect }) => effect.type === 'step')
        expect(steps.map(({ effect }) => effect.type === 'step' && effect.step)).toEqual([
          'stop_sampling',
          'flush',
          'goodbye',
          'close',
        ])
        expect(car.ends()[0]!.atMs - car.said[last]!.atMs).toBeLessThanOrEqual(shutdownMsMax(config) + 4_000)
        runs += 1
      }),
      { seed: 5, numRuns: 150 },
    )
    console.info(`power: ${runs} lives, all ended in order`)
    expect(runs).toBe(150)
  })
})

describe('a start in the cold', () => {
  it('waits until the voltage is steady, longer after every brown-out', () => {
    const goesAt = (brownouts: number): number => {
      let start = beginColdStart(0, brownouts)
      for (let ms = 0; ; ms += 100) {
        const next = advanceColdStart(start, ms, config, ms < 3_000 ? 8 : 12.4)
        start = next.start
        if (next.why === 'steady') return ms
      }
    }
    expect([0, 1, 2, 9].map(goesAt)).toEqual([5_000, 7_000, 11_000, 3_000 + 2_000 * 32])
  })

  it('loads at once while the engine runs, but not on one reading of it', () => {
    const first = advanceColdStart(beginColdStart(0, 3), 0, config, 14.2)
    expect(first.why).toBeNull()
    expect(advanceColdStart(first.start, 1, config)).toMatchObject({ why: null })
    expect(advanceColdStart(first.start, 500, config, 14.1)).toMatchObject({ why: 'running' })
    const dip = advanceColdStart(first.start, 500, config, 8)
    expect(advanceColdStart(dip.start, 1_000, config, 14.2)).toMatchObject({ why: null })
  })

  it('waits for nothing where nothing tells the voltage, and never longer than its bound', () => {
    expect(advanceColdStart(beginColdStart(0, 0), 3_000, config)).toMatchObject({ why: 'blind' })
    const weak = advanceColdStart(beginColdStart(0, 0), 1_000, config, 9)
    expect(advanceColdStart(weak.start, config.bootMsMax, config, 9)).toMatchObject({ why: 'waited' })
  })

  it('counts brown-outs in a row, and forgets them after an end in order', () => {
    expect(brownoutsOf(undefined, config)).toBe(0)
    expect(brownoutsOf({ inOrder: false, lastVolts: 9.1, brownouts: 2 }, config)).toBe(3)
    expect(brownoutsOf({ inOrder: false, lastVolts: 12.5, brownouts: 2 }, config)).toBe(0)
    expect(brownoutsOf({ inOrder: true, lastVolts: 9.1, brownouts: 2 }, config)).toBe(0)
  })
})
