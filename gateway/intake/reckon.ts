import type { DeviceId } from '#protocols/ids.ts'
import type { Lane } from '#protocols/record.ts'
import type { LedgerOp } from '../ledger/ledger.ts'
import { bookOf, epochInTheWay } from './intake-state.ts'
import type { IntakeState } from './intake-state.ts'
import { watermarkRowOf } from './lane-book.ts'
import type { LaneBook } from './lane-book.ts'
import { contiguousUpTo, countOf, missingIn, unionOf } from '#protocols/ranges.ts'
import type { Ranges } from '#protocols/ranges.ts'
import { watermarkKey } from './rows.ts'

/*
 * A repair of the store may cost records whose acks went out long ago, and the watermarks, which lie in other files, do not
 * know it: what a device would send again would be a duplicate to them. So after a repair every lane is reckoned anew:
 *
 *     received      [[1, 90]]            acknowledged
 *     in the ledger [[1, 40], [61, 90]]  what is really there
 *     received      [[1, 40], [61, 90]]  the next ack says 40: the device, which keeps what was acknowledged for 48 h, sends
 *                                        again from there; what it no longer has is declared lost, by its hello
 *
 * What came under another name or was excused is not in the ledger and is not missed.
 */
export type Reckoning = {
  readonly ops: readonly LedgerOp[]
  /** Records that were acknowledged and are not there. */
  readonly missing: number
  readonly lanes: readonly string[]
}

/**
 * Makes the books say what is there; `held` by `{deviceId}/{epoch}/{lane}`. Up to `retired` of a lane a record that is not
 * there was let go when its time was over.
 */
export function reckon(
  state: IntakeState,
  held: ReadonlyMap<string, Ranges>,
  retired: ReadonlyMap<string, number> = new Map(),
): Reckoning {
  const opened = new Set([...held].map(([name, ranges]) => openBook(state, name, ranges)))
  const ops: LedgerOp[] = []
  const lanes: string[] = []
  let missing = 0
  for (const [deviceId, { epochs }] of state.devices)
    for (const [epoch, books] of epochs)
      for (const [lane, book] of books) {
        const name = `${deviceId}/${epoch}/${lane}`
        const lost = takeBack(book, held.get(name) ?? [], retired.get(name) ?? 0)
        if (lost === null && !opened.has(book)) continue
        missing += lost ?? 0
        if (lost !== null && lost > 0) lanes.push(name)
        ops.push({ type: 'put', key: watermarkKey(deviceId, epoch, lane), value: watermarkRowOf(book) })
      }
  return { ops, missing, lanes }
}

/** The watermark itself may be what was lost. What is in a row is taken as told: nobody hears a month of alarms again. */
function openBook(state: IntakeState, name: string, ranges: Ranges): LaneBook | undefined {
  const [deviceId, epoch, lane] = name.split('/') as [DeviceId, string, Lane]
  if (state.devices.get(deviceId)?.epochs.get(epoch)?.has(lane) === true) return undefined
  if (epochInTheWay(state, deviceId, epoch) !== undefined) return undefined
  const book = bookOf(state, deviceId, epoch, lane)
  book.received = ranges
  book.records = countOf(ranges)
  book.told = contiguousUpTo(ranges)
  book.toldSum = null
  return book
}

/** How many it took back; null when the book says what is there. */
function takeBack(book: LaneBook, here: Ranges, retired: number): number | null {
  const letGo: Ranges = retired === 0 ? [] : [[1, retired]]
  const known = unionOf(unionOf(here, book.excused), letGo)
  const gone = book.received.flatMap(range => missingIn(known, range))
  const received = unionOf(
    book.received.flatMap(range => missingIn(gone, range)),
    here,
  )
  if (gone.length === 0 && countOf(received) === countOf(book.received)) return null
  book.received = received
  book.records = Math.max(0, book.records - countOf(gone))
  return countOf(gone)
}
