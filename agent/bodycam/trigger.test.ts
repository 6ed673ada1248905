import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Channel, ChannelValue } from '#protocols/equipment.ts'
import type { Now } from '#protocols/time.ts'
import { advanceTrigger } from './trigger.ts'
import { initialTrigger, restoreTrigger, triggerPhase } from './trigger-state.ts'
import type { TriggerEffect, TriggerState } from './trigger-state.ts'
import { TriggerConfig } from './trigger-config.ts'

/** With the rule that decides whose a recording is. */
const OURS = TriggerConfig.parse({ ends: 'ours' })

const at = (monoMs: number): Now => ({ monoMs, utcMs: 1_780_000_000_000 + monoMs, quality: 'gnss' })

/** Runs the trigger with its own wakes; every effect is written down with its time. */
class Bench {
  state: TriggerState
  nowMs = 0
  wakeMs: number | undefined
  readonly said: { readonly atMs: number; readonly effect: Exclude<TriggerEffect, { type: 'wake' }> }[] = []
  onEffect: (effect: TriggerEffect) => void = () => {}
  private readonly config: TriggerConfig

  constructor(config: TriggerConfig = OURS, state: TriggerState = initialTrigger(), nowMs = 0) {
    this.config = config
    this.state = state
    this.nowMs = nowMs
  }

  /** One reading, and what is due at once. */
  input(channel: Channel, value: ChannelValue): this {
    return this.feed({ type: 'input', channel, value }).pass(0)
  }

  readTogether(readings: readonly (readonly [Channel, ChannelValue])[]): this {
    for (const [channel, value] of readings) this.feed({ type: 'input', channel, value })
    return this.pass(0)
  }

  refuse(): this {
    return this.feed({ type: 'refused', cameraId: 'cam-1', code: 'CARD_FULL' })
  }

  wake(): this {
    return this.feed({ type: 'wake' })
  }

  pass(ms: number): this {
    const end = this.nowMs + ms
    while (this.wakeMs !== undefined && this.wakeMs <= end) {
      this.nowMs = Math.max(this.nowMs, this.wakeMs)
      this.feed({ type: 'wake' })
    }
    this.nowMs = end
    return this
  }

  get words(): string[] {
    return this.said.map(({ effect }) =>
      effect.type === 'output'
        ? effect.on
          ? 'close'
          : 'open'
        : effect.type === 'camera'
          ? effect.order
          : effect.type,
    )
  }

  private feed(event: Parameters<typeof advanceTrigger>[1]): this {
    const next = advanceTrigger(this.state, event, at(this.nowMs), this.config)
    this.state = next.state
    this.wakeMs = undefined
    for (const effect of next.effects) {
      if (effect.type === 'wake') this.wakeMs = effect.atMonoMs
      else this.said.push({ atMs: this.nowMs, effect })
      this.onEffect(effect)
    }
    return this
  }
}

const idle = (config?: TriggerConfig): Bench => new Bench(config).input('camera_recording', 'off')
const recording = (config?: TriggerConfig): Bench =>
  idle(config).input('lightbar', 'on').pass(300).input('camera_recording', 'on')

describe('the body-camera trigger', () => {
  it('closes the contact at the lightbar and is confirmed by the camera', () => {
    const bench = recording()
    expect(bench.words).toEqual(['activated', 'close', 'confirmed'])
    expect(bench.said.at(-1)?.effect).toMatchObject({ afterMs: 300, alreadyRecording: false })
    expect(triggerPhase(bench.state)).toBe('recording')
  })

  it('alarms after two seconds without a word from the camera, once, and tries again', () => {
    const bench = idle().input('siren', 'on').pass(20_000)
    expect(bench.words).toEqual(['activated', 'close', 'failed', 'open', 'close', 'open', 'close'])
    const failed = bench.said.find(({ effect }) => effect.type === 'failed')
    expect(failed).toMatchObject({ atMs: 2000, effect: { reason: 'silent', sources: ['siren'] } })
  })

  it('is confirmed late by a camera that wakes at the second attempt', () => {
    const bench = idle().input('siren', 'on').pass(5400).input('camera_recording', 'on')
    expect(bench.words).toEqual(['activated', 'close', 'failed', 'open', 'close', 'confirmed'])
    expect(bench.said.at(-1)?.effect).toMatchObject({ afterMs: 5400 })
  })

  it.each(['lightbar', 'siren', 'panic', 'weapon_rack'] as const)('starts at %s', channel => {
    expect(idle().input(channel, 'on').words).toEqual(['activated', 'close'])
  })

  it.each(['ignition', 'brake', 'door'] as const)('does not start at %s', channel => {
    expect(idle().input(channel, 'on').words).toEqual([])
  })

  it('starts at nothing unknown', () => {
    expect(idle().input('lightbar', 'unknown').pass(60_000).words).toEqual([])
  })

  it('stays until the last level source has cleared, and the post time after it', () => {
    const bench = recording().input('siren', 'on').pass(60_000).input('lightbar', 'off').pass(60_000)
    expect(bench.words).not.toContain('released')
    bench.input('siren', 'off').pass(29_999)
    expect(bench.words).not.toContain('released')
    bench.pass(1)
    expect(bench.words.slice(-2)).toEqual(['released', 'open'])
  })

  it('takes a source that comes back within the post time into the same activation', () => {
    const bench = recording().input('lightbar', 'off').pass(29_000).input('lightbar', 'on').pass(60_000)
    expect(bench.words.filter(word => word === 'activated')).toHaveLength(1)
    expect(bench.words).not.toContain('released')
  })

  it('does not take an unreadable lightbar for a dark one', () => {
    expect(recording().input('lightbar', 'unknown').pass(600_000).words).not.toContain('released')
  })

  it('lets a panic button go by itself', () => {
    const bench = idle().input('panic', 'on').pass(300).input('camera_recording', 'on').pass(30_000)
    expect(bench.words).toEqual(['activated', 'close', 'confirmed', 'released', 'open'])
  })

  it('waits out the hold-off for a lightbar, but not for a panic button', () => {
    const released = (): Bench =>
      recording().input('lightbar', 'off').pass(30_000).input('camera_recording', 'off').pass(1000)
    const lights = released().input('lightbar', 'on')
    expect(lights.words.filter(word => word === 'activated')).toHaveLength(1)
    lights.pass(2000)
    expect(lights.words.filter(word => word === 'activated')).toHaveLength(2)
    expect(
      released()
        .input('panic', 'on')
        .words.filter(word => word === 'activated'),
    ).toHaveLength(2)
  })

  it('switches nothing when the officer records already, and leaves him his recording', () => {
    const bench = idle().input('camera_recording', 'on').input('lightbar', 'on').pass(1000)
    bench.input('lightbar', 'off').pass(60_000)
    expect(bench.words).toEqual(['activated', 'confirmed', 'released'])
    expect(bench.said[1]?.effect).toMatchObject({ alreadyRecording: true, afterMs: 0 })
  })

  it('does not touch a camera that recorded before a gap until it is heard again', () => {
    const bench = idle().input('camera_recording', 'on').input('camera_recording', 'unknown')
    bench.input('lightbar', 'on').pass(500)
    expect(bench.words).toEqual(['activated'])
    bench.input('camera_recording', 'on')
    expect(bench.words).toEqual(['activated', 'confirmed'])
  })

  it('keeps the contact closed after a gap, until the camera has stopped by itself', () => {
    const bench = recording().input('camera_recording', 'unknown').input('camera_recording', 'on')
    bench.input('lightbar', 'off').pass(60_000)
    expect(bench.words.slice(-1)).toEqual(['released'])
    bench.input('camera_recording', 'off')
    expect(bench.words.slice(-2)).toEqual(['released', 'open'])
  })

  it('starts a camera again that stops during the activation, and alarms when it never stays', () => {
    const bench = recording().input('camera_recording', 'off')
    expect(bench.words.slice(-2)).toEqual(['lapsed', 'open'])
    bench.pass(500).input('camera_recording', 'on').input('camera_recording', 'off')
    bench.pass(500).input('camera_recording', 'on').input('camera_recording', 'off')
    expect(bench.words.slice(-2)).toEqual(['lapsed', 'failed'])
    bench.pass(600_000)
    expect(bench.words.filter(word => word === 'failed')).toHaveLength(1)
  })

  it('gives a pulse and stops nothing where a pulse means "start"', () => {
    const bench = recording({ ...OURS, output: { pulseMs: 500 } }).pass(1000)
    bench.input('lightbar', 'off').pass(60_000)
    expect(bench.words).toEqual(['activated', 'close', 'confirmed', 'open', 'released'])
  })

  it('goes on after a restart in the middle of an activation, under the same id', () => {
    const before = idle().input('lightbar', 'on').pass(500)
    const saved = JSON.parse(JSON.stringify(before.state)) as TriggerState
    const after = new Bench(OURS, restoreTrigger(saved), 70)
    after.input('lightbar', 'on')
    expect(after.words).toEqual(['close'])
    after.pass(1000).input('camera_recording', 'on')
    expect(after.words).toEqual(['close', 'confirmed'])
    expect(after.said.at(-1)?.effect).toMatchObject({ activationId: before.state.activation?.id })
  })

  it('leaves the officer the recording he starts by hand after the alarm, also while it tries again', () => {
    const bench = idle().input('siren', 'on').pass(5500).input('camera_recording', 'on')
    bench.input('siren', 'off').pass(60_000)
    expect(bench.words).toEqual(['activated', 'close', 'failed', 'open', 'close', 'confirmed', 'released'])
  })

  it('takes a recording that begins the moment the contact closes for the officer’s', () => {
    const bench = idle().input('siren', 'on').pass(60).input('camera_recording', 'on')
    bench.input('siren', 'off').pass(60_000)
    expect(bench.words).toEqual(['activated', 'close', 'confirmed', 'released'])
  })

  it('does not take a recording for its own that began after the officer had stopped one', () => {
    const bench = recording().input('camera_recording', 'off').pass(500).input('camera_recording', 'on')
    bench.input('lightbar', 'off').pass(60_000)
    expect(bench.words.slice(-2)).toEqual(['confirmed', 'released'])
  })

  it('ends no recording at all where it is told to', () => {
    const bench = recording({ ...OURS, ends: 'none' })
      .input('lightbar', 'off')
      .pass(60_000)
    expect(bench.words.at(-1)).toBe('released')
    bench.input('camera_recording', 'off')
    expect(bench.words.at(-1)).toBe('open')
  })

  it('closes nothing after a restart that came after the release', () => {
    const before = recording({ ...OURS, ends: 'none' })
      .input('lightbar', 'off')
      .pass(60_000)
    const saved = JSON.parse(JSON.stringify(before.state)) as TriggerState
    const after = new Bench({ ...OURS, ends: 'none' }, restoreTrigger(saved), 5)
    after.input('lightbar', 'off').input('camera_recording', 'off').pass(10_000)
    expect(after.words).toEqual(['open'])
  })

  it('gives the pulse again after a restart, because nobody knows whether it went out', () => {
    const config: TriggerConfig = { ...OURS, output: { pulseMs: 500 } }
    const saved = JSON.parse(JSON.stringify(idle(config).input('lightbar', 'on').state)) as TriggerState
    const after = new Bench(config, restoreTrigger(saved), 5).input('lightbar', 'on').pass(1000)
    expect(after.words).toEqual(['close', 'open'])
  })

  it('orders the cameras of the car over the network and alarms at once when one refuses', () => {
    const config: TriggerConfig = {
      ...OURS,
      actions: ['network', 'marker'],
      output: { pulseMs: 200 },
    }
    const bench = idle(config).input('lightbar', 'on').pass(100).refuse()
    expect(bench.words).toEqual(['activated', 'start', 'failed'])
    expect(bench.said.at(-1)).toMatchObject({ atMs: 100, effect: { reason: 'refused' } })
    bench.pass(3000).input('camera_recording', 'on')
    expect(bench.words.slice(-2)).toEqual(['start', 'confirmed'])
  })

  it('marks the recording that runs already', () => {
    const config: TriggerConfig = { ...OURS, actions: ['network', 'marker'] }
    const bench = new Bench(config).input('camera_recording', 'on').input('panic', 'on')
    expect(bench.words).toEqual(['activated', 'confirmed', 'mark'])
  })

  it('opens nothing in the midst of a poll, before it has read what the camera does now', () => {
    const bench = idle().input('panic', 'on').pass(5_400).input('camera_recording', 'on')
    bench.input('camera_recording', 'off').pass(24_599)
    bench.said.length = 0
    bench.nowMs += 1
    bench.readTogether([
      ['door', 'on'],
      ['camera_recording', 'on'],
    ])
    expect(bench.words).toEqual(['released'])
  })

  it('alarms after a restart when the camera stays silent', () => {
    const saved = JSON.parse(JSON.stringify(idle().input('lightbar', 'on').state)) as TriggerState
    const after = new Bench(OURS, restoreTrigger(saved), 5)
    after.input('lightbar', 'on').input('camera_recording', 'off').pass(2000)
    expect(after.words).toEqual(['close', 'failed'])
  })
})

/** Presses, gaps, restarts and a camera with a will of its own; `wait` comes between any two of them. */
type Act =
  | { readonly do: 'input'; readonly channel: Channel; readonly value: ChannelValue }
  | { readonly do: 'officer' | 'gap' | 'restart' | 'sleep' | 'wake' }

const acts: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('input' as const),
      channel: fc.constantFrom<Channel>('lightbar', 'siren', 'panic', 'weapon_rack', 'door'),
      value: fc.constantFrom<ChannelValue>('on', 'off', 'off', 'unknown'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('officer', 'gap', 'restart', 'sleep', 'wake') }),
  },
)

describe('the body-camera trigger, whatever happens', () => {
  it('runs one activation at a time, gives each a verdict in two seconds and spares the officer’s recording', () => {
    const counts = { runs: 0, activations: 0, confirmed: 0, failed: 0, officer: 0, spared: 0, restarts: 0 }
    const step = fc.tuple(acts, fc.integer({ min: 0, max: 4000 }))
    const config = { ...OURS, postMs: 3000, holdOffMs: 1000 }
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), steps => {
        counts.runs += 1
        let bench = idle(config)
        const camera = {
          by: 'nobody' as 'nobody' | 'trigger' | 'officer',
          asleep: false,
          startsMs: Infinity,
          contact: false,
        }
        let open: { readonly id: string; readonly sinceMs: number; verdict: boolean } | undefined

        const watch = (effect: TriggerEffect): void => {
          if (effect.type === 'activated') {
            expect(open).toBeUndefined()
            open = { id: effect.activationId, sinceMs: bench.nowMs, verdict: false }
            counts.activations += 1
          } else if (effect.type === 'confirmed' || effect.type === 'failed') {
            expect(effect.activationId).toBe(open?.id)
            expect(open!.verdict || bench.nowMs - open!.sinceMs <= 2000).toBe(true)
            open!.verdict = true
            counts[effect.type] += 1
          } else if (effect.type === 'released') {
            expect(open).toMatchObject({ id: effect.activationId, verdict: true })
            if (camera.by === 'officer') counts.spared += 1
            open = undefined
          } else if (effect.type === 'output') {
            if (camera.contact && !effect.on) {
              // The promise itself: opening the contact is what would stop a camera that follows it.
              expect(camera.by).not.toBe('officer')
              if (camera.by === 'trigger') camera.by = 'nobody'
              camera.startsMs = Infinity
            }
            if (!camera.contact && effect.on && !camera.asleep && camera.by === 'nobody')
              camera.startsMs = bench.nowMs + 300
            camera.contact = effect.on
          }
        }
        bench.onEffect = watch
        let toldMs = Infinity
        const tell = (): void => void bench.input('camera_recording', camera.by === 'nobody' ? 'off' : 'on')
        const pass = (ms: number): void => {
          const end = bench.nowMs + ms
          while (bench.nowMs < end) {
            bench.pass(Math.min(50, end - bench.nowMs))
            if (open !== undefined && !open.verdict)
              expect(bench.nowMs - open.sinceMs).toBeLessThanOrEqual(2000)
            if (bench.nowMs >= camera.startsMs) {
              camera.startsMs = Infinity
              if (camera.by === 'nobody') camera.by = 'trigger'
            }
            if (bench.nowMs >= toldMs) toldMs = Infinity
            if (toldMs === Infinity) tell()
          }
        }

        for (const [act, waitMs] of steps) {
          if (act.do === 'input') bench.input(act.channel, act.value)
          else if (act.do === 'sleep') camera.asleep = true
          else if (act.do === 'wake') camera.asleep = false
          else if (act.do === 'gap') {
            bench.input('camera_recording', 'unknown')
            toldMs = bench.nowMs + 700
          } else if (act.do === 'restart') {
            counts.restarts += 1
            const saved = JSON.parse(JSON.stringify(bench.state)) as TriggerState
            bench = new Bench(config, restoreTrigger(saved), bench.nowMs)
            bench.onEffect = watch
            if (open !== undefined && !open.verdict) open = { ...open, sinceMs: bench.nowMs }
            bench.wake()
          } else if (triggerPhase(bench.state) !== 'starting' && camera.startsMs === Infinity) {
            // While the camera is being started nobody, it least of all, can tell who started it.
            camera.by = camera.by === 'nobody' ? 'officer' : 'nobody'
            counts.officer += 1
          }
          pass(waitMs)
        }
        if (open !== undefined) pass(2000)
        expect(open === undefined || open.verdict).toBe(true)
      }),
      { seed: 11, numRuns: 500 },
    )
    console.info('body-camera trigger:', JSON.stringify(counts))
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0)
  })
})
