import type { DeviceId } from '#protocols/ids.ts'
import type { Lane, RecordOrigin, WireRecord } from '#protocols/record.ts'
import type { IntakeState } from './intake-state.ts'
import type { LaneBook } from './lane-book.ts'
import { rangeAt } from '#protocols/ranges.ts'
import { aliasKey, recordKey } from './rows.ts'

/*
 * A store that was repaired, or put back, goes on in a new epoch and carries over what it holds. It cannot know which of
 * that we have: the ack may have been lost, or the seq may have been used twice. So each such record names its origin, and
 * it is the same record only if the ledger has that name with that sum.
 *
 *     old epoch     event/7 sum a    in the ledger        new epoch  event/3 origin 7 a   known, not told again
 *                   event/8 sum b    in the ledger                   event/4 origin 8 c   another record: taken
 *                   event/9 -        never came                      event/5 origin 9 d   taken, and 9 is claimed
 *
 * A store may be carried over again before anything of it was sent, so the origin stays the first name of all, and what is
 * taken under a later one leaves a word under the first (`aliasKey`).
 */

/** Sums by record key; null where the ledger has no such row. */
export type Recalled = ReadonlyMap<string, string | null>

/** Rows to read before these records can be judged; empty when nothing is open. */
export function toRecall(
  state: IntakeState,
  deviceId: DeviceId,
  records: readonly WireRecord[],
  recalled: Recalled | undefined,
): readonly string[] {
  return records.flatMap(({ origin, lane, epoch, seq }) => {
    if (origin === undefined || !hasOtherStore(state, deviceId, epoch)) return []
    const here = otherStoreOf(state, deviceId, epoch, lane)
    if (here !== undefined && isHere(here, seq)) return []
    return namesOf(deviceId, lane, origin).filter(key => recalled?.has(key) !== true)
  })
}

/** It came. One that was excused counts as received and is taken all the same should it come. */
const isHere = ({ received, excused }: LaneBook, seq: number): boolean =>
  rangeAt(received, seq) !== undefined && rangeAt(excused, seq) === undefined

/** The ledger has this record under its old name. */
export const isKnown = (
  deviceId: DeviceId,
  { origin, lane }: WireRecord,
  recalled: Recalled | undefined,
): boolean =>
  origin !== undefined && namesOf(deviceId, lane, origin).some(key => recalled?.get(key) === origin.sum)

/** Where the ledger has a record of that name: itself, or a word that it was known under a still older one. */
const namesOf = (deviceId: DeviceId, lane: Lane, { epoch, seq }: RecordOrigin): readonly string[] => [
  recordKey(deviceId, epoch, lane, seq),
  aliasKey(deviceId, epoch, lane, seq),
]

const hasOtherStore = (state: IntakeState, deviceId: DeviceId, epoch: string): boolean =>
  [...(state.devices.get(deviceId)?.epochs.keys() ?? [])].some(other => other !== epoch)

/** The book of a lane in some store of the device, if it was ever heard of. */
export const otherStoreOf = (
  state: IntakeState,
  deviceId: DeviceId,
  epoch: string,
  lane: Lane,
): LaneBook | undefined => state.devices.get(deviceId)?.epochs.get(epoch)?.get(lane)
