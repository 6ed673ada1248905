import { describe, expect, it } from 'vitest'
import { parseBody } from '#protocols/bodies.ts'
import type { WireRecord } from '#protocols/record.ts'
import type { Unstored } from '#protocols/session.ts'
import type { Now } from '#protocols/time.ts'
import { seeded } from '../../test/oracle/cities.ts'
import { AlarmBook } from './alarms.ts'
import type { AlarmRow } from './alarms.ts'

const at = (n: number): Now => ({ monoMs: n * 1000, utcMs: n * 1000, quality: 'ntp' })
const UNITS = ['u-1', 'u-2', 'u-3', null]
const TIMES = { ageMs: 0, utcMs: 0 }

const unstored = (n: number, kind: string, body: string): Unstored => ({
  ...{ v: 1, id: `${n}`, kind, occurredAt: n, ageMs: 0, clockQuality: 'ntp', body },
})

/** What a plain list of every row says. */
const isOpen = (row: AlarmRow): boolean => row.acknowledgedUtcMs === null
const showsEmergency = (rows: Iterable<AlarmRow>, unitId: string): boolean =>
  [...rows].some(
    row => row.unitId === unitId && (row.kind === 'panic' || row.kind === 'crash') && isOpen(row),
  )

describe('alarms', () => {
  it('tells of each unit whether somebody is still to answer it, whatever happened', () => {
    let looks = 0
    let emergencies = 0
    for (let seed = 1; seed <= 40; seed++) {
      const random = seeded(seed)
      const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
      const rows = new Map<string, AlarmRow>()
      let book = new AlarmBook()
      const keep = (row: AlarmRow | undefined): void => void (row && rows.set(row.id, row))
      for (let n = 1; n <= 400; n++) {
        const unitId = pick(UNITS)
        const source = { deviceId: `d-${unitId}`, unitId, callSign: 'A' }
        const pressId = `press-${Math.floor(random() * 40)}`
        const kind = pick(['panic', 'crash', 'bodycam.failed'])
        const said =
          kind === 'panic'
            ? { source: 'input', position: null, positionAgeMs: null, pressId }
            : kind === 'crash'
              ? { position: null, positionAgeMs: null, pressId }
              : { reason: 'asleep', sources: ['panic'] }
        const body = JSON.stringify(said)
        const parsed = parseBody(kind, body)
        switch (pick(['raise', 'raise', 'unstored', 'acknowledge', 'acknowledge', 'restart'])) {
          case 'raise': {
            const record = { epoch: 'e', lane: 'alarm', seq: n, kind } as WireRecord
            keep(book.raise(source, record, parsed.ok ? parsed.value : null, TIMES, at(n)))
            break
          }
          case 'unstored':
            keep(book.raiseUnstored(source, unstored(n, kind, body), TIMES, at(n)))
            break
          case 'acknowledge':
            keep(book.acknowledge(pick([...rows.keys(), 'none']), 'duty', at(n))?.row)
            break
          case 'restart':
            book = new AlarmBook()
            book.restore([...rows.values()], at(n))
        }
        expect(book.openCount()).toBe([...rows.values()].filter(isOpen).length)
        for (const id of UNITS) {
          if (id === null) continue
          looks++
          const emergency = showsEmergency(rows.values(), id)
          if (emergency) emergencies++
          expect(book.hasOpenPanic(id)).toBe(emergency)
        }
      }
    }
    console.log(`alarms: ${looks} looks at a unit, ${emergencies} in an emergency`)
    expect(emergencies).toBeGreaterThan(1000)
    expect(emergencies).toBeLessThan(looks - 1000)
  })

  it('keeps every open alarm and the 200 that were acknowledged last, before and after a restart', () => {
    const rows: AlarmRow[] = []
    const book = new AlarmBook()
    const source = { deviceId: 'd', unitId: 'u', callSign: 'A' }
    for (let n = 1; n <= 260; n++) {
      const record = { epoch: 'e', lane: 'alarm', seq: n, kind: 'panic' } as WireRecord
      book.raise(source, record, null, TIMES, at(n))
    }
    const ids = book.all(at(300)).map(alarm => alarm.id)
    for (const [n, id] of ids.slice(0, 250).entries())
      rows.push(book.acknowledge(id, 'duty', at(400 + n))!.row)
    const again = new AlarmBook()
    again.restore([...ids.slice(250).map(id => book.row(id)!), ...rows], at(1000))
    for (const held of [book, again]) {
      expect(held.openCount()).toBe(10)
      expect(
        held
          .all(at(1000))
          .map(alarm => alarm.id)
          .sort(),
      ).toEqual(ids.slice(50).sort())
    }
  })
})
