import { z } from 'zod'

/** Ids become topic levels, keys and file names, so their alphabet is closed: `ptu-07`, `grid-3`. */
export const ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,47}$/

export const Id = z.string().regex(ID_PATTERN, 'lower-case letters, digits and hyphens, at most 48')
export const DeviceId = Id
export type DeviceId = z.infer<typeof DeviceId>
export const UnitId = Id
export type UnitId = z.infer<typeof UnitId>
export const GridId = Id
export type GridId = z.infer<typeof GridId>
export const IncidentId = Id
export type IncidentId = z.infer<typeof IncidentId>
export const OrderId = Id
export type OrderId = z.infer<typeof OrderId>

/** `urn:reach5:device:ptu-07` is the one name of a device in its certificate (URI SAN). */
export const deviceUrn = (deviceId: DeviceId): string => `urn:reach5:device:${deviceId}`
