import { partialCostDs } from '#protocols/roads/graph.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'

/**
 * What every drive takes, in plain numbers: deciseconds to get into it, along it (Infinity where it is closed) and lost at
 * its end. The oracles are told these, so that they judge searches and not how the numbers came about.
 */
export type PlainTimes = {
  readonly enter: (drive: number) => number
  readonly run: (drive: number) => number
  readonly leave: (drive: number) => number
  /** Along it for who stands on it already: a road that was closed may still be left. Infinity where no way ever is. */
  readonly standing: (drive: number) => number
}

/** Length over speed, nothing lost anywhere. */
export const freely = (graph: RoadGraph): PlainTimes => ({
  enter: () => 0,
  run: drive => (graph.isOpen(drive) ? graph.edgeCostDs(drive >> 1) : Infinity),
  leave: () => 0,
  standing: drive => (graph.isOpen(drive) ? graph.edgeCostDs(drive >> 1) : Infinity),
})

/** Those of typed arrays; `closedDs` or more is closed. */
export const fromArrays = (
  enterDs: ArrayLike<number>,
  runDs: ArrayLike<number>,
  leaveDs: ArrayLike<number>,
  closedDs: number,
  standing: (drive: number) => number = drive => runDs[drive]!,
): PlainTimes => ({
  enter: drive => enterDs[drive]!,
  run: drive => (runDs[drive]! < closedDs ? runDs[drive]! : Infinity),
  leave: drive => leaveDs[drive]!,
  standing: drive => (standing(drive) < closedDs ? standing(drive) : Infinity),
})

export const wholeDs = (times: PlainTimes, drive: number): number =>
  times.enter(drive) + times.run(drive) + times.leave(drive)

/** From the beginning of a drive to a fraction of its edge. */
export const intoDs = (times: PlainTimes, drive: number, fraction: number): number =>
  times.run(drive) === Infinity ? Infinity : times.enter(drive) + ranDs(times.run(drive), drive, fraction)

/** From a fraction of its edge to the end of a drive. */
export const outDs = (times: PlainTimes, drive: number, fraction: number): number =>
  times.standing(drive) === Infinity
    ? Infinity
    : times.standing(drive) - ranDs(times.standing(drive), drive, fraction) + times.leave(drive)

/** From one fraction to another without leaving the drive; Infinity when that one lies behind. */
export function alongDs(times: PlainTimes, drive: number, from: number, to: number): number {
  const isAhead = (drive & 1) === 0 ? from <= to : from >= to
  const runDs = times.standing(drive)
  if (!isAhead || runDs === Infinity) return Infinity
  return ranDs(runDs, drive, to) - ranDs(runDs, drive, from)
}

function ranDs(runDs: number, drive: number, fraction: number): number {
  const partDs = partialCostDs(runDs, fraction)
  return (drive & 1) === 0 ? partDs : runDs - partDs
}

/** Cars drive there on other days, today nobody may drive into it from anywhere. */
export const isShut = (times: PlainTimes, edge: number): boolean =>
  [2 * edge, 2 * edge + 1].every(drive => times.run(drive) === Infinity) &&
  [2 * edge, 2 * edge + 1].some(drive => times.standing(drive) < Infinity)

/** Ends of all shut roads that hang together with this one, found by going over all of them again and again. */
export function shutBorder(graph: RoadGraph, times: PlainTimes, edge: number): Set<number> {
  const border = new Set([graph.edgeFrom[edge]!, graph.edgeTo[edge]!])
  for (let before = 0; before < border.size;) {
    before = border.size
    for (let other = 0; other < graph.edgeCount; other++) {
      const ends = [graph.edgeFrom[other]!, graph.edgeTo[other]!]
      if (isShut(times, other) && ends.some(end => border.has(end))) for (const end of ends) border.add(end)
    }
  }
  return border
}
