import type { DeviceView } from '#protocols/api.ts'
import { parseBody, RECORD_KINDS } from '#protocols/bodies.ts'
import type { ParsedBody } from '#protocols/bodies.ts'
import type { DeviceId } from '#protocols/ids.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import type { Hello } from '#protocols/session.ts'
import type { Now } from '#protocols/time.ts'
import { highestOf, laneBookOf, newLaneBook, watermarkOf } from './lane-book.ts'
import type { LaneBook, WatermarkRow } from './lane-book.ts'
import type { DelayWindow } from './lateness.ts'
import { countOf, missingIn } from '#protocols/ranges.ts'
import { lanePrefix, recordKey, wireRecordOf } from './rows.ts'
import type { RecordRow } from './rows.ts'

/** So often a device is told on one connection: one that can no longer look at its record of that name would be told for ever. */
export const TURNED_AWAY_MAX = 8

/** An epoch is minted only when a store was lost; of a device with more of them the longest silent one is forgotten. */
export const EPOCHS_MAX = 64

type Boot = { readonly bootId: string; readonly delays: DelayWindow; liveSeq: number }

export type DeviceBook = {
  link: 'up' | 'down'
  /** By epoch, then lane; the epoch heard last comes last. */
  readonly epochs: Map<string, Map<Lane, LaneBook>>
  boot: Boot | null
  hello: Hello | null
  /** Records of another history that may still be turned away on this connection. */
  mayTurnAway: number
  /** Lanes of the newest hello whose loss below `first` is not yet settled. */
  unsettled: Set<Lane>
  readonly unstoredIds: Set<string>
  /** The newest fault of each driver, by its name. */
  readonly faults: Map<string, DriverFault>
}

/** `fault/{deviceId}/{driver}`: what a driver of the car last complained of; `occurredAt` by the gateway's clock. */
export type DriverFault = DeviceView['faults'][number]

/** Drivers remembered per device: a car has four. */
const DRIVERS_MAX = 16
export const FAULT_PREFIX = 'fault/'
export const faultKey = (deviceId: DeviceId, driver: string): string =>
  `${FAULT_PREFIX}${deviceId}/${encodeURIComponent(driver)}`

/** Keeps the newest word of a driver; false when there is no room for one more driver, or a newer word is known. */
export function noteFault(device: DeviceBook, fault: DriverFault): boolean {
  const known = device.faults.get(fault.driver)
  if (known === undefined && device.faults.size >= DRIVERS_MAX) return false
  if (known !== undefined && known.occurredAt > fault.occurredAt) return false
  device.faults.set(fault.driver, fault)
  return true
}

/** Puts one `fault/…` row back at boot. */
export function restoreFault(state: IntakeState, key: string, fault: DriverFault): void {
  const deviceId = key.split('/')[1] as DeviceId
  deviceBookOf(state, deviceId).faults.set(fault.driver, fault)
}

export type IntakeState = {
  readonly ledgerId: string
  readonly generation: number
  readonly devices: Map<DeviceId, DeviceBook>
  /** Lanes in which records wait for a missing one. */
  readonly waiting: Map<LaneBook, LaneRef>
  /** `records`, `duplicates` and every code of a refusal, for the metrics. */
  readonly counts: Map<string, number>
}

export type LaneRef = { readonly deviceId: DeviceId; readonly epoch: string; readonly lane: Lane }

export const newIntakeState = (ledgerId: string, generation: number): IntakeState => ({
  ledgerId,
  generation,
  devices: new Map(),
  waiting: new Map(),
  counts: new Map(),
})

export const count = (state: IntakeState, name: string, by = 1): void => {
  state.counts.set(name, (state.counts.get(name) ?? 0) + by)
}

export function deviceBookOf(state: IntakeState, deviceId: DeviceId): DeviceBook {
  const known = state.devices.get(deviceId)
  if (known !== undefined) return known
  const book: DeviceBook = {
    link: 'down',
    epochs: new Map(),
    boot: null,
    hello: null,
    mayTurnAway: 0,
    unsettled: new Set(),
    unstoredIds: new Set(),
    faults: new Map(),
  }
  state.devices.set(deviceId, book)
  return book
}

/** The epoch that must give way before `epoch` can be opened: the longest silent one, or undefined while there is room. */
export function epochInTheWay(state: IntakeState, deviceId: DeviceId, epoch: string): string | undefined {
  const { epochs } = deviceBookOf(state, deviceId)
  return epochs.has(epoch) || epochs.size < EPOCHS_MAX ? undefined : [...epochs.keys()][0]
}

/** The book of a lane, opened on first sight. */
export function bookOf(state: IntakeState, deviceId: DeviceId, epoch: string, lane: Lane): LaneBook {
  const { epochs } = deviceBookOf(state, deviceId)
  const lanes = epochs.get(epoch) ?? new Map<Lane, LaneBook>()
  epochs.delete(epoch)
  epochs.set(epoch, lanes)
  let book = lanes.get(lane)
  if (book === undefined) lanes.set(lane, (book = newLaneBook()))
  return book
}

/** The book of a lane in some store of the device, if it was ever heard of; nothing is opened. */
export const heardBookOf = (
  state: IntakeState,
  deviceId: DeviceId,
  epoch: string,
  lane: Lane,
): LaneBook | undefined => state.devices.get(deviceId)?.epochs.get(epoch)?.get(lane)

/** Body of a record, or the code why this version cannot read it; a known kind in a foreign lane counts as unreadable. */
export function readBody(record: WireRecord): { body: ParsedBody | null; code?: string; detail: string } {
  const parsed = parseBody(record.kind, record.body)
  if (!parsed.ok) return { body: null, code: parsed.code, detail: parsed.detail.slice(0, 200) }
  if (RECORD_KINDS[parsed.value.kind].lane !== record.lane)
    return { body: null, code: 'RECORD_BODY', detail: `${record.kind} in lane ${record.lane}` }
  return { body: parsed.value, detail: '' }
}

/** Puts one `watermark/…` row back at boot. */
export function restoreWatermark(state: IntakeState, key: string, row: WatermarkRow): void {
  const [, deviceId, epoch, lane] = key.split('/') as [string, DeviceId, string, Lane]
  const { epochs } = deviceBookOf(state, deviceId)
  const lanes = epochs.get(epoch) ?? new Map<Lane, LaneBook>()
  lanes.set(lane, laneBookOf(row))
  epochs.set(epoch, lanes)
}

/** Lanes whose newest records were committed but not yet told when the process ended: their rows are to be read again. */
export function untoldRanges(
  state: IntakeState,
  now: Now,
): { readonly prefix: string; readonly afterKey: string; readonly restore: (row: RecordRow) => void }[] {
  const untold = []
  for (const [deviceId, device] of state.devices)
    for (const [epoch, lanes] of device.epochs)
      for (const [lane, book] of lanes) {
        if (highestOf(book) <= book.told) continue
        const restore = (row: RecordRow): void => {
          const record = wireRecordOf(row)
          // In the ledger, but with a head nobody could work with: passed over like a receipted gap.
          if (record === undefined) return
          const arrival = {
            record,
            body: readBody(record).body,
            ageMs: row.ageMs,
            receivedMonoMs: now.monoMs,
            receivedAt: row.receivedAt,
          }
          book.held.set(record.seq, arrival)
          state.waiting.set(book, { deviceId, epoch, lane })
        }
        const prefix = lanePrefix(deviceId, epoch, lane)
        untold.push({ prefix, afterKey: recordKey(deviceId, epoch, lane, book.told), restore })
      }
  return untold
}

/** Where each lane of a device stands, for `DeviceView.lanes`. */
export function lanesOf(
  state: IntakeState,
  deviceId: DeviceId,
): { epoch: string; lane: string; upTo: number; missing: number; records: number }[] {
  const rows = []
  for (const [epoch, lanes] of state.devices.get(deviceId)?.epochs ?? [])
    for (const [lane, book] of lanes) {
      const missing = countOf(missingIn(book.received, [1, highestOf(book)]))
      rows.push({ epoch, lane, upTo: watermarkOf(book), missing, records: book.records })
    }
  return rows
}
