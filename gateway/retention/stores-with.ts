import type { DeviceId } from '#protocols/ids.ts'
import type { Lane } from '#protocols/record.ts'
import { underPrefix } from '../ledger/ledger.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { recordsNamed } from '../ledger/packed-records.ts'

/** One store of one device, of which the ledger has some lane. */
export type DeviceStore = { readonly deviceId: DeviceId; readonly epoch: string }

/** Every store that has something of a lane in the ledger, found by seeking from one lane to the next. */
export async function* storesWith(ledger: Pick<Ledger, 'stored'>, lane: Lane): AsyncGenerator<DeviceStore> {
  const { before } = underPrefix('record/')
  let after = 'record/'
  for (;;) {
    const [row] = await ledger.stored({ after, before, limit: 1 })
    if (row === undefined) return
    const named = row[0].startsWith('record/=') ? undefined : recordsNamed(row[0])
    if (named === undefined) {
      after = row[0].startsWith('record/=') ? underPrefix('record/=').before : row[0]
      continue
    }
    const [deviceId, epoch, found] = named.lane.split('/') as [DeviceId, string, string]
    if (found === lane) yield { deviceId, epoch }
    after = underPrefix(`record/${named.lane}/`).before
  }
}
