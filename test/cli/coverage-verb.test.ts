import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { coverage } from '#gateway/cli/coverage.ts'
import { layGrids } from '#gateway/grids/lay-grids.ts'
import { RoadSnap } from '#gateway/roads/snap.ts'
import { openGraph, packGraph } from '#protocols/roads/graph.ts'
import { scatteredCity } from '../oracle/cities.ts'
import { coverageByHand } from '../oracle/coverage.ts'

const dir = mkdtempSync(join(tmpdir(), 'reach5-coverage-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
afterEach(() => vi.restoreAllMocks())

const bytes = packGraph(scatteredCity(9, 150))
const opened = openGraph(bytes)
if (!opened.ok) throw new Error(opened.detail)
const graph = opened.value
const graphFile = join(dir, 'town.graph')
writeFileSync(graphFile, bytes)
const places = [3, 40, 90].map(node => ({ lat: graph.lat(node), lon: graph.lon(node) }))
const unitsFile = join(dir, 'units.geojson')
writeFileSync(
  unitsFile,
  JSON.stringify({
    type: 'FeatureCollection',
    features: places.map(({ lat, lon }, i) => ({
      type: 'Feature',
      id: `u${i}`,
      properties: null,
      geometry: { type: 'Point', coordinates: [lon, lat] },
    })),
  }),
)

const nothing = { value: 0, source: 'nothing is lost in this town' }
const profilesFile = join(dir, 'plain.json')
const plain = { name: 'plain', like: 'patrol', turns: { mostSeconds: nothing } }
writeFileSync(profilesFile, JSON.stringify({ format: 1, profiles: [plain] }))
/** Length over speed, as the oracle drives. */
const PLAINLY = ['--profile', 'plain', '--profiles', profilesFile]

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(text => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation(text => ((err += String(text)), true))
  const code = await coverage(args)
  vi.restoreAllMocks()
  return { code, out, err }
}

type Shares = { readonly roadM: number; readonly share: number; readonly atLeast: readonly number[] }
type Answer = { readonly units: number; readonly city: Shares; readonly grids: readonly Shares[] }

describe('reach5 coverage', () => {
  it('prints the shares of city and grids as one plain Dijkstra per unit finds them', async () => {
    const ran = await run(graphFile, '--units', unitsFile, '--grid-count', '3', ...PLAINLY)
    expect(ran).toMatchObject({ code: 0 })
    const answer = JSON.parse(ran.out) as Answer
    const snap = new RoadSnap(graph)
    const units = places.map(({ lat, lon }) => ({ ...snap.snap(lat, lon, 50)!, turnoutDs: 0 }))
    const polygons = layGrids(graph, 3).map(grid => grid.polygon)
    const { areas } = coverageByHand(graph, units, polygons, () => 1)
    const told = [...answer.grids, answer.city]
    expect([answer.units, told.length]).toEqual([3, 4])
    told.forEach(({ share, atLeast }, i) => {
      expect(share).toBeCloseTo(areas[i]?.circles[2] ?? NaN, 9)
      expect(atLeast[1]).toBeCloseTo(areas[i]?.atLeast[1] ?? NaN, 9)
    })
  })

  it('reaches more in more time', async () => {
    const shares: number[] = []
    for (const seconds of ['30', '120', '600', '1800'])
      shares.push(
        (JSON.parse((await run(graphFile, '--units', unitsFile, '--seconds', seconds)).out) as Answer).city
          .share,
      )
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(new Set(shares).size).toBeGreaterThan(2)
  })

  it('refuses wrong use with one line and 2, a missing file too', async () => {
    for (const wrong of [
      [graphFile],
      [graphFile, '--units', unitsFile, '--seconds', 'soon'],
      [graphFile, '--unit', 'x'],
    ]) {
      const ran = await run(...wrong)
      expect([ran.code, ran.err.trim().split('\n').length, ran.out]).toEqual([2, 1, ''])
    }
    expect((await run(graphFile, '--units', join(dir, 'none'))).code).toBe(2)
    expect((await run('--help')).out).toContain('--seconds')
  })
})
