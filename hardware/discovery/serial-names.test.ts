import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listSerialPorts } from './serial-names.ts'
import { deviceOfUsbName, usbNames } from './usb-names.ts'

/** A computer made of folders: `/dev` and `/sys` as the kernel lays them out. */
let root: string
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'reach5-names-'))))
afterEach(() => rmSync(root, { recursive: true }))

const put = (path: string, text = ''): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const link = (path: string, to: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  symlinkSync(join(root, to), join(root, path))
}
const plug = (
  tty: string,
  socket: string,
  id: { vendor: string; product: string; serial?: string },
): void => {
  const device = `sys/devices/usb1/${socket}`
  put(`dev/${tty}`)
  put(`${device}/idVendor`, `${id.vendor}\n`)
  put(`${device}/idProduct`, `${id.product}\n`)
  if (id.serial !== undefined) put(`${device}/serial`, `${id.serial}\n`)
  put(`${device}/${socket}:1.0/bInterfaceNumber`, '00\n')
  put(`${device}/${socket}:1.0/${tty}/x`)
  link(`sys/class/tty/${tty}/device`, `${device}/${socket}:1.0/${tty}`)
}
const unplug = (tty: string): void => {
  rmSync(join(root, 'dev', tty))
  rmSync(join(root, 'sys/class/tty', tty), { recursive: true })
}
const list = (): Promise<readonly string[]> => listSerialPorts(join(root, 'dev'), join(root, 'sys'))()
const ublox = { vendor: '1546', product: '01a7' }
const ch340 = { vendor: '1a86', product: '7523' }

describe('the names of serial lines', () => {
  it('are by-id, then by-path, each device once', async () => {
    plug('ttyUSB0', '1-1.1', { ...ublox, serial: 'A1' })
    plug('ttyUSB1', '1-1.2', ch340)
    link('dev/serial/by-id/usb-u-blox-A1', 'dev/ttyUSB0')
    link('dev/serial/by-path/pci-1-1.1', 'dev/ttyUSB0')
    link('dev/serial/by-path/pci-1-1.2', 'dev/ttyUSB1')
    expect(await list()).toEqual([
      join(root, 'dev/serial/by-id/usb-u-blox-A1'),
      join(root, 'dev/serial/by-path/pci-1-1.2'),
    ])
  })

  it('come from the kernel where no udev makes links', async () => {
    plug('ttyUSB0', '1-1.1', { ...ublox, serial: 'A 1' })
    plug('ttyUSB1', '1-1.2', ch340)
    put('dev/ttyAMA0')
    expect(await list()).toEqual([
      join(root, 'dev/ttyAMA0'),
      'usb:1546:01a7:A_1:00',
      'usb:1a86:7523@1-1.2:00',
    ])
  })

  it('tell two adapters with the same serial number apart by their sockets', async () => {
    plug('ttyUSB0', '1-1.1', { ...ch340, serial: '0001' })
    plug('ttyUSB1', '1-1.2', { ...ch340, serial: '0001' })
    expect([...(await usbNames(join(root, 'sys'))).values()]).toEqual([
      'usb:1a86:7523@1-1.1:00',
      'usb:1a86:7523@1-1.2:00',
    ])
  })

  it('find a device again that was plugged in elsewhere and got another number', async () => {
    const where = (): Promise<string | undefined> =>
      deviceOfUsbName('usb:1546:01a7:A1:00', join(root, 'sys'), join(root, 'dev'))
    plug('ttyUSB0', '1-1.1', { ...ublox, serial: 'A1' })
    expect(await where()).toBe(join(root, 'dev/ttyUSB0'))
    unplug('ttyUSB0')
    expect(await where()).toBeUndefined()
    plug('ttyUSB0', '1-1.1', ch340)
    plug('ttyUSB1', '1-1.4', { ...ublox, serial: 'A1' })
    expect(await where()).toBe(join(root, 'dev/ttyUSB1'))
  })

  it('are none on a computer without any', async () => {
    expect(await list()).toEqual([])
  })
})
