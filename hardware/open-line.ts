import { fault } from '#protocols/result.ts'
import { deviceOfUsbName, isUsbName } from './discovery/usb-names.ts'
import { openGpsdPort } from './gnss/gpsd-socket.ts'
import { isGpsd } from './gnss/gpsd-name.ts'
import type { OpenPort } from './port.ts'
import { openSerialPort } from './serial-port.ts'

/** Another pair of ears on every line that `open` opens. */
export const tapped =
  (open: OpenPort, hear: (path: string, bytes: Uint8Array) => void): OpenPort =>
  async (path, options) => {
    const port = await open(path, options)
    if (port.ok) port.value.onBytes(bytes => hear(path, bytes))
    return port
  }

/** A serial line by its path or by its USB identity (wherever it is plugged in now), or a receiver behind gpsd. */
export const openLine: OpenPort = async (path, options) => {
  if (isGpsd(path)) return openGpsdPort(path, options)
  if (!isUsbName(path)) return openSerialPort(path, options)
  const device = await deviceOfUsbName(path)
  return device === undefined
    ? fault('PORT_ABSENT', `${path} is not plugged in`)
    : openSerialPort(device, options)
}
