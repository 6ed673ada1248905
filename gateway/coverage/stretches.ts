import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Grid } from '../grids/grid.ts'
import { GridRaster } from '../grids/grid-raster.ts'
import { BorderSides } from './border-sides.ts'
import { areaPerMetre, CellGrid } from './cell-area.ts'
import type { DemandWeights } from './demand.ts'
import { EdgeLines } from './edge-lines.ts'

/** No stretch takes longer to drive, so that what is out of reach of it is one piece. */
const STRETCH_DS_MAX = 600
/** Two cuts nearer than this share of an edge are one: a border both neighbours have drawn. */
const SAME_CUT = 1e-12
const NOT_YET = -2

/**
 * Every road as stretches that lie in one grid each: edges are cut exactly where they cross a border, so a road on two
 * sides counts on both by its length there, and again so that no stretch takes longer than 60 s. Where grids overlap the
 * first in the list wins, as for units and incidents.
 *
 *   edge u32[n]  from, to f64[n]      part of the edge, by edge and rising; from < to but for edges without length
 *   grid i32[n]                       index in `grids`, -1 outside all and for road that no car of the map can reach: nobody
 *                                     could ever cover it, so it is neither whole nor cold
 *   lengthM, demand, area f64[n]      metres, metres times the weight of the edge, its part of the 100 m cells it is in
 *   firstOf u32[E+1]                  stretches of an edge
 */
export class Stretches {
  readonly graph: RoadGraph
  readonly grids: readonly Grid[]
  readonly lines: EdgeLines
  readonly count: number
  readonly edge: Uint32Array
  readonly from: Float64Array
  readonly to: Float64Array
  readonly grid: Int32Array
  readonly lengthM: Float64Array
  readonly demand: Float64Array
  readonly firstOf: Uint32Array
  readonly area: Float64Array
  private readonly cells: CellGrid

  constructor(graph: RoadGraph, grids: readonly Grid[], demand: DemandWeights) {
    this.graph = graph
    this.grids = grids
    this.lines = new EdgeLines(graph)
    const parts = cutRoads(graph, grids, this.lines)
    this.count = parts.edge.length
    this.edge = Uint32Array.from(parts.edge)
    this.from = Float64Array.from(parts.from)
    this.to = Float64Array.from(parts.to)
    this.grid = Int32Array.from(parts.grid)
    this.lengthM = new Float64Array(this.count)
    this.demand = new Float64Array(this.count)
    this.area = new Float64Array(this.count)
    this.firstOf = new Uint32Array(graph.edgeCount + 1)
    this.cells = new CellGrid(graph)
    const areas = areaPerMetre(graph)
    for (let s = 0; s < this.count; s++) {
      const edge = this.edge[s]!
      this.lengthM[s] = ((this.to[s]! - this.from[s]!) * graph.edgeLengthDm[edge]!) / 10
      this.area[s] = this.lengthM[s]! * areas[edge]!
      this.firstOf[edge + 1] = s + 1
    }
    this.weigh(demand)
  }

  /** Demand anew, by what a metre of each edge is asked for. */
  weigh(demand: DemandWeights): void {
    const weights = demand(this.graph)
    for (let s = 0; s < this.count; s++) this.demand[s] = this.lengthM[s]! * weights[this.edge[s]!]!
  }

  /** Adds the 100 m cells that a part of an edge touches, seen every 20 m. */
  addCells(edge: number, from: number, to: number, cells: Set<number>): void {
    const lengthM = ((to - from) * this.graph.edgeLengthDm[edge]!) / 10
    const steps = Math.max(1, Math.ceil(lengthM / 20))
    for (let i = 0; i <= steps; i++) {
      cells.add(this.cells.at(this.lines.pointAt(edge, from + ((to - from) * i) / steps)))
    }
  }
}

type Parts = {
  readonly edge: number[]
  readonly from: number[]
  readonly to: number[]
  readonly grid: number[]
}

function cutRoads(graph: RoadGraph, grids: readonly Grid[], lines: EdgeLines): Parts {
  const parts: Parts = { edge: [], from: [], to: [], grid: [] }
  const borders = new BorderSides(grids)
  const raster = new GridRaster(grids)
  const cuts: number[] = []
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    cuts.length = 0
    cutsOf(graph, edge, lines, borders, cuts)
    cuts.sort((a, b) => a - b)
    cuts.push(1)
    let from = 0
    let partGrid = NOT_YET
    let known = 0
    // A part ends where the next one lies in another grid; most cuts are of borders that run elsewhere.
    for (const to of cuts) {
      if (to - known <= SAME_CUT) continue
      const middle = lines.pointAt(edge, (known + to) / 2)
      const grid = graph.isInOnly(edge) ? -1 : raster.indexAt(middle.lat, middle.lon)
      if (partGrid !== NOT_YET && grid !== partGrid) {
        addPart(parts, edge, from, known, partGrid, graph.edgeCostDs(edge))
        from = known
      }
      partGrid = grid
      known = to
    }
    addPart(parts, edge, from, 1, partGrid, graph.edgeCostDs(edge))
  }
  return parts
}

function cutsOf(
  graph: RoadGraph,
  edge: number,
  lines: EdgeLines,
  borders: BorderSides,
  cuts: number[],
): void {
  const { edgeShapeFirst, shapeLonE7, shapeLatE7 } = graph
  for (let s = edgeShapeFirst[edge]!; s < edgeShapeFirst[edge + 1]! - 1; s++) {
    const known = cuts.length
    const [fromLon, fromLat] = [shapeLonE7[s]! / 1e7, shapeLatE7[s]! / 1e7]
    borders.crossings(fromLon, fromLat, shapeLonE7[s + 1]! / 1e7, shapeLatE7[s + 1]! / 1e7, cuts)
    const [a, b] = [lines.fractions[s]!, lines.fractions[s + 1]!]
    for (let i = known; i < cuts.length; i++) cuts[i] = a + cuts[i]! * (b - a)
  }
}

function addPart(parts: Parts, edge: number, from: number, to: number, grid: number, costDs: number): void {
  const pieces = Math.max(1, Math.ceil(((to - from) * costDs) / STRETCH_DS_MAX))
  for (let i = 0; i < pieces; i++) {
    parts.edge.push(edge)
    parts.from.push(i === 0 ? from : from + ((to - from) * i) / pieces)
    parts.to.push(i === pieces - 1 ? to : from + ((to - from) * (i + 1)) / pieces)
    parts.grid.push(grid)
  }
}
