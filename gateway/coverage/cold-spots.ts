import type { LatLon } from '#protocols/geo/sphere.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import type { RoadPoint } from '../roads/snap.ts'
import { CELL_M2 } from './cell-area.ts'
import { ColdTracker } from './cold-tracker.ts'
import { PROMISE_DS } from './measure.ts'
import type { CoverageMeasure } from './measure.ts'
import type { Stretches } from './stretches.ts'

export type ColdSpotRules = {
  /** Out of reach for so long before road is called cold. */
  readonly coldAfterMs: number
  /** Smaller pieces count in the shares and are not listed: the ends of one-way streets would fill the list. */
  readonly roadMMin: number
  /** Listed at most, the worst by demand and duration first. */
  readonly spotsMax: number
}

export const COLD_SPOT_RULES: ColdSpotRules = { coldAfterMs: 120_000, roadMMin: 200, spotsMax: 200 }

export type ColdSpot = {
  readonly id: string
  readonly grids: readonly number[]
  readonly centre: LatLon
  readonly centrePoint: RoadPoint
  readonly roadM: number
  readonly areaM2: number
  readonly sinceMs: number
  readonly demandShare: number
  readonly stretches: readonly number[]
}

/** What is out of reach, measured or foreseen. */
export type Gaps = Pick<CoverageMeasure, 'stretches' | 'gapFrom' | 'gapTo' | 'demand'>
/** When the nearest unit is at a junction. */
export type Nearest = { readonly nearestAtDs: (junction: number) => number }

/**
 * What one `ColdSpots` remembers and works on, some 60 bytes a stretch. Those that `forget` before every question may have one
 * together.
 *
 *   parent i32[n], atNode i32[N]    union-find over stretches; the stretch that was first at a junction
 *   spotOf i32[n]                   number of the listed spot a stretch was in at the last refresh, 0 none
 *   cold i32[n]                     stretches that are cold now
 */
export class ColdDesk {
  readonly tracker: ColdTracker
  readonly parent: Int32Array
  readonly atNode: Int32Array
  readonly spotOf: Int32Array
  readonly cold: Int32Array

  constructor({ count, graph }: Stretches, coldAfterMs: number) {
    this.tracker = new ColdTracker(count, coldAfterMs)
    this.parent = new Int32Array(count)
    this.atNode = new Int32Array(graph.nodeCount)
    this.spotOf = new Int32Array(count)
    this.cold = new Int32Array(count)
  }
}

/**
 * Connected road that nobody reaches: cold parts of stretches that meet at a junction nobody reaches, or inside an edge.
 * A spot keeps its name as long as most of its road was in it before.
 */
export class ColdSpots {
  readonly tracker: ColdTracker
  private readonly measure: Gaps
  private readonly stretches: Stretches
  private readonly labels: Nearest
  private readonly rules: ColdSpotRules
  private readonly prefix: string
  private readonly parent: Int32Array
  private readonly atNode: Int32Array
  private readonly spotOf: Int32Array
  private readonly cold: Int32Array
  private coldCount = 0
  private named = 0

  constructor(
    measure: Gaps,
    labels: Nearest,
    rules: ColdSpotRules,
    prefix: string,
    desk: ColdDesk = new ColdDesk(measure.stretches, rules.coldAfterMs),
  ) {
    const { stretches } = measure
    this.measure = measure
    this.stretches = stretches
    this.labels = labels
    this.rules = rules
    this.prefix = prefix
    this.tracker = desk.tracker
    this.parent = desk.parent
    this.atNode = desk.atNode
    this.spotOf = desk.spotOf
    this.cold = desk.cold
  }

  /** Begins anew, as if nothing had been looked at. */
  forget(): void {
    this.tracker.forget()
    this.spotOf.fill(0)
    this.named = 0
  }

  /** After a measure. Road outside the grids and in grids without data is not looked at and starts anew. */
  refresh(isUnknown: (grid: number) => boolean, nowMs: number): ColdSpot[] {
    const { gapFrom, gapTo } = this.measure
    const { count, grid } = this.stretches
    this.coldCount = 0
    for (let s = 0; s < count; s++) {
      const known = grid[s]! >= 0 && !isUnknown(grid[s]!)
      this.tracker.note(s, known ? gapFrom[s]! : 0, known ? gapTo[s]! : 0, nowMs)
      if (this.tracker.isCold(s, nowMs)) this.cold[this.coldCount++] = s
    }
    this.join()
    return this.listed(this.components(), nowMs)
  }

  /** Of each grid's demand, what lies in cold road; right after `refresh`. */
  sharesByGrid(): Float64Array {
    const shares = new Float64Array(this.stretches.grids.length)
    for (let i = 0; i < this.coldCount; i++) {
      const s = this.cold[i]!
      shares[this.stretches.grid[s]!]! += this.partOf(s) * this.stretches.demand[s]!
    }
    return shares.map((demand, grid) => (demand === 0 ? 0 : demand / this.measure.demand[grid]!))
  }

  /** Lines of a spot, `[lon, lat]`. */
  linesOf(spot: ColdSpot): Position[][] {
    const { coreFrom, coreTo } = this.tracker
    return spot.stretches.map(s =>
      this.stretches.lines.line(this.stretches.edge[s]!, coreFrom[s]!, coreTo[s]!),
    )
  }

  private join(): void {
    const { graph, edge, to, from } = this.stretches
    const { coreFrom, coreTo } = this.tracker
    this.atNode.fill(-1)
    for (let i = 0; i < this.coldCount; i++) this.parent[this.cold[i]!] = this.cold[i]!
    for (let i = 0; i < this.coldCount; i++) {
      const s = this.cold[i]!
      if (coreFrom[s] === 0) this.meet(s, graph.edgeFrom[edge[s]!]!)
      if (coreTo[s] === 1) this.meet(s, graph.edgeTo[edge[s]!]!)
      const beside = i > 0 ? this.cold[i - 1]! : -1
      const meets = beside === s - 1 && edge[beside] === edge[s] && coreTo[beside] === to[beside]
      if (beside >= 0 && meets && coreFrom[s] === from[s]) this.unite(s, beside)
    }
  }

  private meet(s: number, node: number): void {
    // A junction somebody reaches ends the hole, though a one-way street that leads to it lies in it up to its end.
    if (this.labels.nearestAtDs(node) <= PROMISE_DS) return
    const first = this.atNode[node]!
    if (first < 0) this.atNode[node] = s
    else this.unite(s, first)
  }

  private unite(a: number, b: number): void {
    const [rootA, rootB] = [this.rootOf(a), this.rootOf(b)]
    if (rootA !== rootB) this.parent[Math.max(rootA, rootB)] = Math.min(rootA, rootB)
  }

  private rootOf(s: number): number {
    let root = s
    while (this.parent[root] !== root) root = this.parent[root]!
    for (let at = s; at !== root;) {
      const next = this.parent[at]!
      this.parent[at] = root
      at = next
    }
    return root
  }

  private components(): number[][] {
    const byRoot = new Map<number, number[]>()
    for (let i = 0; i < this.coldCount; i++) {
      const s = this.cold[i]!
      const root = this.rootOf(s)
      const members = byRoot.get(root)
      if (members === undefined) byRoot.set(root, [s])
      else members.push(s)
    }
    return [...byRoot.values()]
  }

  private listed(components: readonly number[][], nowMs: number): ColdSpot[] {
    const { lengthM, demand } = this.stretches
    const weighed = components
      .map(members => ({
        members,
        roadM: this.sum(members, lengthM),
        demand: this.sum(members, demand),
        sinceMs: members.reduce((oldest, s) => Math.min(oldest, this.tracker.sinceMs[s]!), Infinity),
      }))
      .filter(({ roadM }) => roadM >= this.rules.roadMMin)
      .sort((a, b) => b.demand * (nowMs - b.sinceMs) - a.demand * (nowMs - a.sinceMs))
      .slice(0, this.rules.spotsMax)
    const numbers = this.numbersOf(weighed.map(({ members }) => members))
    this.spotOf.fill(0)
    const cityDemand = this.measure.demand[this.stretches.grids.length]!
    return weighed.map(({ members, roadM, demand: own, sinceMs }, i) => {
      for (const s of members) this.spotOf[s] = numbers[i]!
      const centrePoint = this.centreOf(members)
      return {
        id: `${this.prefix}-${numbers[i]!}`,
        grids: [...new Set(members.map(s => this.stretches.grid[s]!))].sort((a, b) => a - b),
        centre: this.stretches.lines.pointAt(centrePoint.edge, centrePoint.fraction),
        centrePoint,
        roadM,
        areaM2: this.areaM2(members),
        sinceMs: nowMs - sinceMs,
        demandShare: cityDemand > 0 ? own / cityDemand : 0,
        stretches: members,
      }
    })
  }

  /** Names by the road they share with the spots before, the longest share first; what is left over is new. */
  private numbersOf(spots: readonly (readonly number[])[]): number[] {
    const shared: { spot: number; before: number; roadM: number }[] = []
    spots.forEach((members, spot) => {
      const byBefore = new Map<number, number>()
      for (const s of members) {
        const before = this.spotOf[s]!
        if (before > 0)
          byBefore.set(before, (byBefore.get(before) ?? 0) + this.partOf(s) * this.stretches.lengthM[s]!)
      }
      for (const [before, roadM] of byBefore) shared.push({ spot, before, roadM })
    })
    const numbers = new Map<number, number>()
    const taken = new Set<number>()
    for (const { spot, before } of shared.sort((a, b) => b.roadM - a.roadM)) {
      if (numbers.has(spot) || taken.has(before)) continue
      numbers.set(spot, before)
      taken.add(before)
    }
    return spots.map((_, spot) => numbers.get(spot) ?? ++this.named)
  }

  /** The middle of its road that is nearest to the centre of its demand. */
  private centreOf(members: readonly number[]): RoadPoint {
    const middles = members.map(s => this.middleOf(s))
    let [lat, lon, weight] = [0, 0, 0]
    members.forEach((s, i) => {
      const w = this.partOf(s) * this.stretches.demand[s]!
      lat += w * middles[i]!.at.lat
      lon += w * middles[i]!.at.lon
      weight += w
    })
    const narrowing = Math.cos((middles[0]!.at.lat * Math.PI) / 180)
    const farness = ({ at }: { readonly at: LatLon }): number =>
      Math.hypot(at.lat - lat / weight, (at.lon - lon / weight) * narrowing)
    const best = middles.reduce((near, middle) => (farness(middle) < farness(near) ? middle : near))
    return { edge: best.edge, fraction: best.fraction }
  }

  private middleOf(s: number): RoadPoint & { readonly at: LatLon } {
    const edge = this.stretches.edge[s]!
    const fraction = (this.tracker.coreFrom[s]! + this.tracker.coreTo[s]!) / 2
    return { edge, fraction, at: this.stretches.lines.pointAt(edge, fraction) }
  }

  private areaM2(members: readonly number[]): number {
    const cells = new Set<number>()
    const { coreFrom, coreTo } = this.tracker
    for (const s of members) this.stretches.addCells(this.stretches.edge[s]!, coreFrom[s]!, coreTo[s]!, cells)
    return cells.size * CELL_M2
  }

  /** Share of the stretch that is cold. */
  private partOf(s: number): number {
    const whole = this.stretches.to[s]! - this.stretches.from[s]!
    return (this.tracker.coreTo[s]! - this.tracker.coreFrom[s]!) / whole
  }

  private sum(members: readonly number[], values: Float64Array): number {
    return members.reduce((sum, s) => sum + this.partOf(s) * values[s]!, 0)
  }
}
