import { describe, expect, it } from 'vitest'
import { createCity } from '#gateway/city.ts'
import type { CityRow } from '#gateway/city/rows.ts'
import { mintOf } from '#gateway/city/surroundings.ts'
import { CLOSURES_MAX } from '#gateway/closures/closure-book.ts'
import type { DriveFactors } from '#gateway/closures/closure-book.ts'
import { createClosureRoads } from '#gateway/closures/closure-roads.ts'
import type { CityEffect, Command } from '#gateway/loop/effects.ts'
import { RoadSnap } from '#gateway/roads/snap.ts'
import { ClosureCreate, ClosureView } from '#protocols/closures.ts'
import type { Result } from '#protocols/result.ts'
import { rfc3339 } from '#protocols/time.ts'
import { drawnMap } from './oracle/cities.ts'

/*
 *     s--a--b      edge 0 is s-a, 1 is s-c, 2 is a-b: drives 0 and 1 are the two ways of s-a
 *     |
 *     c
 */
const map = drawnMap(`
s--a--b
|
c`)
const NOON = Date.UTC(2026, 10, 24, 4)
const MINUTE = 60_000
const CLOSED = Infinity

/** A gateway's city whose rows are kept, as a ledger would. */
class Town {
  utcMs = NOON
  obeyed: DriveFactors = new Map()
  readonly rows = new Map<string, unknown>()
  city = this.start()
  private names = 0

  private start() {
    const roads = createClosureRoads(map.graph, new RoadSnap(map.graph), factors => (this.obeyed = factors))
    const city = createCity({
      mint: mintOf(bytes => String((this.names = (this.names || 0) + 1)).padStart(2 * bytes, '0')),
      reach: { times: () => undefined, route: () => undefined },
      roads,
      grids: {
        ...{ gridAt: () => 'g-1', move: () => ({ gridId: null, outsideSinceMs: null }) },
        ...{ neighboursOf: () => [], nameOf: () => null, countyOf: () => null, nearby: () => undefined },
      },
    })
    const rows = [...this.rows].map(([key, value]): CityRow => ({ key, value: structuredClone(value) }))
    city.restore(rows, this.now())
    return city
  }

  /** The process was killed; what was committed is there. */
  restart(): void {
    this.obeyed = new Map()
    this.city = this.start()
  }

  now() {
    return { monoMs: this.utcMs - NOON, utcMs: this.utcMs, quality: 'ntp' as const }
  }

  private take(effects: readonly CityEffect[]): readonly CityEffect[] {
    for (const effect of effects) {
      if (effect.type === 'put') this.rows.set(effect.key, JSON.parse(JSON.stringify(effect.value)))
      if (effect.type === 'del') this.rows.delete(effect.key)
    }
    return effects
  }

  pass(ms: number): readonly CityEffect[] {
    this.utcMs += ms
    return this.take(this.city.handle({ type: 'tick' }, this.now()))
  }

  close(over: Partial<ClosureCreate>) {
    const closure = ClosureCreate.parse({
      where: { kind: 'edges', edges: [0], direction: 'both' },
      reason: 'burst main',
      ...over,
    })
    return this.command({ kind: 'closure.create', closure })
  }

  end(closureId: string) {
    return this.command({ kind: 'closure.end', closureId, note: 'dry again' })
  }

  private command(command: Command) {
    const event = { type: 'command', commandId: 'c', actor: 'local', command } as const
    const effects = this.take(this.city.handle(event, this.now()))
    const reply = effects.find(effect => effect.type === 'reply')
    return { effects, result: reply?.result as Result<ClosureView> }
  }

  views = (): ClosureView[] => this.city.closures(this.now())
}

function opened(town: Town, over: Partial<ClosureCreate> = {}): ClosureView {
  const { result } = town.close(over)
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`)
  return ClosureView.parse(result.value)
}

describe('a closed road', () => {
  it('counts at once, is kept, told and audited', () => {
    const town = new Town()
    const { effects, result } = town.close({ until: rfc3339(NOON + 30 * MINUTE) })
    expect([...town.obeyed]).toEqual([
      [0, CLOSED],
      [1, CLOSED],
    ])
    const view = result.ok ? ClosureView.parse(result.value) : undefined
    expect(view).toMatchObject({ state: 'in_force', edges: [0], createdBy: 'local', reason: 'burst main' })
    expect(effects.map(effect => effect.type)).toEqual(['put', 'change', 'audit', 'reply'])
    expect(effects.find(effect => effect.type === 'audit')).toMatchObject({
      ...{ action: 'closure.create', actor: 'local', detail: { reason: 'burst main' } },
    })
  })

  it('ends by itself and is open then', () => {
    const town = new Town()
    opened(town, { until: rfc3339(NOON + MINUTE) })
    town.pass(59_000)
    expect(town.obeyed.size).toBe(2)
    const effects = town.pass(1_000)
    expect(town.obeyed.size).toBe(0)
    expect(effects.map(effect => effect.type)).toEqual(['put', 'change'])
    expect(town.views()[0]).toMatchObject({ state: 'ended', endedBy: null, endedAt: rfc3339(NOON + MINUTE) })
  })

  it('begins when it was told to', () => {
    const town = new Town()
    const { state } = opened(town, { from: rfc3339(NOON + MINUTE), until: rfc3339(NOON + 2 * MINUTE) })
    expect([state, town.obeyed.size]).toEqual(['planned', 0])
    const effects = town.pass(MINUTE)
    expect([town.views()[0]?.state, town.obeyed.size]).toEqual(['in_force', 2])
    expect(effects.some(effect => effect.type === 'change')).toBe(true)
    expect(town.pass(1_000)).toEqual([])
  })

  it('is opened by a person, once', () => {
    const town = new Town()
    const { id } = opened(town)
    expect(town.end(id).result).toMatchObject({ ok: true, value: { state: 'ended', endedBy: 'local' } })
    expect(town.obeyed.size).toBe(0)
    expect(town.end(id).result).toMatchObject({ code: 'CLOSURE_ENDED' })
    expect(town.end('clo-none').result).toMatchObject({ code: 'CLOSURE_UNKNOWN' })
  })

  it('is still closed after the gateway was killed, and open when its time was over meanwhile', () => {
    const town = new Town()
    const lasting = opened(town)
    opened(town, {
      where: { kind: 'edges', edges: [1], direction: 'forward' },
      until: rfc3339(NOON + MINUTE),
    })
    town.restart()
    expect([...town.obeyed.keys()]).toEqual([0, 1, 2])
    town.utcMs += 2 * MINUTE
    town.restart()
    expect([...town.obeyed.keys()]).toEqual([0, 1])
    town.pass(1_000)
    expect(town.views().map(({ state }) => state)).toEqual(['in_force', 'ended'])
    expect(town.views()[0]?.id).toBe(lasting.id)
  })

  it('is forgotten a day after it ended', () => {
    const town = new Town()
    opened(town, { until: rfc3339(NOON + MINUTE) })
    town.pass(MINUTE)
    town.pass(24 * 60 * MINUTE)
    expect([town.views().length, town.rows.size]).toEqual([1, 1])
    town.pass(1)
    expect([town.views().length, town.rows.size]).toEqual([0, 0])
  })
})

describe('closures that overlap', () => {
  it('closed beats slow, slower beats slow, and the rest is left when one ends', () => {
    const town = new Town()
    opened(town, { speedFactor: 0.5 })
    const slower = opened(town, { speedFactor: 0.25 })
    expect([...town.obeyed.values()]).toEqual([4, 4])
    const closed = opened(town, { where: { kind: 'edges', edges: [0], direction: 'forward' } })
    expect([...town.obeyed]).toEqual([
      [0, CLOSED],
      [1, 4],
    ])
    town.end(closed.id)
    town.end(slower.id)
    expect([...town.obeyed.values()]).toEqual([2, 2])
  })
})

describe('a closed road and the colours of grids', () => {
  it('is named, with its metres, where a grid is not green', () => {
    const town = new Town()
    const { id } = opened(town, { where: { kind: 'edges', edges: [0, 2], direction: 'both' } })
    opened(town, { where: { kind: 'edges', edges: [1], direction: 'both' }, speedFactor: 0.5 })
    const area = { roadM: 0, areaM2: 0, circles: [0, 0, 0], demandCircles: [0, 0, 0], atLeast: [0, 0, 0] }
    const more = { demandAtLeast: [0, 0, 0], areaAtLeast: [0, 0, 0], expected: 0, expectedDemand: 0 }
    const grid = {
      gridId: 'g-1',
      area: { ...area, ...more },
      centreUnits: 0,
      centre: { lat: 0, lon: 0 },
      coldShare: 0,
    }
    const measured = {
      tick: 1,
      tookMs: 1,
      unitsCounted: 1,
      unitsOffRoad: 0,
      city: grid.area,
      grids: [grid],
      coldSpots: [],
      unreached: [],
    }
    const duty = {
      unitsStale: 0,
      busy: { share: 0, units: 0 },
      grids: [{ gridId: 'g-1', units: 1, unitsStale: 0, staleShare: 0 }],
    }
    town.city.handle({ type: 'coverage', refresh: { measured, duty } as never }, town.now())
    const reasons = (): unknown[] => town.city.coverage(town.now())!.grids[0]!.reasons
    const columnM = 0.002 * 111_195 * Math.cos((35.6 * Math.PI) / 180)
    expect(reasons()).toContainEqual({
      code: 'road_closed',
      value: Math.round(6 * columnM),
      limit: null,
      closureId: id,
    })
    town.end(id)
    expect(JSON.stringify(reasons())).not.toContain('road_closed')
  })
})

describe('what does not fit', () => {
  const fault = (over: Partial<ClosureCreate>) => {
    const town = new Town()
    const { result, effects } = town.close(over)
    expect(town.rows.size).toBe(0)
    // That somebody tried is in the audit all the same.
    expect(effects.map(effect => effect.type)).toEqual(['audit', 'reply'])
    return result.ok ? 'ok' : result.code
  }

  it('is refused by a code that says what', () => {
    expect(fault({ until: rfc3339(NOON - 1) })).toBe('CLOSURE_TIMES')
    expect(fault({ from: rfc3339(NOON + MINUTE), until: rfc3339(NOON + MINUTE) })).toBe('CLOSURE_TIMES')
    expect(fault({ where: { kind: 'edges', edges: [3], direction: 'both' } })).toBe('CLOSURE_EDGE_UNKNOWN')
    expect(fault({ where: { kind: 'point', lat: 10, lon: 10 } })).toBe('PLACE_OFF_ROAD')
  })

  it('is refused at the door when no number or no reason', () => {
    const where = { kind: 'edges', edges: [0] }
    const paths = (body: object) =>
      ClosureCreate.safeParse({ where, reason: 'x', ...body }).error?.issues.map(i => i.path.join('.'))
    expect(paths({})).toBeUndefined()
    for (const speedFactor of [-1, 0.01, 1, 1.5, NaN, '0'])
      expect(paths({ speedFactor })).toEqual(['speedFactor'])
    expect(paths({ reason: '  ' })).toEqual(['reason'])
    expect(paths({ until: 'tomorrow' })).toEqual(['until'])
    expect(paths({ where: { kind: 'edges', edges: [] } })).toEqual(['where.edges'])
    expect(paths({ where: { kind: 'tunnel' } })).toEqual(['where.kind'])
    expect(paths({ where: { kind: 'line', line: [[117, 35.6]] } })).toEqual(['where.line'])
  })

  it('is refused when hundreds are in force', () => {
    const town = new Town()
    for (let n = 0; n < CLOSURES_MAX; n++) opened(town)
    expect(town.close({}).result).toMatchObject({ code: 'CLOSURE_TOO_MANY' })
  })
})
