import { describe, expect, it } from 'vitest'
import { UnitsOnRoads } from '#gateway/reach/units-on-roads.ts'
import { graphOf, scatteredCity, seeded } from './oracle/cities.ts'

const UNITS = 3_000
const STEPS = 20_000

describe('units on roads', () => {
  it('stand where they were placed last, however many there are, and hang there alone', () => {
    const graph = graphOf(scatteredCity(3, 400))
    const random = seeded(11)
    const table = new UnitsOnRoads(graph, UNITS)
    const placed = new Map<string, { edge: number; fraction: number }>()
    let most = 0
    for (let step = 0; step < STEPS; step++) {
      // More come than go, until they all stand somewhere.
      const id = `ptu-${Math.floor(random() * UNITS)}`
      const place = { edge: Math.floor(random() * graph.edgeCount), fraction: random() }
      if (random() < 0.1) expect(table.remove(id)).toBe(placed.delete(id))
      else {
        expect(table.place(id, place.edge, place.fraction)).toBe(true)
        placed.set(id, place)
      }
      most = Math.max(most, table.size)
    }
    for (const [id, place] of placed) expect(table.placeOf(id)).toEqual(place)
    expect(hung(table)).toEqual(
      [...placed].flatMap(([id, { edge }]) => drivesOf(graph, edge).map(drive => `${id} ${drive}`)).sort(),
    )
    console.info(`units on roads: ${STEPS} steps, ${most} at once, ${placed.size} at the end`)
    expect(most).toBeGreaterThan(2_000)
  })

  it('are as many as the table was made for, and no more', () => {
    const table = new UnitsOnRoads(graphOf(scatteredCity(3, 400)), 600)
    const stands = Array.from({ length: 601 }, (_, i) => table.place(`ptu-${i}`, 0, 0.5))
    expect(stands.filter(Boolean)).toHaveLength(600)
    expect(stands.at(-1)).toBe(false)
    expect(table.remove('ptu-7')).toBe(true)
    expect(table.place('ptu-600', 0, 0.5)).toBe(true)
  })
})

const drivesOf = (graph: UnitsOnRoads['graph'], edge: number): number[] => [
  ...(graph.isForward(edge) ? [2 * edge] : []),
  ...(graph.isBackward(edge) ? [2 * edge + 1] : []),
]

/** Who hangs by which drive, found by going through all junctions. */
function hung(table: UnitsOnRoads): string[] {
  const found: string[] = []
  table.nodeHead.forEach((head, node) => {
    for (let hang = head; hang >= 0; hang = table.hangNext[hang]!) {
      expect(table.nodeOfHang(hang)).toBe(node)
      found.push(`${table.ids[hang >> 1]!} ${table.driveOfHang(hang)}`)
    }
  })
  return found.sort()
}
