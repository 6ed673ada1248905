import { join } from 'node:path'
import { openRealClock } from '#sim/clock/real-clock.ts'
import { attachCarDevices } from '#sim/demo/car-devices.ts'
import { openPseudoTerminal } from '#sim/line/pseudo-terminal.ts'
import { CHANNELS } from '#protocols/equipment.ts'
import { randomOf } from '#sim/random.ts'
import { startLife } from './life.ts'
import type { Life, LifeOptions } from './life.ts'

/** Restless hands: a contact changes this often, so that writes are under way at any moment. */
const MOVE_EVERY_MS = 15
const LINE_TRIES = 5
const METRES_PER_DEGREE = 111_320

/**
 * A car that dies and comes back: a receiver and a module with restless hands on real pseudo-terminals outlive its
 * computer, which is the process that ships.
 */
export type MortalCar = {
  /** From the start of each life to its word that it is ready, in milliseconds. */
  readonly bootMs: readonly number[]
  /** A life of its computer with its data in `data`. */
  begin(data: string, over?: Partial<LifeOptions>): Life
  /** The same, ready; rejects when it ends before. */
  start(data: string, over?: Partial<LifeOptions>): Promise<Life>
  terminalUrl(): string
  /** Hands on the contacts and fixes from the sky, or peace. */
  busy(isBusy: boolean): void
  close(): Promise<void>
}

export async function openMortalCar(parts: {
  readonly dir: string
  readonly seed: number
  readonly mqttUrl: () => string
  readonly logFile: number
}): Promise<MortalCar> {
  const clock = openRealClock()
  const random = randomOf(parts.seed, 'crash', 'car')
  const lines = await Promise.all(
    ['gnss', 'panel'].map(async name => {
      // On a busy machine the process behind a line may take its time.
      for (let tries = 1; ; tries++) {
        const line = await openPseudoTerminal({ linkPath: join(parts.dir, name) })
        if (line.ok) return line.value
        if (tries === LINE_TRIES) throw new Error(`no pseudo-terminal: ${line.detail}`)
      }
    }),
  )
  const [gnss, panel] = lines as [(typeof lines)[0], (typeof lines)[0]]
  const bornMs = clock.now().monoMs
  /** Round and round at 10 m/s. */
  const truth = () => {
    const angle = (clock.now().monoMs - bornMs) / 20_000
    return {
      lat: 35.59 + (200 * Math.cos(angle)) / METRES_PER_DEGREE,
      lon: 116.99 + (200 * Math.sin(angle)) / METRES_PER_DEGREE,
      speedMps: 10,
      trackDeg: 0,
      fix: true,
      utcMs: clock.now().utcMs,
    }
  }
  const devices = attachCarDevices({ gnss: gnss.port, panel: panel.port }, truth, clock, random)
  let hands: NodeJS.Timeout | undefined
  const bootMs: number[] = []
  let terminal = ''
  const begin: MortalCar['begin'] = (data, over = {}) => {
    const life = startLife(
      'dist/agent.js',
      [
        ...['--data', data, '--gnss', gnss.path, '--panel', panel.path, '--terminal-port', '0'],
        ...['--mqtt-url', parts.mqttUrl(), '--backoff-max-ms', '1000'],
        ...['--sampling', 'every-second', '--log-level', 'debug'],
      ],
      { logFile: parts.logFile, ...over },
    )
    void life.ready.then(ready => {
      if (ready === null) return
      bootMs.push(ready.afterMs)
      terminal = ready.addresses['terminal'] ?? ''
    })
    return life
  }
  const busy = (isBusy: boolean): void => {
    clearInterval(hands)
    devices.receiver.mode = isBusy ? 'on' : 'silent'
    if (!isBusy) return
    hands = setInterval(() => {
      const channel = random.pick(CHANNELS.slice(1, 7))
      devices.setChannel(channel, !devices.contact(channel))
    }, MOVE_EVERY_MS)
  }
  busy(true)
  return {
    bootMs,
    begin,
    start: async (data, over) => {
      const life = begin(data, over)
      if ((await life.ready) === null) throw new Error(`the agent on ${data} did not start; see its log`)
      return life
    },
    terminalUrl: () => terminal,
    busy,
    close: async () => {
      busy(false)
      devices.stop()
      await Promise.all(lines.map(line => line.unplug()))
    },
  }
}
