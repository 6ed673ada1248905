import type { Outbox } from '#agent/outbox/outbox.ts'
import { LANES } from '#protocols/record.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import { valueOf } from './outbox.ts'

/** What became of accepted records. `lost` is what nobody can explain; it must be empty whatever happened. */
export type Audit = {
  readonly kept: number
  /** Named by a gap record. */
  readonly receipted: number
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  /** Broken chains, holes in the numbers, records that do not match their sums. */
  readonly faults: readonly string[]
}

type GapBody = {
  readonly lane: Lane
  readonly ranges: readonly (readonly [number, number])[]
  readonly lost?: { readonly epoch: string; readonly ranges: readonly (readonly [number, number])[] }
}

/**
 * Holds a store against what it had accepted and not let go; drafts are told apart by `monoMs` within their lane
 * (`draft` of `outbox.ts`), so the caller numbers them all differently.
 */
export async function auditOutbox(outbox: Outbox, accepted: readonly WireRecord[]): Promise<Audit> {
  const held: WireRecord[] = []
  const faults: string[] = []
  for (const lane of LANES) {
    const records = valueOf(await outbox.read(lane, 0, Number.MAX_SAFE_INTEGER))
    const { first, last } = outbox.ranges()[lane]
    if (last >= first && records.at(-1)?.seq !== last) faults.push(`${lane} ends before ${last}`)
    held.push(...records)
  }
  const told = new Set(held.filter(r => r.kind === 'gap').flatMap(receiptsIn))
  const count = new Map<string, number>()
  for (const record of held.filter(r => r.kind !== 'gap'))
    count.set(nameOf(record), (count.get(nameOf(record)) ?? 0) + 1)
  const lost: string[] = []
  let [kept, receipted] = [0, 0]
  for (const record of accepted) {
    if (count.has(nameOf(record))) kept++
    else if (told.has(`${record.epoch}/${record.lane}/${record.seq}`)) receipted++
    else lost.push(`${record.epoch}/${record.lane}/${record.seq}`)
  }
  for (let i = 1; i < held.length; i++) {
    const [before, record] = [held[i - 1]!, held[i]!]
    const follows = before.lane !== record.lane || record.prev === before.sum
    const isExplained = Array.from(
      { length: record.seq - before.seq - 1 },
      (_, n) => before.seq + 1 + n,
    ).every(seq => told.has(`${record.epoch}/${record.lane}/${seq}`))
    if (before.lane === record.lane && !follows && !(record.seq > before.seq + 1 && isExplained))
      faults.push(`${record.lane}/${record.seq} does not follow`)
  }
  const doubled = [...count].filter(([, times]) => times > 1).map(([name]) => name)
  return { kept, receipted, lost, doubled, faults }
}

const nameOf = ({ lane, monoMs }: WireRecord): string => `${lane}/${monoMs}`

/** Names of records a gap record explains: of its own store, and of the one that was repaired. */
function receiptsIn(gap: WireRecord): string[] {
  const { lane, ranges, lost } = JSON.parse(gap.body) as GapBody
  const names = (epoch: string, of: GapBody['ranges']): string[] =>
    of.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => `${epoch}/${lane}/${a + i}`))
  return [...names(gap.epoch, ranges), ...(lost ? names(lost.epoch, lost.ranges) : [])]
}
