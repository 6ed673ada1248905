import { alongSegment, localPlane } from '#protocols/geo/local.ts'
import type { LocalPlane, Metres } from '#protocols/geo/local.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import { largestPart, strongPartsOf } from './strong-part.ts'

/** A place on a road: metres from the edge's `from` along its shape. */
export type Spot = { readonly edge: number; readonly alongM: number }
export type Snap = Spot & { readonly awayM: number }

const SQUARE_M = 150

/**
 * The roads as a driver sees them: metre-precise lines and where one may turn. The simulator's own reading of the
 * network; it shares no code with `gateway/reach`, so that a fault there cannot hide behind the same fault here.
 *
 * Edge e owns shape points shapeFirst[e] .. shapeFirst[e+1]-1 in x, y (metres on a plane around the network's middle)
 * and m (metres from the edge's start). Arc 2e runs along the edge, arc 2e+1 against it; arcs leaving node n are
 * arcs[arcFirst[n]] .. arcs[arcFirst[n+1]-1].
 */
export class StreetMap {
  readonly network: RoadNetwork
  readonly plane: LocalPlane
  readonly nodeX: Float64Array
  readonly nodeY: Float64Array
  readonly shapeFirst: Uint32Array
  readonly x: Float64Array
  readonly y: Float64Array
  readonly m: Float64Array
  readonly speedMps: Float64Array
  readonly arcFirst: Uint32Array
  readonly arcs: Uint32Array
  /** 1 for nodes one can drive to from nearly everywhere and back; the rest are islands of the extract. */
  readonly main: Uint8Array
  /** How many edges meet at the node. */
  readonly legs: Uint16Array
  readonly fastestMps: number
  private readonly around: number[][]
  private readonly squares = new Map<string, number[]>()

  constructor(network: RoadNetwork) {
    this.network = network
    const { nodes, edges } = network
    this.plane = localPlane(middleOf(nodes))
    this.nodeX = new Float64Array(nodes.length)
    this.nodeY = new Float64Array(nodes.length)
    nodes.forEach((node, n) => {
      const p = this.plane.toMetres(node)
      this.nodeX[n] = p.x
      this.nodeY[n] = p.y
    })
    const points = edges.reduce((sum, edge) => sum + edge.shape.length, 0)
    this.shapeFirst = new Uint32Array(edges.length + 1)
    this.x = new Float64Array(points)
    this.y = new Float64Array(points)
    this.m = new Float64Array(points)
    this.speedMps = Float64Array.from(edges, edge => edge.speedKph / 3.6)
    this.fastestMps = this.speedMps.reduce((most, v) => Math.max(most, v), 1)
    this.layShapes()
    this.around = nodes.map(() => [])
    edges.forEach(({ from, to }, e) => {
      this.around[from]!.push(e)
      this.around[to]!.push(e)
    })
    this.legs = Uint16Array.from(this.around, list => list.length)
    this.arcFirst = new Uint32Array(nodes.length + 1)
    this.arcs = new Uint32Array(edges.reduce((sum, e) => sum + Number(e.forward) + Number(e.backward), 0))
    this.main = new Uint8Array(nodes.length)
    this.layArcs()
  }

  lengthM(edge: number): number {
    return this.m[this.shapeFirst[edge + 1]! - 1]!
  }

  isOpen(arc: number): boolean {
    const edge = this.network.edges[arc >> 1]!
    return (arc & 1) === 0 ? edge.forward : edge.backward
  }

  startOf(arc: number): number {
    const edge = this.network.edges[arc >> 1]!
    return (arc & 1) === 0 ? edge.from : edge.to
  }

  endOf(arc: number): number {
    const edge = this.network.edges[arc >> 1]!
    return (arc & 1) === 0 ? edge.to : edge.from
  }

  /** Every edge that meets at the node, whichever way it is open. */
  edgesAt(node: number): readonly number[] {
    return this.around[node]!
  }

  /** The point of a spot, metres on the map's plane. */
  pointAt({ edge, alongM }: Spot): Metres {
    let k = this.shapeFirst[edge]! + 1
    const last = this.shapeFirst[edge + 1]! - 1
    while (k < last && this.m[k]! < alongM) k += 1
    const span = this.m[k]! - this.m[k - 1]!
    const t = span === 0 ? 0 : Math.min(1, Math.max(0, (alongM - this.m[k - 1]!) / span))
    return {
      x: this.x[k - 1]! + t * (this.x[k]! - this.x[k - 1]!),
      y: this.y[k - 1]! + t * (this.y[k]! - this.y[k - 1]!),
    }
  }

  latLonOf(p: Metres): LatLon {
    return this.plane.toLatLon(p)
  }

  /** The nearest spot of a road that belongs to the connected town; undefined when there is none within `withinM`. */
  snap(point: LatLon, withinM = 2000): Snap | undefined {
    const p = this.plane.toMetres(point)
    let best: Snap | undefined
    for (let ring = 0; ring * SQUARE_M <= Math.min(withinM, best?.awayM ?? Infinity) + SQUARE_M; ring += 1) {
      for (const edge of this.edgesOnRing(p, ring)) best = this.nearerOn(edge, p, best)
    }
    return best !== undefined && best.awayM <= withinM ? best : undefined
  }

  private nearerOn(edge: number, p: Metres, best: Snap | undefined): Snap | undefined {
    let found = best
    for (let k = this.shapeFirst[edge]! + 1; k < this.shapeFirst[edge + 1]!; k += 1) {
      const a = { x: this.x[k - 1]!, y: this.y[k - 1]! }
      const b = { x: this.x[k]!, y: this.y[k]! }
      const t = alongSegment(p, a, b)
      const awayM = Math.hypot(a.x + t * (b.x - a.x) - p.x, a.y + t * (b.y - a.y) - p.y)
      if (found !== undefined && awayM >= found.awayM) continue
      found = { edge, alongM: this.m[k - 1]! + t * (this.m[k]! - this.m[k - 1]!), awayM }
    }
    return found
  }

  /** Edges listed in the squares `ring` steps away from the point's own. */
  private *edgesOnRing(p: Metres, ring: number): Generator<number> {
    const [i, j] = [Math.floor(p.x / SQUARE_M), Math.floor(p.y / SQUARE_M)]
    for (let di = -ring; di <= ring; di += 1) {
      for (let dj = -ring; dj <= ring; dj += 1) {
        if (Math.max(Math.abs(di), Math.abs(dj)) === ring)
          yield* this.squares.get(`${i + di}/${j + dj}`) ?? []
      }
    }
  }

  private layShapes(): void {
    let at = 0
    this.network.edges.forEach((edge, e) => {
      this.shapeFirst[e] = at
      edge.shape.forEach(([lon, lat], k) => {
        const p = this.plane.toMetres({ lat, lon })
        this.x[at] = p.x
        this.y[at] = p.y
        this.m[at] = k === 0 ? 0 : this.m[at - 1]! + Math.hypot(p.x - this.x[at - 1]!, p.y - this.y[at - 1]!)
        at += 1
      })
    })
    this.shapeFirst[this.network.edges.length] = at
  }

  private layArcs(): void {
    const leaving: number[][] = this.network.nodes.map(() => [])
    this.network.edges.forEach((edge, e) => {
      if (edge.forward) leaving[edge.from]!.push(2 * e)
      if (edge.backward) leaving[edge.to]!.push(2 * e + 1)
    })
    let at = 0
    leaving.forEach((list, n) => {
      this.arcFirst[n] = at
      for (const arc of list) this.arcs[at++] = arc
    })
    this.arcFirst[leaving.length] = at
    const parts = strongPartsOf(leaving.map(list => list.map(arc => this.endOf(arc))))
    const largest = largestPart(parts)
    parts.forEach((part, n) => (this.main[n] = part === largest ? 1 : 0))
    this.layIndex()
  }

  /** Only edges between main nodes are indexed: a car put on an island of data would never leave it. */
  private layIndex(): void {
    this.network.edges.forEach((edge, e) => {
      if (this.main[edge.from] === 0 || this.main[edge.to] === 0 || (!edge.forward && !edge.backward)) return
      const seen = new Set<string>()
      for (let k = this.shapeFirst[e]! + 1; k < this.shapeFirst[e + 1]!; k += 1) {
        const square = (v: number): number => Math.floor(v / SQUARE_M)
        const [x1, x2] = [Math.min(this.x[k - 1]!, this.x[k]!), Math.max(this.x[k - 1]!, this.x[k]!)]
        const [y1, y2] = [Math.min(this.y[k - 1]!, this.y[k]!), Math.max(this.y[k - 1]!, this.y[k]!)]
        for (let i = square(x1); i <= square(x2); i += 1)
          for (let j = square(y1); j <= square(y2); j += 1) seen.add(`${i}/${j}`)
      }
      for (const key of seen) {
        const list = this.squares.get(key)
        if (list === undefined) this.squares.set(key, [e])
        else list.push(e)
      }
    })
  }
}

function middleOf(nodes: readonly LatLon[]): LatLon {
  let [south, north, west, east] = [90, -90, 180, -180]
  for (const { lat, lon } of nodes) {
    ;[south, north] = [Math.min(south, lat), Math.max(north, lat)]
    ;[west, east] = [Math.min(west, lon), Math.max(east, lon)]
  }
  return nodes.length === 0 ? { lat: 0, lon: 0 } : { lat: (south + north) / 2, lon: (west + east) / 2 }
}
