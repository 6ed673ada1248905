import { readFile, readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/*
 * Names that survive another order of plugging in, where no udev makes /dev/serial: read from the kernel's own tree.
 *
 *     /sys/class/tty/ttyUSB0/device -> …/usb1/1-1/1-1.2/1-1.2:1.0/ttyUSB0
 *                                            │          └ interface: bInterfaceNumber
 *                                            └ device: idVendor idProduct serial
 *
 *     usb:1546:01a7:ABC123:00      by serial number and interface: survives another socket
 *     usb:1a86:7523@1-1.2:00       without a serial number, or with one that two adapters share: by the socket
 */
const PREFIX = 'usb:'
/** Folders between a tty and its USB device; anything deeper is no serial adapter. */
const LEVELS_MAX = 6
const TTYS_MAX = 64

export const isUsbName = (name: string): boolean => name.startsWith(PREFIX)

/** Stable names of the USB lines there are now, by the bare name of each: `ttyUSB0` -> `usb:…`. */
export async function usbNames(sys = '/sys'): Promise<ReadonlyMap<string, string>> {
  const dir = join(sys, 'class/tty')
  const ttys = (await readdir(dir).catch(() => [])).filter(name => /^tty(USB|ACM)\d+$/.test(name)).sort()
  const found = new Map<string, Usb>()
  for (const tty of ttys.slice(0, TTYS_MAX)) {
    const usb = await usbOf(join(dir, tty, 'device'))
    if (usb) found.set(tty, usb)
  }
  const bySerial = [...found.values()].map(nameBySerial)
  return new Map(
    [...found].map(([tty, usb]) => {
      const name = nameBySerial(usb)
      const isUnique = usb.serial !== '' && bySerial.filter(other => other === name).length === 1
      return [tty, isUnique ? name : nameBySocket(usb)]
    }),
  )
}

/** `/dev/ttyUSB3` for a stable name; undefined when nothing of that name is plugged in. */
export async function deviceOfUsbName(name: string, sys = '/sys', dev = '/dev'): Promise<string | undefined> {
  for (const [tty, known] of await usbNames(sys)) if (known === name) return join(dev, tty)
  return undefined
}

type Usb = {
  readonly vendor: string
  readonly product: string
  readonly serial: string
  readonly socket: string
  readonly part: string
}

const nameBySerial = ({ vendor, product, serial, part }: Usb): string =>
  `${PREFIX}${vendor}:${product}:${serial}:${part}`
const nameBySocket = ({ vendor, product, socket, part }: Usb): string =>
  `${PREFIX}${vendor}:${product}@${socket}:${part}`

async function usbOf(link: string): Promise<Usb | undefined> {
  let dir = await realpath(link).catch(() => undefined)
  let part = '00'
  for (let level = 0; dir !== undefined && level < LEVELS_MAX; level += 1) {
    part = (await textOf(dir, 'bInterfaceNumber')) || part
    const vendor = await textOf(dir, 'idVendor')
    if (vendor !== '')
      return {
        ...{ vendor, product: await textOf(dir, 'idProduct'), serial: await textOf(dir, 'serial') },
        ...{ socket: basename(dir), part },
      }
    dir = dirname(dir)
  }
  return undefined
}

/** A word of the kernel, fit for a name; empty when it does not say. */
const textOf = async (dir: string, file: string): Promise<string> =>
  (await readFile(join(dir, file), 'utf8').catch(() => ''))
    .trim()
    .replaceAll(/[^\w.-]/g, '_')
    .slice(0, 64)
