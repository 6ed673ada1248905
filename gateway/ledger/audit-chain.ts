import { createHash } from 'node:crypto'
import { CHAIN_START } from '#protocols/record.ts'

/** One line of the audit: who did what when. `sum` covers everything before it through `prev`. */
export type AuditRow = {
  readonly v: 1
  readonly n: number
  readonly at: string
  readonly action: string
  readonly actor: string
  readonly detail: Record<string, unknown>
  readonly prev: string
  readonly sum: string
}

export type AuditTail = { readonly n: number; readonly sum: string }

export const AUDIT_START: AuditTail = { n: 0, sum: CHAIN_START }

/** `audit/000000000042`. */
export const auditKey = (n: number): string => `audit/${String(n).padStart(12, '0')}`

/** Adds one line behind `tail`; the row is its own next tail. */
export function chainAudit(
  tail: AuditTail,
  line: Pick<AuditRow, 'at' | 'action' | 'actor' | 'detail'>,
): AuditRow {
  const { at, action, actor, detail } = line
  const unsigned = { v: 1, n: tail.n + 1, at, action, actor, detail, prev: tail.sum } as const
  return { ...unsigned, sum: auditSum(unsigned) }
}

/** Number of the first line that was altered, or follows one that is missing; undefined when the chain is whole. */
export function firstBreak(rows: readonly AuditRow[], tail: AuditTail = AUDIT_START): number | undefined {
  let before = tail
  for (const { sum, ...row } of rows) {
    if (row.n !== before.n + 1 || row.prev !== before.sum || auditSum(row) !== sum) return row.n
    before = { n: row.n, sum }
  }
  return undefined
}

/** Through JSON once, so that the sum covers what will be read back (an `undefined` in `detail` does not come back). */
function auditSum({ v, n, at, action, actor, detail, prev }: Omit<AuditRow, 'sum'>): string {
  const head = JSON.stringify([v, n, at, action, actor, detail])
  return createHash('sha256').update(prev).update(head).digest('hex')
}
