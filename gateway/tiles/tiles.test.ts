import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import type { NetworkEdge, RoadNetwork } from '#protocols/roads/network.ts'
import { readMvt } from '#test/oracle/mvt-reader.ts'
import { baseMapOf } from './base-map.ts'
import { tilesFile } from './pack-tiles.ts'
import { stitchedRoads } from './stitched-roads.ts'
import { tileAnswer, tileJson } from './tile-routes.ts'
import { openTiles, writeTiles } from './tiles-file.ts'

const dir = mkdtempSync(join(tmpdir(), 'reach5-tiles-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/*
 *   0 ===== 1 ===== 2      大成路, primary, two-way
 *           |
 *           3              one-way residential, drawn from 3 to 1 but open from 1 to 3
 *           4              a service road further on, 3-4
 */
const at = [
  [117.0, 35.6],
  [117.01, 35.6],
  [117.02, 35.6],
  [117.01, 35.59],
  [117.01, 35.585],
] as const
const edge = (from: number, to: number, more: Partial<NetworkEdge> = {}): NetworkEdge => ({
  from,
  to,
  roadClass: 'primary',
  name: '大成路',
  speedKph: 60,
  forward: true,
  backward: true,
  shape: [at[from]!, at[to]!],
  ...more,
})
const network: RoadNetwork = {
  source: 'drawn',
  nodes: at.map(([lon, lat]) => ({ lon, lat })),
  edges: [
    edge(0, 1),
    edge(2, 1),
    edge(3, 1, { roadClass: 'residential', name: '', forward: false }),
    edge(3, 4, { roadClass: 'service', name: '' }),
  ],
}
const square = (lon: number, lat: number, size: number) =>
  [
    [lon, lat],
    [lon + size, lat],
    [lon + size, lat + size],
    [lon, lat + size],
    [lon, lat],
  ] as const
const features = baseMapOf(network, [
  {
    properties: { kind: 'lake', name: '', nobody: 'asks' },
    geometry: { type: 'Polygon', coordinates: [square(117, 35.6, 0.01), square(117.004, 35.604, 0.002)] },
  },
  {
    properties: { kind: 'railway', name: '兖石铁路' },
    geometry: { type: 'LineString', coordinates: [at[0], at[4]] },
  },
  {
    properties: { kind: 'station', id: 's-1', name: '鼓楼派出所' },
    geometry: { type: 'Point', coordinates: at[1] },
  },
  {
    properties: { kind: 'spaceport', name: '' },
    geometry: { type: 'Polygon', coordinates: [square(117, 35.6, 0.01)] },
  },
])
const file = join(dir, 'town.tiles')
writeFileSync(file, tilesFile(features, '© somebody'))

const tileOf = ([lon, lat]: readonly [number, number], z: number) => {
  const sin = Math.sin((lat * Math.PI) / 180)
  const y = (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * 2 ** z
  return { z, x: Math.floor(((lon + 180) / 360) * 2 ** z), y: Math.floor(y) }
}
async function opened() {
  const tiles = await openTiles(file)
  if (!tiles.ok) throw new Error(tiles.detail)
  return tiles.value
}
async function layersAt(place: readonly [number, number], zoom: number) {
  const tiles = await opened()
  const { z, x, y } = tileOf(place, zoom)
  const tile = await tiles.tile(z, x, y)
  await tiles.close()
  if (!tile.ok || tile.value === undefined) throw new Error(`no tile at ${z}/${x}/${y}`)
  return readMvt(gunzipSync(tile.value))
}
const codeOf = async (name: string): Promise<string> => {
  const tiles = await openTiles(join(dir, name))
  if (!tiles.ok) return tiles.code
  await tiles.value.close()
  return 'opened'
}
const damaged = (name: string, damage: (bytes: Buffer) => Buffer | void): string => {
  const bytes = readFileSync(file)
  writeFileSync(join(dir, name), damage(bytes) ?? bytes)
  return name
}

describe('roads stitched for the map', () => {
  it('makes one line of what continues, and turns one-ways into the direction of travel', () => {
    const lines = stitchedRoads(network)
    expect(lines.map(({ properties, geometry }) => [properties, geometry.coordinates])).toEqual([
      [{ class: 'primary', name: '大成路' }, [at[0], at[1], at[2]]],
      [{ class: 'residential', oneway: true }, [at[1], at[3]]],
      [{ class: 'service' }, [at[3], at[4]]],
    ])
  })

  it('keeps a crossing of the same road apart, and walks a ring once', () => {
    const cross = { ...network, edges: [edge(0, 1), edge(1, 2), edge(1, 3)] }
    expect(stitchedRoads(cross)).toHaveLength(3)
    const ring = { ...network, edges: [edge(0, 1), edge(1, 3), edge(3, 0)] }
    expect(stitchedRoads(ring).map(line => line.geometry.coordinates)).toEqual([[at[0], at[1], at[3], at[0]]])
  })
})

describe('tiles of a base map', () => {
  it('hold every layer near by, with the properties the page draws by', async () => {
    const layers = await layersAt([117.005, 35.6], 14)
    expect(Object.keys(layers).sort()).toEqual(['places', 'rail', 'roads', 'water'])
    expect(layers['water']!.features.map(f => [f.type, f.tags, f.parts.length])).toEqual([
      ['polygon', { kind: 'lake' }, 2],
    ])
    expect(layers['rail']!.features[0]).toMatchObject({
      type: 'line',
      tags: { kind: 'railway', name: '兖石铁路' },
    })
    expect(layers['places']!.features.map(f => f.tags)).toEqual([
      { kind: 'police_station', id: 's-1', name: '鼓楼派出所' },
    ])
    expect(layers['roads']!.extent).toBe(4096)
    expect(new Set(layers['roads']!.features.map(f => f.tags['class']))).toContain('residential')
  })

  it('draw a line where it lies, to the unit of a tile', async () => {
    const { z, x, y } = tileOf(at[1], 14)
    const { roads } = await layersAt(at[1], 14)
    const oneWay = roads!.features.find(f => f.tags['oneway'] === true)!
    const [start] = oneWay.parts[0]!
    const lon = ((x + start![0] / 4096) / 2 ** z) * 360 - 180
    const lat = (Math.atan(Math.sinh(Math.PI * (1 - (2 * (y + start![1] / 4096)) / 2 ** z))) * 180) / Math.PI
    expect(lon).toBeCloseTo(117.01, 5)
    expect(lat).toBeCloseTo(35.6, 5)
  })

  it('show only large roads from far away', async () => {
    const classes = async (zoom: number) =>
      new Set((await layersAt(at[1], zoom))['roads']!.features.map(f => f.tags['class']))
    expect(await classes(8)).toEqual(new Set(['primary']))
    expect(await classes(12)).toEqual(new Set(['primary', 'residential']))
    expect(await classes(13)).toEqual(new Set(['primary', 'residential', 'service']))
  })

  it('leave out areas of a kind nobody draws', async () => {
    const layers = await layersAt([117.005, 35.605], 14)
    expect(layers['built']).toBeUndefined()
  })

  it('are the same bytes in memory, on disk and the second time', () => {
    const onDisk = join(dir, 'again.tiles')
    const written = writeTiles(onDisk, features, '© somebody')
    expect(written).toMatchObject({ ok: true, value: { tiles: expect.any(Number) as number } })
    expect(readFileSync(onDisk).equals(readFileSync(file))).toBe(true)
  })

  it('of nothing are a file without tiles', async () => {
    writeFileSync(join(dir, 'empty.tiles'), tilesFile([], ''))
    const tiles = await openTiles(join(dir, 'empty.tiles'))
    expect(tiles.ok && tiles.value.count).toBe(0)
  })
})

describe('a tiles file', () => {
  it('is refused by what is wrong with it', async () => {
    expect(await codeOf('nowhere.tiles')).toBe('FILE_ABSENT')
    expect(await codeOf('.')).toBe('FILE_UNREADABLE')
    writeFileSync(join(dir, 'text.tiles'), 'just words')
    expect(await codeOf('text.tiles')).toBe('TILES_MAGIC')
    expect(await codeOf(damaged('old.tiles', b => void b.writeUInt32LE(99, 8)))).toBe('TILES_VERSION')
    expect(await codeOf(damaged('stub.tiles', b => b.subarray(0, 20)))).toBe('TILES_BROKEN')
    expect(await codeOf(damaged('short.tiles', b => b.subarray(0, b.length - 1)))).toBe('TILES_BROKEN')
    expect(await codeOf(damaged('flipped.tiles', b => void (b[b.length - 3]! ^= 1)))).toBe('TILES_BROKEN')
    expect(await codeOf(damaged('count.tiles', b => void b.writeUInt32LE(1, 12)))).toBe('TILES_BROKEN')
  })

  it('that becomes shorter while it is open is an answer, not a crash', async () => {
    const name = join(dir, 'shrinks.tiles')
    writeFileSync(name, readFileSync(file))
    const tiles = await openTiles(name)
    if (!tiles.ok) throw new Error(tiles.detail)
    truncateSync(name, 90)
    const { z, x, y } = tileOf(at[1], 14)
    expect(await tiles.value.tile(z, x, y)).toMatchObject({ ok: false, code: 'TILES_BROKEN' })
    await tiles.value.close()
  })
})

describe('the answer to a page', () => {
  const ask = async (z: unknown, x: unknown, y: unknown, headers = {}, query = {}) => {
    const tiles = await opened()
    const params = { z: String(z), x: String(x), y: String(y) }
    const answer = await tileAnswer(tiles, { params, query, headers })
    await tiles.close()
    return answer
  }
  const { z, x, y } = tileOf(at[1], 14)

  it('is packed for who unpacks, plain for who does not', async () => {
    const packed = await ask(z, x, y, { 'accept-encoding': 'br, gzip' })
    const plain = await ask(z, x, y)
    if (!packed.ok || !plain.ok) throw new Error('no answer')
    expect(packed.value.headers['content-encoding']).toBe('gzip')
    expect(plain.value.headers['content-encoding']).toBeUndefined()
    expect(gunzipSync(packed.value.body as Buffer).equals(plain.value.body as Buffer)).toBe(true)
  })

  it('may be kept for ever under its version, and is asked for again under another', async () => {
    const tiles = await opened()
    const v = tiles.metadata.version.slice(0, 16)
    await tiles.close()
    const cache = async (query: object) => {
      const answer = await ask(z, x, y, {}, query)
      return answer.ok && answer.value.headers['cache-control']
    }
    expect(await cache({ v })).toContain('immutable')
    expect(await cache({ v: 'older' })).toBe('no-cache')
    expect(await ask(z, x, y, { 'if-none-match': `"${v}"` })).toMatchObject({
      value: { status: 304, body: '' },
    })
  })

  it('is 204 where the map is empty and a fault where there is no such tile', async () => {
    expect(await ask(14, 0, 0)).toMatchObject({ value: { status: 204 } })
    expect(await ask(2, 3, 1)).toMatchObject({ value: { status: 204 } })
    for (const wrong of [
      [1, 2, 0],
      [31, 0, 0],
      ['x', 0, 0],
      [1, '-1', 0],
      [1, 0, '1.5'],
    ]) {
      expect(await ask(wrong[0], wrong[1], wrong[2])).toMatchObject({ ok: false, code: 'QUERY_INVALID' })
    }
  })

  it('describes itself as TileJSON with addresses under the host that was asked', async () => {
    const tiles = await opened()
    await tiles.close()
    expect(tileJson(tiles, '127.0.0.1:5110')).toMatchObject({
      tilejson: '3.0.0',
      minzoom: 8,
      maxzoom: 14,
      attribution: '© somebody',
      tiles: [
        expect.stringMatching(/^http:\/\/127\.0\.0\.1:5110\/v1\/tiles\/\{z\}\/\{x\}\/\{y\}\?v=[0-9a-f]{16}$/),
      ],
      bounds: [117, 35.585, 117.02, 35.61],
    })
  })
})
