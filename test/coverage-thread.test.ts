import { fileURLToPath, pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { CoverageRefresh } from '#gateway/coverage/coverage-book.ts'
import { openCoverageThread } from '#gateway/coverage/coverage-thread.ts'
import type { CoverageThread, ThreadParts } from '#gateway/coverage/coverage-thread.ts'
import { layGrids } from '#gateway/grids/lay-grids.ts'
import { systemClock } from '#gateway/system-clock.ts'
import { COVERAGE_BEYOND, COVERAGE_ROADS_MAGIC } from '#protocols/coverage.ts'
import { openGraph, packGraph } from '#protocols/roads/graph.ts'
import { scatteredCity } from './oracle/cities.ts'

const bytes = packGraph(scatteredCity(3, 80))
const opened = openGraph(bytes)
if (!opened.ok) throw new Error(opened.detail)
const graph = opened.value
const grids = layGrids(graph, 2)
const log: string[] = []
const silent = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (e: { event: string }) => log.push(e.event),
}

const threads: CoverageThread[] = []
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close()
})

function open(over: Partial<ThreadParts> = {}) {
  const heard: (CoverageRefresh | null)[] = []
  let wake = (): void => undefined
  const unit = { unitId: 'u1', callSign: 'u1', lat: graph.lat(0), lon: graph.lon(0), turnoutSeconds: 0 }
  const thread = openCoverageThread({
    clock: systemClock(),
    log: silent,
    data: { graph: bytes, grids, spotPrefix: 'cold', standby: [] },
    edges: graph.edgeCount,
    read: () => ({
      duty: {
        unitsStale: 0,
        busy: { share: 0.25, basis: 'configured', measuredSeconds: 0 } as const,
        grids: grids.map(({ id: gridId }) => ({ gridId, units: 1, unitsStale: 0, staleShare: 0 })),
      },
      input: { units: [unit], urgent: [], unknown: [], busyShare: 0.25 },
    }),
    onRefresh: refresh => {
      heard.push(refresh)
      wake()
    },
    ...over,
  })
  threads.push(thread)
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds())
      await new Promise<void>(resolve => {
        wake = resolve
      })
  }
  return { thread, heard, until, unit }
}

describe('the thread that computes coverage', () => {
  it(
    'answers every second with shares, roads and drawings made beside the event loop',
    { timeout: 60_000 },
    async () => {
      const { thread, heard, until, unit } = open()
      expect(await thread.ask({ kind: 'coldSpots' })).toMatchObject({ code: 'COVERAGE_LOST' })
      await until(() => heard.length >= 2)
      const [first, second] = heard
      expect(first?.measured.unitsCounted).toBe(1)
      expect(second?.measured.tick).toBeGreaterThan(first?.measured.tick ?? 0)
      expect(second?.measured.city.circles[2]).toBeGreaterThan(0)
      const roads = await thread.roads()
      if (!roads.ok) throw new Error(roads.detail)
      const header = new DataView(roads.value.buffer, roads.value.byteOffset)
      expect([header.getUint32(0, true), header.getUint32(12, true)]).toEqual([
        COVERAGE_ROADS_MAGIC,
        graph.edgeCount,
      ])
      const [once, again] = await Promise.all([thread.roads(), thread.roads()])
      expect(once).toBe(again)
      const reach = await thread.ask<string>({
        kind: 'reach',
        start: { ...unit, isClick: false },
        as: 'geojson',
      })
      if (!reach.ok) throw new Error(reach.detail)
      const { features } = JSON.parse(reach.value) as { features: { properties: { tau: number } }[] }
      expect(features.map(feature => feature.properties.tau)).toEqual([60, 180, 300])
      expect(
        JSON.parse(await thread.ask<string>({ kind: 'coldSpots' }).then(a => (a.ok ? a.value : ''))),
      ).toMatchObject({
        type: 'FeatureCollection',
      })
    },
  )

  it('says that nothing is known when it dies, and is started again', { timeout: 60_000 }, async () => {
    const entry = pathToFileURL(
      join(fileURLToPath(new URL('.', import.meta.url)), 'fixtures/dying-worker.mjs'),
    )
    const { thread, heard, until } = open({ entry })
    await until(() => heard.includes(null))
    expect(log).toContain('coverage.lost')
    const roads = await thread.roads()
    if (!roads.ok) throw new Error(roads.detail)
    expect(roads.value.subarray(16).every(step => step === COVERAGE_BEYOND)).toBe(true)
    await until(() => heard.filter(refresh => refresh === null).length >= 2)
    expect(thread.stats().restarts).toBeGreaterThanOrEqual(2)
  })
})
