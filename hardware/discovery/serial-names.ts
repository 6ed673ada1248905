import { readdir, realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { usbNames } from './usb-names.ts'

/** The names a line can be found under, stable ones first. Handed in, so that a bench of pseudo-terminals can be listed. */
export type ListPorts = () => Promise<readonly string[]>

/** A vehicle has a handful; more than this means that something else is plugged in. */
export const PORTS_MAX = 16

/**
 * Every serial line of this computer once, by the most stable name it has: by-id (survives another socket), else by-path
 * (two adapters without a serial number share one id), else what the kernel says of the USB device, else the bare name
 * of a port of the board.
 */
export const listSerialPorts =
  (root = '/dev', sys = '/sys'): ListPorts =>
  async () => {
    const named = [
      ...(await linksIn(join(root, 'serial/by-id'))),
      ...(await linksIn(join(root, 'serial/by-path'))),
    ]
    const bare = (await namesIn(root)).filter(name => /^tty(USB|ACM|AMA|THS|mxc)\d+$/.test(name))
    const usb = await usbNames(sys)
    const seen = new Set<string>()
    const ports: string[] = []
    for (const path of [...named, ...bare.map(name => join(root, name))]) {
      const device = await realpath(path).catch(() => undefined)
      if (device === undefined || seen.has(device)) continue
      seen.add(device)
      ports.push((bare.includes(basename(path)) && usb.get(basename(path))) || path)
    }
    return ports.slice(0, PORTS_MAX)
  }

const linksIn = async (dir: string): Promise<string[]> => (await namesIn(dir)).map(name => join(dir, name))

/** A computer without the directory has none of these ports. */
async function namesIn(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort()
  } catch {
    return []
  }
}
