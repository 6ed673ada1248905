import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { UnitLook } from '../look/unit-look.ts'
import { LabelRoom, SignPlaces } from './label-places.ts'
import { matrixFrom, mercatorX, mercatorY, metresToMercator } from './mercator.ts'
import { PointCells } from './point-cells.ts'
import { parseRoadLines, parseRoadTimes, PIECE_BYTES, piecesOf } from './road-lines.ts'
import type { UnitView } from '#protocols/api.ts'
import { marksOf } from './unit-marks.ts'
import { placeAt, trackAfter } from './unit-tracks.ts'
import type { Track } from './unit-tracks.ts'

const SEED = 5

describe('units found by place', () => {
  it('are the same as looking at every one of them', () => {
    let cases = 0
    const coordinate = fc.double({ min: 0.8, max: 0.9, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(coordinate, coordinate), { maxLength: 200 }),
        coordinate,
        coordinate,
        fc.double({ min: 0, max: 0.05, noNaN: true }),
        (points, x, y, radius) => {
          cases += 1
          const cells = new PointCells(
            Float64Array.from(points, p => p[0]),
            Float64Array.from(points, p => p[1]),
          )
          const found: number[] = []
          cells.within(x, y, radius, index => found.push(index))
          const expected = points.flatMap((p, n) => (Math.hypot(p[0] - x, p[1] - y) <= radius ? [n] : []))
          expect(found.toSorted((a, b) => a - b)).toEqual(expected)
        },
      ),
      { seed: SEED, numRuns: 300 },
    )
    expect(cases).toBe(300)
  })

  it('are found when all stand in one place, and nobody is found where nobody stands', () => {
    const cells = new PointCells(new Float64Array(50).fill(0.5), new Float64Array(50).fill(0.5))
    let found = 0
    cells.within(0.5, 0.5, 1e-9, () => (found += 1))
    expect(found).toBe(50)
    new PointCells(new Float64Array(0), new Float64Array(0)).within(0.5, 0.5, 1, () => (found += 1))
    expect(found).toBe(50)
  })
})

describe('the way of a mark', () => {
  const here = { x: mercatorX(117), y: mercatorY(35.5) }
  const eastOf = (metres: number) => ({ x: here.x + metresToMercator(metres, here.y), y: here.y })

  it('goes from one live fix to the next and never beyond it', () => {
    const first = trackAfter(undefined, { ...here, fixMs: 0, live: true }, 100)
    const there = eastOf(12)
    const track = trackAfter(first, { ...there, fixMs: 1_000, live: true }, 1_100)
    expect(placeAt(track, 1_100)).toEqual([here.x, here.y])
    expect(placeAt(track, 1_600)[0]).toBeCloseTo((here.x + there.x) / 2, 12)
    for (const ms of [2_100, 9_000]) expect(placeAt(track, ms)).toEqual([there.x, there.y])
  })

  it('jumps where nobody knows the way: a gap, a leap, a stale car', () => {
    const first = trackAfter(undefined, { ...here, fixMs: 0, live: true }, 0)
    const jumps = [
      { ...eastOf(12), fixMs: 30_000, live: true },
      { ...eastOf(200), fixMs: 1_000, live: true },
      { ...eastOf(12), fixMs: 1_000, live: false },
      { ...eastOf(12), fixMs: -500, live: true },
    ]
    for (const seen of jumps) expect(placeAt(trackAfter(first, seen, 1_000), 1_000)).toEqual([seen.x, seen.y])
  })
})

describe('marks', () => {
  const sight = { west: 116.9, south: 35.4, east: 117.1, north: 35.6 }
  const judge = { lookOf: (): UnitLook => 'available', freshnessOf: () => 'live' as const }
  const unitsAt = (lon: number, atMs: number) =>
    new Map([
      [
        'u-1',
        {
          view: { id: 'u-1', callSign: '巡01', position: { lat: 35.5, lon, ageMs: 0 } } as UnitView,
          trueAtMs: atMs,
        },
      ],
    ])

  it('are of units in sight; one that comes back is shown where it is, not on its way from where it left', () => {
    const tracks = new Map<string, Track>()
    const marksAt = (lon: number, atMs: number) =>
      marksOf(unitsAt(lon, atMs), tracks, [], null, atMs, sight, judge)
    expect(marksAt(117.0999, 0)).toHaveLength(1)
    expect(marksAt(117.1001, 1_000)).toEqual([])
    expect(tracks.size).toBe(0)
    const [back] = marksAt(117.0998, 2_000)
    expect(back?.track.fromX).toBe(back?.track.toX)
    const [next] = marksAt(117.0997, 3_000)
    expect(next?.track.fromX).toBe(back?.track.toX)
  })
})

describe('names on the map', () => {
  it('never overlap and never stand outside the screen', () => {
    const room = new LabelRoom(400, 300)
    const placed: [number, number][] = []
    for (let n = 0; n < 600; n += 1) {
      const [x, y] = [(n * 97) % 440, (n * 53) % 330]
      if (room.take(x, y, 60)) placed.push([x, y])
    }
    expect(placed.length).toBeGreaterThan(20)
    for (const [n, [x, y]] of placed.entries()) {
      expect(x < 400 && y < 300).toBe(true)
      for (const [ox, oy] of placed.slice(n + 1))
        expect(Math.abs(ox - x) >= 60 || Math.abs(oy - y) >= 16).toBe(true)
    }
  })
})

describe('the name of a unit', () => {
  // A stale unit (0) above one under way (2), 30 px further down; the name stands 24 px under its own sign.
  const signs = (layers: readonly number[], xs = [100, 104], ys = [100, 130]) =>
    new SignPlaces(Float64Array.from(xs), Float64Array.from(ys), Uint8Array.from(layers), 1)

  it('keeps clear of a sign that matters as much, and not of its own', () => {
    expect(signs([0, 2]).hides(0, 100, 124, 60)).toBe(true)
    expect(signs([2, 2]).hides(0, 100, 124, 60)).toBe(true)
    expect(signs([0, 2]).hides(1, 104, 154, 60)).toBe(false)
    expect(signs([0, 2], [100, 160]).hides(0, 100, 124, 60)).toBe(false)
    expect(signs([0, 2], [100, 104], [100, 160]).hides(0, 100, 124, 60)).toBe(false)
  })

  it('stands over one that matters less', () => {
    expect(signs([2, 0]).hides(0, 100, 124, 60)).toBe(false)
  })

  it('is hidden by the same signs as by a look at every one of them', () => {
    let [cases, hidden] = [0, 0]
    const px = fc.integer({ min: 0, max: 300 })
    fc.assert(
      fc.property(fc.array(fc.tuple(px, px, fc.integer({ min: 0, max: 5 })), { minLength: 2 }), all => {
        const [xs, ys, layers] = [0, 1, 2].map(k => all.map(one => one[k]!)) as [number[], number[], number[]]
        const places = signs(layers, xs, ys)
        for (const [own, [x, y, layer]] of all.entries()) {
          const isOver = all.some(
            ([ox, oy, other], n) =>
              n !== own && other >= layer && Math.abs(ox - x) < 30 + 9 && Math.abs(oy - y - 24) < 8 + 9,
          )
          expect(places.hides(own, x, y + 24, 60)).toBe(isOver)
          cases++
          if (isOver) hidden++
        }
      }),
      { seed: SEED, numRuns: 200 },
    )
    console.info(`names beside signs: ${cases}, ${hidden} hidden`)
    expect(hidden).toBeGreaterThan(100)
    expect(cases - hidden).toBeGreaterThan(100)
  })
})

describe('a matrix from an origin', () => {
  it('puts an offset where the whole matrix puts the sum', () => {
    const matrix = Array.from({ length: 16 }, (_, n) => Math.sin(n + 1) * 1000)
    const moved = matrixFrom(matrix, 0.82, 0.39)
    const times = (m: ArrayLike<number>, x: number, y: number): number[] =>
      [0, 1, 3].map(row => m[row]! * x + m[4 + row]! * y + m[12 + row]!)
    const [whole, parts] = [times(matrix, 0.8201, 0.3902), times(moved, 0.0001, 0.0002)]
    for (const [n, value] of whole.entries()) expect(parts[n]).toBeCloseTo(value, 3)
  })
})

/*
 *   0--1--2      edge 0: two pieces of 1 and 3 parts, class 4; edge 1 from 2 to 3, closed backwards
 *         |
 *         3
 */
function lineBytes(): ArrayBuffer {
  const points = [
    [117, 35.5],
    [117.001, 35.5],
    [117.004, 35.5],
    [117.004, 35.5],
    [117.004, 35.49],
  ]
  const bytes = new ArrayBuffer(16 + 12 + 8 * 5 + 5 * 2)
  const view = new DataView(bytes)
  ;[0x4c523552, 1, 2, 5, 0, 3, 5].forEach((word, n) => view.setUint32(4 * n, word, true))
  points.flat().forEach((degrees, n) => view.setInt32(28 + 4 * n, Math.round(degrees * 1e7), true))
  ;[40, 100, 40, 65_535].forEach((ds, n) => view.setUint16(68 + 2 * n, ds, true))
  new Uint8Array(bytes).set([4, 8], 76)
  return bytes
}

describe('the roads to colour', () => {
  it('are cut into pieces that know where they are along their edge', () => {
    const lines = parseRoadLines(lineBytes())
    if (!lines.ok) throw new Error(lines.detail)
    expect([...lines.value.backwardDs]).toEqual([40, 65_535])
    const bent = piecesOf(lines.value, false)
    expect(bent.count).toBe(3)
    const along = (n: number): number[] => [...new Uint16Array(bent.bytes, n * PIECE_BYTES + 20, 2)]
    expect(along(0)[0]).toBe(0)
    expect(along(0)[1]! / 65_535).toBeCloseTo(0.25, 4)
    expect(along(1)).toEqual([along(0)[1], 65_535])
    expect(along(2)).toEqual([0, 65_535])
    expect(new Uint32Array(bent.bytes)[2 * 6 + 4]).toBe((1 << 4) | 8)
    expect(piecesOf(lines.value, true).count).toBe(2)
  })

  it('are refused with a reason when the bytes are of something else', () => {
    const bytes = lineBytes()
    expect(parseRoadLines(new ArrayBuffer(3))).toMatchObject({ code: 'BODY_INVALID' })
    expect(parseRoadLines(bytes.slice(0, 60))).toMatchObject({ code: 'BODY_INVALID' })
    expect(parseRoadTimes(bytes)).toMatchObject({ code: 'BODY_INVALID' })
    new DataView(bytes).setUint32(20, 900, true)
    expect(parseRoadLines(bytes)).toMatchObject({ code: 'BODY_INVALID' })
  })
})
