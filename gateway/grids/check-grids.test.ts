import { describe, expect, it } from 'vitest'
import { localPlane } from '#protocols/geo/local.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import { packGraph } from '#protocols/roads/pack-graph.ts'
import { openGraph } from '#protocols/roads/graph.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import { checkGrids } from './check-grids.ts'
import { sweepCover } from './cover-sweep.ts'
import { parseCrs } from './datum.ts'
import { fromWgs84, toWgs84 } from './gcoord-datum.ts'
import { gridsGeoJson, parseGrids } from './grid-geojson.ts'
import type { Grid } from './grid.ts'
import { examineGrids, prepareGrids } from './prepare-grids.ts'
import { seeded } from '#test/oracle/cities.ts'

const plane = localPlane({ lat: 35.6, lon: 117 })
/** Metres east and north of a place in Jining. */
const at = (x: number, y: number): Position => {
  const { lat, lon } = plane.toLatLon({ x, y })
  return [lon, lat]
}
type Corner = readonly [number, number]
const ring = (...corners: Corner[]): Position[] => [...corners, corners[0]!].map(([x, y]) => at(x, y))
const box = (x1: number, y1: number, x2: number, y2: number): Position[] =>
  ring([x1, y1], [x2, y1], [x2, y2], [x1, y2])
const grid = (id: string, ...rings: Position[][]): Grid => ({ id, name: `${id}网格`, polygon: rings })
const kinds = (...grids: Grid[]) => checkGrids(grids).findings.map(({ kind, gridIds }) => [kind, ...gridIds])
const only = (...grids: Grid[]) => {
  const { findings } = checkGrids(grids)
  expect(findings).toHaveLength(1)
  return findings[0]!
}
const near = (finding: { lat: number; lon: number }, x: number, y: number): number => {
  const [lon, lat] = at(x, y)
  return distanceM(finding, { lat, lon })
}
const fileOf = (grids: readonly Grid[], crs: string | undefined = 'WGS84') =>
  JSON.stringify({ ...(JSON.parse(gridsGeoJson(grids)) as object), crs })

describe('a set of grids', () => {
  it('that fits together is found good: shared borders, corners on borders, a hole with a grid in it', () => {
    expect(
      kinds(
        grid('a', box(0, 0, 1000, 1000)),
        // Two grids meet in the middle of its eastern border.
        grid('b', box(1000, 0, 2000, 400)),
        grid('c', box(1000, 400, 2000, 1000)),
        grid('d', box(0, 1000, 2000, 2000), [...box(500, 1200, 900, 1500)].reverse()),
        grid('e', box(500, 1200, 900, 1500)),
      ),
    ).toEqual([])
  })

  it('with a planted gap of 1 m is told where, between whom and how large', () => {
    const gap = only(grid('a', box(0, 0, 1000, 1000)), grid('b', box(1001, 0, 2000, 1000)))
    expect(gap).toMatchObject({ kind: 'gap', isRefusal: false, gridIds: ['a', 'b'] })
    expect(gap.areaM2).toBeCloseTo(1000, -1)
    expect(near(gap, 1000.5, 500)).toBeLessThan(502)
    expect(gap.words).toMatch(/a, b.*1000 m2 \(about 1\.0 m wide\)/)
    // The same lying down: the border runs east and west.
    const level = only(grid('a', box(0, 0, 1000, 1000)), grid('b', box(0, 1001, 1000, 2000)))
    expect([level.kind, ...level.gridIds]).toEqual(['gap', 'a', 'b'])
    expect(level.areaM2).toBeCloseTo(1000, -1)
  })

  it('with a hole that belongs to nobody is told its area', () => {
    const around = grid('a', box(0, 0, 3000, 3000), [...box(1000, 1000, 1100, 1200)].reverse())
    const hole = only(around)
    expect(hole).toMatchObject({ kind: 'gap', gridIds: ['a'] })
    expect(hole.areaM2).toBeCloseTo(20_000, -2)
    expect(near(hole, 1050, 1100)).toBeLessThan(1)
  })

  it('with overlaps is told which two, how much and where', () => {
    const overlap = only(grid('a', box(0, 0, 1000, 1000)), grid('b', box(950, 300, 2000, 900)))
    expect(overlap).toMatchObject({ kind: 'overlap', isRefusal: false, gridIds: ['a', 'b'] })
    expect(overlap.areaM2).toBeCloseTo(30_000, -2)
    expect(near(overlap, 975, 600)).toBeLessThan(5)
    // 1 m is enough.
    expect(only(grid('a', box(0, 0, 1000, 1000)), grid('b', box(999, 0, 2000, 1000)))).toMatchObject({
      kind: 'overlap',
    })
    expect(kinds(grid('a', box(0, 0, 1000, 1000)), grid('b', box(100, 0, 1000, 1000)))).toEqual([
      ['sameArea', 'a', 'b'],
    ])
  })

  it('is not blamed for six decimals: borders that miss each other by centimetres, a notch at the outside', () => {
    expect(kinds(grid('a', box(0, 0, 1000, 1000)), grid('b', box(1000.09, 0, 2000, 1000)))).toEqual([])
    expect(kinds(grid('a', box(0, 0, 1000, 1000)), grid('b', box(999.92, 0, 2000, 1000)))).toEqual([])
    // Two grids that lean away from each other leave a wedge, and a river between two banks is no slip of the pen.
    expect(
      kinds(
        grid('a', box(0, 0, 1000, 1000)),
        grid('b', ring([1000, 0], [2000, 0], [2000, 1000], [1300, 1000])),
      ),
    ).toEqual([])
    expect(kinds(grid('a', box(0, 0, 1000, 1000)), grid('b', box(1080, 0, 2000, 1000)))).toEqual([])
  })

  it('with a border that crosses itself is refused, and told where', () => {
    const bow = only(grid('bow', ring([0, 0], [1000, 1000], [1000, 0], [0, 1000])))
    expect(bow).toMatchObject({ kind: 'selfCrossing', isRefusal: true, gridIds: ['bow'] })
    expect(near(bow, 500, 500)).toBeLessThan(0.1)
    expect(bow.words).toContain('bow网格')
    // A hole that sticks out, and a border that runs back over itself.
    expect(kinds(grid('a', box(0, 0, 1000, 1000), box(900, 400, 1100, 500)))[0]).toEqual([
      'selfCrossing',
      'a',
    ])
    expect(
      kinds(
        grid('a', ring([0, 0], [1000, 0], [1000, 1000], [500, 1000], [1000, 1000], [1000, 1500], [0, 1500])),
      ),
    ).toEqual([['selfCrossing', 'a']])
    // A border that touches itself in a corner is sound.
    expect(
      kinds(grid('a', ring([0, 0], [1000, 0], [500, 500], [1000, 1000], [0, 1000], [500, 500]))),
    ).toEqual([])
  })

  it('with slips of the pen is warned of them, and mended where that is safe', () => {
    const open = box(0, 0, 1000, 1000).slice(0, -1)
    const backward = [...box(2000, 0, 3000, 1000)].reverse()
    const { grids, findings } = checkGrids([grid('a', open), grid('b', backward)])
    expect(findings.map(({ kind, isRefusal }) => [kind, isRefusal])).toEqual([
      ['unclosedRing', false],
      ['otherWinding', false],
    ])
    expect(grids[0]!.polygon[0]!.at(-1)).toEqual(open[0])
    expect(checkGrids(grids).findings).toEqual([])
    expect(kinds(grid('a', box(0, 0, 10, 10)))).toEqual([['tiny', 'a']])
    expect(kinds(grid('a', box(0, 0, 3000, 4)))).toEqual([['sliver', 'a']])
    expect(kinds(grid('a', ring([0, 0], [0, 10])))).toEqual([['noArea', 'a']])
    expect(kinds(grid('a', box(0, 0, 1000, 1000)), grid('a', box(2000, 0, 3000, 1000)))).toEqual([
      ['duplicateId', 'a'],
    ])
  })

  it('of many is covered exactly: what each point sees, the sweep sums up', () => {
    const random = seeded(77)
    let points = 0
    for (let round = 0; round < 40; round++) {
      const shapes = Array.from({ length: 6 }, () => {
        const [x, y, size] = [random() * 80, random() * 80, 10 + random() * 40]
        return [
          [0, 1, 2, 3, 4].map(k => {
            const turn = (2 * Math.PI * (k + random() * 0.8)) / 5
            return { x: x + size * Math.cos(turn), y: y + size * Math.sin(turn) }
          }),
        ]
      })
      const { overlaps } = sweepCover(shapes)
      const swept = overlaps.reduce((sum, cell) => sum + cell.widthM * cell.heightM, 0)
      let hits = 0
      const tries = 20_000
      for (let i = 0; i < tries; i++) {
        const [x, y] = [-60 + random() * 200, -60 + random() * 200]
        const covering = shapes.filter(([own]) => {
          let odd = false
          own!.forEach((b, k) => {
            const a = own![(k + 4) % 5]!
            if (a.y > y !== b.y > y && x < a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)) odd = !odd
          })
          return odd
        })
        if (covering.length > 1) hits++
        points++
      }
      const counted = (hits / tries) * 200 * 200
      const spread = 200 * 200 * Math.sqrt(((hits / tries) * (1 - hits / tries)) / tries)
      expect(Math.abs(swept - counted)).toBeLessThan(5 * spread + 1)
    }
    console.info(`cover sweep against ${points} points`)
    expect(points).toBe(800_000)
  })
})

describe('coordinate systems', () => {
  it('are known by their usual names', () => {
    const names = [
      'WGS84',
      'wgs-84',
      'EPSG:4326',
      'urn:ogc:def:crs:OGC:1.3:CRS84',
      'urn:ogc:def:crs:EPSG::4490',
    ]
    expect(names.map(parseCrs)).toEqual(['WGS84', 'WGS84', 'WGS84', 'WGS84', 'CGCS2000'])
    expect(['GCJ-02', 'bd09', 'CGCS 2000', 'Beijing54', ''].map(parseCrs)).toEqual([
      'GCJ02',
      'BD09',
      'CGCS2000',
      undefined,
      undefined,
    ])
  })

  it('are turned to WGS-84 and back within a millimetre, about Jining by 520 m and 1,267 m', () => {
    const place: Position = [116.5871, 35.4154]
    const shift = (crs: 'GCJ02' | 'BD09') => {
      const [lon, lat] = fromWgs84(crs, place)
      const [backLon, backLat] = toWgs84(crs, [lon, lat])
      const from = { lat: place[1], lon: place[0] }
      expect(distanceM(from, { lat: backLat, lon: backLon })).toBeLessThan(0.001)
      return distanceM(from, { lat, lon })
    }
    expect(shift('GCJ02')).toBeGreaterThan(480)
    expect(shift('GCJ02')).toBeLessThan(560)
    expect(shift('BD09')).toBeGreaterThan(1_150)
    expect(toWgs84('CGCS2000', place)).toEqual(place)
    expect(toWgs84('GCJ02', [-8.6, 41.1])).toEqual([-8.6, 41.1])
  })
})

describe('a grids file', () => {
  const sound = [grid('a', box(0, 0, 1000, 1000)), grid('b', box(1000, 0, 2000, 1000))]
  const codeOf = (text: string, flag?: string) => {
    const result = prepareGrids(text, flag)
    return result.ok ? 'fine' : `${result.code}: ${result.detail}`
  }

  it('must say its coordinate system, in itself or by the flag, and the same in both', () => {
    const mute = JSON.stringify({ ...(JSON.parse(fileOf(sound)) as object), crs: undefined })
    expect(codeOf(mute)).toMatch(/^GRIDS_CRS: .*"crs": "GCJ02".*--grids-crs GCJ02$/)
    expect(codeOf(mute, 'WGS84')).toBe('fine')
    expect(codeOf(fileOf(sound), 'WGS84')).toBe('fine')
    expect(codeOf(fileOf(sound), 'BD09')).toMatch(
      /^GRIDS_CRS: the file says crs WGS84 and --grids-crs says BD09/,
    )
    expect(codeOf(fileOf(sound, 'Xian80'))).toMatch(/^GRIDS_CRS: crs "Xian80" is not known/)
    expect(codeOf(mute, 'mars')).toMatch(/^GRIDS_CRS: --grids-crs "mars" is none of/)
  })

  it('keeps which county answers for a grid, through the checks and out to the map', () => {
    const file = JSON.parse(fileOf(sound)) as { features: { properties: object }[] }
    Object.assign(file.features[1]!.properties, { countyId: 'county-2', county: '泗水县' })
    const read = prepareGrids(JSON.stringify(file))
    if (!read.ok) throw new Error(read.detail)
    expect(read.value.grids.map(({ county }) => county)).toEqual([
      undefined,
      { id: 'county-2', name: '泗水县' },
    ])
    expect(gridsGeoJson(read.value.grids)).toContain('"countyId":"county-2","countyName":"泗水县"')
  })

  it('that cannot be read is refused with the feature and the field', () => {
    expect(codeOf('no json')).toMatch(/^FILE_BROKEN: no JSON/)
    expect(codeOf('{"type":"FeatureCollection","crs":"WGS84","features":[]}')).toMatch(
      /^FILE_BROKEN: features/,
    )
    const altered = (change: (feature: Record<string, unknown>) => void): string => {
      const file = JSON.parse(fileOf(sound)) as { features: Record<string, unknown>[] }
      change(file.features[1]!)
      return codeOf(JSON.stringify(file))
    }
    expect(altered(f => (f['geometry'] = { type: 'Point', coordinates: [0, 0] }))).toMatch(
      /^FILE_BROKEN: features\.1\.geometry.*\(grid b\)/,
    )
    expect(altered(f => (f['properties'] = { id: 'b' }))).toMatch(/features\.1\.properties\.name \(grid b\)/)
    const swapped = (f: Record<string, unknown>) =>
      (f['geometry'] = {
        type: 'Polygon',
        coordinates: [
          [
            [35, 117],
            [35, 118],
            [36, 118],
            [35, 117],
          ],
        ],
      })
    expect(altered(swapped)).toMatch(/grid b: \[35, 117\].*are they swapped\?/)
    const metres = (f: Record<string, unknown>) =>
      (f['geometry'] = {
        type: 'Polygon',
        coordinates: [
          [
            [5e5, 4e6],
            [6e5, 4e6],
            [6e5, 5e6],
            [5e5, 4e6],
          ],
        ],
      })
    expect(altered(metres)).toMatch(/metres of a projection/)
    const bow = [grid('bow', ring([0, 0], [1000, 1000], [1000, 0], [0, 1000]))]
    expect(codeOf(fileOf(bow))).toMatch(
      /^GRIDS_INVALID: the border of grid bow .* crosses itself at 117\.\d+,35\.\d+$/,
    )
  })

  it('may hold grids of several parts, and gives them back so', () => {
    const two: Grid = {
      ...grid('two', box(0, 0, 1000, 1000), box(3000, 0, 4000, 1000)),
      parts: [[box(0, 0, 1000, 1000)], [box(3000, 0, 4000, 1000)]],
    }
    const read = parseGrids(fileOf([two]))
    if (!read.ok) throw new Error(read.detail)
    expect(read.value.grids[0]).toEqual(two)
    expect(checkGrids(read.value.grids).findings).toEqual([])
    // Its own two parts may not lie on each other.
    const torn: Grid = { ...two, polygon: [box(0, 0, 1000, 1000), box(500, 500, 1500, 1500)] }
    expect(checkGrids([torn]).findings[0]).toMatchObject({ kind: 'selfCrossing', isRefusal: true })
  })
})

describe('grids against roads', () => {
  /*
   * Streets every 500 m; four grids of 2 x 2 km with borders along them, and the same written in GCJ-02 and BD-09.
   */
  const streets: RoadNetwork = (() => {
    const size = 17
    const node = (i: number, j: number): number => j * size + i
    const places = Array.from({ length: size * size }, (_, n) =>
      at((n % size) * 500 - 2000, Math.floor(n / size) * 500 - 2000),
    )
    const edges = places.flatMap((_, n) => {
      const [i, j] = [n % size, Math.floor(n / size)]
      return [
        ...(i + 1 < size ? [[n, node(i + 1, j)] as const] : []),
        ...(j + 1 < size ? [[n, node(i, j + 1)] as const] : []),
      ]
    })
    return {
      source: 'drawn',
      nodes: places.map(([lon, lat]) => ({ lon, lat })),
      edges: edges.map(([from, to]) => ({
        ...{
          from,
          to,
          roadClass: 'residential' as const,
          name: '',
          speedKph: 30,
          forward: true,
          backward: true,
        },
        shape: [places[from]!, places[to]!],
      })),
    }
  })()
  const opened = openGraph(packGraph(streets))
  if (!opened.ok) throw new Error(opened.detail)
  const graph = opened.value
  const onStreets = [
    grid('a', box(0, 0, 2000, 2000)),
    grid('b', box(2000, 0, 4000, 2000)),
    grid('c', box(0, 2000, 2000, 4000)),
    grid('d', box(2000, 2000, 4000, 4000)),
  ]
  const written = (crs: 'WGS84' | 'GCJ02' | 'BD09') =>
    onStreets.map(g => ({ ...g, polygon: g.polygon.map(r => r.map(p => fromWgs84(crs, p))) }))

  it('given in GCJ-02 or BD-09 land on the right roads', () => {
    for (const crs of ['GCJ02', 'BD09', 'WGS84'] as const) {
      const result = examineGrids(fileOf(written(crs), crs), undefined, graph)
      if (!result.ok) throw new Error(result.detail)
      expect(result.value.findings).toEqual([])
      // Between two corners 2 km apart the straight line of a shifted system is bent by a metre: corners are exact.
      expect(result.value.fit?.[crs]).toBeLessThan(2)
      result.value.grids.forEach((g, i) =>
        g.polygon[0]!.forEach(([lon, lat], k) => {
          const [x, y] = onStreets[i]!.polygon[0]![k]!
          expect(distanceM({ lat, lon }, { lat: y, lon: x })).toBeLessThan(0.01)
        }),
      )
    }
  })

  it('given with the wrong crs are warned about, with the name of the right one', () => {
    const stated = (truth: 'WGS84' | 'GCJ02' | 'BD09', said: string) => {
      const result = examineGrids(fileOf(written(truth), said), undefined, graph)
      return result.ok ? result.value.findings.map(({ kind, words }) => `${kind}: ${words}`) : []
    }
    expect(stated('GCJ02', 'WGS84')).toEqual([expect.stringMatching(/^wrongCrs: .*is it GCJ02\?$/)])
    expect(stated('WGS84', 'GCJ02')).toEqual([expect.stringMatching(/^wrongCrs: .*is it WGS84\?$/)])
    expect(stated('BD09', 'CGCS2000')).toEqual([expect.stringMatching(/^wrongCrs: .*is it BD09\?$/)])
    expect(stated('WGS84', 'CGCS2000')).toEqual([])
  })

  it('that follow no street are not accused, and those of another city are', () => {
    const slanted = [grid('a', ring([130, 170], [3730, 410], [3310, 3690], [270, 3130]))]
    const result = examineGrids(fileOf(slanted), undefined, graph)
    expect(result.ok && result.value.findings).toEqual([])
    const far = [grid('a', box(200_000, 0, 201_000, 1000))]
    const elsewhere = examineGrids(fileOf(far), undefined, graph)
    expect(elsewhere.ok && elsewhere.value.findings.map(f => f.kind)).toEqual(['elsewhere'])
  })
})
