import type { GraphArrays } from './graph-layout.ts'
import type { Drive, ForbiddenPath, RoadNetwork } from './network.ts'
import { splitJunctions } from './split-junctions.ts'
import type { SplitArc, SplitJunctions } from './split-junctions.ts'

export type SplitArcs = Pick<SplitJunctions, 'copyJunction' | 'copyPath'> & {
  /** Those of the junctions themselves in edge order, then those of the copies. */
  readonly arcs: readonly SplitArc[]
}

/** All arcs of a network, its restricted junctions copied. A forbidden path over no road is our own mistake and throws. */
export function splitArcs({ nodes, edges, forbidden = [] }: Omit<RoadNetwork, 'source'>): SplitArcs {
  const isOpen = (drive: Drive): boolean => {
    const edge = edges[drive >> 1]
    return edge !== undefined && ((drive & 1) === 0 ? edge.forward : edge.backward)
  }
  const endOf = (drive: Drive, end: 0 | 1): number => {
    const edge = edges[drive >> 1]!
    return (drive & 1) === end ? edge.from : edge.to
  }
  forbidden.forEach((path, i) => {
    const joined = path.every((drive, at) => at === 0 || endOf(path[at - 1]!, 1) === endOf(drive, 0))
    if (path.length < 2 || !path.every(isOpen) || !joined)
      throw new Error(`forbidden path ${i} leads over no road`)
  })
  const plain = edges.flatMap((_, edge) => [2 * edge, 2 * edge + 1].filter(isOpen))
  const split = splitJunctions(
    nodes.length,
    { headOf: drive => endOf(drive, 1), leaving: leavingAt(plain, forbidden, endOf) },
    forbidden,
  )
  const own = plain.map(drive => ({ tail: endOf(drive, 0), head: split.nodeAfter(drive), drive }))
  return { copyJunction: split.copyJunction, copyPath: split.copyPath, arcs: own.concat(split.copyArcs) }
}

/** Drives by the junction they leave, for the junctions on forbidden paths alone: nobody asks about others. */
function leavingAt(
  plain: readonly Drive[],
  forbidden: readonly ForbiddenPath[],
  endOf: (drive: Drive, end: 0 | 1) => number,
): (junction: number) => readonly Drive[] {
  const leaving = new Map<number, Drive[]>()
  for (const drive of forbidden.flat()) leaving.set(endOf(drive, 1), [])
  for (const drive of plain) leaving.get(endOf(drive, 0))?.push(drive)
  return junction => leaving.get(junction) ?? []
}

type ArcArrays = Pick<GraphArrays, 'arcFirst' | 'arcTo' | 'arcDrive' | 'backFirst' | 'backFrom' | 'backDrive'>

/** Counting sort of all arcs by the node they leave, and again by the node they enter. */
export function layArcs(arrays: ArcArrays, arcs: readonly SplitArc[]): void {
  for (const { tail, head } of arcs) {
    arrays.arcFirst[tail + 1]!++
    arrays.backFirst[head + 1]!++
  }
  runningSum(arrays.arcFirst)
  runningSum(arrays.backFirst)
  const nextOut = arrays.arcFirst.slice()
  const nextIn = arrays.backFirst.slice()
  for (const { tail, head, drive } of arcs) {
    const out = nextOut[tail]!++
    const into = nextIn[head]!++
    arrays.arcTo[out] = head
    arrays.arcDrive[out] = drive
    arrays.backFrom[into] = tail
    arrays.backDrive[into] = drive
  }
}

function runningSum(counts: Uint32Array): void {
  for (let i = 1; i < counts.length; i++) counts[i]! += counts[i - 1]!
}
