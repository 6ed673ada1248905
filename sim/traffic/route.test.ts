import { describe, expect, it } from 'vitest'
import { simulatedCity } from '../city/city.ts'
import { randomOf } from '../random.ts'
import { beatOf, spotOfBeat } from './beat.ts'
import { pathOf, pointOn, RESPONSE, spotOn } from './path.ts'
import { fastestRoute } from './route.ts'
import type { Spot } from './street-map.ts'
import { StreetMap } from './street-map.ts'

const map = new StreetMap(simulatedCity({ seed: 1 }).network)

/** Bellman-Ford style, to the end, no bound and no queue: slow and plain. */
function plainSeconds(from: Spot, to: Spot): number {
  const seconds = new Map<number, number>()
  const span = (arc: number): number => map.lengthM(arc >> 1) / map.speedMps[arc >> 1]!
  const ahead = (arc: number, spot: Spot): number =>
    (arc & 1 ? spot.alongM : map.lengthM(arc >> 1) - spot.alongM) / map.speedMps[arc >> 1]!
  let best = Infinity
  let front: number[] = []
  for (const arc of [2 * from.edge, 2 * from.edge + 1].filter(a => map.isOpen(a))) {
    if (from.edge === to.edge && ahead(arc, from) >= ahead(arc, to))
      best = Math.min(best, ahead(arc, from) - ahead(arc, to))
    seconds.set(map.endOf(arc), Math.min(seconds.get(map.endOf(arc)) ?? Infinity, ahead(arc, from)))
    front.push(map.endOf(arc))
  }
  while (front.length > 0) {
    const next = new Set<number>()
    for (const node of front) {
      for (let k = map.arcFirst[node]!; k < map.arcFirst[node + 1]!; k += 1) {
        const arc = map.arcs[k]!
        const there = seconds.get(node)! + span(arc)
        if (there >= (seconds.get(map.endOf(arc)) ?? Infinity)) continue
        seconds.set(map.endOf(arc), there)
        next.add(map.endOf(arc))
      }
    }
    front = [...next]
  }
  for (const arc of [2 * to.edge, 2 * to.edge + 1].filter(a => map.isOpen(a))) {
    best = Math.min(best, (seconds.get(map.startOf(arc)) ?? Infinity) + span(arc) - ahead(arc, to))
  }
  return best
}

describe('route finding', () => {
  it('finds the fastest way between any two spots, equal to a plain relaxation, and its arcs are legal and joined', () => {
    const random = randomOf(3, 'test', 'routes')
    const beat = beatOf(map)
    let routes = 0
    for (; routes < 80; routes += 1) {
      const from = spotOfBeat(map, beat, random)
      // Every tenth pair shares its street: ahead, behind and against a one-way.
      const to =
        routes % 10 === 0
          ? { edge: from.edge, alongM: map.lengthM(from.edge) * random.uniform() }
          : spotOfBeat(map, beat, random)
      const route = fastestRoute(map, from, to)!
      expect(route.seconds).toBeCloseTo(plainSeconds(from, to), 6)
      expect(route.arcs.every(arc => map.isOpen(arc))).toBe(true)
      route.arcs.slice(1).forEach((arc, k) => expect(map.startOf(arc)).toBe(map.endOf(route.arcs[k]!)))
      expect([route.arcs[0]! >> 1, route.arcs.at(-1)! >> 1]).toEqual([from.edge, to.edge])
    }
    console.info(`routes compared: ${routes}`)
    expect(routes).toBe(80)
  })

  it('leaves the way the car faces when told so', () => {
    const edge = map.network.edges.findIndex(e => e.forward && e.backward)
    const middle = { edge, alongM: map.lengthM(edge) / 2 }
    const goal = { edge, alongM: map.lengthM(edge) / 4 }
    expect(fastestRoute(map, middle, goal)!.arcs).toEqual([2 * edge + 1])
    expect(fastestRoute(map, middle, goal, { leave: 'along' })!.arcs[0]).toBe(2 * edge)
  })

  it('snaps to the nearest road: as near as looking at all of them, and to nothing far from any', () => {
    const random = randomOf(4, 'test', 'snaps')
    const starts = new Set(map.shapeFirst)
    for (let k = 0; k < 100; k += 1) {
      const p = { x: random.uniform(-3_200, 3_200), y: random.uniform(-3_200, 3_200) }
      const snap = map.snap(map.latLonOf(p))!
      let bestM = Infinity
      for (let i = 1; i < map.x.length; i += 1) {
        if (starts.has(i)) continue
        const [ax, ay, dx, dy] = [
          map.x[i - 1]!,
          map.y[i - 1]!,
          map.x[i]! - map.x[i - 1]!,
          map.y[i]! - map.y[i - 1]!,
        ]
        const t = Math.max(0, Math.min(1, ((p.x - ax) * dx + (p.y - ay) * dy) / (dx * dx + dy * dy)))
        bestM = Math.min(bestM, Math.hypot(ax + t * dx - p.x, ay + t * dy - p.y))
      }
      expect(snap.awayM).toBeCloseTo(bestM, 6)
      const on = map.pointAt(snap)
      expect(Math.hypot(on.x - p.x, on.y - p.y)).toBeCloseTo(snap.awayM, 6)
    }
    expect(map.snap({ lat: 30, lon: 110 })).toBeUndefined()
  })

  it('goes once around a one-way loop to a place just behind it, and leaves the loop by its only junction', () => {
    // 0---1   the square at 1 begins and ends there and is one-way: 1 is the from and the to of its edge
    //     [_]
    const at = (x: number, y: number): readonly [number, number] => [117 + x * 0.001, 35 + y * 0.001]
    const street = { roadClass: 'residential', name: '', speedKph: 30, forward: true } as const
    const loop = new StreetMap({
      source: 'drawn here',
      nodes: [0, 1].map(x => ({ lon: at(x, 0)[0], lat: at(x, 0)[1] })),
      edges: [
        { ...street, from: 0, to: 1, backward: true, shape: [at(0, 0), at(1, 0)] },
        {
          ...street,
          from: 1,
          to: 1,
          backward: false,
          shape: [at(1, 0), at(2, 0), at(2, -1), at(1, -1), at(1, 0)],
        },
      ],
    })
    const around = fastestRoute(loop, { edge: 1, alongM: 200 }, { edge: 1, alongM: 190 })!
    expect(around.arcs).toEqual([2, 2])
    expect(around.seconds * (30 / 3.6)).toBeCloseTo(loop.lengthM(1) - 10, 6)
    expect(fastestRoute(loop, { edge: 1, alongM: 200 }, { edge: 0, alongM: 10 })!.arcs).toEqual([2, 1])
    const path = pathOf(loop, around, RESPONSE)
    for (let m = 0; m <= path.lengthM; m += 5) {
      const [there, spot] = [pointOn(path, m), loop.pointAt(spotOn(loop, path, m, around))]
      expect(Math.hypot(there.x - spot.x, there.y - spot.y)).toBeLessThan(1e-6)
    }
  })
})
