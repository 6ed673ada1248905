import { METRES_PER_DEGREE } from '#protocols/geo/local.ts'
import { angleBetweenDeg } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { IN_ONLY, OUT_ONLY } from '#protocols/roads/graph-layout.ts'

/** A place on a road: `fraction` runs from the edge's `from` (0) to its `to` (1), by length. */
export type RoadPoint = { readonly edge: number; readonly fraction: number }
export type Snap = RoadPoint & { readonly distanceM: number }
export type Motion = { readonly trackDeg?: number | undefined; readonly speedMps?: number | undefined }

/** What a place is for: cars come `to` it, or somebody sets out `from` it. */
export type Purpose = 'to' | 'from'
const BARRED: Readonly<Record<Purpose, number>> = { to: IN_ONLY, from: OUT_ONLY }

/** Which segments lie in which cells; in memory that threads share, so whoever has the same graph need not make it again. */
export type SnapIndex = {
  readonly segmentEdge: Uint32Array
  readonly cellFirst: Uint32Array
  readonly cellSegments: Uint32Array
}

/** A cell is about one block: a query looks at a handful of cells with a handful of segments each. */
const CELL_M = 150
/** More cells than this and they grow instead: 16 MB of offsets for a province. */
const CELLS_MAX = 4_000_000
/** Below this a receiver's track wanders with the noise of the position (walking pace and slower). */
const TRACK_TRUSTED_MPS = 2
/** What driving against a road's open directions weighs: the carriageways of a divided road lie 10 to 30 m apart. */
const AGAINST_TRACK_M = 30
/** Metres. Two carriageways in one line, an edge and its twin: the first wins, so the answer never depends on noise. */
const SAME_M = 1e-9

type Asked = {
  readonly latE7: number
  readonly lonE7: number
  readonly metresPerLon: number
  readonly trackDeg: number | undefined
  readonly barred: number
}

/** The best segment so far; nothing further away than `withinM` can be better. */
type Fit = { withinM: number; score: number; segment: number; along: number; metres: number }

/** How many cells a place at `at` has to go to the row or column `cell`, 0 inside it and a rounding error beside it. */
const beyond = (at: number, cell: number): number =>
  Math.max(0, cell - at - ROUNDING_CELLS, at - cell - 1 - ROUNDING_CELLS)
const ROUNDING_CELLS = 1e-6

/**
 * The road nearest to a place: a grid over all edge segments, in flat arrays built once from a graph.
 *
 *   segmentEdge u32[S]              edge of the segment that starts at shape point s (the last point of an edge starts none)
 *   cellFirst u32[cells+1], cellSegments u32[]   segments whose box touches the cell, rising
 *
 * A query searches rings of cells outwards until nothing nearer can follow, and passes by cells that lie further away than
 * what it has.
 */
export class RoadSnap {
  private readonly graph: RoadGraph
  /** Which flags of the border any road has: none in a map that is whole. */
  private readonly borderFlags: number
  private readonly segmentEdge: Uint32Array
  private readonly south: number
  private readonly west: number
  private readonly north: number
  private readonly east: number
  private readonly cellLat: number
  private readonly cellLon: number
  private readonly columns: number
  private readonly rows: number
  private readonly cellFirst: Uint32Array
  private readonly cellSegments: Uint32Array

  /** `made`: the index of another of the same graph. */
  constructor(graph: RoadGraph, made?: SnapIndex) {
    const { south, west, north, east } = graph.metadata.bbox
    const metresPerLon = METRES_PER_DEGREE * Math.cos((((south + north) / 2) * Math.PI) / 180)
    const heightM = Math.max(1, (north - south) * METRES_PER_DEGREE)
    const widthM = Math.max(1, (east - west) * metresPerLon)
    const cellM = Math.max(
      CELL_M,
      Math.sqrt((heightM * widthM) / CELLS_MAX),
      heightM / CELLS_MAX,
      widthM / CELLS_MAX,
    )
    this.graph = graph
    this.borderFlags = graph.edgeFlags.reduce((all, flags) => all | flags, 0) & (OUT_ONLY | IN_ONLY)
    this.south = south
    this.west = west
    this.north = north
    this.east = east
    this.cellLat = cellM / METRES_PER_DEGREE
    this.cellLon = cellM / metresPerLon
    this.rows = graph.edgeCount === 0 ? 0 : Math.floor(heightM / cellM) + 1
    this.columns = graph.edgeCount === 0 ? 0 : Math.floor(widthM / cellM) + 1
    const index = made ?? this.makeIndex()
    this.segmentEdge = index.segmentEdge
    this.cellFirst = index.cellFirst
    this.cellSegments = index.cellSegments
  }

  get index(): SnapIndex {
    const { segmentEdge, cellFirst, cellSegments } = this
    return { segmentEdge, cellFirst, cellSegments }
  }

  private makeIndex(): SnapIndex {
    const cellFirst = sharedU32(this.rows * this.columns + 1)
    this.forEachPlacement(cell => cellFirst[cell + 1]!++)
    for (let i = 1; i < cellFirst.length; i++) cellFirst[i]! += cellFirst[i - 1]!
    const cellSegments = sharedU32(cellFirst[cellFirst.length - 1] ?? 0)
    const next = cellFirst.slice()
    this.forEachPlacement((cell, segment) => {
      cellSegments[next[cell]!++] = segment
    })
    return { segmentEdge: segmentEdges(this.graph), cellFirst, cellSegments }
  }

  /**
   * The nearest road place within `maxM` metres, or undefined. A unit that moves (`speedMps` above walking pace) prefers
   * the carriageway that is open in its direction: one against it counts up to 30 m further away than it is.
   * `snap(35.6, 116.99, 100)` may be `{ edge: 17, fraction: 0.25, distanceM: 4.2 }`.
   *
   * With a purpose, roads of the border that cannot serve it count only where there is no other: nobody comes to a road that no
   * car of the map can reach while a street lies beside it, and a car above the tunnel that leads out is on the street.
   */
  snap(lat: number, lon: number, maxM: number, motion: Motion = {}, purpose?: Purpose): Snap | undefined {
    const barred = purpose === undefined ? 0 : BARRED[purpose] & this.borderFlags
    const fit = this.nearest(lat, lon, maxM, motion, barred)
    return fit !== undefined || barred === 0 ? fit : this.nearest(lat, lon, maxM, motion, 0)
  }

  private nearest(lat: number, lon: number, maxM: number, motion: Motion, barred: number): Snap | undefined {
    const trackDeg = (motion.speedMps ?? 0) >= TRACK_TRUSTED_MPS ? motion.trackDeg : undefined
    const metresPerLon = METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180)
    if (this.outsideM(lat, lon, metresPerLon) > maxM) return undefined
    const rowAt = (lat - this.south) / this.cellLat
    const columnAt = (lon - this.west) / this.cellLon
    const row = Math.floor(rowAt)
    const column = Math.floor(columnAt)
    // In the metres of the place's own latitude, in which segments are measured too: cells get narrower towards the pole.
    const heightM = this.cellLat * METRES_PER_DEGREE
    const widthM = this.cellLon * metresPerLon
    // Only rings that touch the grid: near a pole a degree of longitude is nothing, and no number of rings would do.
    const firstRing = Math.max(0, -row, row - this.rows + 1, -column, column - this.columns + 1)
    const lastRing = Math.max(row, this.rows - 1 - row, column, this.columns - 1 - column)
    const ringM = Math.min(heightM, widthM)
    const asked: Asked = { latE7: lat * 1e7, lonE7: lon * 1e7, metresPerLon, trackDeg, barred }
    const fit: Fit = { withinM: maxM, score: Infinity, segment: -1, along: 0, metres: 0 }
    for (let ring = firstRing; ring <= lastRing && (ring - 1) * ringM <= fit.withinM; ring++) {
      for (let r = Math.max(0, row - ring); r <= Math.min(this.rows - 1, row + ring); r++) {
        const northM = beyond(rowAt, r) * heightM
        if (northM > fit.withinM) continue
        const edgeRow = r === row - ring || r === row + ring
        const firstColumn = edgeRow ? Math.max(0, column - ring) : column - ring
        const lastColumn = Math.min(this.columns - 1, column + ring)
        for (let c = firstColumn; c <= lastColumn; c += edgeRow ? 1 : 2 * ring) {
          if (c < 0) continue
          const eastM = beyond(columnAt, c) * widthM
          if (northM * northM + eastM * eastM > fit.withinM * fit.withinM) continue
          this.lookInto(r * this.columns + c, asked, fit)
        }
      }
    }
    if (fit.segment < 0) return undefined
    const edge = this.segmentEdge[fit.segment]!
    return { edge, fraction: this.fractionAt(edge, fit.segment, fit.along), distanceM: fit.metres }
  }

  /** Every segment of a cell against the best so far. */
  private lookInto(cell: number, { latE7, lonE7, metresPerLon, trackDeg, barred }: Asked, fit: Fit): void {
    const { shapeLatE7, shapeLonE7, edgeFlags } = this.graph
    const eastM = metresPerLon / 1e7
    const northM = METRES_PER_DEGREE / 1e7
    const end = this.cellFirst[cell + 1]!
    for (let i = this.cellFirst[cell]!; i < end; i++) {
      const s = this.cellSegments[i]!
      const ax = (shapeLonE7[s]! - lonE7) * eastM
      const ay = (shapeLatE7[s]! - latE7) * northM
      const dx = (shapeLonE7[s + 1]! - lonE7) * eastM - ax
      const dy = (shapeLatE7[s + 1]! - latE7) * northM - ay
      const square = dx * dx + dy * dy
      const along = square === 0 ? 0 : Math.min(1, Math.max(0, -(ax * dx + ay * dy) / square))
      const x = ax + along * dx
      const y = ay + along * dy
      const metresSquare = x * x + y * y
      if (metresSquare > fit.withinM * fit.withinM) continue
      if (barred !== 0 && (edgeFlags[this.segmentEdge[s]!]! & barred) !== 0) continue
      const metres = Math.sqrt(metresSquare)
      const score = metres + (trackDeg === undefined ? 0 : this.againstM(s, dx, dy, trackDeg))
      if (score > fit.score + SAME_M || (score > fit.score - SAME_M && s >= fit.segment)) continue
      fit.score = score
      fit.segment = s
      fit.along = along
      fit.metres = metres
      fit.withinM = Math.min(fit.withinM, score + SAME_M)
    }
  }

  /** How far outside the box of all roads a place lies, at least, in the metres of its own latitude. */
  private outsideM(lat: number, lon: number, metresPerLon: number): number {
    const northwardM = Math.max(this.south - lat, lat - this.north) * METRES_PER_DEGREE
    const eastwardM = Math.max(this.west - lon, lon - this.east) * metresPerLon
    // One metre for the rounding of the box and of the shapes.
    return Math.max(northwardM, eastwardM) - 1
  }

  /** 0 when an open direction of the edge fits the track, up to AGAINST_TRACK_M when all of them run against it. */
  private againstM(segment: number, dx: number, dy: number, trackDeg: number): number {
    const edge = this.segmentEdge[segment]!
    const bearing = (Math.atan2(dx, dy) * 180) / Math.PI
    const ahead = this.graph.isForward(edge) ? angleBetweenDeg(bearing, trackDeg) : 180
    const astern = this.graph.isBackward(edge) ? angleBetweenDeg(bearing + 180, trackDeg) : 180
    return (AGAINST_TRACK_M * (1 - Math.cos((Math.min(ahead, astern) * Math.PI) / 180))) / 2
  }

  /** Share of the edge's length that lies before the place `along` the segment. */
  private fractionAt(edge: number, segment: number, along: number): number {
    let before = 0
    let total = 0
    for (let s = this.graph.edgeShapeFirst[edge]!; s < this.graph.edgeShapeFirst[edge + 1]! - 1; s++) {
      const length = this.segmentM(s)
      if (s < segment) before += length
      if (s === segment) before += along * length
      total += length
    }
    return total === 0 ? 0 : Math.min(1, before / total)
  }

  private segmentM(s: number): number {
    const { shapeLatE7, shapeLonE7 } = this.graph
    const y = ((shapeLatE7[s + 1]! - shapeLatE7[s]!) / 1e7) * METRES_PER_DEGREE
    const narrowing = Math.cos(((shapeLatE7[s]! / 1e7) * Math.PI) / 180)
    const x = ((shapeLonE7[s + 1]! - shapeLonE7[s]!) / 1e7) * METRES_PER_DEGREE * narrowing
    return Math.sqrt(x * x + y * y)
  }

  private forEachPlacement(place: (cell: number, segment: number) => void): void {
    const { edgeCount, edgeShapeFirst, shapeLatE7, shapeLonE7 } = this.graph
    for (let edge = 0; edge < edgeCount; edge++) {
      for (let s = edgeShapeFirst[edge]!; s < edgeShapeFirst[edge + 1]! - 1; s++) {
        const rowA = this.rowOf(shapeLatE7[s]!)
        const rowB = this.rowOf(shapeLatE7[s + 1]!)
        const columnA = this.columnOf(shapeLonE7[s]!)
        const columnB = this.columnOf(shapeLonE7[s + 1]!)
        for (let r = Math.min(rowA, rowB); r <= Math.max(rowA, rowB); r++) {
          for (let c = Math.min(columnA, columnB); c <= Math.max(columnA, columnB); c++)
            place(r * this.columns + c, s)
        }
      }
    }
  }

  private rowOf(latE7: number): number {
    return Math.min(this.rows - 1, Math.max(0, Math.floor((latE7 / 1e7 - this.south) / this.cellLat)))
  }

  private columnOf(lonE7: number): number {
    return Math.min(this.columns - 1, Math.max(0, Math.floor((lonE7 / 1e7 - this.west) / this.cellLon)))
  }
}

const sharedU32 = (length: number): Uint32Array => new Uint32Array(new SharedArrayBuffer(4 * length))

function segmentEdges(graph: RoadGraph): Uint32Array {
  const edges = sharedU32(graph.shapeLatE7.length)
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    edges.fill(edge, graph.edgeShapeFirst[edge], graph.edgeShapeFirst[edge + 1])
  }
  return edges
}
