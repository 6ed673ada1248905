import { openGpsdPort } from './gnss/gpsd-socket.ts'
import { isGpsd } from './gnss/gpsd-name.ts'
import type { OpenPort } from './port.ts'
import { openSerialPort } from './serial-port.ts'

/** A serial line by its path, or a receiver behind gpsd by its name. */
export const openLine: OpenPort = (path, options) =>
  isGpsd(path) ? openGpsdPort(path, options) : openSerialPort(path, options)
