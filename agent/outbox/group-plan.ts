import { chainRecord } from '#protocols/chain.ts'
import { LANES, readWireRecord } from '#protocols/record.ts'
import type { Lane, RecordDraft, WireRecord } from '#protocols/record.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Fault, Result } from '#protocols/result.ts'
import type { Now } from '#protocols/time.ts'
import { noteKey, recordKey } from './keys.ts'
import { byLane } from './lanes.ts'
import type { LaneBook } from './lanes.ts'
import { STORE_VERSION } from './mark.ts'
import type { Carried, Loss, Mark } from './mark.ts'
import { toggleNote } from './notes-digest.ts'
import type { Note } from './outbox.ts'
import { expired, noteAcked } from './retention.ts'
import type { AckMark } from './retention.ts'
import type { Change, OpenedShelf } from './shelf.ts'
import { admits, bytesToShed, highestOf, SHEDDABLE } from './shedding.ts'
import type { Bounds, Load } from './shedding.ts'

/** Who and when, for the gap records the outbox writes itself. */
export type Stamp = { readonly now: Now; readonly bootId: string }

/** One group ready to be written; `notes` are the texts that changed, undefined for a note forgotten. */
export type SealedGroup = {
  readonly changes: readonly Change[]
  readonly notes: ReadonlyMap<string, string | undefined>
  readonly mark: Mark
}

/** Deletions of freed records per batch: a millisecond or two, so that a long ack holds up neither an alarm nor the loop. */
const SWEEP_KEYS_MAX = 512

/**
 * Everything the outbox decides, without the disk: callers' drafts become chained records, a group of calls becomes one
 * list of changes and a mark. The plan runs ahead of the disk by at most one group; when that write fails the plan is
 * thrown away and made anew from what the store really holds.
 */
export class GroupPlan {
  readonly epoch: string
  readonly book: LaneBook
  readonly noteTexts: Map<string, string>
  readonly #bounds: Bounds
  readonly #keepAckedMs: number
  #acks: readonly AckMark[]
  #losses: readonly Loss[]
  #carried: readonly Carried[]
  readonly #sweptTo: Record<Lane, number>
  #commit: number
  #notesDigest: string
  #notesBytes = 0
  #changes: Change[] = []
  /** Records of the group being planned, which the shelf does not have yet. */
  #fresh = new Map<string, WireRecord>()
  #freshNotes = new Map<string, string | undefined>()

  constructor(opened: OpenedShelf, bounds: Bounds, keepAckedMs: number) {
    this.epoch = opened.epoch
    this.book = opened.book
    this.noteTexts = new Map(opened.notes)
    this.#bounds = bounds
    this.#keepAckedMs = keepAckedMs
    this.#acks = opened.acks
    this.#losses = opened.losses
    this.#carried = opened.carried
    this.#sweptTo = { ...opened.sweepFrom }
    this.#commit = opened.commit
    this.#notesDigest = opened.notesDigest
    for (const [key, text] of opened.notes) this.#notesBytes += noteBytes(key, text)
  }

  /**
   * Chains the drafts and takes them and the notes into the group, or refuses all of them: `OUTBOX_FULL`, or
   * `RECORD_SCHEMA` for a draft no reader would accept. What must be shed to make room is named by `shedDue`.
   */
  append(drafts: readonly RecordDraft[], notes: readonly Note[]): Result<readonly WireRecord[]> {
    const records = chainAll(drafts, this.epoch, this.book)
    const misfit = records.map(misfitOf).find(f => f !== null)
    if (misfit) return misfit
    const rows = records.map(rowOf)
    const demand = this.#demandOf(rows, notes)
    const highest = highestOf(records.map(r => r.lane))
    if (!admits(this.waiting(), demand, highest, this.#bounds))
      return fault(
        'OUTBOX_FULL',
        `lane ${highest}: ${this.bytesUsed()} of ${this.#bounds.bytesMax} bytes held`,
      )
    for (const row of rows) this.#take(row)
    for (const note of notes) this.#takeNote(note)
    return ok(records)
  }

  /**
   * Which run of records must go now; null when everything fits. What the gateway holds goes first and needs no receipt,
   * then the oldest of the least useful lane.
   */
  shedDue(): { readonly lane: Lane; readonly upTo: number; readonly isHeldByGateway: boolean } | null {
    const bytes = bytesToShed(this.load(), NOTHING, this.#bounds)
    if (bytes === 0) return null
    const kept = LANES.findLast(l => this.book.ackedBytesOf(l) > 0)
    if (kept !== undefined) {
      const upTo = Math.min(this.book.markOf(kept).acked, this.book.seqCovering(kept, bytes))
      return { lane: kept, upTo, isHeldByGateway: true }
    }
    const lane = SHEDDABLE.find(l => this.book.bytesOf(l) > 0)
    if (lane === undefined) return null
    return { lane, upTo: this.book.seqCovering(lane, bytes), isHeldByGateway: false }
  }

  /**
   * Drops that run and writes the gap record that explains it, with what is to remain of it; `after` is the sum of record
   * `upTo`.
   */
  shed(lane: Lane, upTo: number, after: string, stamp: Stamp, remains: RecordDraft | null): void {
    const { first, before } = this.book.markOf(lane)
    this.book.dropTo(lane, upTo, after)
    const body = { lane, ranges: [[first, upTo]], reason: 'thinned', chain: [[before, after]] }
    const drafts = [gapDraft(body, stamp), ...(remains === null ? [] : [remains])]
    for (const record of chainAll(drafts, this.epoch, this.book)) this.#take(rowOf(record))
  }

  /** The gateway holds the lane up to here. */
  ack(lane: Lane, upTo: number, now: Now): void {
    this.book.ack(lane, upTo)
    this.#acks = noteAcked(this.#acks, this.book.ackedTo(), now, this.#keepAckedMs)
  }

  /** Records whose time of being kept is over, per lane; each is let go by `letGo`. */
  letGoDue(now: Now): readonly { readonly lane: Lane; readonly upTo: number }[] {
    const { upTo, rest } = expired(this.#acks, now, this.#keepAckedMs)
    this.#acks = rest
    const ends = this.#keepAckedMs === 0 ? this.book.ackedTo() : upTo
    if (ends === null) return []
    return LANES.map(lane => ({ lane, upTo: ends[lane] })).filter(
      ({ lane, upTo: end }) => end >= this.book.markOf(lane).first,
    )
  }

  letGo(lane: Lane, upTo: number, sumOfUpTo: string): void {
    this.book.dropTo(lane, upTo, sumOfUpTo)
  }

  /** A record of the group that is not on the shelf yet. */
  fresh(lane: Lane, seq: number): WireRecord | undefined {
    return this.#fresh.get(recordKey(lane, seq))
  }

  /** Ends the group: its changes, some deletions of what is no longer held, and the mark. */
  seal(): SealedGroup {
    const changes = [...this.#changes, ...this.#sweep()]
    const notes = this.#freshNotes
    this.#changes = []
    this.#fresh = new Map()
    this.#freshNotes = new Map()
    this.#commit++
    const { epoch, book } = this
    const lanes = byLane(lane => book.markOf(lane))
    this.#losses = this.#losses.filter(({ seq }) => seq > lanes.event.acked)
    // What was shed is among the acknowledged, and must still be told by its first name should its receipt rot.
    const has = (lane: Lane): number => Math.min(lanes[lane].acked, lanes[lane].heard)
    this.#carried = this.#carried.filter(({ lane, last }) => last > has(lane))
    const mark: Mark = {
      v: STORE_VERSION,
      epoch,
      lanes,
      commit: this.#commit,
      notes: this.#notesDigest,
      acks: [...this.#acks],
      losses: [...this.#losses],
      carried: [...this.#carried],
    }
    return { changes, notes, mark }
  }

  /** True while deletions are left for a later batch. */
  sweepDue(): boolean {
    return LANES.some(lane => this.#sweptTo[lane] < this.book.markOf(lane).first)
  }

  /** Bytes held. */
  load(): Load {
    return { ...byLane(lane => this.book.bytesOf(lane)), notes: this.#notesBytes }
  }

  /** Bytes held that the gateway does not have yet. */
  waiting(): Load {
    const { book } = this
    return { ...byLane(lane => book.bytesOf(lane) - book.ackedBytesOf(lane)), notes: this.#notesBytes }
  }

  bytesUsed(): number {
    const { alarm, event, track, diag, notes } = this.waiting()
    return alarm + event + track + diag + notes
  }

  #take({ record, key, value, bytes }: Row): void {
    this.book.add(record.lane, bytes, record.sum)
    this.#fresh.set(key, record)
    this.#changes.push({ key, value })
  }

  #takeNote({ key, value }: Note): void {
    const old = this.noteTexts.get(key)
    if (old !== undefined) this.#toggle(key, old, -1)
    const text = JSON.stringify(value) as string | undefined
    if (text === undefined) this.noteTexts.delete(key)
    else {
      this.noteTexts.set(key, text)
      this.#toggle(key, text, 1)
    }
    this.#freshNotes.set(key, text)
    this.#changes.push({ key: noteKey(key), value: text ?? null })
  }

  #toggle(key: string, text: string, sign: 1 | -1): void {
    this.#notesDigest = toggleNote(this.#notesDigest, key, text)
    this.#notesBytes += sign * noteBytes(key, text)
  }

  #demandOf(rows: readonly Row[], notes: readonly Note[]): Load {
    const bytes: Record<Lane, number> & { notes: number } = { ...NOTHING }
    for (const row of rows) bytes[row.record.lane] += row.bytes
    for (const { key, value } of notes) {
      const old = this.noteTexts.get(key)
      const text = JSON.stringify(value) as string | undefined
      bytes.notes +=
        (text === undefined ? 0 : noteBytes(key, text)) - (old === undefined ? 0 : noteBytes(key, old))
    }
    return bytes
  }

  #sweep(): Change[] {
    const changes: Change[] = []
    for (const lane of LANES) {
      const { first } = this.book.markOf(lane)
      for (; this.#sweptTo[lane] < first && changes.length < SWEEP_KEYS_MAX; this.#sweptTo[lane]++)
        changes.push({ key: recordKey(lane, this.#sweptTo[lane]), value: null })
    }
    return changes
  }
}

/** The draft of a `gap` record (`protocols/bodies.ts`). */
export function gapDraft(body: object, { now, bootId }: Stamp): RecordDraft {
  return {
    lane: 'event',
    kind: 'gap',
    occurredAt: now.utcMs,
    monoMs: now.monoMs,
    bootId,
    clockQuality: now.quality,
    body: JSON.stringify(body),
  }
}

/** Gives each draft its place behind what the book holds; the book itself is not changed. */
function chainAll(drafts: readonly RecordDraft[], epoch: string, book: LaneBook): readonly WireRecord[] {
  const ends: Partial<Record<Lane, { seq: number; prev: string }>> = {}
  return drafts.map(draft => {
    const { last, sum } = book.markOf(draft.lane)
    const end = ends[draft.lane] ?? { seq: last, prev: sum }
    const record = chainRecord(draft, { epoch, seq: end.seq + 1, prev: end.prev })
    ends[draft.lane] = { seq: record.seq, prev: record.sum }
    return record
  })
}

function misfitOf(record: WireRecord): Fault | null {
  const parsed = readWireRecord(record)
  return parsed.success
    ? null
    : fault('RECORD_SCHEMA', parsed.error.issues.map(i => i.path.join('.')).join(', '))
}

const NOTHING: Load = { ...byLane(() => 0), notes: 0 }

/** A record as it will lie on the shelf; `bytes` is UTF-8, key included. */
type Row = {
  readonly record: WireRecord
  readonly key: string
  readonly value: string
  readonly bytes: number
}

function rowOf(record: WireRecord): Row {
  const [key, value] = [recordKey(record.lane, record.seq), JSON.stringify(record)]
  return { record, key, value, bytes: key.length + Buffer.byteLength(value) }
}

const noteBytes = (key: string, text: string): number =>
  Buffer.byteLength(noteKey(key)) + Buffer.byteLength(text)
