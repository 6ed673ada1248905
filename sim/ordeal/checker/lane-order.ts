import type { WireRecord } from '#protocols/record.ts'
import { contentOf, nameOf } from './content.ts'
import type { Findings } from './findings.ts'
import type { RecordBook } from './record-book.ts'

/** Waiting for a hole begins when the record behind it comes, and that is a little before its row lies in the ledger. */
const HOLE_WAIT_MS = 25_000
/** More than this many waiting, and the hole is passed over at once. */
const HELD_MAX = 512

type Lane = {
  /** First seq still held, as the device said in its newest hello. */
  firstHeld: number
  /** The highest seq the city was told of. */
  told: number
  /** Told past, without a word that explains it. */
  readonly passed: Set<number>
  /** When the row of a seq above `told` lay in the ledger. */
  readonly seenMs: Map<number, number>
}

/**
 * In which order the city is told, against the names the records bear. A hole may be passed when a receipt explains it, when
 * the device says that it has nothing below, when its record was effective under another name, or when it was waited for.
 */
export class LaneOrder {
  readonly #findings: Findings
  readonly #records: RecordBook
  readonly #nowMs: () => number
  /** By device, epoch and name. */
  readonly #lanes = new Map<string, Map<string, Map<string, Lane>>>()

  constructor(findings: Findings, records: RecordBook, nowMs: () => number) {
    this.#findings = findings
    this.#records = records
    this.#nowMs = nowMs
  }

  hello(deviceId: string, epoch: string, lanes: Readonly<Record<string, { readonly first: number }>>): void {
    for (const [name, { first }] of Object.entries(lanes)) {
      const lane = this.#laneOf(deviceId, epoch, name)
      lane.firstHeld = Math.max(first, lane.firstHeld)
    }
  }

  /** A row lies in the ledger. */
  seen(deviceId: string, { epoch, lane, seq }: WireRecord): void {
    const book = this.#laneOf(deviceId, epoch, lane)
    if (seq > book.told && !book.seenMs.has(seq)) book.seenMs.set(seq, this.#nowMs())
  }

  /** The city was told of a record, in a batch that now lies in the ledger; what is returned takes it back. */
  told(deviceId: string, record: WireRecord): () => void {
    const { epoch, lane: laneName, seq } = record
    const lane = this.#laneOf(deviceId, epoch, laneName)
    const before = lane.told
    const undoContent = this.#countContent(deviceId, record)
    if (seq <= before) {
      const wasPassed = lane.passed.delete(seq)
      if (!wasPassed && !this.#isExplained(deviceId, record, seq))
        this.#findings.add('reordered', deviceId, `${nameOf(epoch, laneName, seq)} after ${before}`)
      return () => {
        if (wasPassed) lane.passed.add(seq)
        undoContent()
      }
    }
    const passed: number[] = []
    for (let hole = before + 1; hole < seq; hole++)
      if (!this.#isExplained(deviceId, record, hole)) passed.push(hole)
    if (passed.length > 0 && !this.#wasWaitedFor(lane, laneName, before, seq))
      this.#findings.add(
        'reordered',
        deviceId,
        `${nameOf(epoch, laneName, seq)} told past ${passed[0]}, which was not waited for`,
      )
    for (const hole of passed) lane.passed.add(hole)
    lane.told = seq
    // One by one: behind a long silence there are hundreds, and each of them is told.
    const seenMs: (readonly [at: number, ms: number])[] = []
    for (const seen of lane.seenMs) if (seen[0] <= seq) seenMs.push(seen)
    for (const [at] of seenMs) lane.seenMs.delete(at)
    return () => {
      lane.told = before
      for (const hole of passed) lane.passed.delete(hole)
      for (const [at, ms] of seenMs) lane.seenMs.set(at, ms)
      undoContent()
    }
  }

  /** Whether something lies in the ledger that the city was not told of yet. */
  isWaiting(): boolean {
    for (const epochs of this.#lanes.values())
      for (const lanes of epochs.values())
        for (const { seenMs } of lanes.values()) if (seenMs.size > 0) return true
    return false
  }

  /** Whether the city was told of everything that lies in the ledger. */
  isComplete(): boolean {
    for (const { told } of this.#records.effective()) if (told === 0) return false
    return true
  }

  close(): void {
    for (const { deviceId, content, told } of this.#records.effective())
      if (told === 0) this.#findings.add('unheard', deviceId, `${deviceId}/${content}`)
  }

  /** One record is told once, whatever it is called. */
  #countContent(deviceId: string, record: WireRecord): () => void {
    const known = this.#records.known(deviceId, contentOf(record))
    if (++known.told > 1)
      this.#findings.add(
        'duplicated',
        deviceId,
        `told twice: ${record.kind} ${nameOf(record.epoch, record.lane, record.seq)} was ${record.origin ? nameOf(record.origin.epoch, record.lane, record.origin.seq) : 'new'}`,
      )
    return () => void known.told--
  }

  #isExplained(deviceId: string, { epoch, lane }: WireRecord, seq: number): boolean {
    if (seq < this.#laneOf(deviceId, epoch, lane).firstHeld) return true
    if ((this.#records.namedAt(deviceId, epoch, lane, seq)?.effects ?? 0) > 0) return true
    return this.#records.explains(deviceId, epoch, lane, seq)
  }

  #wasWaitedFor(lane: Lane, name: string, told: number, upTo: number): boolean {
    if (lane.seenMs.size > HELD_MAX) return true
    const waitMs = name === 'alarm' ? 0 : HOLE_WAIT_MS
    const behind = [...lane.seenMs].filter(([seq]) => seq > told && seq <= upTo).map(([, ms]) => ms)
    const all = [...lane.seenMs.values()]
    const oldestMs = Math.min(...behind, ...all)
    return this.#nowMs() - oldestMs >= waitMs
  }

  #laneOf(deviceId: string, epoch: string, name: string): Lane {
    let epochs = this.#lanes.get(deviceId)
    if (epochs === undefined) this.#lanes.set(deviceId, (epochs = new Map()))
    let lanes = epochs.get(epoch)
    if (lanes === undefined) epochs.set(epoch, (lanes = new Map()))
    let lane = lanes.get(name)
    if (lane === undefined)
      lanes.set(name, (lane = { firstHeld: 1, told: 0, passed: new Set(), seenMs: new Map() }))
    return lane
  }
}
