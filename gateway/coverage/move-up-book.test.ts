import { describe, expect, it } from 'vitest'
import type { UnitView } from '#protocols/api.ts'
import type { Now } from '#protocols/time.ts'
import { MOVE_UP_MANNERS, MoveUpBook } from './move-up-book.ts'
import type { MoveUpFound, MoveUpMeasured } from './move-ups.ts'

const at = (seconds: number): Now => ({ monoMs: seconds * 1000, utcMs: seconds * 1000, quality: 'ntp' })
const unit = (id: string, over: Partial<UnitView> = {}): UnitView =>
  ({
    id,
    callSign: id,
    availability: 'available',
    assignment: null,
    freshness: 'live',
    position: { lat: 35.5, lon: 117, mode: 3, ageMs: 0 },
    ...over,
  }) as UnitView
const place = { kind: 'centre', lat: 35.6, lon: 117, gridId: 'g-1', name: '', road: '大成路' } as const
const leaves = { roadM: 0, areaM2: 0, roadShare: 0, demandShare: 0, grids: [] }
const found = (unitId: string, gain = 0.02, over: Partial<MoveUpFound> = {}): MoveUpFound => ({
  ...{
    unitId,
    place,
    reachedBefore: 0.8,
    reachedAfter: 0.8 + gain,
    sureShare: gain,
    etaSeconds: 200,
    leaves,
  },
  ...over,
})
const units = [unit('a'), unit('b'), unit('c')]
const nameOf = (): string => '鼓楼网格'

function open() {
  let minted = 0
  const book = new MoveUpBook()
  const hear = (measured: Partial<MoveUpMeasured>, now: Now, of = units): void => {
    book.planned({ gains: [], found: null, ...measured }, of, () => `mov-${++minted}`, now)
  }
  return { book, hear, states: (now: Now) => book.views(nameOf, now).map(one => `${one.id} ${one.state}`) }
}

describe('move-ups on the list', () => {
  it('keep their place while they gain half of what is asked of a new one, and no longer', () => {
    const { book, hear, states } = open()
    hear({ found: found('a') }, at(0))
    expect(book.views(nameOf, at(3))[0]).toMatchObject({
      text: '鼓楼网格 大成路',
      sinceMs: 3_000,
      callSign: 'a',
    })
    hear({ gains: [{ id: 'mov-1', gainShare: 0.0026, sureShare: 0.0016 }] }, at(10))
    expect(states(at(10))).toEqual(['mov-1 proposed'])
    hear({ gains: [{ id: 'mov-1', gainShare: 0.0024, sureShare: 0.0016 }] }, at(20))
    expect(states(at(20))).toEqual([])
  })

  it('go when half of what must be sure no longer is, though they would gain as much now', () => {
    const { hear, states } = open()
    hear({ found: found('a') }, at(0))
    hear({ gains: [{ id: 'mov-1', gainShare: 0.02, sureShare: 0.0014 }] }, at(10))
    expect(states(at(10))).toEqual([])
  })

  it('know who has other work and may come free', () => {
    const { book } = open()
    const assignment = { incidentId: 'i', orderId: 'o', state: 'enroute' } as const
    const sent = unit('a', { availability: 'assigned', assignment })
    const others = [
      unit('b'),
      unit('c', { availability: 'busy' }),
      unit('d', { availability: 'off_duty' }),
      unit('e', { availability: 'busy', freshness: 'stale' }),
    ]
    expect(book.asked([sent, ...others], at(0)).away.map(one => one.unitId)).toEqual(['a', 'c'])
  })

  it('are three at most, each of another unit, and go when nobody looks at them', () => {
    const { book, hear, states } = open()
    const many = ['a', 'b', 'c', 'd'].map(id => unit(id))
    hear({ found: found('a') }, at(0), many)
    hear({ found: found('a') }, at(10), many)
    expect(states(at(10))).toEqual(['mov-1 proposed'])
    hear({ found: found('b') }, at(20), many)
    hear({ found: found('c') }, at(30), many)
    expect(book.asked(many, at(31))).toMatchObject({ wantsMore: false, planned: [{}, {}, {}] })
    hear({}, at(MOVE_UP_MANNERS.openMs / 1000), many)
    expect(states(at(300))).toEqual(['mov-2 proposed', 'mov-3 proposed'])
  })

  it('go when their unit has other work', () => {
    const { hear, states } = open()
    hear({ found: found('a') }, at(0))
    hear({}, at(10), [unit('a', { availability: 'busy' }), unit('b')])
    expect(states(at(10))).toEqual([])
  })

  it('are accepted once, and stay until the unit is there; then it is left alone for a while', () => {
    const { book, hear, states } = open()
    hear({ found: found('a') }, at(0))
    hear({ found: found('b') }, at(10))
    expect(book.accept('mov-2', units[1], 'ord-1', at(20)).ok).toBe(true)
    expect(book.accept('mov-2', units[1], 'ord-2', at(21))).toMatchObject({
      ok: false,
      code: 'MOVE_UP_UNKNOWN',
    })
    expect(states(at(21))).toEqual(['mov-2 accepted', 'mov-1 proposed'])
    hear({}, at(100))
    expect(states(at(100))).toEqual(['mov-2 accepted', 'mov-1 proposed'])
    const there = [
      units[0]!,
      unit('b', { position: { lat: 35.6001, lon: 117, mode: 3, ageMs: 0 } }),
      units[2]!,
    ]
    hear({}, at(200), there)
    expect(states(at(200))).toEqual(['mov-1 proposed'])
    expect(book.asked(there, at(201)).idle).toEqual(['a', 'c'])
    expect(book.asked(there, at(801)).idle).toEqual(['a', 'b', 'c'])
  })

  it('end with an order to their unit, though it is free again before anybody looks', () => {
    const { book, hear, states } = open()
    hear({ found: found('a') }, at(0))
    hear({ found: found('b') }, at(10))
    book.accept('mov-1', units[0], 'ord-1', at(20))
    book.taken('a')
    hear({}, at(30))
    expect(states(at(30))).toEqual(['mov-2 proposed'])
    expect(book.asked(units, at(31)).planned).toMatchObject([{ unitId: 'b' }])
  })

  it('are given up when the unit never comes', () => {
    const { book, hear, states } = open()
    hear({ found: found('a') }, at(0))
    book.accept('mov-1', units[0], 'ord-1', at(10))
    hear({}, at(10 + 2 * 200 + 119))
    expect(states(at(529))).toHaveLength(1)
    hear({}, at(10 + 2 * 200 + 121))
    expect(states(at(531))).toEqual([])
  })

  it('are not proposed again for a while after somebody said no', () => {
    const { book, hear, states } = open()
    hear({ found: found('a') }, at(0))
    expect(book.decline('mov-1', at(5)).ok).toBe(true)
    expect(states(at(5))).toEqual([])
    expect(book.asked(units, at(6))).toMatchObject({ idle: ['b', 'c'], avoid: [{ lat: 35.6, lon: 117 }] })
    hear({ found: found('a') }, at(10))
    expect(states(at(10))).toEqual([])
    expect(book.asked(units, at(906))).toMatchObject({ idle: ['a', 'b', 'c'], avoid: [] })
    expect(book.decline('mov-9', at(11))).toMatchObject({ ok: false, code: 'MOVE_UP_UNKNOWN' })
  })

  it('are refused when the unit was sent meanwhile', () => {
    const { book, hear, states } = open()
    hear({ found: found('a') }, at(0))
    const sent = unit('a', { assignment: { incidentId: 'i', orderId: 'o', state: 'enroute' } })
    expect(book.accept('mov-1', sent, 'ord-1', at(1)).ok).toBe(false)
    expect(states(at(1))).toEqual([])
  })
})
