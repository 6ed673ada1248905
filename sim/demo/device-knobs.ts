import { ok } from '#protocols/result.ts'
import type { UnitControls } from '../control/knobs.ts'
import type { CarDevices } from './car-devices.ts'

/** The knobs of a receiver, a panel and a camera, wherever the car around them lives. */
export const controlsOfDevices = (
  devices: CarDevices,
  { replayed = false, panel = true }: { readonly replayed?: boolean; readonly panel?: boolean } = {},
): Pick<UnitControls, 'contact' | 'receiver' | 'panel' | 'camera'> => ({
  // The contacts of a real panel are closed by hand, and its camera is a real one.
  ...(panel && {
    contact: channel => ({
      read: () => devices.contact(channel),
      turn: on => ok(devices.setChannel(channel, on)),
    }),
    panel: {
      read: () => (devices.panelPower.on ? 'on' : 'off'),
      turn: to => ok(void (devices.panelPower.on = to === 'on')),
    },
    camera: { read: () => devices.camera.mode, turn: to => ok(devices.camera.setMode(to)) },
  }),
  // A recorded receiver, or one that was plugged in, says what it says.
  ...(!replayed && {
    receiver: {
      read: () => devices.receiver.mode,
      turn: to => ok(void (devices.receiver.mode = to)),
    },
  }),
})
