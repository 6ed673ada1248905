import { afterEach, describe, expect, it } from 'vitest'
import { openReceiver } from '#hardware/gnss/receiver.ts'
import { openPanel } from '#hardware/panel/open-panel.ts'
import { factoryProfile } from '#hardware/panel/profile.ts'
import type { OpenPort, Port } from '#hardware/port.ts'
import { openSerialPort } from '#hardware/serial-port.ts'
import { CHANNELS } from '#protocols/equipment.ts'
import type { Channel } from '#protocols/equipment.ts'
import type { Clock } from '#protocols/time.ts'
import { attachCamera } from '#sim/camera/camera.ts'
import { openRealClock } from '#sim/clock/real-clock.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { openPseudoTerminal } from '#sim/line/pseudo-terminal.ts'
import { attachPanel } from '#sim/panel/attach-panel.ts'
import { randomOf } from '#sim/random.ts'
import { receptionOf } from '#sim/receiver/conditions.ts'
import { PERSONALITIES } from '#sim/receiver/personality.ts'
import type { PersonalityName } from '#sim/receiver/personality.ts'
import { simulatedReceiver } from '#sim/receiver/receiver.ts'
import type { SimulatedReceiver } from '#sim/receiver/receiver.ts'

/*
 * One scenario, twice: on lines of memory in virtual time, and on real pseudo-terminals through the real serial driver.
 * What is decoded must be the same to the letter and in the same order. The second run waits after every step until as
 * much was told as in the first, so a busy machine makes it slow and never wrong.
 */
const START_UTC_MS = Date.UTC(2026, 10, 24, 23, 59, 50)
/** Of virtual time: everything a step causes is over by then, so what follows it is ordered. */
const STEP_MS = 1_500
const HEARD_WITHIN_MS = 10_000

type Step =
  | { readonly does: 'epoch'; readonly at: number }
  | { readonly does: 'contact'; readonly channel: Channel; readonly on: boolean }
  | { readonly does: 'camera'; readonly on: boolean }

/** Twenty seconds over midnight with a tunnel in it, while the crew uses the car. */
const STEPS: readonly Step[] = Array.from({ length: 20 }, (_, at): Step[] => [
  { does: 'epoch', at },
  ...(at === 3 ? [{ does: 'contact', channel: 'lightbar', on: true } as const] : []),
  ...(at === 4 ? [{ does: 'camera', on: true } as const] : []),
  ...(at === 8 ? [{ does: 'contact', channel: 'door', on: true } as const] : []),
  ...(at === 12 ? [{ does: 'contact', channel: 'lightbar', on: false } as const] : []),
  ...(at === 15 ? [{ does: 'camera', on: false } as const] : []),
]).flat()
const TUNNEL = { kind: 'tunnel', fromUtcMs: START_UTC_MS + 6_000, untilUtcMs: START_UTC_MS + 9_000 } as const

type Lines = {
  readonly clock: Clock
  readonly open: OpenPort
  readonly gnss: { readonly path: string; readonly peer: Port }
  readonly panel: { readonly path: string; readonly peer: Port }
  /** Lets the world go on until `enough`; bounded. */
  pass(enough: (() => boolean) | undefined): Promise<void>
}

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  while (closers.length > 0) await closers.pop()!()
})

async function play(lines: Lines, make: PersonalityName, known: readonly number[] | undefined) {
  const { clock } = lines
  const log: string[] = []
  const opened = await Promise.all([
    lines.open(lines.gnss.path, { baud: 115_200 }),
    lines.open(lines.panel.path, { baud: 38_400 }),
  ])
  const [gnssPort, panelPort] = opened.map(result => {
    if (!result.ok) throw new Error(result.detail)
    return result.value
  }) as [Port, Port]
  const module = attachPanel(lines.panel.peer, clock)
  attachCamera(module, clock)
  const receiver = openReceiver(gnssPort, clock, { onFix: fix => log.push(`fix ${JSON.stringify(fix)}`) })
  // Patient, because a machine may be busy: what is looked at is the same and not the same.
  const patient = { pollMs: 20, replyMs: 150, replyMsMax: 3_000, gapMsMax: 30_000 }
  const panel = openPanel(panelPort, clock, factoryProfile(undefined, patient), {
    onInput: (channel, value) => log.push(`${channel} ${value}`),
    onState: () => {},
  })
  closers.push(async () => {
    panel.close()
    await receiver.close()
    await panelPort.close()
  })
  const counts: number[] = []
  const settle = async (): Promise<void> => {
    const wanted = known?.[counts.length]
    await lines.pass(wanted === undefined ? undefined : () => log.length >= wanted)
    counts.push(log.length)
  }
  await settle()
  const device = simulatedReceiver(PERSONALITIES[make])
  for (const step of STEPS) {
    perform(step, device, lines, module, on => void panel.setOutput('camera_trigger', on))
    await settle()
  }
  return { log, counts }
}

function perform(
  step: Step,
  device: SimulatedReceiver,
  lines: Lines,
  module: ReturnType<typeof attachPanel>,
  switchCamera: (on: boolean) => void,
): void {
  switch (step.does) {
    case 'epoch': {
      const utcMs = START_UTC_MS + step.at * 1000
      const reception = receptionOf([TUNNEL], randomOf(1, 'car', 'sky'))
      const truth = { lat: 35.41, lon: 116.58 + step.at * 1e-4, speedMps: 9, trackDeg: 90, utcMs, fix: true }
      void lines.gnss.peer.write(device.epoch(reception(truth)), 1_000)
      return
    }
    case 'contact':
      module.setContact(CHANNELS.indexOf(step.channel), step.on)
      return
    case 'camera':
      switchCamera(step.on)
  }
}

function memoryLines(): Lines {
  const clock = openVirtualClock({ utcMs: START_UTC_MS })
  const gnss = createMemoryLine(clock, { path: 'gnss', baud: 115_200 })
  const panel = createMemoryLine(clock, { path: 'panel', baud: 38_400 })
  return {
    clock,
    open: (path, options) => (path === 'gnss' ? gnss : panel).open(path, options),
    gnss: { path: 'gnss', peer: gnss.peer },
    panel: { path: 'panel', peer: panel.peer },
    pass: async () => {
      // Completions of writes are promises: each gets its turn between two steps of the clock.
      const endMs = clock.now().monoMs + STEP_MS
      while (clock.now().monoMs < endMs) {
        clock.runUntil(Math.min(endMs, clock.now().monoMs + 5))
        await Promise.resolve()
      }
    },
  }
}

async function terminalLines(): Promise<Lines> {
  const open = async () => {
    const opened = await openPseudoTerminal()
    if (!opened.ok) throw new Error(opened.detail)
    closers.push(() => opened.value.unplug())
    return { path: opened.value.path, peer: opened.value.port }
  }
  return {
    clock: openRealClock(),
    open: openSerialPort,
    gnss: await open(),
    panel: await open(),
    pass: async enough => {
      const deadlineMs = performance.now() + HEARD_WITHIN_MS
      while (enough?.() === false && performance.now() < deadlineMs)
        await new Promise(resolve => setTimeout(resolve, 2))
      if (enough?.() === false) throw new Error('on real terminals less was heard than in virtual time')
    },
  }
}

describe('the same hardware in virtual time and on real pseudo-terminals', () => {
  it.each(['fleet', 'ublox-8', 'mtk-3339'] as const)(
    '%s with a panel and a camera: the same is decoded',
    { timeout: 60_000 },
    async make => {
      const virtual = await play(memoryLines(), make, undefined)
      const real = await play(await terminalLines(), make, virtual.counts)
      console.log(`${make}: ${virtual.log.length} decoded records, on both`)
      expect(virtual.log.filter(line => line.startsWith('fix')).length).toBeGreaterThanOrEqual(
        STEPS.length - 6,
      )
      expect(virtual.log).toContain('camera_recording on')
      expect(virtual.log).toContain('lightbar off')
      expect(real.log).toEqual(virtual.log)
    },
  )
})
