import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importPbf } from '#gateway/roads/import-pbf.ts'
import type { Imported } from '#gateway/roads/import-pbf.ts'
import { baseMapOf } from '#gateway/tiles/base-map.ts'
import { realLandmarks } from '#sim/city/real-landmarks.ts'
import { fixtureTown } from './oracle/fixture-town.ts'

const dir = mkdtempSync(join(tmpdir(), 'reach5-fixture-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
let town: Imported
beforeAll(async () => {
  const file = join(dir, 'town.osm.pbf')
  writeFileSync(file, fixtureTown())
  const read = await importPbf(file)
  if (!read.ok) throw new Error(read.detail)
  town = read.value
})

describe('the fixture town', () => {
  it('keeps what can be driven and accounts for everything else', () => {
    const { report } = town
    expect(report.ways).toMatchObject({ notRoad: 1, noAccess: 1, driveway: 1 })
    expect(report.left.map(({ reason, examples }) => [reason, examples])).toEqual([
      ['disconnected', [300]],
      ['noAccess', [311]],
      ['driveway', [312]],
    ])
    expect(report.dropped).toMatchObject({ missingNodes: 1, blockedNodes: 1, tooLongEdges: 0 })
    expect(report.turns).toMatchObject({
      seen: 6,
      obeyed: { no_u_turn: 1, only_straight_on: 1, no_straight_on: 1 },
      obeyedThroughWays: 1,
      left: [
        { reason: 'ambiguous', count: 2, examples: [1, 2] },
        { reason: 'otherVehicle', count: 1, examples: [6] },
      ],
      notObeyed: 2,
    })
    expect(report.keptShare).toBeGreaterThan(0.95)
    expect(report.keptShare).toBeLessThan(1)
    console.info(`fixture town: ${JSON.stringify(report)}`)
  })

  it('reaches the island by no road, and crosses the river by two bridges and a tunnel', () => {
    const { edges } = town.network
    expect(edges.some(edge => edge.name === 'Wu Island')).toBe(false)
    const structures = edges.flatMap(edge => edge.structure ?? [])
    expect(structures.sort()).toEqual(['bridge', 'bridge', 'tunnel'])
    const riverLat = 35.55 + 7.5 * 0.0035
    const crossing = edges.filter(({ shape }) => shape[0]![1] < riverLat !== shape.at(-1)![1] < riverLat)
    expect(crossing).toHaveLength(3)
  })

  it('drives a roundabout and a carriageway one way only, and knows its streets in Chinese', () => {
    const { edges } = town.network
    const trunks = edges.filter(edge => edge.roadClass === 'trunk')
    expect(trunks.length).toBeGreaterThan(6)
    expect(trunks.every(edge => edge.forward !== edge.backward)).toBe(true)
    expect(edges.some(edge => edge.name === '第5街')).toBe(true)
  })

  it('has water, wood, railway and places for its map; what does not close is counted', () => {
    const { features, places, incompleteAreas } = town.ground
    const kinds = features.map(({ properties }) => properties['kind'])
    expect(kinds.slice().sort()).toEqual([
      'hospital',
      'police_station',
      'railway',
      'river',
      'suburb',
      'water',
      'wood',
    ])
    const lake = features[kinds.indexOf('water')]!
    expect(lake.properties['name']).toBe('南池')
    expect(lake.geometry.type === 'MultiPolygon' && lake.geometry.coordinates[0]).toHaveLength(2)
    expect(features[kinds.indexOf('river')]!.properties).toMatchObject({ name: '泗河', widthM: 60 })
    expect(places.map(({ name }) => name).sort()).toEqual(['第一医院', '西关派出所', '鼓楼'].sort())
    expect(incompleteAreas).toBe(1)
    const layers = new Set(baseMapOf(town.network, features).map(({ layer }) => layer))
    expect(layers).toEqual(new Set(['water', 'green', 'rail', 'roads', 'places']))
  })

  it('gives callers landmarks to name a place by, at a junction near by', () => {
    const landmarks = realLandmarks(town.network, town.ground.places)
    expect(landmarks.map(({ name }) => name).sort()).toEqual(['第一医院', '西关派出所'].sort())
    expect(landmarks.every(({ node }) => node >= 0 && node < town.network.nodes.length)).toBe(true)
  })
})
