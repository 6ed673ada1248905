import { openPanel } from '#hardware/panel/open-panel.ts'
import { factoryProfile } from '#hardware/panel/profile.ts'
import type { Port } from '#hardware/port.ts'
import { CHANNELS } from '#protocols/equipment.ts'
import { encodeRequest, readReply } from '#protocols/modbus/frames.ts'
import type { Clock } from '#protocols/time.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { attachPanel } from '#sim/panel/attach-panel.ts'
import { misbehaving } from '#sim/panel/misbehaviour.ts'
import type { MisbehaviourName } from '#sim/panel/misbehaviour.ts'
import { randomOf } from '#sim/random.ts'

/** What the factory wires to eight terminals. */
const WIRED = CHANNELS.slice(0, 8)

export type Verdict = {
  polls: number
  edges: number
  published: number
  /** Published, and the contact never was so between the question and the moment it was published. */
  wrong: number
  /** Looks at a channel that is believed otherwise than its contact has been for two seconds. */
  stuck: number
  unknown: number
  readonly faults: Partial<Record<MisbehaviourName, number>>
}

/** A driver under test: it is given the line and tells what it believes; null is "unknown". */
export type Driver = (
  port: Port,
  clock: Clock,
  publish: (channel: number, closed: boolean | null) => void,
) => void

export type Trial = {
  readonly names: readonly MisbehaviourName[]
  /** Of the answers, all ways together. */
  readonly share: number
  readonly seed: number
  /** The trial ends after so many questions about the inputs. */
  readonly polls: number
  readonly lateMsMax?: number
}

type Truth = { readonly sinceMs: number; readonly closed: boolean }
const TRUTHS_MAX = 200
/** A trial in which a driver no longer asks ends here. */
const HOURS_MAX = 100

/** Contacts that change at random under a module that misbehaves, on a clock of its own. */
export async function judge(driver: Driver, trial: Trial): Promise<Verdict> {
  const clock = openVirtualClock()
  const line = createMemoryLine(clock)
  const random = randomOf(trial.seed, trial.names.join(), 'panel')
  const verdict: Verdict = {
    polls: 0,
    edges: 0,
    published: 0,
    wrong: 0,
    stuck: 0,
    unknown: 0,
    faults: {},
  }
  const onFault = (name: MisbehaviourName): void =>
    void (verdict.faults[name] = (verdict.faults[name] ?? 0) + 1)
  const lateMsMax = trial.lateMsMax ?? 150
  const misbehaviour = misbehaving(random, trial.names, trial.share, { lateMsMax, onFault })
  const sim = attachPanel(line.peer, clock, { misbehaviour })
  const opened = await line.open(line.path, { baud: 38_400 })
  if (!opened.ok) throw new Error(opened.detail)
  const truths: Truth[][] = WIRED.map(() => [{ sinceMs: -Infinity, closed: false }])
  const believed: (boolean | null)[] = WIRED.map(() => null)
  let askedMs = 0

  const port: Port = {
    ...opened.value,
    write: (bytes, timeoutMs) => {
      if (bytes[1] === 2) {
        verdict.polls += 1
        askedMs = clock.now().monoMs
      }
      return opened.value.write(bytes, timeoutMs)
    },
  }
  driver(port, clock, (channel, closed) => {
    believed[channel] = closed
    if (closed === null) return void (verdict.unknown += 1)
    verdict.published += 1
    const history = truths[channel]!
    const held = history.some(
      (truth, i) => truth.closed === closed && (history[i + 1]?.sinceMs ?? Infinity) >= askedMs,
    )
    if (!held) verdict.wrong += 1
  })

  WIRED.forEach((_, channel) => {
    const flip = (): void => {
      const closed = !sim.contact(channel)
      sim.setContact(channel, closed)
      verdict.edges += 1
      const history = truths[channel]!
      history.push({ sinceMs: clock.now().monoMs, closed })
      if (history.length > TRUTHS_MAX) history.shift()
      clock.after(random.chance(0.5) ? random.uniform(40, 300) : random.exponential(3000), flip)
    }
    clock.after(random.uniform(500, 3000), flip)
  })
  while (verdict.polls < trial.polls && clock.now().monoMs < HOURS_MAX * 3_600_000) {
    for (let i = 0; i < 50; i += 1) {
      clock.runUntil(clock.now().monoMs + 100)
      WIRED.forEach((_, channel) => {
        const now = truths[channel]!.at(-1)!
        if (clock.now().monoMs - now.sinceMs > 2000 && believed[channel] === !now.closed) verdict.stuck += 1
      })
    }
    await Promise.resolve() // what was promised of the writes so far is settled and forgotten
  }
  return verdict
}

/** The driver of this house, with the profile of the factory. */
export const ourDriver: Driver = (port, clock, publish) =>
  void openPanel(port, clock, factoryProfile(), {
    onInput: (channel, value) => publish(WIRED.indexOf(channel), value === 'unknown' ? null : value === 'on'),
    onState: () => {},
  })

/** What a plain request-and-timeout client does: the first answer that parses is the answer. */
export const plainDriver: Driver = (port, clock, publish) => {
  const request = { kind: 'read-inputs', address: 1, start: 0, count: 8 } as const
  const last: boolean[] = []
  let heard: number[] = []
  port.onBytes(bytes => {
    heard.push(...bytes)
    const reply = readReply(request, Uint8Array.from(heard))
    if (reply.is === 'incomplete') return
    heard = []
    if (reply.is !== 'frame' || reply.value.kind !== 'bits') return
    reply.value.bits.forEach((bit, channel) => {
      if (last[channel] !== bit) publish(channel, bit)
      last[channel] = bit
    })
  })
  const ask = (): void => {
    heard = []
    void port.write(encodeRequest(request), 100)
    clock.after(40, ask)
  }
  ask()
}

export type PulseVerdict = {
  readonly pulses: number
  readonly seen: number
  readonly waitMsMax: number
  readonly polls: number
}

/** Pulses of 40 ms on a clean line, polled every 20 ms at 38400 baud: how many are reported, and how late. */
export async function judgePulses(seed: number, pulses: number): Promise<PulseVerdict> {
  const clock = openVirtualClock()
  const line = createMemoryLine(clock, { baud: 38_400 })
  const sim = attachPanel(line.peer, clock)
  const opened = await line.open(line.path, { baud: 38_400 })
  if (!opened.ok) throw new Error(opened.detail)
  let [seen, waitMsMax, sinceMs] = [0, 0, Infinity]
  const panel = openPanel(opened.value, clock, factoryProfile(undefined, { pollMs: 20, replyMs: 15 }), {
    onInput: (_, value, now) => {
      if (value !== 'on') return
      seen += 1
      waitMsMax = Math.max(waitMsMax, now.monoMs - sinceMs)
    },
    onState: () => {},
  })
  const pass = (ms: number): void => void clock.runUntil(clock.now().monoMs + ms)
  const random = randomOf(seed, 'pulses', 'panel')
  pass(500)
  for (let i = 0; i < pulses; i += 1) {
    pass(random.uniform(150, 200))
    sinceMs = clock.now().monoMs
    sim.setContact(i % WIRED.length, true)
    pass(40)
    sim.setContact(i % WIRED.length, false)
    pass(100)
    if (i % 50 === 0) await Promise.resolve()
  }
  panel.close()
  return { pulses, seen, waitMsMax: Math.round(waitMsMax * 10) / 10, polls: panel.counts.polls }
}
