import type { DeviceId } from '#protocols/ids.ts'
import type { Lane, RecordOrigin, WireRecord } from '#protocols/record.ts'
import type { IntakeState } from './intake-state.ts'
import { heardBookOf } from './intake-state.ts'
import { sumInMind } from './lane-book.ts'
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
 * An image of the old store that is put back may bear event/9 with another sum e: by the ledger that is another record, too.
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
  // All of them each time: what was read before is not kept, and a record may be in doubt under another name by now.
  const names = records.flatMap(record => namesInDoubt(state, deviceId, record))
  return names.every(key => recalled?.has(key) === true) ? [] : names
}

/**
 * Of a record that came: whether the one that came is this one, where we do not have its sum in mind. Of a carried-over one that did
 * not: whether it came under its old name.
 */
function namesInDoubt(state: IntakeState, deviceId: DeviceId, record: WireRecord): readonly string[] {
  const { origin, lane, epoch, seq } = record
  const book = heardBookOf(state, deviceId, epoch, lane)
  if (book !== undefined && isHere(book, seq))
    return sumInMind(book, seq) === undefined ? namesOf(deviceId, lane, record) : []
  return origin === undefined || !hasOtherStore(state, deviceId, epoch) ? [] : namesOf(deviceId, lane, origin)
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

/**
 * The sum that the ledger has under the record's own name: its own, where that is one of them; undefined where it has none or was
 * not asked.
 */
export function sumInLedger(
  deviceId: DeviceId,
  record: WireRecord,
  recalled: Recalled | undefined,
): string | undefined {
  if (recalled === undefined) return undefined
  const sums = namesOf(deviceId, record.lane, record).flatMap(key => recalled.get(key) ?? [])
  return sums.find(sum => sum === record.sum) ?? sums[0]
}

/** Where the ledger has a record of that name: itself, or a word that it was known under a still older one. */
const namesOf = (
  deviceId: DeviceId,
  lane: Lane,
  { epoch, seq }: Pick<RecordOrigin, 'epoch' | 'seq'>,
): readonly string[] => [recordKey(deviceId, epoch, lane, seq), aliasKey(deviceId, epoch, lane, seq)]

const hasOtherStore = (state: IntakeState, deviceId: DeviceId, epoch: string): boolean =>
  [...(state.devices.get(deviceId)?.epochs.keys() ?? [])].some(other => other !== epoch)
