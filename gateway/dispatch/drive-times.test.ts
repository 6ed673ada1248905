import { expect, it } from 'vitest'
import { graphOf, scatteredCity, seeded } from '#test/oracle/cities.ts'
import { legsTo } from '#test/oracle/legs.ts'
import { atOnce } from '../city/steps.ts'
import type { Way } from '../city/surroundings.ts'
import { CLOSED } from '../reach/conditions.ts'
import { NearestUnits } from '../reach/nearest.ts'
import { RoadSearch } from '../reach/search.ts'
import { UnitsOnRoads } from '../reach/units-on-roads.ts'
import { RoadWeights } from '../reach/weights.ts'
import { driveTimes } from './drive-times.ts'
import { WayReader } from './way-reader.ts'

it('finds for all of them what the nearest-K search finds, and the same ways, with roads closed and slow', () => {
  const count = { questions: 0, times: 0, unreachable: 0, steps: 0, legs: 0 }
  const ways = new WayReader()
  for (const seed of [3, 4, 5]) {
    const graph = graphOf(scatteredCity(seed, 300))
    const random = seeded(seed)
    const weights = new RoadWeights(graph)
    const units = new UnitsOnRoads(graph, 64)
    const [one, all] = [new RoadSearch(graph, weights), new RoadSearch(graph, weights)]
    const nearest = new NearestUnits(units, one)
    const anywhere = () => ({ edge: Math.floor(random() * graph.edgeCount), fraction: random() })
    for (let round = 0; round < 100; round++) {
      const factors = new Map<number, number>()
      for (let n = 0; n < graph.edgeCount / 10; n++)
        factors.set(Math.floor(random() * 2 * graph.edgeCount), random() < 0.5 ? CLOSED : 1 + random())
      weights.lay({ hourOfWeek: null, layers: [{ by: 'drive', factors }] })
      for (let n = 0; n < 40; n++) {
        const { edge, fraction } = anywhere()
        if (random() < 0.8) units.place(`u-${n}`, edge, fraction)
        else units.remove(`u-${n}`)
      }
      const place = anywhere()
      const asked = new Set(Array.from({ length: 40 }, (_, n) => `u-${n}`).filter(() => random() < 0.8))
      const here = [...asked].filter(id => units.placeOf(id) !== undefined)
      const expected = nearest.nearest(place, here.length, { accept: id => asked.has(id) })
      const steps = driveTimes(units, all, place, asked, 50)
      let step = steps.next()
      for (; !step.done; step = steps.next()) count.steps++
      const found = step.value
      expect(Object.fromEntries(found)).toEqual(
        Object.fromEntries(expected.map(({ id, etaDs }) => [id, etaDs])),
      )
      for (const id of found.keys()) {
        const at = units.placeOf(id)!
        const legs = legsTo(one, at, place)
        expect(legsTo(all, at, place)).toEqual(legs)
        expect(legsOf(ways.read(all, at, place))).toEqual(legs)
        count.legs += legs.length
      }
      expect(atOnce(driveTimes(units, all, place, asked))).toEqual(found)
      count.questions++
      count.times += found.size
      count.unreachable += here.length - found.size
    }
  }
  console.log(`drive times: ${JSON.stringify(count)}`)
  expect(count.times).toBeGreaterThan(3_000)
  expect(count.unreachable).toBeGreaterThan(50)
  expect(count.steps).toBeGreaterThan(500)
  expect(count.legs).toBeGreaterThan(10_000)
})

const legsOf = ({ count, drives, ds }: Way) =>
  Array.from({ length: count }, (_, leg) => ({ drive: drives[leg], ds: ds[leg] }))
