import type { StationView } from '#protocols/api.ts'
import type { StationPlace } from '#protocols/enrolment.ts'
import type { DeviceId, UnitId } from '#protocols/ids.ts'
import type { Live } from '#protocols/session.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import type { UnitBinding } from '../loop/effects.ts'

/** The circle a duty station answers for (DOMAIN.md S42). */
const RADIUS_M = 2_000

export type Station = {
  readonly id: UnitId
  readonly name: string
  readonly place: StationPlace
  readonly deviceId: DeviceId
  readonly link: 'up' | 'down'
  readonly heardMonoMs: number | null
  readonly queue: Live['queue'] | null
  readonly store: Live['store'] | null
}

/** Duty stations: they stand still, are sent nowhere and are in no list of units. Bindings are device rows, read at boot. */
export class StationBook {
  private readonly stations = new Map<DeviceId, Station>()

  /** By number, as people call them. */
  all(): readonly Station[] {
    return [...this.stations.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  byDevice(deviceId: DeviceId): Station | undefined {
    return this.stations.get(deviceId)
  }

  /** A station has one device: a new one takes the place of the old. */
  bind(binding: UnitBinding, place: StationPlace): void {
    const { deviceId, unitId: id, callSign: name } = binding
    for (const [other, station] of this.stations)
      if (station.id === id && other !== deviceId) this.stations.delete(other)
    const known = this.stations.get(deviceId)
    const quiet = { link: 'down', heardMonoMs: null, queue: null, store: null } as const
    this.stations.set(deviceId, { ...quiet, ...known, id, name, place, deviceId })
  }

  heard(deviceId: DeviceId, told: Partial<Pick<Station, 'link' | 'queue' | 'store'>>, now: Now): void {
    const station = this.stations.get(deviceId)
    if (station) this.stations.set(deviceId, { ...station, ...told, heardMonoMs: now.monoMs })
  }

  left(deviceId: DeviceId): void {
    const station = this.stations.get(deviceId)
    if (station) this.stations.set(deviceId, { ...station, link: 'down' })
  }
}

export function viewOfStation(station: Station, now: Now): StationView {
  const { id, name, place, deviceId, link, heardMonoMs, queue, store } = station
  const { number, kiosk, lat, lon } = place
  return {
    id,
    name,
    number,
    kiosk,
    lat,
    lon,
    radiusM: RADIUS_M,
    deviceId,
    link,
    heardAgeMs: heardMonoMs === null ? null : Math.round(now.monoMs - heardMonoMs),
    queue,
    store,
    at: rfc3339(now.utcMs),
  }
}
