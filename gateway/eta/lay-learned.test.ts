import { describe, expect, it } from 'vitest'
import { RoadConditions } from '../reach/road-conditions.ts'
import type { Conditions, Layer } from '../reach/conditions.ts'
import { LearnedRoads } from './lay-learned.ts'

const layersOf = (primary: number, roads: readonly (readonly [number, number])[]): Layer[] => [
  { by: 'class', factors: { primary } },
  { by: 'drive', factors: new Map(roads) },
]

describe('what was learned', () => {
  it('is laid at once with all its parts, and again only when it moved', () => {
    const conditions = new RoadConditions()
    const laid: Conditions[] = []
    conditions.tell({ lay: one => void laid.push(one) })
    const learned = new LearnedRoads(conditions)
    expect(learned.lay([])).toBe(false)
    expect(learned.lay(layersOf(1.4, [[7, 1.2]]))).toBe(true)
    expect(laid).toHaveLength(2)
    expect(laid[1]!.layers.map(layer => layer.by)).toEqual(['class', 'drive'])
    expect(learned.lay(layersOf(1.41, [[7, 1.21]]))).toBe(false)
    expect(learned.lay(layersOf(1.5, [[7, 1.21]]))).toBe(true)
    expect(learned.lay(layersOf(1.5, [[7, 1.5]]))).toBe(true)
    expect(laid).toHaveLength(4)
  })

  it('does not change under those who search while it goes on being learned', () => {
    const conditions = new RoadConditions()
    const roads = new Map([[7, 1.2]])
    new LearnedRoads(conditions).lay([{ by: 'drive', factors: roads }])
    roads.set(7, 3)
    const layer = conditions.now().layers.find(one => one.by === 'drive')
    expect(layer?.by === 'drive' && layer.factors.get(7)).toBe(1.2)
  })
})
