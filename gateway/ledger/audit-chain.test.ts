import { describe, expect, it } from 'vitest'
import { AUDIT_START, chainAudit, firstBreak } from './audit-chain.ts'
import type { AuditRow } from './audit-chain.ts'

const lines = (count: number): AuditRow[] => {
  const rows: AuditRow[] = []
  for (let i = 0; i < count; i++)
    rows.push(
      chainAudit(rows.at(-1) ?? AUDIT_START, {
        at: '2026-11-24T00:13:11.000Z',
        action: 'order',
        actor: 'local',
        detail: { i, absent: undefined },
      }),
    )
  return JSON.parse(JSON.stringify(rows)) as AuditRow[]
}

describe('audit', () => {
  it('is whole when nobody touched it', () => {
    expect(firstBreak(lines(20))).toBeUndefined()
  })

  it('shows a line that was altered', () => {
    const rows = lines(20)
    rows[7] = { ...rows[7]!, actor: 'somebody else' }
    expect(firstBreak(rows)).toBe(8)
  })

  it('shows a line that was taken out', () => {
    expect(firstBreak(lines(20).toSpliced(4, 1))).toBe(6)
  })

  it('shows two lines that changed places', () => {
    const rows = lines(5)
    expect(firstBreak([rows[0]!, rows[2]!, rows[1]!, rows[3]!])).toBe(3)
  })
})
