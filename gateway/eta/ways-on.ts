import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Drive } from '#protocols/roads/network.ts'
import type { RoadShapes } from './road-shapes.ts'

/** Ends of drives looked at in one step; a step of 10 s in a dense town meets some thirty. */
const LOOKED_MAX = 192
/** Turning round at a junction counts as so much of a way: it is slow, and mostly it is noise. */
const TURN_ROUND_M = 40
/** Two ways to the same junction as alike as this (share and metres) cannot be told apart by two fixes. */
const ALIKE_SHARE = 1.25
const ALIKE_M = 20

/**
 * Where a car can have got to from the end of a drive, nearest first, within so many metres, over the same nodes a search
 * goes over: one-ways and forbidden turns are obeyed. Found ways are numbered 0 .. `count`-1 in flat arrays that the next
 * `look` writes again.
 *
 *   drives i32[]    the last drive of way i
 *   nodes i32[]     the search's node at its end
 *   beforeM f64[]   metres from the start to the beginning of that drive
 *   parents i32[]   the way it goes on from, -1 at the start
 *   alike u8[]      1: another way leads there that is about as long
 */
export class WaysOn {
  readonly drives = new Int32Array(LOOKED_MAX)
  readonly nodes = new Int32Array(LOOKED_MAX)
  readonly beforeM = new Float64Array(LOOKED_MAX)
  readonly parents = new Int32Array(LOOKED_MAX)
  readonly alike = new Uint8Array(LOOKED_MAX)
  count = 0
  private readonly endM = new Float64Array(LOOKED_MAX)
  private readonly isOpen = new Uint8Array(LOOKED_MAX)
  private readonly graph: RoadGraph
  private readonly shapes: RoadShapes

  constructor(shapes: RoadShapes) {
    this.graph = shapes.graph
    this.shapes = shapes
  }

  /** `restM`: what is left of the drive one is on; its end is `node`. */
  look(drive: Drive, node: number, restM: number, mostM: number): void {
    this.count = 0
    if (restM <= mostM) this.leave(node, drive, restM, -1)
    for (let at = this.nearest(); at >= 0; at = this.nearest()) {
      this.isOpen[at] = 0
      if (this.endM[at]! > mostM) return
      this.leave(this.nodes[at]!, this.drives[at]!, this.endM[at]!, at)
    }
  }

  private leave(node: number, from: Drive, atM: number, parent: number): void {
    const { arcFirst, arcTo, arcDrive } = this.graph
    for (let arc = arcFirst[node]!; arc < arcFirst[node + 1]!; arc++) {
      const drive = arcDrive[arc]!
      const beforeM = atM + ((drive ^ 1) === from ? TURN_ROUND_M : 0)
      const known = this.wayOver(drive, arcTo[arc]!)
      if (known >= 0) {
        // Nearest first, so this one is no shorter.
        if (beforeM <= ALIKE_SHARE * this.beforeM[known]! + ALIKE_M) this.alike[known] = 1
        continue
      }
      if (this.count >= LOOKED_MAX) return
      const i = this.count++
      this.drives[i] = drive
      this.nodes[i] = arcTo[arc]!
      this.beforeM[i] = beforeM
      this.parents[i] = parent
      this.alike[i] = 0
      this.endM[i] = beforeM + this.shapes.lengthM(drive)
      this.isOpen[i] = 1
    }
  }

  private wayOver(drive: Drive, node: number): number {
    for (let i = 0; i < this.count; i++) if (this.drives[i] === drive && this.nodes[i] === node) return i
    return -1
  }

  private nearest(): number {
    let best = -1
    for (let i = 0; i < this.count; i++)
      if (this.isOpen[i] === 1 && (best < 0 || this.endM[i]! < this.endM[best]!)) best = i
    return best
  }
}
