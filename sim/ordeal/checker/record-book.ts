import { createHash } from 'node:crypto'
import type { Change } from '#agent/outbox/shelf.ts'
import type { LedgerOp } from '#gateway/ledger/ledger.ts'
import type { RecordDraft, WireRecord } from '#protocols/record.ts'
import { contentOf, nameOf } from './content.ts'
import type { Findings } from './findings.ts'

/** One content of one device, and everything the checker knows of it. */
export type Known = {
  readonly deviceId: string
  readonly content: string
  /** Handed to the outbox, whatever came of it, or written by the outbox itself. */
  isAsked: boolean
  /** What it was when the outbox said yes; null: it did not. */
  accepted: Pick<WireRecord, 'kind' | 'epoch' | 'lane' | 'seq'> | null
  /** Under which key it lies in the ledger first, and under how many. */
  key: string
  effects: number
  /** How often the city was told of it. */
  told: number
}

/** What the checker knows of the records of one device. */
type DeviceBook = {
  readonly known: Map<string, Known>
  readonly accepted: Set<Known>
  /** Accepted, and not in the ledger. */
  readonly open: Set<Known>
  /** By the name it bears in a store, newest bearer: epoch, lane, seq. */
  readonly names: Map<string, Map<string, Map<number, Known>>>
  /** What a gap record spoke of when it was written: after an image was put back its names may be borne by others. */
  readonly receipts: Map<Known, readonly Known[]>
}

type GapRow = {
  readonly deviceId: string
  readonly epoch: string
  readonly known: Known
  readonly gap: GapBody
}

/**
 * Who was promised what, and what became of it, by content. It hears answers of the outbox, rows of both disks, and nothing
 * of what the code counts itself.
 */
export class RecordBook {
  readonly #findings: Findings
  readonly #devices = new Map<string, DeviceBook>()
  /** In the ledger, in the order in which they came there. */
  readonly #effective = new Set<Known>()
  readonly #byKey = new Map<string, Known>()
  readonly #gaps = new Map<string, GapRow>()
  readonly kinds = new Map<string, number>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  asked(deviceId: string, drafts: readonly RecordDraft[]): void {
    for (const draft of drafts) this.known(deviceId, contentOf(draft)).isAsked = true
  }

  accepted(deviceId: string, records: readonly WireRecord[]): void {
    const book = this.#bookOf(deviceId)
    for (const record of records) {
      const { kind, epoch, lane, seq } = record
      const known = knownIn(book, deviceId, contentOf(record))
      if (known.accepted !== null)
        this.#findings.add('duplicated', deviceId, `accepted twice: ${kind} ${seq}`)
      known.accepted = { kind, epoch, lane, seq }
      book.accepted.add(known)
      if (known.effects === 0) book.open.add(known)
      giveName(book, record, known)
      this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1)
      if (lane === 'alarm') this.kinds.set('alarm lane', (this.kinds.get('alarm lane') ?? 0) + 1)
    }
  }

  /** What is known of a content; nothing yet, when nobody spoke of it. */
  known(deviceId: string, content: string): Known {
    return knownIn(this.#bookOf(deviceId), deviceId, content)
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
    for (const record of records) giveName(book, record, knownIn(book, deviceId, contentOf(record)))
    for (const record of records) {
      if (record.kind !== 'gap' && record.kind !== 'track.sketch') continue
      const known = knownIn(book, deviceId, contentOf(record))
      known.isAsked = true
      if (record.kind === 'gap' && !book.receipts.has(known))
        book.receipts.set(known, receiptOf(book, record))
    }
  }

  /** What a name stands for on a car, as far as anybody was told. */
  namedAt(deviceId: string, epoch: string, lane: string, seq: number): Known | undefined {
    return this.#bookOf(deviceId).names.get(epoch)?.get(lane)?.get(seq)
  }

  /** Everything that lies in the ledger. */
  effective(): Iterable<Known> {
    return this.#effective
  }

  /** A batch lies in the ledger; what is returned takes it back. */
  committed(ops: readonly LedgerOp[]): () => void {
    const undos: (() => void)[] = []
    for (const op of ops) {
      const undo = this.#commit(op)
      if (undo !== null) undos.push(undo)
    }
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
    const { open } = this.#bookOf(deviceId)
    if (open.size === 0) return true
    const receipted = this.#receipted(deviceId)
    for (const known of open) if (!receipted.has(known)) return false
    return true
  }

  /** The end: every accepted record once in the ledger, or receipted. */
  close(): { readonly accepted: number; readonly effective: number; readonly receipted: number } {
    let [accepted, effective, receipted] = [0, 0, 0]
    for (const [deviceId, book] of this.#devices) {
      const receipts = this.#receipted(deviceId)
      for (const known of book.accepted) {
        accepted++
        if (known.effects > 0) effective++
        else if (receipts.has(known)) receipted++
        else this.#findings.add('lost', deviceId, wordsOf(known))
      }
    }
    for (const { deviceId, key, effects, isAsked } of this.#effective) {
      if (effects > 1) this.#findings.add('duplicated', deviceId, key, effects - 1)
      if (!isAsked) this.#findings.add('invented', deviceId, key)
    }
    return { accepted, effective, receipted }
  }

  /** Every effect, in the order in which it came about. */
  digest(): string {
    const hash = createHash('sha256')
    for (const { deviceId, content, key, effects } of this.#effective)
      hash.update(`${deviceId}/${content} ${key} ${effects}\n`)
    return hash.digest('hex')
  }

  /** What a receipt in the ledger explains. What a repair lost is named by every later one. */
  #receipted(deviceId: string): Set<Known> {
    const found = new Set<Known>()
    const book = this.#bookOf(deviceId)
    for (const { deviceId: of, epoch, known, gap } of this.#gaps.values()) {
      if (of !== deviceId) continue
      for (const one of book.receipts.get(known) ?? []) found.add(one)
      for (const one of namedIn(book, epoch, gap)) found.add(one)
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
    const before = this.#byKey.get(key)
    // The same row once more says something about it, and is not another effect.
    if (before?.content === content) return null
    if (before !== undefined) this.#findings.add('changed', deviceId, key)
    const book = this.#bookOf(deviceId)
    const known = knownIn(book, deviceId, content)
    if (known.effects++ === 0) {
      known.key = key
      this.#effective.add(known)
      book.open.delete(known)
    }
    this.#byKey.set(key, known)
    if (kind === 'gap') this.#takeGap(key, deviceId, known, row)
    return () => {
      if (--known.effects === 0) {
        this.#effective.delete(known)
        if (known.accepted !== null) book.open.add(known)
      }
      this.#byKey.delete(key)
      this.#gaps.delete(key)
    }
  }

  /** It speaks of the store in which it was written, wherever it was carried since. */
  #takeGap(key: string, deviceId: string, known: Known, { origin, body, ...row }: WireRecord): void {
    const epoch = origin?.epoch ?? row.epoch
    const gap = JSON.parse(body) as GapBody
    this.#gaps.set(key, { deviceId, epoch, known, gap })
    if (gap.reason === 'thinned' && gap.lane !== 'track' && gap.lane !== 'diag')
      this.#findings.add('shedForever', deviceId, `${key}: lane ${gap.lane}`)
  }

  #bookOf(deviceId: string): DeviceBook {
    let book = this.#devices.get(deviceId)
    if (book === undefined) {
      const [known, accepted, open] = [new Map(), new Set<Known>(), new Set<Known>()]
      this.#devices.set(deviceId, (book = { known, accepted, open, names: new Map(), receipts: new Map() }))
    }
    return book
  }
}

/** One object stands for a content from the first word of it to the end: so it is looked up, and not compared again. */
function knownIn({ known }: DeviceBook, deviceId: string, content: string): Known {
  let one = known.get(content)
  if (one === undefined) {
    one = { deviceId, content, isAsked: false, accepted: null, key: '', effects: 0, told: 0 }
    known.set(content, one)
  }
  return one
}

function giveName({ names }: DeviceBook, { epoch, lane, seq }: WireRecord, known: Known): void {
  let lanes = names.get(epoch)
  if (lanes === undefined) names.set(epoch, (lanes = new Map()))
  let seqs = lanes.get(lane)
  if (seqs === undefined) lanes.set(lane, (seqs = new Map()))
  seqs.set(seq, known)
}

function wordsOf({ accepted }: Known): string {
  const { kind, epoch, lane, seq } = accepted!
  return `${kind} ${nameOf(epoch, lane, seq)}`
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

const receiptOf = (book: DeviceBook, { epoch, body }: WireRecord): readonly Known[] => [
  ...namedIn(book, epoch, JSON.parse(body) as GapBody),
]

/** What the names in a gap record stand for now. */
function* namedIn({ names }: DeviceBook, epoch: string, gap: GapBody): Generator<Known> {
  const { epoch: store, ranges } = gap.lost ?? { epoch, ranges: gap.ranges }
  const seqs = names.get(store)?.get(gap.lane)
  if (seqs === undefined) return
  for (const [first, last] of ranges)
    for (let seq = first; seq <= last; seq++) {
      const known = seqs.get(seq)
      if (known !== undefined) yield known
    }
}

/** Carried over from another store, or written by the outbox itself. */
const OWN = /"origin":|"kind":"(?:gap|track\.sketch)"/
const GAP = /"kind":"gap"/

const isRecordRow = ({ key, value }: Change): boolean => value !== null && key.startsWith('r/')
