import type { DeviceView } from '#protocols/api.ts'
import type { DeviceId } from '#protocols/ids.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { DeviceRow } from '../identity/devices.ts'
import { lanesOf } from './intake-state.ts'
import type { IntakeState } from './intake-state.ts'

/** Every enrolled or expected device as a technician sees it: link, software, store, and how far each lane has come. */
export function deviceViewsOf(devices: ReadonlyMap<DeviceId, DeviceRow>, state: IntakeState): DeviceView[] {
  return [...devices.values()].map(row => deviceViewOf(row, state))
}

export function deviceViewOf(row: DeviceRow, state: IntakeState): DeviceView {
  const { deviceId: id, unitId, callSign, homeGridId, state: admission, notAfterMs } = row
  const book = state.devices.get(id)
  return {
    id,
    unitId,
    callSign,
    homeGridId,
    state: admission,
    certificateNotAfter: notAfterMs === null ? null : rfc3339(notAfterMs),
    link: book?.link ?? 'down',
    software: book?.hello?.software ?? null,
    store: book?.hello?.store ?? null,
    lanes: lanesOf(state, id),
    faults: [...(book?.faults.values() ?? [])].toSorted((a, b) => (a.receivedAt < b.receivedAt ? 1 : -1)),
  }
}
