import type { DeviceView } from '#protocols/api.ts'
import type { DeviceId } from '#protocols/ids.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { DeviceRow } from '../identity/devices.ts'
import { lanesOf } from './intake-state.ts'
import type { IntakeState } from './intake-state.ts'

/** Every enrolled or expected device as a technician sees it: link, software, store, and how far each lane has come. */
export function deviceViewsOf(devices: ReadonlyMap<DeviceId, DeviceRow>, state: IntakeState): DeviceView[] {
  return [...devices.values()].map(({ deviceId: id, unitId, state: admission, notAfterMs }) => {
    const book = state.devices.get(id)
    return {
      id,
      unitId,
      state: admission,
      certificateNotAfter: notAfterMs === null ? null : rfc3339(notAfterMs),
      link: book?.link ?? 'down',
      software: book?.hello?.software ?? null,
      store: book?.hello?.store ?? null,
      lanes: lanesOf(state, id),
    }
  })
}
