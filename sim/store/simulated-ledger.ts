import type { Ledger, LedgerOp, Row, RowRange } from '#gateway/ledger/ledger.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

/** Hears of every batch: `sealed` when it is handed over; what that returns when it lies there, and what that returns should it be taken back. */
export type LedgerWatch = { sealed(ops: readonly LedgerOp[]): () => () => void }

export type LedgerFault = 'error' | 'error-landed'

/**
 * The gateway's disk of memory: what was committed without sync is gone after a power cut, last first, unless a synced
 * batch came behind it; after one failed commit every later one fails. It can be put back to an earlier moment.
 */
export class LedgerDisk {
  generation = 0
  readonly ledgerId: string
  /** How long a commit takes. */
  pace: () => Promise<void> = () => Promise.resolve()
  /** How long rows take that are asked for one by one; those that are asked for at once come at once. */
  readPace: () => Promise<void> = () => Promise.resolve()
  /** Asked at every commit. */
  faultNext: () => LedgerFault | null = () => null
  readonly #watch: LedgerWatch
  readonly #families = new Map<string, Map<string, unknown>>()
  #unsynced: (() => void)[] = []
  #journal: (() => void)[] | null = null
  #power = 0
  readonly #flying = new Set<() => void>()

  constructor(ledgerId: string, watch: LedgerWatch) {
    this.ledgerId = ledgerId
    this.#watch = watch
  }

  /** Commits under way. */
  get inFlight(): number {
    return this.#flying.size
  }

  /** The process ends, or the power: handles are dead, and what was under way is there or not. */
  end(how: 'kill' | 'cut', landed: boolean): void {
    if (landed) for (const land of this.#flying) land()
    this.#flying.clear()
    this.#power++
    if (how === 'kill') return
    for (const undo of this.#unsynced.splice(0).reverse()) undo()
  }

  /** From now on everything can be taken back: a backup was made. */
  backUp(): void {
    this.#journal = []
  }

  /** As it was at the backup, and says so by its generation. Between two runs only. */
  restore(): void {
    for (const undo of (this.#journal ?? []).reverse()) undo()
    this.#journal = null
    this.#unsynced = []
    this.generation++
  }

  open(): Ledger {
    const power = this.#power
    let poisoned: string | undefined
    let reading: Promise<void> | null = null
    return {
      ledgerId: this.ledgerId,
      generation: this.generation,
      commit: async (ops, { sync }) => {
        if (poisoned !== undefined) return fault('LEDGER_POISONED', poisoned)
        const result = await this.#commit(ops, sync, power)
        if (!result.ok) poisoned = result.detail
        return result
      },
      get: async key => {
        await (reading ??= this.readPace().then(() => void (reading = null)))
        // Of a run that is over nobody is told anything.
        if (power !== this.#power) return new Promise(() => {})
        return this.#families.get(familyOf(key))?.get(key)
      },
      range: range => Promise.resolve(this.#range(range)),
      stored: range => Promise.resolve(this.#range(range)),
      close: () => Promise.resolve(),
    }
  }

  /** Rows under a prefix, in no order: for whoever looks at the end. */
  rowsOf(family: string): ReadonlyMap<string, unknown> {
    return this.#families.get(family) ?? new Map()
  }

  async #commit(ops: readonly LedgerOp[], sync: boolean, power: number): Promise<Result<void>> {
    const lie = this.#watch.sealed(ops)
    const land = (): void => this.#land(ops, sync, lie)
    this.#flying.add(land)
    await this.pace()
    // Of a run that is over nobody is told anything.
    if (power !== this.#power) return new Promise(() => {})
    this.#flying.delete(land)
    const failure = this.faultNext()
    if (failure !== 'error') land()
    return failure === null ? ok(undefined) : fault('LEDGER_POISONED', 'EIO: i/o error')
  }

  #land(ops: readonly LedgerOp[], sync: boolean, lie: () => () => void): void {
    const before = ops.map(op => this.#apply(op))
    const takeBack = lie()
    if (sync) this.#unsynced = []
    if (sync && this.#journal === null) return
    const undo = (): void => {
      takeBack()
      for (let i = ops.length - 1; i >= 0; i--) this.#unapply(ops[i]!.key, before[i])
    }
    if (!sync) this.#unsynced.push(undo)
    this.#journal?.push(undo)
  }

  /** What was there before. */
  #apply(op: LedgerOp): unknown {
    const name = familyOf(op.key)
    let family = this.#families.get(name)
    if (family === undefined) this.#families.set(name, (family = new Map()))
    const before = family.get(op.key)
    if (op.type === 'put') family.set(op.key, op.value)
    else family.delete(op.key)
    return before
  }

  #unapply(key: string, before: unknown): void {
    const family = this.#families.get(familyOf(key))
    if (before === undefined) family?.delete(key)
    else family?.set(key, before)
  }

  #range({ after, from = '', before, limit, newestFirst = false }: RowRange): readonly Row[] {
    const low = after ?? from
    const found: Row[] = []
    for (const [name, family] of this.#families) {
      if (name >= before || `${name}\uffff` < low) continue
      for (const row of family)
        if (row[0] < before && (after === undefined ? row[0] >= from : row[0] > after)) found.push(row)
    }
    found.sort(([a], [b]) => (a < b === newestFirst ? 1 : -1))
    // As read back from a disk: nobody changes what another holds.
    return found.slice(0, limit).map(([key, value]) => [key, JSON.parse(JSON.stringify(value))])
  }
}

/** Records lie apart lane by lane, everything else by its first word. */
const familyOf = (key: string): string =>
  key.slice(0, (key.startsWith('record/') ? key.lastIndexOf('/') : key.indexOf('/')) + 1)
