import type { RoadGraph } from '#protocols/roads/graph.ts'

/** 20,000 networked units in all (DESIGN.md, Growth), with room. */
export const UNITS_MAX = 32_768
/** A city's fleet fits; more slots are made when they are needed, twice as many each time. */
const SLOTS_FIRST = 512

/**
 * Where every unit stands on the road graph, hung where a search against the traffic will meet it, whatever driving takes:
 * weights come with the search. Moving a unit costs the same however many there are.
 *
 *   ids[slot]                              the unit in a slot; freed slots are used again
 *   edgeOf i32[slots], fractionOf f64[slots]
 *   hangs 2*slot (leaves its edge by `to`) and 2*slot+1 (leaves it by `from`), doubly linked per node:
 *     nodeHead i32[N], hangNext, hangPrevious, hangNode i32[2*slots]
 *   units doubly linked per edge: edgeHead i32[E], edgeNext, edgePrevious i32[slots]
 *
 * The arrays of slots grow with the units (the fields are then others: whoever loops over them places nobody meanwhile).
 * -1 ends every list. A unit on a one-way hangs only on the node it may drive to. Nodes are those of a search: a unit hangs
 * on the copy of a junction that knows by which road it will come.
 */
export class UnitsOnRoads {
  readonly graph: RoadGraph
  readonly ids: string[] = []
  /** The most units that fit. */
  readonly sizeMax: number
  readonly nodeHead: Int32Array
  readonly edgeHead: Int32Array
  edgeOf: Int32Array
  fractionOf: Float64Array
  hangNext: Int32Array
  edgeNext: Int32Array
  private hangPrevious: Int32Array
  private hangNode: Int32Array
  private edgePrevious: Int32Array
  private readonly slots = new Map<string, number>()
  private readonly free: number[] = []

  constructor(graph: RoadGraph, unitsMax = UNITS_MAX) {
    const slots = Math.min(unitsMax, SLOTS_FIRST)
    this.graph = graph
    this.sizeMax = unitsMax
    this.nodeHead = new Int32Array(graph.searchCount).fill(-1)
    this.edgeHead = new Int32Array(graph.edgeCount).fill(-1)
    this.edgeOf = new Int32Array(slots).fill(-1)
    this.fractionOf = new Float64Array(slots)
    this.hangNext = new Int32Array(2 * slots).fill(-1)
    this.hangPrevious = new Int32Array(2 * slots).fill(-1)
    this.hangNode = new Int32Array(2 * slots).fill(-1)
    this.edgeNext = new Int32Array(slots).fill(-1)
    this.edgePrevious = new Int32Array(slots).fill(-1)
  }

  get size(): number {
    return this.slots.size
  }

  /** Puts a unit on a road place, or moves it there. False when the table is full. */
  place(id: string, edge: number, fraction: number): boolean {
    const inside = edge >= 0 && edge < this.graph.edgeCount && fraction >= 0 && fraction <= 1
    if (!inside) throw new Error(`${id} cannot stand on edge ${edge} at ${fraction}`)
    const slot = this.slots.get(id) ?? this.takeSlot(id)
    if (slot === undefined) return false
    this.unlink(slot)
    this.link(slot, edge, fraction)
    return true
  }

  /** Takes a unit off the roads; false when it was not there. */
  remove(id: string): boolean {
    const slot = this.slots.get(id)
    if (slot === undefined) return false
    this.unlink(slot)
    this.slots.delete(id)
    this.free.push(slot)
    return true
  }

  /** The slot of a unit that stands somewhere, or undefined. */
  slotOf(id: string): number | undefined {
    return this.slots.get(id)
  }

  /** Where the unit stands, or undefined. */
  placeOf(id: string): { readonly edge: number; readonly fraction: number } | undefined {
    const slot = this.slots.get(id)
    return slot === undefined ? undefined : { edge: this.edgeOf[slot]!, fraction: this.fractionOf[slot]! }
  }

  /** The node a hang is at, -1 when it is not in use. */
  nodeOfHang(hang: number): number {
    return this.hangNode[hang]!
  }

  /** By which drive the unit comes from its place to the node of a hang. */
  driveOfHang(hang: number): number {
    return 2 * this.edgeOf[hang >> 1]! + (hang & 1)
  }

  private takeSlot(id: string): number | undefined {
    const slot = this.free.pop() ?? this.ids.length
    if (slot >= this.sizeMax) return undefined
    if (slot >= this.edgeOf.length) this.grow(Math.min(this.sizeMax, 2 * this.edgeOf.length))
    this.ids[slot] = id
    this.slots.set(id, slot)
    return slot
  }

  private grow(slots: number): void {
    const grown = (from: Int32Array, length: number): Int32Array => {
      const to = new Int32Array(length).fill(-1)
      to.set(from)
      return to
    }
    const fractions = new Float64Array(slots)
    fractions.set(this.fractionOf)
    this.fractionOf = fractions
    this.edgeOf = grown(this.edgeOf, slots)
    this.hangNext = grown(this.hangNext, 2 * slots)
    this.hangPrevious = grown(this.hangPrevious, 2 * slots)
    this.hangNode = grown(this.hangNode, 2 * slots)
    this.edgeNext = grown(this.edgeNext, slots)
    this.edgePrevious = grown(this.edgePrevious, slots)
  }

  private link(slot: number, edge: number, fraction: number): void {
    const { graph } = this
    this.edgeOf[slot] = edge
    this.fractionOf[slot] = fraction
    const head = this.edgeHead[edge]!
    this.edgeNext[slot] = head
    this.edgePrevious[slot] = -1
    if (head >= 0) this.edgePrevious[head] = slot
    this.edgeHead[edge] = slot
    if (graph.isForward(edge)) this.hang(2 * slot, graph.driveEnd[2 * edge]!)
    if (graph.isBackward(edge)) this.hang(2 * slot + 1, graph.driveEnd[2 * edge + 1]!)
  }

  private hang(hang: number, node: number): void {
    const head = this.nodeHead[node]!
    this.hangNode[hang] = node
    this.hangNext[hang] = head
    this.hangPrevious[hang] = -1
    if (head >= 0) this.hangPrevious[head] = hang
    this.nodeHead[node] = hang
  }

  private unlink(slot: number): void {
    const edge = this.edgeOf[slot]!
    if (edge < 0) return
    const next = this.edgeNext[slot]!
    const previous = this.edgePrevious[slot]!
    if (previous >= 0) this.edgeNext[previous] = next
    else this.edgeHead[edge] = next
    if (next >= 0) this.edgePrevious[next] = previous
    this.edgeOf[slot] = -1
    this.unhang(2 * slot)
    this.unhang(2 * slot + 1)
  }

  private unhang(hang: number): void {
    const node = this.hangNode[hang]!
    if (node < 0) return
    const next = this.hangNext[hang]!
    const previous = this.hangPrevious[hang]!
    if (previous >= 0) this.hangNext[previous] = next
    else this.nodeHead[node] = next
    if (next >= 0) this.hangPrevious[next] = previous
    this.hangNode[hang] = -1
  }
}
