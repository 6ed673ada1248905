import { judgeFrames } from '#hardware/discovery/gnss-trial.ts'
import { RECEIVER_SPEEDS } from '#hardware/line/speed-hunt.ts'
import { openReopeningPort } from '#hardware/reopening-port.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { simulatedReceiver } from '#sim/receiver/receiver.ts'
import type { Random } from '#sim/random.ts'

/** One receiver on one line, with all that befalls it. Simulated time; nothing here waits. */
export type TuningCase = {
  readonly deviceBaud: number
  readonly firstBaud: number
  readonly isProved: boolean
  /** Between two messages. */
  readonly periodMs: number
  /** One short sentence a message instead of a full epoch. */
  readonly isQuiet: boolean
  readonly hours: number
  readonly random: Random
  /** Silent gaps, noise bursts and unplugs; each about so often. */
  readonly troubleEveryMs: number | null
  /** The receiver is set to this speed at that moment. */
  readonly resetTo?: { readonly atMs: number; readonly baud: number }
}

export type TuningResult = {
  readonly lockedAt: number | null
  readonly lockedAfterMs: number | null
  /** Opens at another speed than the receiver's after it was once right. */
  readonly leftRight: number
  readonly opens: number
  readonly bytesWritten: number
  readonly messages: number
  readonly troubles: Readonly<Record<string, number>>
  readonly endsAt: number
}

const KINDS = ['silence', 'noise', 'unplug'] as const
const LASTS_MS = { silence: [1_000, 600_000], noise: [200, 20_000], unplug: [500, 120_000] } as const
const NOISE_EVERY_MS = 100

/** True when the messages fit through a line of this speed at all. */
export const fits = (periodMs: number, isQuiet: boolean, baud: number): boolean =>
  (messagesOf(isQuiet)[0]!.length * 10_000) / baud < 0.9 * periodMs

export async function tuningRun(run: TuningCase): Promise<TuningResult> {
  const { random } = run
  const clock = openVirtualClock()
  let deviceBaud = run.deviceBaud
  const line = createMemoryLine(clock, { baud: run.deviceBaud, deviceBaud: () => deviceBaud })
  const messages = messagesOf(run.isQuiet)
  const result = {
    leftRight: 0,
    opens: 0,
    bytesWritten: 0,
    messages: 0,
    troubles: {} as Record<string, number>,
  }
  let lockedAt: number | null = null
  let lockedAfterMs: number | null = null
  let trouble: (typeof KINDS)[number] | null = null
  line.peer.onBytes(bytes => (result.bytesWritten += bytes.length))

  const port = openReopeningPort(
    (path, options) => {
      result.opens += 1
      if (lockedAt === deviceBaud && options.baud !== deviceBaud) result.leftRight += 1
      return line.open(path, options)
    },
    line.path,
    {
      baud: run.firstBaud,
      silenceMsMax: 2_900,
      hunt: {
        speeds: RECEIVER_SPEEDS,
        isProved: run.isProved,
        judge: judgeFrames,
      },
    },
    clock,
  )
  if (run.isProved) lockedAt = run.firstBaud
  port.onLocked(({ baud }) => {
    lockedAt = baud
    lockedAfterMs ??= clock.now().monoMs
  })
  const speak = (): void => {
    if (trouble !== 'silence' && trouble !== 'noise') {
      void line.peer.write(messages[result.messages % messages.length]!, 100)
      result.messages += 1
    }
    clock.after(run.periodMs * random.uniform(0.97, 1.03), speak)
  }
  const rustle = (): void => {
    if (trouble !== 'noise') return
    void line.peer.write(
      Uint8Array.from({ length: random.integer(1, 60) }, () => random.integer(0, 255)),
      100,
    )
    clock.after(NOISE_EVERY_MS, rustle)
  }
  const befall = (everyMs: number): void => {
    clock.after(random.exponential(everyMs), () => {
      const kind = (trouble = random.pick(KINDS))
      result.troubles[kind] = (result.troubles[kind] ?? 0) + 1
      if (kind === 'unplug') line.unplug()
      if (kind === 'noise') rustle()
      clock.after(random.uniform(...LASTS_MS[kind]), () => {
        trouble = null
        line.plug()
        befall(everyMs)
      })
    })
  }
  clock.after(random.uniform(0, run.periodMs), speak)
  if (run.troubleEveryMs !== null) befall(run.troubleEveryMs)
  if (run.resetTo) clock.after(run.resetTo.atMs, () => (deviceBaud = run.resetTo!.baud))

  const endMs = run.hours * 3_600_000
  while (clock.now().monoMs < endMs && clock.step()) for (let i = 0; i < 6; i += 1) await Promise.resolve()
  const endsAt = port.baud
  await port.close()
  return { ...result, lockedAt, lockedAfterMs, endsAt }
}

/** A minute of a receiver, played over and over: the bytes matter here, not the place. */
function messagesOf(isQuiet: boolean): readonly Uint8Array[] {
  const receiver = simulatedReceiver()
  return Array.from({ length: 60 }, (_, second) => {
    const epoch = receiver.epoch({
      ...{ lat: 35.41, lon: 116.59, speedMps: 8, trackDeg: 90, fix: true },
      utcMs: Date.UTC(2026, 10, 24, 3, 20, second),
    })
    return isQuiet ? epoch.slice(0, epoch.indexOf(0x0a) + 1) : epoch.slice(0, 400)
  })
}
