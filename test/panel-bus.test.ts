import { describe, expect, it } from 'vitest'
import { openPanels } from '#hardware/panel/open-panel.ts'
import type { Panel } from '#hardware/panel/open-panel.ts'
import { factoryProfile } from '#hardware/panel/profile.ts'
import type { PanelProfile } from '#hardware/panel/profile.ts'
import type { ChannelValue, PanelLife } from '#protocols/equipment.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { attachPanel } from '#sim/panel/attach-panel.ts'
import { MISBEHAVIOURS, misbehaving } from '#sim/panel/misbehaviour.ts'
import { randomOf } from '#sim/random.ts'

type Heard = { readonly atMs: number; readonly module: number; readonly value: ChannelValue }

/** Modules at addresses 1, 2, 3 … on one line at 38400 baud, each with one input to watch. */
async function bench(count: number, changes: Partial<PanelProfile> = {}) {
  const clock = openVirtualClock()
  const line = createMemoryLine(clock, { baud: 38_400 })
  const sims = Array.from({ length: count }, (_, i) => attachPanel(line.peer, clock, { address: i + 1 }))
  const heard: Heard[] = []
  const lives: PanelLife[] = sims.map(() => 'no_device')
  const values: ChannelValue[] = sims.map(() => 'unknown')
  const opened = await line.open(line.path, { baud: 38_400 })
  if (!opened.ok) throw new Error(opened.detail)
  const panels = openPanels(
    opened.value,
    clock,
    sims.map((_, module) => ({
      profile: {
        ...factoryProfile(undefined, { pollMs: 20, replyMs: 15, ...changes }),
        address: module + 1,
        inputs: [{ channel: 'lightbar', input: 0, activeWhen: 'closed', releaseMs: 30 }],
      },
      listener: {
        onInput: (_, value, now) => {
          values[module] = value
          heard.push({ atMs: now.monoMs, module, value })
        },
        onState: life => void (lives[module] = life),
      },
    })),
  )
  const pass = (ms: number): void => void clock.runUntil(clock.now().monoMs + ms)
  return { clock, sims, panels, heard, lives, values, pass }
}

const polls = (panels: readonly Panel[]): number[] => panels.map(({ counts }) => counts.polls)

describe('several modules on one line', () => {
  it('polls each as often as its neighbours and mixes none of them up', async () => {
    const { sims, panels, lives, values, pass } = await bench(3)
    sims[1]!.setContact(0, true)
    pass(10_000)
    expect(lives).toEqual(['ok', 'ok', 'ok'])
    expect(values).toEqual(['off', 'on', 'off'])
    const [a, b, c] = polls(panels)
    console.info(`polls in 10 s: ${polls(panels).join(', ')}`)
    expect(Math.max(a!, b!, c!) - Math.min(a!, b!, c!)).toBeLessThan(10)
    for (const { counts } of panels) expect(counts.timeouts + counts.foreign + counts.unsolicited).toBe(0)
  })

  it('switches the output of the module it was asked of', async () => {
    const { sims, panels, pass } = await bench(2)
    pass(500)
    const done = panels[1]!.setOutput('camera_trigger', true)
    pass(300)
    expect(await done).toMatchObject({ ok: true })
    expect(sims.map(sim => sim.coil(0))).toEqual([false, true])
  })

  it('does not let a dead module starve the others, and finds it again', async () => {
    const { sims, panels, lives, heard, values, pass } = await bench(3)
    pass(2_000)
    sims[1]!.setPower(false)
    pass(20_000)
    const before = polls(panels)
    pass(30_000)
    const [a, b, c] = polls(panels).map((now, i) => now - before[i]!)
    console.info(`polls in half a minute beside a dead module: ${a}, ${b}, ${c}`)
    expect(lives).toEqual(['ok', 'silent', 'ok'])
    // Two modules with the line to themselves are asked about 1,450 times.
    expect(Math.min(a!, c!)).toBeGreaterThan(1_350)
    expect(heard.filter(h => h.module !== 1 && h.value === 'unknown')).toEqual([])
    expect(values[1]).toBe('unknown')
    sims[1]!.setPower(true)
    pass(8_000)
    expect(lives).toEqual(['ok', 'ok', 'ok'])
  })

  it('misses hardly a 40 ms pulse beside a dead module, and none beside a good one', async () => {
    const seen = async (dead: boolean): Promise<number> => {
      const { sims, heard, pass } = await bench(2)
      sims[1]!.setPower(!dead)
      pass(20_000)
      heard.length = 0
      const random = randomOf(4, 'bus', 'pulses')
      for (let i = 0; i < 250; i += 1) {
        pass(random.uniform(150, 200))
        sims[0]!.setContact(0, true)
        pass(40)
        sims[0]!.setContact(0, false)
        pass(100)
      }
      return heard.filter(h => h.module === 0 && h.value === 'on').length
    }
    const [beside, alone] = [await seen(true), await seen(false)]
    console.info(`40 ms pulses seen of 250: ${beside} beside a dead module, ${alone} beside a good one`)
    expect(alone).toBe(250)
    expect(beside).toBeGreaterThan(243)
  })

  it('takes a late answer of one module for no fault of another', async () => {
    const { sims, panels, pass } = await bench(2)
    pass(1_000)
    sims[1]!.misbehave(answer => [{ bytes: answer, afterMs: 60 }])
    pass(3_000)
    const { foreign, corrupt, unsolicited } = panels[0]!.counts
    expect({ foreign, corrupt, unsolicited }).toEqual({ foreign: 0, corrupt: 0, unsolicited: 0 })
  })

  it('never shows a state a contact was not in, whatever three modules do on one line', async () => {
    let published = 0
    for (const seed of [1, 2, 3]) {
      const { clock, sims, heard, pass } = await bench(3, { replyMs: 30 })
      const random = randomOf(seed, 'bus', 'judge')
      const truth = sims.map(() => [{ sinceMs: -Infinity, closed: false }])
      sims.forEach((sim, i) => {
        sim.misbehave(misbehaving(random, MISBEHAVIOURS, 0.1))
        const flip = (): void => {
          const closed = !sim.contact(0)
          sim.setContact(0, closed)
          truth[i]!.push({ sinceMs: clock.now().monoMs, closed })
          clock.after(random.uniform(60, 2_000), flip)
        }
        clock.after(random.uniform(500, 1_000), flip)
      })
      for (let i = 0; i < 120; i += 1) pass(1_000)
      for (const { atMs, module, value } of heard) {
        if (value === 'unknown') continue
        published += 1
        // A sample held for its reply time and confirmed by a second poll is at most this old when it is shown.
        const fromMs = atMs - 250
        const was = truth[module]!.some(
          (t, i, all) =>
            t.closed === (value === 'on') && t.sinceMs <= atMs && (all[i + 1]?.sinceMs ?? Infinity) >= fromMs,
        )
        expect({ seed, atMs, module, value, was }).toMatchObject({ was: true })
      }
    }
    console.info(`published by three modules: ${published}`)
    expect(published).toBeGreaterThan(500)
  })
})
