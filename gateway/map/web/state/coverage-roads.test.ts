import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CoverageView } from '#protocols/coverage.ts'
import type { RoadLines } from '../city/road-lines.ts'
import { nowMs } from './clock.ts'
import { coverage } from './coverage.ts'
import {
  coldSpotShapes,
  roadLines,
  roadTimes,
  shownColdSpots,
  shownTimes,
  startCoverageRoads,
} from './coverage-roads.ts'
import { change } from './layers.ts'

const EDGES = 4
const lines = { edges: EDGES } as RoadLines
const GREEN = { tick: 7, edges: EDGES, planes: new Uint8Array(3 * EDGES) }
const SPOTS: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] }

describe('roads in colour', () => {
  beforeEach(() => {
    nowMs.value = 1_000
    coverage.value = { view: {} as CoverageView, trueAtMs: 1_000 }
    roadLines.value = lines
    roadTimes.value = GREEN
    coldSpotShapes.value = SPOTS
  })

  it('are those of the newest refresh', () => {
    expect(shownTimes.value).toBe(GREEN)
    expect(shownColdSpots.value).toBe(SPOTS)
  })

  it('are unknown, never green, once the gateway has been silent for long', () => {
    nowMs.value = 17_000
    expect(shownTimes.value).toMatchObject({ edges: EDGES, tick: 7 })
    expect([...shownTimes.value!.planes]).toEqual(Array.from({ length: 3 * EDGES }, () => 255))
    expect(shownColdSpots.value).toBeNull()
  })

  it('come back with the next refresh', () => {
    nowMs.value = 17_000
    coverage.value = { view: {} as CoverageView, trueAtMs: 17_000 }
    expect(shownTimes.value).toBe(GREEN)
  })

  it('stay away where none were asked for', () => {
    roadTimes.value = null
    nowMs.value = 17_000
    expect(shownTimes.value).toBeNull()
  })
})

describe('cold spots', () => {
  const asked: ((shapes: GeoJSON.FeatureCollection) => void)[] = []
  /** The gateway's refresh `tick`, in which the one hole has another length. */
  const refresh = (tick: number): void => {
    const coldSpots = [{ id: 'hole', roadM: 1_000 + tick }]
    coverage.value = { view: { tick, coldSpots } as unknown as CoverageView, trueAtMs: nowMs.value }
  }
  const shapes = (tick: number): GeoJSON.FeatureCollection => ({
    type: 'FeatureCollection',
    features: [{ type: 'Feature', properties: { tick }, geometry: { type: 'Point', coordinates: [0, 0] } }],
  })
  const settled = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0))

  beforeEach(() => {
    vi.stubGlobal('fetch', () => {
      return new Promise(resolve => {
        asked.push(body => resolve({ ok: true, json: () => Promise.resolve(body) }))
      })
    })
    coldSpotShapes.value = null
    coverage.value = null
  })
  afterEach(() => vi.unstubAllGlobals())

  it('are drawn though every answer comes after the next refresh, and go with the layer', async () => {
    startCoverageRoads()
    refresh(1)
    refresh(2)
    expect(asked).toHaveLength(1)
    asked.shift()!(shapes(1))
    await settled()
    expect(coldSpotShapes.value).toEqual(shapes(1))
    refresh(3)
    asked.shift()!(shapes(2))
    await settled()
    expect(coldSpotShapes.value).toEqual(shapes(2))
    change({ coldSpots: false })
    asked.shift()?.(shapes(3))
    await settled()
    expect(coldSpotShapes.value).toBeNull()
    change({ coldSpots: true })
  })
})
