import type { Port } from '#hardware/port.ts'
import type { Channel } from '#protocols/equipment.ts'
import { CHANNELS } from '#protocols/equipment.ts'
import type { Clock } from '#protocols/time.ts'
import { attachCamera } from '../camera/camera.ts'
import type { SimCamera } from '../camera/camera-body.ts'
import { attachPanel } from '../panel/attach-panel.ts'
import type { SimPanel } from '../panel/attach-panel.ts'
import type { Random } from '../random.ts'
import { simulatedReceiver } from '../receiver/receiver.ts'
import type { Truth } from '../receiver/receiver.ts'
import type { ReceiverMode } from '../control/knobs.ts'

export type CarDevices = {
  readonly panel: SimPanel
  readonly camera: SimCamera
  /** Closes or opens the contact a channel is wired to. */
  setChannel(channel: Channel, on: boolean): void
  contact(channel: Channel): boolean
  /** How the receiver behaves; one that replays a recording is not ours to change. */
  readonly receiver: { mode: ReceiverMode }
  /** Whether the panel has power. */
  readonly panelPower: { on: boolean }
  stop(): void
}

const EPOCH_MS = 1_000
const OFFICER_ENDS_MS = 45_000
const WRITE_WITHIN_MS = 900

/** A receiver that tells the truth once a second, a panel and a camera, at the far ends of a car's two lines. */
export function attachCarDevices(
  ends: { readonly gnss: Port | null; readonly panel: Port },
  truth: () => Truth,
  clock: Clock,
  random: Random,
): CarDevices {
  const panel = attachPanel(ends.panel, clock)
  const camera = attachCamera(panel, clock)
  const setChannel = (channel: Channel, on: boolean): void => {
    panel.setContact(CHANNELS.indexOf(channel), on)
    if (channel === 'lightbar' && !on) clock.after(OFFICER_ENDS_MS, endRecording)
  }
  /** The car ends no recording; its officer does when all is over. */
  const endRecording = (): void => {
    if (camera.startedBy === 'trigger' && !contact('lightbar') && !contact('siren')) camera.press()
  }
  setChannel('ignition', true)
  const contact = (channel: Channel): boolean => panel.contact(CHANNELS.indexOf(channel))
  const receiver: { mode: ReceiverMode } = { mode: 'on' }
  const seen = (): Truth => seenIn(receiver.mode, truth())
  const stopReceiver = ends.gnss
    ? talk(ends.gnss, seen, () => receiver.mode === 'silent', clock, random)
    : () => {}
  let powered = true
  const panelPower = {
    get on() {
      return powered
    },
    set on(next: boolean) {
      powered = next
      panel.setPower(next)
    },
  }
  return { panel, camera, setChannel, contact, receiver, panelPower, stop: stopReceiver }
}

const seenIn = (mode: ReceiverMode, truth: Truth): Truth => ({
  ...truth,
  fix: mode === 'on',
  ...((mode === 'open' || mode === 'short') && { antenna: mode }),
})

/** Receivers of a fleet do not speak in the same millisecond: each begins its second at a moment of its own. */
function talk(
  port: Port,
  truth: () => Truth,
  isSilent: () => boolean,
  clock: Clock,
  random: Random,
): () => void {
  const receiver = simulatedReceiver()
  let stopped = false
  const firstMs = random.uniform(0, EPOCH_MS)
  let dueMs = clock.now().monoMs + firstMs
  let cancel = clock.after(firstMs, epoch)
  /** On the second, not a second after the last: a late timer would make every later epoch late too. */
  function epoch(): void {
    if (stopped) return
    if (!isSilent()) void port.write(receiver.epoch(truth()), WRITE_WITHIN_MS)
    const nowMs = clock.now().monoMs
    dueMs += EPOCH_MS * Math.max(1, Math.ceil((nowMs - dueMs) / EPOCH_MS))
    cancel = clock.after(dueMs - nowMs, epoch)
  }
  return () => {
    stopped = true
    cancel()
  }
}
