import type { ChannelValue } from '#protocols/equipment.ts'
import type { Logger } from '#protocols/log.ts'
import type { Clock } from '#protocols/time.ts'
import { advanceCameras, initialCameras } from './camera-core.ts'
import type { CameraCounts, CameraEvent } from './camera-core.ts'
import type { FittedCamera } from './camera-words.ts'
import type { OpenCameraLine } from './camera-line.ts'
import { httpCameraLine } from './http-camera-line.ts'
import { tcpCameraLine } from './tcp-camera-line.ts'
import { udpCameraLine } from './udp-camera-line.ts'

/**
 * The body cameras of one car, whatever is between them and us. Contract: `test/contracts/camera.ts`. Neither call waits,
 * throws or answers: what became of it is told by `onRecording`.
 */
export type Camera = {
  /** Closes or opens the start contact; a camera on the network has none. */
  contact(on: boolean): void
  /** Starts every paired camera, or marks what it records; a contact cannot be told an id. */
  order(order: { readonly order: 'start' | 'mark'; readonly activationId: string }): void
  close(): Promise<void>
}

export type CameraListener = {
  /** The word of all cameras of this car together, whenever it changes. */
  readonly onRecording: (value: ChannelValue) => void
  readonly onRefused: (cameraId: string, code: string) => void
}

/** A camera in a dock with two dry contacts; what it says comes in as the panel's input `camera_recording`. */
export const contactCamera = (setOutput: (output: 'camera_trigger', on: boolean) => void): Camera => ({
  contact: on => setOutput('camera_trigger', on),
  order: () => {},
  close: () => Promise.resolve(),
})

export type NetworkCamera = Camera & { readonly counts: Readonly<CameraCounts> }

const LINES: Readonly<Record<'udp' | 'tcp' | 'http', OpenCameraLine>> = {
  udp: udpCameraLine,
  tcp: tcpCameraLine,
  http: httpCameraLine,
}
const TICK_MS = 50

/** Cameras that are spoken to over the car's own network, by the protocol in `camera-words.ts`. */
export function openNetworkCamera(
  fitted: Exclude<FittedCamera, { readonly kind: 'contact' }>,
  parts: {
    readonly clock: Clock
    readonly log: Logger
    readonly mint: (bytes: number) => string
    /** Another way to the camera than the network, as in the simulator. */
    readonly openLine?: OpenCameraLine
  },
  listener: CameraListener,
): NetworkCamera {
  const { clock, log } = parts
  const state = initialCameras(fitted.cameraIds, clock.now().monoMs)
  let closed = false
  let cancelTick = (): void => {}

  const feed = (event: CameraEvent): void => {
    if (closed) return
    for (const effect of advanceCameras(state, event, clock.now().monoMs, () => parts.mint(4))) {
      if (effect.type === 'send') line.send(JSON.stringify(effect.question))
      else if (effect.type === 'recording') listener.onRecording(effect.value)
      else listener.onRefused(effect.cameraId, effect.code)
    }
  }
  const [host = '', port = ''] = fitted.address.split(':')
  const line = (parts.openLine ?? LINES[fitted.kind])({ host, port: Number(port) }, clock, {
    onOpened: generation => feed({ type: 'opened', generation }),
    onText: (text, generation) => feed({ type: 'text', text, generation }),
    onClosed: reason => {
      log.info({ event: 'bodycam.line', kind: fitted.kind, reason })
      feed({ type: 'closed' })
    },
  })
  const tick = (): void => {
    feed({ type: 'tick' })
    if (!closed) cancelTick = clock.after(TICK_MS, tick)
  }
  tick()

  return {
    counts: state.counts,
    contact: () => {},
    order: ({ order, activationId }) => feed({ type: 'order', order, activationId }),
    close: async () => {
      closed = true
      cancelTick()
      await line.close()
    },
  }
}
