import { expect, it } from 'vitest'
import { graphOf, scatteredCity, seeded } from '../../test/oracle/cities.ts'
import { UnitsOnRoads } from '../reach/units-on-roads.ts'
import { RoadWeights } from '../reach/weights.ts'
import { KLabels } from './k-labels.ts'

it('labels the same region by region as in one go, late starters and what is beyond the budget included', () => {
  let labels = 0
  let beyond = 0
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed)
    const graph = graphOf(scatteredCity(seed, 150))
    const units = new UnitsOnRoads(graph, 40)
    const turnoutDs = Uint32Array.from({ length: 40 }, () => Math.floor(random() ** 3 * 3_000))
    for (let i = 0; i < 40; i++)
      units.place(`unit-${i}`, Math.floor(random() * graph.edgeCount), random() < 0.3 ? 0 : random())
    const gone = Uint8Array.from({ length: 40 }, () => (random() < 0.1 ? 1 : 0))
    const k = 1 + (seed % 4)
    const weights = new RoadWeights(graph)
    const [whole, parted] = [Infinity, 5 + Math.floor(random() * 40)].map(
      junctions => new KLabels(units, k, weights, junctions),
    )
    for (const bounds of [
      { budgetDs: 900, fillDs: 900 },
      { budgetDs: 600, fillDs: 9_000 },
    ]) {
      whole!.run(turnoutDs, bounds, gone)
      parted!.run(turnoutDs, bounds, gone)
      expect(parted!.counts).toEqual(whole!.counts)
      for (let row = 0; row < whole!.counts.length; row++) {
        const [from, to] = [row * k, row * k + whole!.counts[row]!]
        const times = whole!.timesDs.subarray(from, to)
        expect(parted!.timesDs.subarray(from, to)).toEqual(times)
        expect(new Set(parted!.slots.subarray(from, to)).size).toBe(to - from)
        labels += times.length
        beyond += times.filter(ds => ds > bounds.budgetDs).length
      }
    }
  }
  console.info(`labels by regions: ${labels}, ${beyond} of them beyond the budget`)
  expect(beyond).toBeGreaterThan(500)
})
