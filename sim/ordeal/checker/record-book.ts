import { createHash } from 'node:crypto'
import type { Change } from '#agent/outbox/shelf.ts'
import type { LedgerOp } from '#gateway/ledger/ledger.ts'
import type { RecordDraft, WireRecord } from '#protocols/record.ts'
import { contentOf, nameOf } from './content.ts'
import type { Findings } from './findings.ts'

/** What the checker knows of the records of one device. */
type DeviceBook = {
  /** Handed to the outbox, whatever came of it, and written by the outbox itself. */
  readonly asked: Set<string>
  readonly accepted: Map<string, string>
  /** Content by the name it bears in a store, newest bearer. */
  readonly names: Map<string, string>
  /** What a gap record spoke of when it was written: after an image was put back its names may be borne by others. */
  readonly receipts: Map<string, readonly string[]>
}

type Effect = { readonly key: string; count: number }
type GapRow = {
  readonly deviceId: string
  readonly epoch: string
  readonly content: string
  readonly gap: GapBody
}

/**
 * Who was promised what, and what became of it, by content. It hears answers of the outbox, rows of both disks, and nothing
 * of what the code counts itself.
 */
export class RecordBook {
  readonly #findings: Findings
  readonly #devices = new Map<string, DeviceBook>()
  /** In the ledger: content by `device/content`. */
  readonly #effects = new Map<string, Effect>()
  readonly #contentByKey = new Map<string, string>()
  readonly #gaps = new Map<string, GapRow>()
  readonly kinds = new Map<string, number>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  asked(deviceId: string, drafts: readonly RecordDraft[]): void {
    const { asked } = this.#bookOf(deviceId)
    for (const draft of drafts) asked.add(contentOf(draft))
  }

  accepted(deviceId: string, records: readonly WireRecord[]): void {
    const book = this.#bookOf(deviceId)
    for (const record of records) {
      const content = contentOf(record)
      if (book.accepted.has(content))
        this.#findings.add('duplicated', deviceId, `accepted twice: ${record.kind} ${record.seq}`)
      book.accepted.set(content, `${record.kind} ${nameOf(record.epoch, record.lane, record.seq)}`)
      book.names.set(nameOf(record.epoch, record.lane, record.seq), content)
      this.kinds.set(record.kind, (this.kinds.get(record.kind) ?? 0) + 1)
      if (record.lane === 'alarm') this.kinds.set('alarm lane', (this.kinds.get('alarm lane') ?? 0) + 1)
    }
  }

  isAccepted(deviceId: string, content: string): boolean {
    return this.#bookOf(deviceId).accepted.has(content)
  }

  /**
   * Rows that lie on a car's disk. Only what nobody was told of needs a look: the outbox's own words, and carried records; and,
   * beside a receipt, all of its batch, for it may speak of what was accepted by no more than the same write.
   */
  landed(deviceId: string, rows: readonly Change[]): void {
    const own = rows.filter(({ key, value }) => value !== null && key.startsWith('r/') && OWN.test(value))
    if (own.length === 0) return
    const book = this.#bookOf(deviceId)
    const named = own.some(({ value }) => GAP.test(value!)) ? rows.filter(isRecordRow) : own
    const records = named.map(({ value }) => JSON.parse(value!) as WireRecord)
    for (const record of records)
      book.names.set(nameOf(record.epoch, record.lane, record.seq), contentOf(record))
    for (const record of records) {
      if (record.kind !== 'gap' && record.kind !== 'track.sketch') continue
      const content = contentOf(record)
      book.asked.add(content)
      if (record.kind === 'gap' && !book.receipts.has(content))
        book.receipts.set(content, receiptOf(book, record))
    }
  }

  /** What a name stands for on a car, as far as anybody was told. */
  contentAt(deviceId: string, name: string): string | undefined {
    return this.#bookOf(deviceId).names.get(name)
  }

  /** Every effect, by device and content. */
  effects(): Iterable<string> {
    return this.#effects.keys()
  }

  isEffective(deviceId: string, content: string): boolean {
    return this.#effects.has(`${deviceId}/${content}`)
  }

  /** A batch lies in the ledger; what is returned takes it back. */
  committed(ops: readonly LedgerOp[]): () => void {
    const undos = ops.map(op => this.#commit(op)).filter(undo => undo !== null)
    return () => {
      for (const undo of undos.reverse()) undo()
    }
  }

  /** Seqs of a lane that a receipt in the ledger explains. */
  explains(deviceId: string, epoch: string, lane: string, seq: number): boolean {
    for (const gap of this.#gaps.values()) {
      if (gap.deviceId !== deviceId || gap.epoch !== epoch || gap.gap.lane !== lane) continue
      if (gap.gap.ranges.some(([first, last]) => first <= seq && seq <= last)) return true
    }
    return false
  }

  /** Whether everything accepted has come to its end. */
  isSettled(): boolean {
    return [...this.#devices.keys()].every(deviceId => this.isSettledOf(deviceId))
  }

  isSettledOf(deviceId: string): boolean {
    let receipted: ReadonlySet<string> | undefined
    for (const content of this.#bookOf(deviceId).accepted.keys()) {
      const full = `${deviceId}/${content}`
      if (this.#effects.has(full)) continue
      receipted ??= this.#receipted(deviceId)
      if (!receipted.has(full)) return false
    }
    return true
  }

  /** The end: every accepted record once in the ledger, or receipted. */
  close(): { readonly accepted: number; readonly effective: number; readonly receipted: number } {
    let [accepted, effective, receipted] = [0, 0, 0]
    for (const [deviceId, book] of this.#devices) {
      const receipts = this.#receipted(deviceId)
      for (const [content, words] of book.accepted) {
        const full = `${deviceId}/${content}`
        accepted++
        if (this.#effects.has(full)) effective++
        else if (receipts.has(full)) receipted++
        else this.#findings.add('lost', deviceId, words)
      }
    }
    for (const [full, { key, count }] of this.#effects) {
      const at = full.indexOf('/')
      const [deviceId, content] = [full.slice(0, at), full.slice(at + 1)]
      if (count > 1) this.#findings.add('duplicated', deviceId, key, count - 1)
      if (!this.#bookOf(deviceId).asked.has(content)) this.#findings.add('invented', deviceId, key)
    }
    return { accepted, effective, receipted }
  }

  /** Every effect, in the order in which it came about. */
  digest(): string {
    const hash = createHash('sha256')
    for (const [full, { key, count }] of this.#effects) hash.update(`${full} ${key} ${count}\n`)
    return hash.digest('hex')
  }

  /** Contents that a receipt in the ledger explains. What a repair lost is named by every later one. */
  #receipted(deviceId: string): Set<string> {
    const found = new Set<string>()
    const book = this.#bookOf(deviceId)
    for (const { deviceId: of, epoch, content, gap } of this.#gaps.values()) {
      if (of !== deviceId) continue
      for (const one of book.receipts.get(content) ?? []) found.add(`${deviceId}/${one}`)
      for (const one of contentsIn(book, epoch, gap)) found.add(`${deviceId}/${one}`)
    }
    return found
  }

  #commit(op: LedgerOp): (() => void) | null {
    const { key } = op
    if (!key.startsWith('record/') || key.startsWith('record/=/')) return null
    const deviceId = deviceOfKey(key)
    if (op.type === 'del') {
      this.#findings.add('lost', deviceId, `${key} was deleted`)
      return null
    }
    const row = op.value as WireRecord & { readonly occurredAtMs: number }
    const { lane, kind, bootId, monoMs, occurredAtMs: occurredAt, clockQuality, body } = row
    const content = contentOf({ lane, kind, bootId, monoMs, occurredAt, clockQuality, body })
    const before = this.#contentByKey.get(key)
    // The same row once more says something about it, and is not another effect.
    if (before === content) return null
    if (before !== undefined) this.#findings.add('changed', deviceId, key)
    const full = `${deviceId}/${content}`
    const effect = this.#effects.get(full) ?? { key, count: 0 }
    effect.count++
    this.#effects.set(full, effect)
    this.#contentByKey.set(key, content)
    if (kind === 'gap') this.#takeGap(key, deviceId, content, row)
    return () => {
      if (--effect.count === 0) this.#effects.delete(full)
      this.#contentByKey.delete(key)
      this.#gaps.delete(key)
    }
  }

  /** It speaks of the store in which it was written, wherever it was carried since. */
  #takeGap(key: string, deviceId: string, content: string, { origin, body, ...row }: WireRecord): void {
    const epoch = origin?.epoch ?? row.epoch
    const gap = JSON.parse(body) as GapBody
    this.#gaps.set(key, { deviceId, epoch, content, gap })
    if (gap.reason === 'thinned' && gap.lane !== 'track' && gap.lane !== 'diag')
      this.#findings.add('shedForever', deviceId, `${key}: lane ${gap.lane}`)
  }

  #bookOf(deviceId: string): DeviceBook {
    let book = this.#devices.get(deviceId)
    if (book === undefined) {
      book = { asked: new Set(), accepted: new Map(), names: new Map(), receipts: new Map() }
      this.#devices.set(deviceId, book)
    }
    return book
  }
}

/** `record/{device}/…` */
export const deviceOfKey = (key: string): string => key.slice(KEY_HEAD, key.indexOf('/', KEY_HEAD))
const KEY_HEAD = 'record/'.length

type GapBody = {
  readonly reason: string
  readonly lane: string
  readonly ranges: readonly (readonly [number, number])[]
  readonly lost?: { readonly epoch: string; readonly ranges: readonly (readonly [number, number])[] }
}

const receiptOf = (book: DeviceBook, { epoch, body }: WireRecord): readonly string[] => [
  ...contentsIn(book, epoch, JSON.parse(body) as GapBody),
]

/** What the names in a gap record stand for now. */
function* contentsIn({ names }: DeviceBook, epoch: string, gap: GapBody): Generator<string> {
  const { epoch: store, ranges } = gap.lost ?? { epoch, ranges: gap.ranges }
  for (const [first, last] of ranges)
    for (let seq = first; seq <= last; seq++) {
      const content = names.get(nameOf(store, gap.lane, seq))
      if (content !== undefined) yield content
    }
}

/** Carried over from another store, or written by the outbox itself. */
const OWN = /"origin":|"kind":"(?:gap|track\.sketch)"/
const GAP = /"kind":"gap"/

const isRecordRow = ({ key, value }: Change): boolean => value !== null && key.startsWith('r/')
