import { createHash } from 'node:crypto'
import type { CityReport } from './city-run.ts'
import { FAULT_KINDS } from './fault-plan.ts'

/** The one line of a run. */
export type Summary = {
  readonly seed: number
  readonly vehicleHours: number
  readonly accepted: number
  readonly effective: number
  readonly receipted: number
  readonly alarms: number
  readonly orders: number
  readonly positions: number
  readonly edges: number
  readonly faults: number
  readonly faultsByKind: Readonly<Record<string, number>>
  readonly crashesDuringWrite: number
  readonly lost: number
  readonly duplicated: number
  readonly reordered: number
  readonly forgedExecuted: number
  /** Every other invariant that did not hold, by name; empty when all did. */
  readonly otherViolations: Readonly<Record<string, number>>
  readonly hash: string
}

const NAMED = ['lost', 'duplicated', 'reordered', 'forgedExecuted'] as const
/** What of a report is simply added up. */
export const ADDED = [
  ...(['accepted', 'effective', 'receipted', 'alarms', 'orders', 'positions', 'edges'] as const),
  'crashesDuringWrite',
] as const

export function summaryOf(seed: number, vehicleHours: number, reports: readonly CityReport[]): Summary {
  const counts = addedUp(reports.map(report => report.counts))
  const byKind = addedUp(reports.map(report => report.faultsByKind))
  const kinds = Object.keys(FAULT_KINDS).map(kind => [kind, byKind[kind] ?? 0])
  const hash = createHash('sha256')
  for (const report of reports) hash.update(`${report.hash}\n`)
  return {
    ...{ seed, vehicleHours },
    ...sumOf(reports, ADDED),
    faults: Object.values(byKind).reduce((all, count) => all + count, 0),
    faultsByKind: Object.fromEntries(kinds),
    lost: counts['lost'] ?? 0,
    duplicated: counts['duplicated'] ?? 0,
    reordered: counts['reordered'] ?? 0,
    forgedExecuted: counts['forgedExecuted'] ?? 0,
    otherViolations: Object.fromEntries(
      Object.entries(counts).filter(([name]) => !NAMED.some(named => named === name)),
    ),
    hash: hash.digest('hex'),
  }
}

/** These fields of all of them, added up. */
export function sumOf<K extends string>(
  all: readonly Readonly<Record<K, number>>[],
  fields: readonly K[],
): Record<K, number> {
  const sums = fields.map(field => [field, all.reduce((sum, one) => sum + one[field], 0)] as const)
  return Object.fromEntries(sums) as Record<K, number>
}

/** Counts by name, of all of them together. */
export function addedUp(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const all: Record<string, number> = {}
  for (const one of counts) for (const [name, n] of Object.entries(one)) all[name] = (all[name] ?? 0) + n
  return all
}

/** Whether nothing was found. */
export const isClean = ({
  lost,
  duplicated,
  reordered,
  forgedExecuted,
  otherViolations,
  ...s
}: Summary): boolean =>
  lost + duplicated + reordered + forgedExecuted + Object.keys(otherViolations).length === 0 &&
  s.accepted === s.effective + s.receipted
