import { describe, expect, it } from 'vitest'
import { createCity } from '#gateway/city.ts'
import { createGridLookup } from '#gateway/city/grid-lookup.ts'
import { mintOf, NO_CLOSURE_ROADS } from '#gateway/city/surroundings.ts'
import type { GridLookup } from '#gateway/city/surroundings.ts'
import { CoverageEngine } from '#gateway/coverage/coverage-engine.ts'
import type { CoverageUnit } from '#gateway/coverage/coverage-input.ts'
import { COLD_SPOT_RULES } from '#gateway/coverage/cold-spots.ts'
import { warningsOf } from '#gateway/coverage/warnings.ts'
import type { Grid } from '#gateway/grids/grid.ts'
import { layGrids } from '#gateway/grids/lay-grids.ts'
import type { CoverageView, GridCoverage } from '#protocols/coverage.ts'
import { CoverageView as CoverageSchema } from '#protocols/coverage.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { drawnMap, graphOf, scatteredCity, seeded } from './oracle/cities.ts'
import { unreachedM } from './oracle/coverage.ts'

type Crew = { readonly at: string; readonly turnoutSeconds?: number; readonly stale?: true }

/** A city watched once a second: crews stand where they are put, and what a page would see comes back. */
class Watch {
  private readonly engine: CoverageEngine
  private readonly city
  private readonly grids: readonly Grid[]
  private readonly lookup: GridLookup
  private readonly nodeAt: (name: string) => { readonly lat: number; readonly lon: number }
  private tick = 0
  monoMs = 0

  constructor(graph: RoadGraph, grids: readonly Grid[], node: (name: string) => number) {
    this.grids = grids
    this.lookup = createGridLookup(grids)
    this.engine = new CoverageEngine(graph, grids)
    this.nodeAt = name => ({ lat: graph.lat(node(name)), lon: graph.lon(node(name)) })
    let ids = 0
    this.city = createCity({
      mint: mintOf(bytes => String(++ids).padStart(2 * bytes, '0')),
      reach: { times: () => undefined, route: () => undefined },
      roads: NO_CLOSURE_ROADS,
      grids: this.lookup,
    })
  }

  /** The next second, with these crews. */
  refresh(crews: Readonly<Record<string, Crew>>, dead = false): CoverageView {
    const now = {
      monoMs: (this.monoMs += 1_000),
      utcMs: 1_790_000_000_000 + this.monoMs,
      quality: 'ntp' as const,
    }
    const units = Object.entries(crews)
      .filter(([, crew]) => crew.stale === undefined)
      .map(([unitId, crew]): CoverageUnit => {
        return { unitId, callSign: unitId, turnoutSeconds: crew.turnoutSeconds ?? 0, ...this.nodeAt(crew.at) }
      })
    const duty = {
      unitsStale: 0,
      busy: { share: 0.25, basis: 'configured', measuredSeconds: 0 } as const,
      grids: this.grids.map(({ id: gridId }) => {
        const own = Object.values(crews).filter(crew => this.gridOf(crew) === gridId)
        const lost = own.filter(crew => crew.stale).length
        const staleShare = own.length === 0 ? 0 : lost / own.length
        return { gridId, units: own.length - lost, unitsStale: lost, staleShare }
      }),
    }
    const unknown = duty.grids.filter(grid => grid.staleShare > 0.2).map(grid => grid.gridId)
    const measured = this.engine.refresh({
      tick: ++this.tick,
      monoMs: now.monoMs,
      units,
      urgent: [],
      unknown,
      busyShare: 0.25,
    })
    this.city.handle({ type: 'coverage', refresh: dead ? null : { measured, duty } }, now)
    return CoverageSchema.parse(this.city.coverage(now))
  }

  /** Many seconds; the last one comes back. */
  pass(seconds: number, crews: Readonly<Record<string, Crew>>): CoverageView {
    for (let second = 1; second < seconds; second++) this.refresh(crews)
    return this.refresh(crews)
  }

  private gridOf(crew: Crew): string | undefined {
    const { lat, lon } = this.nodeAt(crew.at)
    return this.lookup.gridAt({ lat, lon }) ?? undefined
  }
}

const box = (id: string, west: number, east: number): Grid => ({
  id,
  name: id,
  polygon: [
    [
      [west, 35.5],
      [east, 35.5],
      [east, 35.7],
      [west, 35.7],
    ],
  ],
})
const gridOf = (view: CoverageView, id: string): GridCoverage => view.grids.find(grid => grid.gridId === id)!
const look = (view: CoverageView, id: string): unknown[] => {
  const { colour, reasons, area } = gridOf(view, id)
  return [colour, reasons.map(reason => reason.code), Math.round(area.circles[2] * 1000) / 1000]
}

/*
 *   each dash 30 s; the border of west and east runs at the middle of d-e, 420 s long: the crew at c ends its 300 s there
 *
 *   a---b---c---d--------------e---f---g---h
 */
const map = drawnMap(`
a---b---c---d--------------e---f---g---h
`)
const border = (map.graph.lon(map.node('d')) + map.graph.lon(map.node('e'))) / 2
const town = [box('west', 116.9, border), box('east', border, 117.2)]
const west = { w1: { at: 'b' }, w2: { at: 'c' } }
const full = { ...west, e1: { at: 'f' }, e2: { at: 'g' } }

describe('a planted hole in coverage', () => {
  const watch = new Watch(map.graph, town, map.node)

  it('is not there while two crews are: both grids green', () => {
    const view = watch.pass(5, full)
    expect([look(view, 'west'), look(view, 'east')]).toEqual([
      ['green', ['covered'], 1],
      ['green', ['covered'], 1],
    ])
    expect([view.coldSpots, warningsOf(view)]).toEqual([[], []])
  })

  it('is found, coloured and explained in the first refresh after the crews left', () => {
    const view = watch.refresh(west)
    expect(look(view, 'east')).toEqual(['black', ['nobody_reaches', 'share_low', 'thin'], 0])
    expect(gridOf(view, 'east').reasons[1]).toEqual({ code: 'share_low', value: 0, limit: 0.5 })
    expect(warningsOf(view).map(grid => grid.gridId)).toEqual(['east'])
  })

  it('is a cold spot in the first refresh after its 120 s, with a name that stays and somebody who could fill it', () => {
    expect(watch.pass(119, west).coldSpots).toEqual([])
    const [spot, ...others] = watch.refresh(west).coldSpots
    expect(others).toEqual([])
    expect(spot).toMatchObject({
      gridIds: ['east'],
      sinceMs: 120_000,
      fillBy: { unitId: 'w2', callSign: 'w2' },
    })
    // w2 stands at c: 90 s to d, 420 s to e and then on; the middle of the hole lies beyond e.
    expect(spot!.fillBy!.etaSeconds).toBeGreaterThan(510)
    const eastM = gridOf(watch.refresh(west), 'east').area.roadM
    expect(spot!.roadM).toBeCloseTo(eastM, 3)
    expect(spot!.areaM2).toBeGreaterThan(spot!.roadM * 100 * 0.9)
    expect(spot!.demandShare).toBeCloseTo(eastM / watch.refresh(west).city.roadM, 9)
    expect(watch.pass(60, west).coldSpots.map(({ id }) => id)).toEqual([spot!.id])
  })

  it('is cleared in the first refresh after crews drove in; its colour is held for 180 s and says so', () => {
    const view = watch.refresh(full)
    expect(view.coldSpots).toEqual([])
    expect(look(view, 'east')).toEqual(['black', ['held'], 1])
    expect(gridOf(view, 'east').reasons[0]).toEqual({ code: 'held', value: 0, limit: 180 })
    expect(look(watch.pass(179, full), 'east')).toEqual(['black', ['held'], 1])
    expect(look(watch.refresh(full), 'east')).toEqual(['green', ['covered'], 1])
  })

  it('does not hide behind old positions: stale crews make their grid unknown, never green, and no cold spot is claimed', () => {
    const lost = { ...west, e1: { at: 'f', stale: true }, e2: { at: 'g' } } as const
    const view = watch.refresh(lost)
    expect(gridOf(view, 'east')).toMatchObject({ colour: 'unknown', units: 1, unitsStale: 1 })
    expect(gridOf(view, 'east').reasons[0]).toEqual({ code: 'data_stale', value: 0.5, limit: 0.2 })
    const allLost = { ...west, e1: { at: 'f', stale: true }, e2: { at: 'g', stale: true } } as const
    for (let second = 0; second < 300; second++) {
      const now = watch.refresh(allLost)
      expect(gridOf(now, 'east').colour).toBe('unknown')
      expect(now.coldSpots).toEqual([])
    }
    expect(look(watch.refresh(full), 'east')).toEqual(['green', ['covered'], 1])
  })

  it('is unknown everywhere while nobody computes, and what is measured afterwards', () => {
    const view = watch.refresh(full, true)
    expect(view.grids.map(grid => [grid.colour, grid.reasons[0]?.code])).toEqual([
      ['unknown', 'no_data'],
      ['unknown', 'no_data'],
    ])
    expect(watch.refresh(full).grids.map(grid => grid.colour)).toEqual(['green', 'green'])
  })
})

describe('cold spots', () => {
  it('are one for each connected hole', () => {
    /* Three arms of 480 s; the crew at the middle reaches 300 s of each, and a one-way from d leads back to it. */
    const star = drawnMap(`
a----------------b----------------c
                 |
                 |
                 |
                 |
                 d>>>>>>>>>>>>>>>>e
`)
    const watch = new Watch(star.graph, [box('all', 116.9, 117.3)], star.node)
    const view = watch.pass(121, { u: { at: 'b' } })
    expect(view.coldSpots.length).toBe(3)
    const unreached = view.city.roadM * (1 - view.city.atLeast[0])
    expect(view.coldSpots.reduce((sum, spot) => sum + spot.roadM, 0)).toBeCloseTo(unreached, 6)
    const ids = view.coldSpots.map(spot => spot.id)
    expect(new Set(ids).size).toBe(3)
    // One arm is filled: the other two keep their names.
    const after = watch.refresh({ u: { at: 'b' }, v: { at: 'a' } }).coldSpots.map(spot => spot.id)
    expect(after.length).toBe(2)
    expect(ids).toEqual(expect.arrayContaining(after))
  })

  it('add up to all road nobody reaches, as one plain Dijkstra per unit finds it', () => {
    let cities = 0
    let spots = 0
    for (let seed = 1; seed <= 20; seed++) {
      const graph = graphOf(scatteredCity(seed, 120))
      const grids = layGrids(graph, 1 + (seed % 5))
      const random = seeded(seed)
      const crews = Array.from({ length: 1 + (seed % 3) }, (_, i) => {
        const node = Math.floor(random() * graph.nodeCount)
        return {
          unitId: `u${i}`,
          callSign: `u${i}`,
          lat: graph.lat(node),
          lon: graph.lon(node),
          turnoutSeconds: 10,
        }
      })
      const rules = { ...COLD_SPOT_RULES, roadMMin: 0, spotsMax: 10_000 }
      const engine = new CoverageEngine(graph, grids, { coldSpots: rules })
      const input = { units: crews, urgent: [], unknown: [], busyShare: 0.25 }
      engine.refresh({ ...input, tick: 1, monoMs: 0 })
      const measured = engine.refresh({ ...input, tick: 2, monoMs: 120_000 })
      const standing = crews.map(crew => ({ ...engine.placeOf(crew)!, turnoutDs: 100 }))
      const byHand = unreachedM(
        graph,
        standing,
        grids.map(grid => grid.polygon),
      )
      const listed = measured.coldSpots.reduce((sum, spot) => sum + spot.roadM, 0)
      expect(Math.abs(listed - byHand)).toBeLessThan(0.01)
      cities++
      spots += measured.coldSpots.length
    }
    console.info(`cold spots: ${cities} cities, ${spots} spots`)
    expect(spots).toBeGreaterThan(50)
  })
})
