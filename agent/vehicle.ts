import { openReceiver } from '#hardware/gnss/receiver.ts'
import { openReceiverLine } from '#hardware/gnss/receiver-line.ts'
import type { ReceiverLine } from '#hardware/gnss/receiver-line.ts'
import type { LineState } from '#hardware/reopening-port.ts'
import { contactCamera, openNetworkCamera } from './bodycam/camera.ts'
import type { Camera } from './bodycam/camera.ts'
import type { OpenCameraLine } from './bodycam/camera-line.ts'
import type { FittedCamera } from './bodycam/camera-words.ts'
import { channelsOf, openInputs } from './inputs.ts'
import type { InputParts } from './inputs.ts'
import { openPowerKeeper } from './power/keeper.ts'
import type { PowerKeeper, PowerParts } from './power/keeper.ts'
import { startRuntime } from './runtime.ts'
import type { Runtime, RuntimeParts } from './runtime.ts'

export type Line = { readonly path: string; readonly baud: number }

export type VehicleParts = Omit<RuntimeParts, 'setOutput' | 'orderCamera' | 'channels'> &
  InputParts & {
    readonly gnss: (Line & Partial<ReceiverLine>) | null
    /** The receiver's speed was found by listening: worth keeping for the next start. */
    readonly onReceiverFound?: (place: Line) => void
    /** Absent: a dry contact on the panel. */
    readonly camera?: FittedCamera
    /** Another way to a camera on the network, as in the simulator. */
    readonly openCameraLine?: OpenCameraLine
    /** Watches over ignition and battery, and ends the car in order; absent: power is somebody else's. */
    readonly power?: PowerParts
  }

export type Vehicle = { readonly runtime: Runtime; close(): Promise<void> }

/**
 * A vehicle of receiver, panel and runtime, whatever the lines are made of: the vehicle process hands in real serial
 * ports, the simulator lines in memory.
 */
export function composeVehicle(parts: VehicleParts): Vehicle {
  const { clock, log } = parts
  const closers: (() => Promise<void>)[] = []
  let setOutput: RuntimeParts['setOutput'] = () => {}
  const cameras: Camera[] = [contactCamera((output, on) => setOutput(output, on))]
  // An activation that outlived a restart wishes before panel and cameras are there: it waits until they are.
  const early: (() => void)[] = []
  let composed = false
  const toCameras = (wish: (camera: Camera) => void): void => {
    if (composed) cameras.forEach(wish)
    else early.push(() => cameras.forEach(wish))
  }
  let keeper: PowerKeeper | undefined
  const runtime = startRuntime({
    ...parts,
    ...(parts.power?.begun && { brownouts: parts.power.begun.brownouts }),
    channels: channelsOf(parts),
    setOutput: (_output, on) => toCameras(camera => camera.contact(on)),
    onHeard: event => keeper?.hear(event),
    orderCamera: order => toCameras(camera => camera.order(order)),
  })
  keeper = parts.power && openPowerKeeper(parts.power, runtime, clock, log, () => closeDevices())
  const network = openFittedCamera(parts, runtime)
  if (network) cameras.push(network)
  closers.push(() => network?.close() ?? Promise.resolve())

  if (parts.gnss) {
    const { path } = parts.gnss
    const port = openReceiverLine(parts.openPort, { isProved: false, ...parts.gnss }, clock)
    port.onLocked(found => {
      log.info({ event: 'gnss.speed', ...found })
      parts.onReceiverFound?.(found)
    })
    port.onState((state, why) => {
      log.info({ event: 'gnss.line', state, path, ...(why && { code: why.code, detail: why.detail }) })
      if (state !== 'open') runtime.feed({ type: 'gnss', state: wordOf(state) })
      if (state === 'no_device') receiver.forget()
    })
    const receiver = openReceiver(port, clock, {
      onFix: fix => runtime.feed({ type: 'fix', fix }),
      onHealth: health => {
        log.info({ event: 'gnss.health', path, ...health })
        runtime.feed({ type: 'receiver', health })
      },
    })
    closers.push(() => receiver.close())
  }
  const inputs = openInputs(parts, {
    // A camera that speaks for itself is believed, not the contact of a dock.
    onInput: (channel, value) => {
      if (channel !== 'camera_recording' || !network) runtime.feed({ type: 'input', channel, value })
    },
    // A meter of the computer's own is nearer to it than the car's bus.
    onGauge: (gauge, value) => {
      if (gauge !== 'batteryVolts' || !parts.power?.onBattery) runtime.feed({ type: 'gauge', gauge, value })
    },
    onPanel: state => runtime.feed({ type: 'panel', state }),
  })
  setOutput = inputs.setOutput
  closers.push(() => inputs.close())
  let closing: Promise<void> | null = null
  function closeDevices(): Promise<void> {
    closing ??= (async () => {
      for (const close of closers) await close()
      await runtime.stop()
    })()
    return closing
  }
  composed = true
  for (const wish of early) wish()
  return {
    runtime,
    close: async () => {
      keeper?.close()
      await closeDevices()
    },
  }
}

/** Cameras that speak for themselves; undefined where there is only the contact of a dock. */
function openFittedCamera(
  { camera, openCameraLine, ...parts }: VehicleParts,
  runtime: Runtime,
): Camera | undefined {
  if (camera === undefined || camera.kind === 'contact') return undefined
  return openNetworkCamera(
    camera,
    { ...parts, ...(openCameraLine && { openLine: openCameraLine }) },
    {
      onRecording: value => runtime.feed({ type: 'input', channel: 'camera_recording', value }),
      onRefused: (cameraId, code) => runtime.feed({ type: 'camera.refused', cameraId, code }),
    },
  )
}

const wordOf = (state: LineState): 'silent' | 'no_device' => (state === 'no_device' ? 'no_device' : 'silent')
