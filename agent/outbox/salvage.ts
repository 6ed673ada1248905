import { chainRecord } from '#protocols/chain.ts'
import { LANES } from '#protocols/record.ts'
import type { RecordDraft, RecordOrigin, WireRecord } from '#protocols/record.ts'
import { BootScan, countOf } from './boot-scan.ts'
import type { SeqRange } from './boot-scan.ts'
import { gapDraft } from './group-plan.ts'
import type { Stamp } from './group-plan.ts'
import { noteKey, recordKey } from './keys.ts'
import { byLane, LaneBook } from './lanes.ts'
import type { ByLane } from './lanes.ts'
import { EMPTY_LANE, STORE_VERSION } from './mark.ts'
import type { Mark } from './mark.ts'
import type { Change } from './shelf.ts'

/** Ranges of the old epoch told by one gap record, so that its body stays far below `BODY_BYTES_MAX`. */
const RANGES_PER_GAP = 256

/**
 * From the rows of a damaged store to those of a new one. Good records keep kind, times and body and get a new place,
 * chained anew in the new epoch; each names its `origin`, because the gateway may have it already and cannot have said so.
 * What a lane lost stands in front of it, so that nothing delivered later has to wait:
 *
 *     old epoch   12 13 14 -- -- 17 18        15 and 16 lost, 11 was acknowledged
 *     new epoch   (1  2) 3  4  5  6  7        1 and 2 receipted as lost_in_repair
 *
 * The receipt is a gap record at the end of lane `event`. `ranges` count in its own epoch like those of any gap, so intake
 * needs no special case; `lost` says which records of the old epoch they were.
 */
export class Salvage {
  readonly #scan: BootScan
  readonly #epoch: string
  readonly #lost: ByLane<readonly SeqRange[]>
  readonly #book: LaneBook
  readonly #changes: Change[] = []

  /** `lost` is what a scan of the same rows found missing. */
  constructor(highWater: Mark | null, epoch: string, lost: ByLane<readonly SeqRange[]>) {
    this.#scan = new BootScan(highWater)
    this.#epoch = epoch
    this.#lost = lost
    this.#book = new LaneBook(byLane(lane => ({ ...EMPTY_LANE, first: countOf(lost[lane]) + 1 })))
  }

  /** Rows waiting in `takeChanges`. */
  get pending(): number {
    return this.#changes.length
  }

  row(key: string, value: string): void {
    if (!this.#scan.row(key, value)) return
    const record = JSON.parse(value) as WireRecord
    this.#add(draftOf(record), originOf(record))
  }

  broke(reason: string): void {
    this.#scan.broke(reason)
  }

  takeChanges(): readonly Change[] {
    return this.#changes.splice(0)
  }

  /** The gap records, the notes and the mark of the new store. Throws when the rows were not those scanned before. */
  finish(stamp: Stamp): Mark {
    const { lost, notes, notesDigest, commit, epoch: lostEpoch } = this.#scan.finish()
    if (JSON.stringify(lost) !== JSON.stringify(this.#lost))
      throw new Error('the store reads differently each time')
    for (const lane of LANES) {
      let first = 1
      for (const ranges of chunksOf(lost[lane], RANGES_PER_GAP)) {
        const last = first + countOf(ranges) - 1
        const body = {
          lane,
          ranges: [[first, last]],
          reason: 'lost_in_repair',
          lost: { epoch: lostEpoch, ranges },
        }
        this.#add(gapDraft(body, stamp))
        first = last + 1
      }
    }
    for (const [key, value] of notes) this.#changes.push({ key: noteKey(key), value })
    const lanes = byLane(lane => this.#book.markOf(lane))
    return { v: STORE_VERSION, epoch: this.#epoch, commit: commit + 1, notes: notesDigest, lanes, acks: [] }
  }

  #add(draft: RecordDraft, origin?: RecordOrigin): void {
    const { last, sum } = this.#book.markOf(draft.lane)
    const record = chainRecord(draft, {
      epoch: this.#epoch,
      seq: last + 1,
      prev: sum,
      ...(origin && { origin }),
    })
    const [key, value] = [recordKey(record.lane, record.seq), JSON.stringify(record)]
    this.#book.add(record.lane, key.length + Buffer.byteLength(value), record.sum)
    this.#changes.push({ key, value })
  }
}

/** What it was called first, however often it was carried since: by that name the gateway knows it, wherever it came from. */
const originOf = ({ epoch, seq, sum, origin }: WireRecord): RecordOrigin => origin ?? { epoch, seq, sum }

function draftOf({ lane, kind, occurredAt, monoMs, bootId, clockQuality, body }: WireRecord): RecordDraft {
  return { lane, kind, occurredAt, monoMs, bootId, clockQuality, body }
}

function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  )
}
