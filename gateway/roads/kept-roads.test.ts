import { expect, it } from 'vitest'
import { keptRoads } from './kept-roads.ts'

/*
 *  0--1      5 > 0      way in, from 6 by a street
 *  |  |      1 > 3--4   way out, and a street beyond it
 *  2--+      5 > 3      past the core
 *            7--8       an island
 */
const at = (i: number) => ({ lat: 35 + i / 1000, lon: 117 })
const edge = (from: number, to: number, backward = true) => ({
  ...({ from, to, roadClass: 'residential', name: '', speedKph: 30, forward: true, backward } as const),
  shape: [
    [117, 35 + from / 1000],
    [117, 35 + to / 1000],
  ] as const,
})

it('keeps the core, what it leads to and what leads to it, each by its name, and leaves the rest', () => {
  const nodes = Array.from({ length: 9 }, (_, i) => at(i))
  const one = [edge(0, 1), edge(1, 2), edge(2, 0), edge(1, 3, false), edge(3, 4)]
  const other = [edge(5, 0, false), edge(5, 6), edge(5, 3, false), edge(7, 8)]
  const kept = keptRoads({ nodes, edges: [...one, ...other] })
  expect(kept.edges.map(({ from, to, part = 'core' }) => [from, to, part])).toEqual([
    [0, 1, 'core'],
    [1, 2, 'core'],
    [2, 0, 'core'],
    [1, 3, 'outOnly'],
    [3, 4, 'outOnly'],
    [5, 0, 'inOnly'],
    [5, 6, 'inOnly'],
  ])
  expect(kept.keptNodes).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(kept.left).toEqual([7, 8])
})

it('keeps nothing of roads that nowhere meet again', () => {
  expect(keptRoads({ nodes: [], edges: [] })).toMatchObject({ nodes: [], edges: [] })
})
