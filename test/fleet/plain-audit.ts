import type { RecordRow } from '#gateway/intake/rows.ts'
import type { WireRecord } from '#protocols/record.ts'

/** Hundreds of thousands of records of one unbroken store, held against the ledger. */
export function plainAudit(accepted: readonly WireRecord[], rows: readonly RecordRow[]) {
  const nameOf = ({ epoch, lane, seq }: Pick<RecordRow, 'epoch' | 'lane' | 'seq'>): string =>
    `${epoch}/${lane}/${seq}`
  const sums = new Map(rows.map(row => [nameOf(row), row.sum]))
  let [effective, lost, changed] = [0, 0, 0]
  for (const record of accepted) {
    const sum = sums.get(nameOf(record))
    if (sum === record.sum) effective++
    else if (sum === undefined) lost++
    else changed++
  }
  const lanes = new Map<string, { last: number; count: number }>()
  for (const { epoch, lane, seq } of rows) {
    const { last, count } = lanes.get(`${epoch}/${lane}`) ?? { last: 0, count: 0 }
    lanes.set(`${epoch}/${lane}`, { last: Math.max(last, seq), count: count + 1 })
  }
  return {
    accepted: accepted.length,
    effective,
    lost,
    changed,
    doubled: rows.length - new Set(rows.map(row => row.sum)).size,
    holes: [...lanes.values()].reduce((sum, { last, count }) => sum + last - count, 0),
  }
}
