import { readFileSync } from 'node:fs'
import type { RecordRow } from '#gateway/intake/rows.ts'
import type { DeviceLedger } from './gateway.ts'
import { LANES } from '#protocols/record.ts'
import { wordsOfGap } from '#sim/ordeal/checker/gap-words.ts'

/** `epoch/lane/seq`. */
export type RecordName = string

/** What the world outside can hold against an agent: records it said were accepted, by name, with their sums. */
export type Receipts = ReadonlyMap<RecordName, string>

/** Reads the receipts an agent has printed, in all its lives; a line that was cut off in the middle gives none. */
export function receiptsIn(logFile: string): Receipts {
  const receipts = new Map<RecordName, string>()
  for (const { event, records } of linesOf(logFile)) {
    if (event !== 'outbox.accepted' || !Array.isArray(records)) continue
    for (const record of records as string[]) {
      const end = record.lastIndexOf('/')
      receipts.set(record.slice(0, end), record.slice(end + 1))
    }
  }
  return receipts
}

/** How often a log says `event`. */
export const countOf = (logFile: string, event: string): number =>
  linesOf(logFile).filter(line => line.event === event).length

type Line = { readonly event?: string; readonly records?: unknown }

function linesOf(logFile: string): Line[] {
  return readFileSync(logFile, 'utf8')
    .split('\n')
    .flatMap(text => {
      try {
        return [JSON.parse(text) as Line]
      } catch {
        return []
      }
    })
}

/** Receipts held against the gateway's ledger. `lost`, `changed`, `doubled` and `holes` must be empty whatever happened. */
export type LedgerAudit = {
  readonly accepted: number
  /** In the ledger under their name, or under the one they bear since their store was carried over. */
  readonly effective: number
  /** Named by a gap record that is in the ledger. */
  readonly receipted: number
  readonly lost: readonly RecordName[]
  /** In the ledger with another content. */
  readonly changed: readonly RecordName[]
  /** The same content in effect twice. */
  readonly doubled: readonly string[]
  /** Numbers between the first and the last of a lane that nobody explains. */
  readonly holes: readonly string[]
  readonly rows: number
}

export function auditLedger(receipts: Receipts, { rows, aliases }: DeviceLedger): LedgerAudit {
  const sums = new Map(rows.map(row => [nameOf(row), row.sum]))
  const told = new Set(rows.filter(row => row.kind === 'gap').flatMap(explainedBy))
  const origins = new Set(rows.flatMap(originOf))
  const aliased = new Set(aliases)
  const known = new Set([...told, ...aliases])
  const [lost, changed]: [RecordName[], RecordName[]] = [[], []]
  let [effective, receipted] = [0, 0]
  for (const [name, sum] of receipts) {
    const found = sums.get(name)
    if (found !== undefined && found !== sum) changed.push(name)
    else if (found !== undefined || origins.has(name) || aliased.has(name)) effective++
    else if (told.has(name)) receipted++
    else lost.push(name)
  }
  const times = new Map<string, number>()
  for (const { sum } of rows) times.set(sum, (times.get(sum) ?? 0) + 1)
  const doubled = [
    ...[...times].filter(([, n]) => n > 1).map(([sum]) => sum),
    // Carried over, and in the ledger under the old name as well.
    ...[...origins].filter(name => sums.has(name)),
  ]
  const holes = holesIn(rows, known)
  return { accepted: receipts.size, effective, receipted, lost, changed, doubled, holes, rows: rows.length }
}

/** True when nothing is lost, changed, doubled or missing without a word; an audit of nothing proves nothing. */
export const isClean = ({ accepted, lost, changed, doubled, holes }: LedgerAudit): boolean =>
  accepted > 0 && lost.length + changed.length + doubled.length + holes.length === 0

/** The numbers of an audit, with the first few names of whatever is wrong. */
export const tallyOf = (audit: LedgerAudit) => ({
  accepted: audit.accepted,
  effective: audit.effective,
  receipted: audit.receipted,
  lost: audit.lost.length,
  changed: audit.changed.length,
  doubled: audit.doubled.length,
  holes: audit.holes.length,
  ...(isClean(audit)
    ? {}
    : { examples: [...audit.lost, ...audit.changed, ...audit.doubled, ...audit.holes].slice(0, 8) }),
})

const nameOf = ({ epoch, lane, seq }: Pick<RecordRow, 'epoch' | 'lane' | 'seq'>): RecordName =>
  `${epoch}/${lane}/${seq}`

/** A record that was carried over says what it was called before. */
const originOf = (row: RecordRow): RecordName[] =>
  row.origin === undefined ? [] : [nameOf({ ...row, ...row.origin })]

const explainedBy = (gap: RecordRow): RecordName[] =>
  wordsOfGap(gap).flatMap(({ epoch, lane, ranges }) =>
    ranges.flatMap(([a, b]) =>
      Array.from({ length: b - a + 1 }, (_, i) => nameOf({ epoch, lane, seq: a + i })),
    ),
  )

function holesIn(rows: readonly RecordRow[], known: ReadonlySet<RecordName>): string[] {
  const holes: string[] = []
  for (const epoch of new Set(rows.map(row => row.epoch)))
    for (const lane of LANES) {
      const seqs = new Set(rows.filter(r => r.epoch === epoch && r.lane === lane).map(r => r.seq))
      const last = [...seqs].reduce((a, b) => Math.max(a, b), 0)
      for (let seq = 1; seq < last; seq++) {
        const name = nameOf({ epoch, lane, seq })
        if (!seqs.has(seq) && !known.has(name)) holes.push(name)
      }
    }
  return holes
}
