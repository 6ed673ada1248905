import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { OraclePlace } from './dijkstra.ts'
import { alongDs, freely, intoDs, isShut, outDs, shutBorder, wholeDs } from './plain-times.ts'
import type { PlainTimes } from './plain-times.ts'

/**
 * Driving times with turn restrictions the plain way: Dijkstra with a binary heap over the line graph, whose nodes are roads
 * being driven and whose arcs are turns. Where a restriction is longer than one turn, a node remembers the roads before,
 * as far as some restriction begins with them, and every turn is judged by comparing lists. It reads the graph's edges,
 * never its arcs or copies, and shares nothing with the search but what drives and parts of them cost.
 *
 * A drive is twice its edge, one more against it. `no`: these drives must not follow each other. `only`: whoever drove a
 * beginning of them drives the next of them, or the next of another `only` that begins the same.
 */
export type TurnLaw = { readonly kind: 'no' | 'only'; readonly drives: readonly number[] }

export type TurnTimes = {
  /** Deciseconds to every junction; Infinity where no way leads. */
  readonly nodes: Float64Array
  /** Deciseconds until a drive can be begun at its first end. */
  readonly into: Float64Array
}

type Step = { readonly drive: number; readonly history: readonly number[] }

/** The line graph of a city under its laws. */
export class LineGraph {
  private readonly graph: RoadGraph
  private readonly driving: PlainTimes
  private readonly leaving: readonly (readonly number[])[]
  private readonly beginnings = new Set<string>()
  private readonly lawsWith = new Map<number, TurnLaw[]>()

  /** Without `driving` roads take length over speed. */
  constructor(graph: RoadGraph, laws: readonly TurnLaw[], driving: PlainTimes = freely(graph)) {
    this.graph = graph
    this.driving = driving
    const leaving: number[][] = Array.from({ length: graph.nodeCount }, () => [])
    for (let edge = 0; edge < graph.edgeCount; edge++) {
      if (driving.run(2 * edge) < Infinity) leaving[graph.edgeFrom[edge]!]!.push(2 * edge)
      if (driving.run(2 * edge + 1) < Infinity) leaving[graph.edgeTo[edge]!]!.push(2 * edge + 1)
    }
    this.leaving = leaving
    for (const law of laws) {
      for (let n = 1; n < law.drives.length; n++) {
        this.beginnings.add(law.drives.slice(0, n).join())
        const last = law.drives[n - 1]!
        const known = this.lawsWith.get(last) ?? []
        if (!known.includes(law)) known.push(law)
        this.lawsWith.set(last, known)
      }
    }
  }

  timesFrom(start: OraclePlace, budgetDs = Infinity): TurnTimes {
    const { graph, driving } = this
    const nodes = new Float64Array(graph.nodeCount).fill(Infinity)
    const into = new Float64Array(2 * graph.edgeCount).fill(Infinity)
    const heap = new Heap()
    const done = new Set<string>()
    const begin = (drive: number, timeDs: number, history: readonly number[]): void => {
      if (timeDs < into[drive]!) into[drive] = timeDs
      const endDs = timeDs + wholeDs(driving, drive)
      if (endDs <= budgetDs) heap.push(endDs, { drive, history: this.remembered([...history, drive]) })
    }
    if ('node' in start) {
      nodes[start.node] = 0
      for (const drive of this.leaving[start.node]!) begin(drive, 0, [])
    } else {
      for (const drive of [2 * start.edge, 2 * start.edge + 1]) {
        const ds = outDs(driving, drive, start.fraction)
        if (ds < Infinity && ds <= budgetDs) heap.push(ds, { drive, history: [drive] })
      }
    }
    for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
      const [timeDs, { drive, history }] = top
      const key = history.join()
      if (done.has(key)) continue
      done.add(key)
      const node = (drive & 1) === 0 ? graph.edgeTo[drive >> 1]! : graph.edgeFrom[drive >> 1]!
      nodes[node] = Math.min(nodes[node]!, timeDs)
      for (const next of this.leaving[node]!) if (this.isAllowed(history, next)) begin(next, timeDs, history)
    }
    return { nodes, into }
  }

  /** From the start to the place, given `timesFrom(start)`. */
  timeTo(times: TurnTimes, start: OraclePlace, place: OraclePlace): number {
    const { driving } = this
    if ('node' in place) return times.nodes[place.node]!
    const { edge, fraction } = place
    const drives = [2 * edge, 2 * edge + 1]
    const ways = drives.map(drive => times.into[drive]! + intoDs(driving, drive, fraction))
    if (isShut(driving, edge))
      for (const junction of shutBorder(this.graph, driving, edge)) ways.push(times.nodes[junction]!)
    if ('edge' in start && start.edge === edge)
      for (const drive of drives) ways.push(alongDs(driving, drive, start.fraction, fraction))
    return Math.min(...ways)
  }

  /** What of the way may still matter: its longest end with which a law begins, the last drive at least. */
  private remembered(way: readonly number[]): readonly number[] {
    for (let from = 0; from < way.length - 1; from++) {
      const end = way.slice(from)
      if (this.beginnings.has(end.join())) return end
    }
    return way.slice(-1)
  }

  private isAllowed(history: readonly number[], next: number): boolean {
    const laws = this.lawsWith.get(history[history.length - 1]!) ?? []
    return laws.every(law => {
      for (let n = 1; n < law.drives.length; n++) {
        if (!endsWith(history, law.drives.slice(0, n))) continue
        if (law.kind === 'no' && n === law.drives.length - 1 && law.drives[n] === next) return false
        if (law.kind === 'only' && !laws.some(other => demands(other, law.drives.slice(0, n), next)))
          return false
      }
      return true
    })
  }
}

const endsWith = (way: readonly number[], end: readonly number[]): boolean =>
  end.length <= way.length && end.every((drive, i) => drive === way[way.length - end.length + i])

const demands = ({ kind, drives }: TurnLaw, beginning: readonly number[], next: number): boolean =>
  kind === 'only' && beginning.every((drive, i) => drive === drives[i]) && drives[beginning.length] === next

/** A binary heap by time. */
class Heap {
  private readonly items: (readonly [number, Step])[] = []

  push(timeDs: number, step: Step): void {
    let at = this.items.push([timeDs, step]) - 1
    while (at > 0 && this.items[(at - 1) >> 1]![0] > this.items[at]![0]) {
      this.swap(at, (at - 1) >> 1)
      at = (at - 1) >> 1
    }
  }

  pop(): readonly [number, Step] | undefined {
    const top = this.items[0]
    const last = this.items.pop()
    if (top === undefined || last === undefined || this.items.length === 0) return top
    this.items[0] = last
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      let least = at
      if (left < this.items.length && this.items[left]![0] < this.items[least]![0]) least = left
      if (right < this.items.length && this.items[right]![0] < this.items[least]![0]) least = right
      if (least === at) return top
      this.swap(at, least)
      at = least
    }
  }

  private swap(a: number, b: number): void {
    const item = this.items[a]!
    this.items[a] = this.items[b]!
    this.items[b] = item
  }
}
