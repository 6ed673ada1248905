import { join } from 'node:path'
import type { Logger } from '#protocols/log.ts'
import type { TapResult, TerminalState } from '#protocols/terminal.ts'
import type { Tap } from '#protocols/terminal.ts'
import { ok } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import type { Port } from '#hardware/port.ts'
import { EXIT } from '#agent/exit.ts'
import type { PowerConfig } from '#agent/power/power-config.ts'
import type { SamplingName } from '#agent/vehicle/sampling.ts'
import { openPseudoTerminal } from '../line/pseudo-terminal.ts'
import type { Random } from '../random.ts'
import { replayOf } from '../receiver/replay.ts'
import type { UnitControls } from '../control/knobs.ts'
import { attachCarDevices } from './car-devices.ts'
import { controlsOfDevices } from './device-knobs.ts'
import { createMemoryLine } from '../line/memory-line.ts'
import { limitFileSize } from './file-size-limit.ts'
import type { CarDevices } from './car-devices.ts'
import { fitPower, openCarPower } from './car-power.ts'
import type { CarPower } from './car-power.ts'
import { entryOf, startChild } from './child.ts'
import type { Child, Entry } from './child.ts'
import type { PluggedIn } from './plugged-in.ts'
import type { DemoUnit } from './units.ts'
import { VehicleBody } from './vehicle-body.ts'
import type { World } from './world.ts'

const LOOK_EVERY_MS = 500
type DeviceControls = ReturnType<typeof controlsOfDevices>

export type FullVehicle = {
  readonly devices: CarDevices
  readonly process: Child
  readonly controls: Omit<UnitControls, 'link'>
  /** In words for the person who started it. */
  readonly receiver: string
  terminalUrl(): string
  close(): Promise<void>
}

export type FullVehicleParts = {
  readonly unit: Pick<DemoUnit, 'deviceId' | 'unitId' | 'callSign' | 'grid'>
  readonly world: Pick<World, 'map' | 'beatOf'>
  readonly clock: Clock
  /** Of driving; the world's own when absent. */
  readonly pace?: Clock
  readonly random: Random
  /** Where identity and outbox lie. */
  readonly dir: string
  readonly terminalPort: number
  readonly mqttUrl: string
  /** A recorded receiver to be heard instead of the simulated one. */
  readonly recording: { readonly name: string; readonly bytes: Uint8Array } | null
  /** Real hardware in the place of ours; none when absent. */
  readonly pluggedIn?: PluggedIn
  /** Every glance at its terminal. */
  readonly onView?: (view: TerminalState) => void
  readonly log: Logger
  /** Open file for what the process prints. */
  readonly logFile: number
  readonly entry?: Entry
  readonly backoffMaxMs?: number
  readonly sampling?: SamplingName
  /** What differs in how its battery ends it. */
  readonly power?: Partial<PowerConfig>
}

/**
 * The one vehicle that is whole: its own process on three real pseudo-terminals, with a receiver, a panel with a camera
 * and an OBD adapter at their far ends, or on the real hardware that was named. Throws when this machine offers no pseudo-terminals or the process does not start.
 */
export async function openFullVehicle(parts: FullVehicleParts): Promise<FullVehicle> {
  const { clock, random, world, unit } = parts
  const real = parts.pluggedIn ?? { gnss: null, gnssBaud: null, panel: null }
  // A recording or a real receiver says where the car is; nobody here can drive it then.
  const parked = parts.recording !== null || real.gnss !== null
  const gnss = await lineFor(real.gnss, join(parts.dir, 'gnss'))
  const panel = await lineFor(real.panel, join(parts.dir, 'panel'))
  const obd = await lineFor(null, await fitPower(parts.dir, parts.power))
  const args = [
    ...['--data', parts.dir, '--gnss', gnss.path, '--panel', panel.path],
    ...(real.gnssBaud === null ? [] : ['--gnss-baud', String(real.gnssBaud)]),
    ...['--terminal-port', String(parts.terminalPort), '--mqtt-url', parts.mqttUrl],
    ...['--backoff-max-ms', String(parts.backoffMaxMs ?? 5_000)],
    ...['--sampling', parts.sampling ?? 'adaptive'],
  ]
  const body = new VehicleBody(
    { map: world.map, beat: world.beatOf(unit.grid), clock, pace: parts.pace ?? clock, random },
    {
      tap: tap => press(child.addresses['terminal'] ?? '', tap),
      lights: on => devices.setChannel('lightbar', on),
      door: open => devices.setChannel('door', open),
      taps: false,
      parked,
    },
  )
  const devices = attachCarDevices(
    // Ours stands beside the real panel with its cable in the air.
    { gnss: parked ? null : gnss.port, panel: panel.port ?? createMemoryLine(clock).peer },
    () => body.truth(),
    clock,
    random,
  )
  // Before the process: it looks at the volts before it loads anything.
  const power = openCarPower({
    obd: obd.port!,
    clock,
    computer: {
      cut: () => child.cut(),
      restore: () => child.restore(),
      get isCut() {
        return child.isCut
      },
    },
    wire: on => devices.setChannel('ignition', on),
    drives: on => body.setEngine(on),
  })
  const stopReplay =
    parts.recording && gnss.port ? replay(gnss.port, parts.recording, body.truth(), clock) : () => {}
  const child = await startChild(parts.entry ?? entryOf('agent'), () => args, {
    log: parts.log,
    logFile: parts.logFile,
    offCode: EXIT.off,
  })
  let shown: TerminalState | null = null
  let full = false
  const stopLooking = look(
    () => child.addresses['terminal'] ?? '',
    clock,
    view => {
      shown = view
      if (view) body.see(view)
      if (view) parts.onView?.(view)
    },
  )
  return {
    devices,
    process: child,
    controls: {
      ...withKey(controlsOfDevices(devices, { replayed: parked, panel: real.panel === null }), power),
      deviceId: unit.deviceId,
      callSign: unit.callSign,
      kind: 'vehicle',
      view: () => shown,
      truth: () => body.truth(),
      page: () => child.addresses['terminal'] ?? '',
      power: {
        read: () => (child.isCut ? 'off' : 'on'),
        turn: to => {
          shown = null
          return ok(to === 'off' ? child.cut() : child.restore())
        },
      },
      disk: {
        how: 'file-size-limit',
        read: () => (full ? 'full' : 'ok'),
        turn: async to => {
          const limited = await limitFileSize(child.pid, to === 'full' ? 0 : null)
          if (limited.ok) full = to === 'full'
          return limited
        },
      },
    },
    receiver: receiverInWords(parts),
    terminalUrl: () => child.addresses['terminal'] ?? '',
    close: async () => {
      stopLooking()
      stopReplay()
      power.stop()
      devices.stop()
      body.stop()
      await child.stop()
      await Promise.all([gnss.unplug(), panel.unplug(), obd.unplug()])
    },
  }
}

/** The ignition's contact is the key's: with a simulated panel both are one hand. With a real one the key is a real one too. */
const withKey = (
  controls: DeviceControls,
  { ignition, battery }: CarPower,
): DeviceControls & Partial<CarPower> =>
  controls.contact === undefined
    ? controls
    : {
        ...controls,
        contact: channel =>
          channel === 'ignition'
            ? { read: () => ignition.read() === 'on', turn: on => ignition.turn(on ? 'on' : 'off') }
            : controls.contact!(channel),
        ...{ ignition, battery },
      }

function receiverInWords({ recording, pluggedIn }: FullVehicleParts): string {
  if (recording) return `the recording ${recording.name} (parked: it signs but does not drive)`
  return pluggedIn?.gnss ?? 'simulated'
}

/** The real line that was named, whose far end is not ours, or a pseudo-terminal of our own. */
async function lineFor(real: string | null, linkPath: string) {
  if (real !== null) return { path: real, port: null, unplug: () => Promise.resolve() }
  const line = await openPseudoTerminal({ linkPath })
  if (!line.ok) throw new Error(`no pseudo-terminal: ${line.detail} [${line.code}]`)
  return line.value
}

/** Plays the recorded bytes with their own pacing, moved onto our map and into our time. */
function replay(
  port: Port,
  recording: { readonly name: string; readonly bytes: Uint8Array },
  anchor: { readonly lat: number; readonly lon: number },
  clock: Clock,
): () => void {
  const opened = replayOf(recording.bytes, anchor)
  if (!opened.ok) throw new Error(`--nmea ${recording.name}: ${opened.detail} [${opened.code}]`)
  let cancel = (): void => {}
  const play = (): void => {
    const { waitMs, bytes } = opened.value.next(clock.now().utcMs)
    cancel = clock.after(waitMs, () => {
      void port.write(bytes, 1_000)
      play()
    })
  }
  play()
  return () => cancel()
}

/** The driver's glance at the terminal. */
function look(url: () => string, clock: Clock, see: (view: TerminalState | null) => void): () => void {
  let stopped = false
  let cancel = (): void => {}
  const glance = async (): Promise<void> => {
    try {
      const answer = await fetch(`${url()}/v1/state`, { signal: AbortSignal.timeout(2_000) })
      if (!stopped) see((await answer.json()) as TerminalState)
    } catch {
      // The terminal is dark for a moment: its process is being started again.
      if (!stopped) see(null)
    }
    if (!stopped) cancel = clock.after(LOOK_EVERY_MS, () => void glance())
  }
  void glance()
  return () => {
    stopped = true
    cancel()
  }
}

async function press(url: string, tap: Tap): Promise<TapResult> {
  try {
    const answer = await fetch(`${url}/v1/taps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(tap),
    })
    return (await answer.json()) as TapResult
  } catch {
    return { accepted: false, code: 'NOT_READY' }
  }
}
