import { describe, expect, it } from 'vitest'
import { CoverageEngine } from '#gateway/coverage/coverage-engine.ts'
import { createRoadReach } from '#gateway/dispatch/road-reach.ts'
import { layGrids } from '#gateway/grids/lay-grids.ts'
import { keptRoads } from '#gateway/roads/kept-roads.ts'
import { METRES_PER_DEGREE } from '#protocols/geo/local.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { NetworkEdge } from '#protocols/roads/network.ts'
import { graphOf } from './oracle/cities.ts'

/*
 * A street of two kilometres, and what the border of the extract leaves of two roads: a tunnel that goes down from `b` and
 * comes up beyond the border, and a ramp that comes from beyond it to `b`. 36 km/h: 100 m are 10 s.
 *
 *   north of it      +---ramp---  (600 m, 30 m beside the street, then to b)
 *   a ------ b ------ c           b is in the middle
 *            +--tunnel--          (600 m, 30 m beside it)
 */
const NARROW = Math.cos((35.6 * Math.PI) / 180)
const at = (east: number, north: number): LatLon => ({
  lat: 35.6 + north / METRES_PER_DEGREE,
  lon: 117 + east / METRES_PER_DEGREE / NARROW,
})
const PLACES = { a: [-1000, 0], b: [0, 0], c: [1000, 0], under: [30, -30], end: [600, -30], begin: [600, 30] }
const names = Object.keys(PLACES) as (keyof typeof PLACES)[]
const place = (name: keyof typeof PLACES): LatLon => at(PLACES[name][0]!, PLACES[name][1]!)
const road = (from: keyof typeof PLACES, to: keyof typeof PLACES, backward: boolean): NetworkEdge => ({
  ...{ from: names.indexOf(from), to: names.indexOf(to), roadClass: 'primary', name: `${from}-${to}` },
  ...{ speedKph: 36, forward: true, backward },
  shape: [place(from), place(to)].map(({ lat, lon }) => [lon, lat] as const),
})
const street = [road('a', 'b', true), road('b', 'c', true)]
const tunnel = [road('b', 'under', false), road('under', 'end', false)]
const ramp = [road('begin', 'b', false)]
const cityOf = (edges: readonly NetworkEdge[]) => {
  const { nodes, edges: kept } = keptRoads({ nodes: names.map(place), edges })
  return graphOf({ source: 'test', nodes, edges: kept })
}
const graph = cityOf([...street, ...tunnel, ...ramp])
const unit = (unitId: string, where: LatLon) => ({ unitId, callSign: unitId, turnoutSeconds: 0, ...where })
const timesTo = (where: LatLon, units: readonly ReturnType<typeof unit>[]) => {
  const answer = createRoadReach(graph).times(where, units)
  return { road: answer?.place.road, seconds: Object.fromEntries(answer?.roadSeconds ?? []) }
}

describe('roads that the border of an extract cuts', () => {
  it('sends cars into the tunnel that leads out, and takes none to come from there while a street is near', () => {
    // 1,000 m, then 42 m down and 470 m along.
    const inTunnel = timesTo(at(500, -30), [unit('west', place('a'))])
    expect(inTunnel.road).toBe('under-end')
    expect(inTunnel.seconds['west']).toBeCloseTo(151.2, 0)
    // 30 m beside the street, above the tunnel: on the street.
    expect(timesTo(at(0, 0), [unit('above', at(500, -28))]).seconds['above']).toBeCloseTo(50, 0)
  })

  it('lets a car come from the ramp, and sends one to the street beside it', () => {
    expect(timesTo(at(0, 0), [unit('coming', at(500, 28))]).seconds['coming']).toBeCloseTo(50, 0)
    const beside = timesTo(at(400, 28), [unit('west', place('a'))])
    expect(beside.road).toBe('b-c')
    expect(beside.seconds['west']).toBeCloseTo(140, 0)
  })

  it('says honestly that nobody comes where there is no other road than the ramp', () => {
    const lonely = [...street, ...tunnel].map(({ shape, ...edge }) => ({
      ...edge,
      shape: shape.map(([lon, lat]) => [lon - 1, lat] as const),
    }))
    const moved = keptRoads({ nodes: names.map(place), edges: [...lonely, ...ramp] })
    const reach = createRoadReach(graphOf({ source: 'test', nodes: moved.nodes, edges: moved.edges }))
    const answer = reach.times(at(500, 30), [unit('west', { ...place('a'), lon: place('a').lon - 1 })])
    expect(answer?.place.road).toBe('begin-b')
    expect([...answer!.roadSeconds]).toEqual([])
  })

  it('counts the ramp in no coverage and never as a cold spot, and the tunnel as any road', () => {
    const measured = (edges: readonly NetworkEdge[]) => {
      const roads = cityOf(edges)
      const engine = new CoverageEngine(roads, layGrids(graph, 1))
      const input = { units: [unit('west', place('a'))], urgent: [], unknown: [], busyShare: 0 }
      engine.refresh({ ...input, tick: 1, monoMs: 0 })
      return engine.refresh({ ...input, tick: 2, monoMs: 600_000 })
    }
    const whole = measured([...street, ...tunnel, ...ramp])
    expect(whole.city.roadM).toBeCloseTo(measured([...street, ...tunnel]).city.roadM, 6)
    expect(whole.city.roadM).toBeGreaterThan(2_600)
    expect(whole.city.circles[2]).toBe(1)
    expect(whole.coldSpots).toEqual([])
  })
})
