import { z } from 'zod'
import { StationPlace } from '#protocols/enrolment.ts'
import { DeviceId, GridId, UnitId } from '#protocols/ids.ts'
import type { UnitBinding } from '../loop/effects.ts'
import type { RetiredCertificate } from './x509-authority.ts'

/** `device/{deviceId}`: which unit it serves and which certificates count. Binding is gateway data, so a swap is a row. */
export const DeviceRow = z.object({
  v: z.literal(1),
  deviceId: DeviceId,
  unitId: UnitId,
  callSign: z.string(),
  homeGridId: GridId.nullable(),
  state: z.enum(['preauthorized', 'active', 'revoked']),
  /** Serials that may connect; enrolling anew leaves only the newest. */
  serials: z.array(z.string()),
  notAfterMs: z.number().nullable(),
  station: StationPlace.nullable().default(null),
  /** Serials that no longer may, until their time is over by itself: for brokers that cannot ask us. */
  retired: z.array(z.object({ serial: z.string(), notAfterMs: z.number() })).default([]),
})
export type DeviceRow = z.infer<typeof DeviceRow>

export const DEVICE_PREFIX = 'device/'
export const deviceKey = (deviceId: DeviceId): string => `${DEVICE_PREFIX}${deviceId}`

export const bindingOf = ({ deviceId, unitId, callSign, homeGridId, station }: DeviceRow): UnitBinding => ({
  deviceId,
  unitId,
  callSign,
  homeGridId,
  ...(station && { station }),
})

/** Devices by id, as last committed; owned by the enrolment desk. */
export type Devices = Map<DeviceId, DeviceRow>

export function devicesOf(rows: readonly (readonly [string, unknown])[]): Devices {
  const devices: Devices = new Map()
  for (const [key, value] of rows) {
    if (!key.startsWith(DEVICE_PREFIX)) continue
    const row = DeviceRow.parse(value)
    devices.set(row.deviceId, row)
  }
  return devices
}

/** Whether a certificate of our CA may speak for its device now. */
export const isAdmitted = (devices: Devices, deviceId: DeviceId, serial: string): boolean => {
  const row = devices.get(deviceId)
  return row !== undefined && row.state === 'active' && row.serials.includes(serial)
}

/** Whether anything may be heard of it at all; which certificate was used is then somebody else's promise. */
export const maySpeak = (devices: Devices, deviceId: DeviceId): boolean =>
  devices.get(deviceId)?.state === 'active'

/** Every certificate whose time is not over and that must not connect. */
export const retiredIn = (devices: Devices): readonly RetiredCertificate[] =>
  [...devices.values()].flatMap(row => [...row.retired, ...(row.state === 'revoked' ? liveOf(row) : [])])

/** What a row's certificates become when another takes their place. */
export const retiredBy = (row: DeviceRow | undefined, nowUtcMs: number): DeviceRow['retired'] =>
  row === undefined ? [] : [...row.retired, ...liveOf(row)].filter(({ notAfterMs }) => notAfterMs > nowUtcMs)

const liveOf = ({ serials, notAfterMs }: DeviceRow): DeviceRow['retired'] =>
  serials.map(serial => ({ serial, notAfterMs: notAfterMs ?? 0 }))
