import type { KLabels } from './k-labels.ts'
import { PROMISE_DS } from './measure.ts'
import type { CoverageMeasure } from './measure.ts'
import { RoadSpans } from './road-spans.ts'
import { SpanSweep } from './span-sweep.ts'

/** What only one unit reaches, in one grid. */
export type Loss = { lengthM: number; demand: number; area: number }

/** Less of an edge than this is rounding between two frontiers. */
const NOTHING = 1e-12

/**
 * For every unit what nobody else reaches within 300 s, so what its going would uncover: one pass over the road that is not
 * reached twice everywhere. Made when it is first asked for after a refresh.
 */
export class SoleReach {
  private readonly measure: CoverageMeasure
  private readonly sweep: SpanSweep
  private readonly spans: RoadSpans
  private readonly gone: Uint8Array
  private readonly losses = new Map<number, Map<number, Loss>>()
  private isMade = false

  constructor(measure: CoverageMeasure, labels: KLabels) {
    this.measure = measure
    this.sweep = new SpanSweep(2 * labels.k + 2 * labels.units.sizeMax)
    this.spans = new RoadSpans(labels, this.sweep)
    this.gone = new Uint8Array(labels.units.sizeMax)
  }

  /** The labels were made anew. */
  forget(): void {
    this.losses.clear()
    this.isMade = false
  }

  /** By index of the grid; grids that lose nothing are absent. */
  of(slot: number, turnoutDs: Uint32Array): ReadonlyMap<number, Loss> {
    if (!this.isMade) this.make(turnoutDs)
    return this.losses.get(slot) ?? NO_LOSS
  }

  private make(turnoutDs: Uint32Array): void {
    const { stretches, once, twice } = this.measure
    const { edge, from, to, grid } = stretches
    const owners: number[] = []
    for (let s = 0; s < stretches.count; s++) {
      if (grid[s]! < 0 || once[s]! - twice[s]! <= NOTHING) continue
      owners.length = 0
      this.spans.ownersOf(edge[s]!, owners)
      for (const slot of owners) {
        this.gone[slot] = 1
        this.sweep.begin(from[s]!, to[s]!)
        this.spans.addEnds(edge[s]!, PROMISE_DS, this.gone)
        this.spans.addStanding(edge[s]!, PROMISE_DS, turnoutDs, this.gone)
        this.sweep.measure()
        this.gone[slot] = 0
        const lost = once[s]! - this.sweep.atLeast[1]!
        if (lost > NOTHING) this.add(slot, s, lost / (to[s]! - from[s]!))
      }
    }
    this.isMade = true
  }

  private add(slot: number, s: number, part: number): void {
    const { stretches } = this.measure
    const grid = stretches.grid[s]!
    let byGrid = this.losses.get(slot)
    if (byGrid === undefined) this.losses.set(slot, (byGrid = new Map()))
    let loss = byGrid.get(grid)
    if (loss === undefined) byGrid.set(grid, (loss = { lengthM: 0, demand: 0, area: 0 }))
    loss.lengthM += part * stretches.lengthM[s]!
    loss.demand += part * stretches.demand[s]!
    loss.area += part * stretches.area[s]!
  }
}

const NO_LOSS: ReadonlyMap<number, Loss> = new Map()
