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
}

/** Length over speed, nothing lost anywhere. */
export const freely = (graph: RoadGraph): PlainTimes => ({
  enter: () => 0,
  run: drive => (graph.isOpen(drive) ? graph.edgeCostDs(drive >> 1) : Infinity),
  leave: () => 0,
})

/** Those of typed arrays; `closedDs` or more is closed. */
export const fromArrays = (
  enterDs: ArrayLike<number>,
  runDs: ArrayLike<number>,
  leaveDs: ArrayLike<number>,
  closedDs: number,
): PlainTimes => ({
  enter: drive => enterDs[drive]!,
  run: drive => (runDs[drive]! < closedDs ? runDs[drive]! : Infinity),
  leave: drive => leaveDs[drive]!,
})

export const wholeDs = (times: PlainTimes, drive: number): number =>
  times.enter(drive) + times.run(drive) + times.leave(drive)

/** From the beginning of a drive to a fraction of its edge. */
export const intoDs = (times: PlainTimes, drive: number, fraction: number): number =>
  times.run(drive) === Infinity ? Infinity : times.enter(drive) + ranDs(times, drive, fraction)

/** From a fraction of its edge to the end of a drive. */
export const outDs = (times: PlainTimes, drive: number, fraction: number): number =>
  times.run(drive) === Infinity
    ? Infinity
    : times.run(drive) - ranDs(times, drive, fraction) + times.leave(drive)

/** From one fraction to another without leaving the drive; Infinity when that one lies behind. */
export function alongDs(times: PlainTimes, drive: number, from: number, to: number): number {
  const isAhead = (drive & 1) === 0 ? from <= to : from >= to
  if (!isAhead || times.run(drive) === Infinity) return Infinity
  return ranDs(times, drive, to) - ranDs(times, drive, from)
}

function ranDs(times: PlainTimes, drive: number, fraction: number): number {
  const runDs = times.run(drive)
  const partDs = partialCostDs(runDs, fraction)
  return (drive & 1) === 0 ? partDs : runDs - partDs
}
