import { chainRecord } from '#protocols/chain.ts'
import { LANES } from '#protocols/record.ts'
import { countOf } from '#protocols/ranges.ts'
import type { Range, Ranges } from '#protocols/ranges.ts'
import type { Lane, RecordDraft, RecordOrigin, WireRecord } from '#protocols/record.ts'
import { BootScan, receiptIn } from './boot-scan.ts'
import type { Verdict } from './boot-scan.ts'
import { gapDraft } from './group-plan.ts'
import type { Stamp } from './group-plan.ts'
import { noteKey, recordKey } from './keys.ts'
import { byLane, LaneBook } from './lanes.ts'
import { boundedLosses, CARRIED_MAX, EMPTY_LANE, STORE_VERSION } from './mark.ts'
import type { Carried, Loss, Mark } from './mark.ts'
import type { Change } from './shelf.ts'

/** Ranges of the old epoch told by one gap record, so that its body stays far below `BODY_BYTES_MAX`. */
const RANGES_PER_GAP = 256

/** What the new store has to tell of: seqs of `lane` in some store; `epoch` null for the one that is salvaged. */
type Missing = { readonly lane: Lane; readonly epoch: string | null; readonly ranges: Ranges }

/** What a scan of the rows found. */
export type Found = Pick<Verdict, 'lost' | 'untold' | 'losses' | 'carried'>

/**
 * From the rows of a damaged store to those of a new one. Good records keep kind, times and body and get a new place,
 * chained anew in the new epoch; each names its `origin`, because the gateway may have it already and cannot have said so.
 * What a lane lost stands in front of it, so that nothing delivered later has to wait:
 *
 *     old epoch   12 13 14 -- -- 17 18        15 and 16 lost, 11 was acknowledged
 *     new epoch   (1  2) 3  4  5  6  7        1 and 2 receipted as lost_in_repair
 *
 * The receipt is a gap record at the end of lane `event`. `ranges` count in its own epoch like those of any gap, so intake
 * needs no special case; `lost` says which records of the old epoch they were. A receipt of an earlier repair that is itself
 * among the lost is told again: what it spoke of, and the seqs that stood for that; and a record that came from a store before
 * this one is told by both its names.
 */
export class Salvage {
  readonly #scan: BootScan
  readonly #epoch: string
  readonly #found: Found
  readonly #missing: readonly Missing[]
  readonly #book: LaneBook
  readonly #changes: Change[] = []
  /** Losses whose receipts are carried over, and those told here. */
  readonly #losses: Loss[] = []
  readonly #carried: Carried[] = []

  constructor(highWater: Mark | null, epoch: string, found: Found) {
    this.#scan = new BootScan(highWater)
    this.#epoch = epoch
    this.#found = found
    this.#missing = missingOf(found)
    this.#book = new LaneBook(byLane(lane => ({ ...EMPTY_LANE, first: this.#standIns(lane) + 1 })))
  }

  /** Rows waiting in `takeChanges`. */
  get pending(): number {
    return this.#changes.length
  }

  row(key: string, value: string): void {
    if (!this.#scan.row(key, value)) return
    const record = JSON.parse(value) as WireRecord
    const origin = originOf(record)
    const seq = this.#add(draftOf(record), origin)
    this.#carry(record.lane, seq, origin)
    if (record.lane !== 'event') return
    const told = this.#found.losses.filter(loss => loss.seq === record.seq)
    this.#losses.push(...told.map(loss => ({ ...loss, seq })), ...thinnedBy(record, seq))
  }

  broke(reason: string): void {
    this.#scan.broke(reason)
  }

  takeChanges(): readonly Change[] {
    return this.#changes.splice(0)
  }

  /** The gap records, the notes and the mark of the new store. Throws when the rows were not those scanned before. */
  finish(stamp: Stamp): Mark {
    const { lost, notes, notesDigest, commit, epoch: foundEpoch } = this.#scan.finish()
    if (JSON.stringify(lost) !== JSON.stringify(this.#found.lost))
      throw new Error('the store reads differently each time')
    const next = byLane(() => 1)
    for (const { lane, epoch, ranges } of this.#missing) {
      const first = next[lane]
      next[lane] += countOf(ranges)
      this.#tell(lane, [[first, next[lane] - 1]], { epoch: epoch ?? foundEpoch, ranges }, stamp)
    }
    for (const [key, value] of notes) this.#changes.push({ key: noteKey(key), value })
    const lanes = byLane(lane => this.#book.markOf(lane))
    const losses = [...boundedLosses(this.#losses)]
    const carried = this.#carried.slice(-CARRIED_MAX)
    const facts = { commit: commit + 1, notes: notesDigest, acks: [], losses, carried }
    return { v: STORE_VERSION, epoch: this.#epoch, lanes, ...facts }
  }

  #tell(lane: Lane, ranges: Ranges, lost: Loss['lost'], stamp: Stamp): void {
    const seq = this.#add(gapDraft({ lane, ranges, reason: 'lost_in_repair', lost }, stamp))
    this.#losses.push({ seq, lane, epoch: this.#epoch, ranges, lost })
  }

  /** Lengthens the run the record continues, or begins one. */
  #carry(lane: Lane, seq: number, { epoch, seq: originSeq }: RecordOrigin): void {
    const run = this.#carried.at(-1)
    const continues =
      run?.lane === lane &&
      run.last === seq - 1 &&
      run.origin.epoch === epoch &&
      run.origin.seq + seq - run.first === originSeq
    if (continues) run.last = seq
    else this.#carried.push({ lane, first: seq, last: seq, origin: { epoch, seq: originSeq } })
  }

  /** Seqs at the beginning of a lane that stand for what is lost. */
  #standIns(lane: Lane): number {
    return this.#missing
      .filter(one => one.lane === lane)
      .reduce((sum, { ranges }) => sum + countOf(ranges), 0)
  }

  /** The seq it got. */
  #add(draft: RecordDraft, origin?: RecordOrigin): number {
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
    return record.seq
  }
}

/**
 * What a receipt of thinning speaks of lies in the store it was written in, whose marks the next repair no longer has: so that
 * is remembered like a loss, at the `seq` the receipt has now.
 */
function thinnedBy(record: WireRecord, seq: number): readonly Loss[] {
  const gap = receiptIn(record)
  if (gap === null || gap.reason !== 'thinned' || record.origin !== undefined) return []
  const { epoch } = record
  const { lane, ranges } = gap
  return [{ seq, lane, epoch, ranges, lost: { epoch, ranges } }]
}

/** What is lost now by both its names, and what lost receipts spoke of; one for each lane of each store. */
function missingOf({ lost, untold, losses, carried }: Found): readonly Missing[] {
  const gone = byLane(lane => [...untold[lane], ...lost[lane]])
  const isLost = ({ seq }: Loss): boolean => lost.event.some(([first, last]) => first <= seq && seq <= last)
  const all: Missing[] = [
    ...LANES.map(lane => ({ lane, epoch: null, ranges: gone[lane] })),
    ...losses.filter(isLost).flatMap(({ lane, epoch, ranges, lost: before }) => [
      { lane, ...before },
      // What was thinned has no other name.
      ...(before.epoch === epoch ? [] : [{ lane, epoch, ranges }]),
    ]),
    ...carried.map(run => ({
      lane: run.lane,
      epoch: run.origin.epoch,
      ranges: gone[run.lane].flatMap(range => namesBefore(run, range)),
    })),
  ]
  const byStore = new Map<string, Missing>()
  for (const { lane, epoch, ranges } of all) {
    const key = `${lane}/${epoch}`
    byStore.set(key, { lane, epoch, ranges: [...(byStore.get(key)?.ranges ?? []), ...ranges] })
  }
  return [...byStore.values()].flatMap(({ lane, epoch, ranges }) =>
    chunksOf(ranges, RANGES_PER_GAP).map(chunk => ({ lane, epoch, ranges: chunk })),
  )
}

/** What the part of a run that lies in a lost range was called where it came from. */
function namesBefore({ first, last, origin }: Carried, [from, to]: Range): Range[] {
  const [low, high] = [Math.max(first, from), Math.min(last, to)]
  return low > high ? [] : [[low - first + origin.seq, high - first + origin.seq]]
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
