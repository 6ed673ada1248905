import { sumOf } from '#protocols/chain.ts'
import { isJson } from '#protocols/is-json.ts'
import { addRange, countOf, missingIn, unionOf } from '#protocols/ranges.ts'
import type { Range, Ranges } from '#protocols/ranges.ts'
import { LANES } from '#protocols/record.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import { placeOf, recordKey } from './keys.ts'
import { byLane, LaneBook } from './lanes.ts'
import type { ByLane } from './lanes.ts'
import { EMPTY_LANE, NO_NOTES, unsealMark } from './mark.ts'
import type { Carried, LaneMark, Loss, Mark } from './mark.ts'
import { toggleNote } from './notes-digest.ts'
import type { AckMark } from './retention.ts'

/** What the scan concludes. `whole` means every unfreed record is there, unchanged, in order and the notes are too. */
export type Verdict = {
  readonly whole: boolean
  /** What is wrong, for the log; empty when whole. */
  readonly complaints: readonly string[]
  /** Of the records judged. */
  readonly epoch: string
  readonly commit: number
  /** The mark in the store itself; null when it has no readable one. */
  readonly mark: Mark | null
  /** Missing and never acknowledged: what is gone of the rest the gateway has. */
  readonly lost: ByLane<Ranges>
  /** Shed before the gateway had them, and the receipt that said so is not here any more. */
  readonly untold: ByLane<Ranges>
  /** Good records still held. */
  readonly held: number
  readonly book: LaneBook
  readonly notes: ReadonlyMap<string, string>
  readonly notesDigest: string
  readonly acks: readonly AckMark[]
  /** Losses of earlier repairs that the gateway may not know yet. */
  readonly losses: readonly Loss[]
  /** Where records of earlier stores lie in this one. */
  readonly carried: readonly Carried[]
  /** Oldest freed record not yet deleted, per lane; `first` when there is none. */
  readonly sweepFrom: ByLane<number>
  /** Records of lane `track` up to here were taken by their name; 0: none. */
  readonly trustedTo: number
}

/**
 * How much of a large store is not read again at a boot. A record is held against its sum whenever it is read to be sent,
 * and a car that keeps two days of positions must be ready in seconds: so of lane `track` only the newest are judged by their
 * content, the others by their name and place. A hole shows at once all the same; what rotted in its place shows when it
 * is read, and then the whole store is judged.
 */
export const TRACK_JUDGED = 8_192

/**
 * Judges a store row by row, in key order. LevelDB opens and reads happily with rows missing or changed (6 of 11 damages
 * by hand), so nothing is believed: each record must match its own sum and its key, name its neighbour's sum, and the
 * lanes must reach as far as the mark inside and the high-water mark outside say.
 */
export class BootScan {
  readonly #highWater: Mark | null
  #mark: Mark | null = null
  #epoch: string | null
  readonly #complaints = new Set<string>()
  #lanes: ByLane<LaneScan> | null = null
  readonly #notes = new Map<string, string>()
  /** What the receipts of this store speak of. */
  readonly #receipted = byLane((): Ranges => [])
  #notesDigest = NO_NOTES
  readonly #isQuick: boolean
  #trustedTo = 0

  /** `quick` trusts the content of old positions, see `TRACK_JUDGED`. */
  constructor(highWater: Mark | null, { quick = false } = {}) {
    this.#isQuick = quick
    this.#highWater = highWater
    this.#epoch = highWater?.epoch ?? null
    if (highWater === null) this.#complaints.add('no readable high-water mark')
  }

  /** Takes the next row; true when it is a good record of this store that is still held. */
  row(key: string, value: string): boolean {
    const place = placeOf(key)
    if (place?.what === 'mark') this.#takeMark(value)
    else if (place?.what === 'note') this.#takeNote(place.key, value)
    else if (place?.what === 'record') return this.#takeRecord(key, value, place.lane, place.seq)
    else this.#complaints.add('a key of unknown form')
    return false
  }

  /** The scan itself broke off; what was not reached counts as lost. */
  broke(reason: string): void {
    this.#complaints.add(`unreadable: ${reason}`)
  }

  finish(): Verdict {
    const lanes = this.#lanesNow()
    if (this.#mark === null) this.#complaints.add('no readable mark in the store')
    else if (this.#mark.notes !== this.#notesDigest) this.#complaints.add('notes lost or changed')
    for (const lane of LANES) lanes[lane].finish().forEach(c => this.#complaints.add(`${lane}: ${c}`))
    const known = [this.#mark, this.#highWater].find(mark => mark?.epoch === this.#epoch)
    return {
      whole: this.#complaints.size === 0,
      complaints: [...this.#complaints],
      epoch: this.#epoch ?? '',
      commit: Math.max(this.#mark?.commit ?? 0, this.#highWater?.commit ?? 0),
      mark: this.#mark,
      lost: byLane(lane => lanes[lane].lost),
      untold: byLane(lane => missingIn(this.#toldOf(lane, known?.losses ?? []), lanes[lane].shed)),
      held: LANES.reduce((count, lane) => count + lanes[lane].held, 0),
      book: this.#book(lanes),
      notes: this.#notes,
      notesDigest: this.#notesDigest,
      acks: (this.#mark ?? this.#highWater)?.acks ?? [],
      losses: known?.losses ?? [],
      carried: known?.carried ?? [],
      sweepFrom: byLane(lane => lanes[lane].sweepFrom),
      trustedTo: this.#trustedTo,
    }
  }

  #takeMark(value: string): void {
    const mark = unsealMark(value)
    if (typeof mark === 'string') return
    this.#mark = mark
    const highWater = this.#highWater
    if (highWater === null) this.#epoch = mark.epoch
    else if (mark.epoch !== highWater.epoch) this.#complaints.add('a store of another epoch')
    else if (mark.commit < highWater.commit) this.#complaints.add('older than its high-water mark')
  }

  #takeNote(key: string, text: string): void {
    if (!isJson(text)) return
    this.#notes.set(key, text)
    this.#notesDigest = toggleNote(this.#notesDigest, key, text)
  }

  #takeRecord(key: string, value: string, lane: Lane, seq: number): boolean {
    if (this.#isTrusted(lane, seq)) {
      this.#trustedTo = seq
      return this.#lanesNow()[lane].trust(seq, Buffer.byteLength(value) + key.length)
    }
    const record = recordIn(key, value)
    if (record !== null && this.#epoch === null) this.#epoch = record.epoch
    const good = record !== null && record.epoch === this.#epoch
    const bytes = Buffer.byteLength(value) + key.length
    const isHeld = this.#lanesNow()[lane].take(seq, good ? record : null, bytes)
    if (isHeld && good) this.#takeReceipt(record)
    return isHeld
  }

  #takeReceipt(record: WireRecord): void {
    const gap = receiptIn(record)
    // What was carried over speaks of the store it came from.
    if (gap === null || record.origin !== undefined) return
    for (const [first, last] of gap.ranges)
      this.#receipted[gap.lane] = addRange(this.#receipted[gap.lane], first, last)
  }

  /** By receipts that are here, and by those that the mark remembers. */
  #toldOf(lane: Lane, losses: readonly Loss[]): Ranges {
    const remembered = losses.filter(loss => loss.lane === lane && loss.epoch === this.#epoch)
    return unionOf(
      this.#receipted[lane],
      remembered.flatMap(({ ranges }) => ranges),
    )
  }

  /** Old, of lane `track`, and not the first or the last of anything a mark names. */
  #isTrusted(lane: Lane, seq: number): boolean {
    if (!this.#isQuick || lane !== 'track' || this.#mark === null || this.#highWater === null) return false
    const { first, last } = this.#highWater.lanes.track
    return seq > first && seq <= last - TRACK_JUDGED
  }

  #lanesNow(): ByLane<LaneScan> {
    const marks = [this.#highWater, this.#mark].filter(mark => mark !== null && mark.epoch === this.#epoch)
    this.#lanes ??= byLane(lane => new LaneScan(marks.map(mark => mark!.lanes[lane])))
    return this.#lanes
  }

  #book(lanes: ByLane<LaneScan>): LaneBook {
    const book = new LaneBook(byLane(lane => lanes[lane].floor))
    for (const lane of LANES) lanes[lane].fill(book, lane)
    return book
  }
}

/** One lane of the scan. Seqs below the floor were freed; seqs up to the top of any mark must be there. */
class LaneScan {
  readonly floor: LaneMark
  readonly lost: Range[] = []
  sweepFrom: number
  held = 0
  readonly #acked: number
  readonly #heard: number
  #missing = 0
  readonly #tops: readonly LaneMark[]
  readonly #complaints: string[] = []
  readonly #bytes: number[] = []
  #next: number
  /** Of the record before `#next`; null when its content was not looked at. */
  #sum: string | null

  constructor(marks: readonly LaneMark[]) {
    this.#tops = marks
    this.floor = marks.reduce((a, b) => (b.first > a.first ? b : a), EMPTY_LANE)
    this.sweepFrom = this.floor.first
    this.#acked = Math.max(0, ...marks.map(mark => mark.acked))
    this.#heard = Math.max(0, ...marks.map(mark => mark.heard))
    this.#next = this.floor.first
    this.#sum = this.floor.before
  }

  /** Below the floor, and the gateway never named it; empty when the first is above the last. */
  get shed(): Range {
    return [this.#heard + 1, this.floor.first - 1]
  }

  take(seq: number, record: WireRecord | null, bytes: number): boolean {
    if (seq < this.floor.first) {
      this.sweepFrom = Math.min(this.sweepFrom, seq)
      return false
    }
    if (record === null || seq < this.#next) return false
    if (seq > this.#next) this.#miss(this.#next, seq - 1)
    else if (this.#sum !== null && record.prev !== this.#sum) this.#complaints.push(`chain broken at ${seq}`)
    for (const top of this.#tops)
      if (top.last === seq && top.sum !== record.sum)
        this.#complaints.push(`another record ${seq} than the mark names`)
    this.#next = seq + 1
    this.#sum = record.sum
    this.#bytes.push(bytes)
    this.held++
    return true
  }

  /** Takes a record by its name. */
  trust(seq: number, bytes: number): boolean {
    if (seq < this.#next) return false
    if (seq > this.#next) this.#miss(this.#next, seq - 1)
    this.#next = seq + 1
    this.#sum = null
    this.#bytes.push(bytes)
    this.held++
    return true
  }

  finish(): readonly string[] {
    const top = Math.max(0, ...this.#tops.map(mark => mark.last))
    if (this.#next <= top) this.#miss(this.#next, top)
    if (this.#missing > 0)
      this.#complaints.push(`${this.#missing} missing, ${countOf(this.lost)} of them lost`)
    const inside = this.#tops.at(-1)
    if (inside !== undefined && this.#next - 1 > inside.last)
      this.#complaints.push('records newer than the mark')
    return this.#complaints
  }

  /** Meaningful only for a whole lane. */
  fill(book: LaneBook, lane: Lane): void {
    this.#bytes.forEach((bytes, i) =>
      book.add(lane, bytes, i === this.#bytes.length - 1 ? (this.#sum ?? '') : ''),
    )
    book.restore(lane, { acked: Math.min(this.#acked, book.markOf(lane).last), heard: this.#heard })
  }

  #miss(first: number, last: number): void {
    this.#missing += last - first + 1
    if (last > this.#acked) this.lost.push([Math.max(first, this.#acked + 1), last])
  }
}

/** The record in a row, if it is one, matches its own sum and lies under its own key; else null. */
export function recordIn(key: string, value: string): WireRecord | null {
  try {
    const record = JSON.parse(value) as WireRecord
    return sumOf(record) === record.sum && recordKey(record.lane, record.seq) === key ? record : null
  } catch {
    return null
  }
}

/** What a record says of others that are not there; null when it is no receipt. */
export function receiptIn({ kind, body }: WireRecord): Gap | null {
  return kind === 'gap' ? (JSON.parse(body) as Gap) : null
}

/** The body of a `gap` record, as the outbox itself writes it. */
type Gap = { readonly lane: Lane; readonly ranges: Ranges; readonly reason: 'thinned' | 'lost_in_repair' }
