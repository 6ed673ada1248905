import { crc32 } from 'node:zlib'
import { z } from 'zod'
import type { DeviceId } from '#protocols/ids.ts'
import { isJson } from '#protocols/is-json.ts'
import { underPrefix, UNRECKONED_KEY } from '../ledger/ledger.ts'
import type { Ledger, LedgerOp } from '../ledger/ledger.ts'
import { DEVICE_PREFIX, deviceKey, DeviceRow } from './devices.ts'
import type { Devices } from './devices.ts'

/*
 * The rows of devices have a second copy beside the ledger. Records come back from the devices when a block of the ledger rots, but
 * only from those it still knows: a car whose row was in that block would be refused from then on. A line of the copy is the sum of
 * its text and the text: the head with the ledger's id first, then rows as they changed, the last of a device being its row.
 */

const Head = z.object({ v: z.literal(1), ledgerId: z.string() })

export type DeviceCopy = {
  readonly devices: Devices
  /** Lines that are not what was written; the last line may be torn by a power cut and does not count. */
  readonly unreadable: number
}

/** The whole copy, as it is begun anew at every start. */
export const copyOf = (ledgerId: string, rows: Iterable<DeviceRow>): string =>
  lineOf({ v: 1, ledgerId }) + linesOf(rows)

/** What is written behind it when rows change. */
export const linesOf = (rows: Iterable<DeviceRow>): string => Array.from(rows, lineOf).join('')

/** What a copy says; null when it is none of this ledger. */
export function readCopy(text: string, ledgerId: string): DeviceCopy | null {
  const [head, ...lines] = text.split('\n').slice(0, -1)
  const read = Head.safeParse(valueIn(head ?? ''))
  if (!read.success || read.data.ledgerId !== ledgerId) return null
  const devices: Devices = new Map()
  let unreadable = 0
  for (const line of lines) {
    const row = DeviceRow.safeParse(valueIn(line))
    if (row.success) devices.set(row.data.deviceId, row.data)
    else unreadable++
  }
  return { devices, unreadable }
}

const lineOf = (value: unknown): string => {
  const text = JSON.stringify(value)
  return `${sumOf(text)} ${text}\n`
}

/** Undefined for a line that is not what was written. */
function valueIn(line: string): unknown {
  const at = line.indexOf(' ')
  const text = line.slice(at + 1)
  return at > 0 && line.slice(0, at) === sumOf(text) && isJson(text) ? JSON.parse(text) : undefined
}

const sumOf = (text: string): string => crc32(text).toString(16).padStart(8, '0')

/**
 * After a repair the rows are what the copy says, also those that are still there: of a row whose newest form was in the rotten
 * block an older one comes to light, and a certificate that was revoked would count again. Called before the loss is reckoned, so
 * that a start that is cut off does it again. Returns the devices whose row was not what it should be. Throws when the ledger fails.
 */
export async function putBackDevices(
  ledger: Pick<Ledger, 'get' | 'range' | 'commit'>,
  copy: DeviceCopy | null,
): Promise<readonly DeviceId[]> {
  if (copy === null || (await ledger.get(UNRECKONED_KEY)) === undefined) return []
  const rows = new Map(
    (await ledger.range(underPrefix(DEVICE_PREFIX))).map(([key, row]) => [key, textOf(row)]),
  )
  const gone = [...copy.devices.values()].filter(row => rows.get(deviceKey(row.deviceId)) !== textOf(row))
  if (gone.length === 0) return []
  const ops = gone.map((row): LedgerOp => ({ type: 'put', key: deviceKey(row.deviceId), value: row }))
  const committed = await ledger.commit(ops, { sync: true })
  if (!committed.ok) throw new Error(`${committed.code}: ${committed.detail}`)
  return gone.map(({ deviceId }) => deviceId)
}

/** A row with all fields and in one order; undefined when it is none. */
const textOf = (row: unknown): string | undefined => JSON.stringify(DeviceRow.safeParse(row).data)
