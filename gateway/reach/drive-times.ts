import type { RoadGraph } from '#protocols/roads/graph.ts'
import { ROAD_CLASSES } from '#protocols/roads/network.ts'
import type { RoadClass } from '#protocols/roads/network.ts'

/**
 * What every drive takes in one profile, before hour, closures and what was learned: deciseconds, index with a drive.
 *
 *   enterDs u16[2E]   lost by turning into it
 *   runDs u32[2E]     from one end to the other; 0 where the profile does not let anybody drive
 *   leaveDs u16[2E]   lost at its end: a signal, giving way, the turn
 *   lastDs u32[2E]    as runDs for those who end on it: also against a one-way road, where the profile allows it
 */
export type DriveTimes = {
  readonly enterDs: Uint16Array
  readonly runDs: Uint32Array
  readonly leaveDs: Uint16Array
  readonly lastDs?: Uint32Array
  /** How many times as long a class takes in an hour of the week; 1 where nothing is known. */
  hourFactor(roadClass: RoadClass, hourOfWeek: number): number
}

/** Length over speed on every open drive, nothing lost anywhere: the least any profile can take. */
export function freeTimes(graph: RoadGraph): DriveTimes {
  const runDs = new Uint32Array(2 * graph.edgeCount)
  for (let drive = 0; drive < runDs.length; drive++)
    if (graph.isOpen(drive)) runDs[drive] = graph.edgeCostDs(drive >> 1)
  const none = new Uint16Array(2 * graph.edgeCount)
  return { enterDs: none, runDs, leaveDs: none, hourFactor: () => 1 }
}

/** Factors of all classes in one hour, by index of `ROAD_CLASSES`; all 1 without an hour. */
export const hourFactors = (times: DriveTimes, hourOfWeek: number | null): number[] =>
  ROAD_CLASSES.map(roadClass => (hourOfWeek === null ? 1 : times.hourFactor(roadClass, hourOfWeek)))
