import { unpackControls } from '#protocols/roads/controls.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { RoadClass } from '#protocols/roads/network.ts'
import type { DriveTimes } from '../reach/drive-times.ts'
import { junctionDelays } from './junction-delays.ts'
import type { Profile } from './profile.ts'

/** The roads as a profile sees them: without turn restrictions where it need not obey them, open both ways on foot. */
export function roadsFor(graph: RoadGraph, profile: Profile): RoadGraph {
  if (profile.moves === 'walk') return graph.openBothWays()
  return profile.obeysTurnRestrictions.value ? graph : graph.withoutTurns()
}

/** What every drive takes in a profile; `graph` as `roadsFor` gave it. */
export function profileTimes(graph: RoadGraph, profile: Profile): DriveTimes {
  const delays = junctionDelays(graph, profile.turns)
  const passing = passingSeconds(profile)
  const runDs = new Uint32Array(2 * graph.edgeCount)
  const enterDs = new Uint16Array(2 * graph.edgeCount)
  const leaveDs = new Uint16Array(2 * graph.edgeCount)
  for (let drive = 0; drive < runDs.length; drive++) {
    if (!graph.isOpen(drive)) continue
    runDs[drive] = runOf(graph, drive >> 1, profile)
    enterDs[drive] = Math.round(10 * delays.enter[drive]!)
    leaveDs[drive] = Math.round(10 * (delays.leave[drive]! + passing[graph.driveControls[drive]!]!))
  }
  const contraflow = profile.lastBlockContraflow.value
  return {
    ...{ enterDs, runDs, leaveDs },
    ...(contraflow !== false && { lastDs: lastBlock(graph, runDs, contraflow.kph) }),
    hourFactor: (roadClass, hourOfWeek) => hourFactor(profile, roadClass, hourOfWeek),
  }
}

/** What one thread worked out for another: the same arrays in memory that both see. */
export type SharedTimes = Pick<DriveTimes, 'enterDs' | 'runDs' | 'leaveDs' | 'lastDs'>

/** The same times in memory that threads share. */
export function sharedTimes({ enterDs, runDs, leaveDs, lastDs, hourFactor }: DriveTimes): DriveTimes {
  const u16 = (from: Uint16Array) => new Uint16Array(new SharedArrayBuffer(from.byteLength))
  const u32 = (from: Uint32Array) => new Uint32Array(new SharedArrayBuffer(from.byteLength))
  const shared = {
    ...{ enterDs: u16(enterDs), runDs: u32(runDs), leaveDs: u16(leaveDs), hourFactor },
    ...(lastDs !== undefined && { lastDs: u32(lastDs) }),
  }
  shared.enterDs.set(enterDs)
  shared.runDs.set(runDs)
  shared.leaveDs.set(leaveDs)
  if (lastDs !== undefined) shared.lastDs?.set(lastDs)
  return shared
}

/** What can be handed to a thread of them. */
export const sharedOf = ({ hourFactor: _, ...times }: DriveTimes): SharedTimes => times

/** The times of a profile, worked out elsewhere. */
export const timesFrom = (shared: SharedTimes, profile: Profile): DriveTimes => ({
  ...shared,
  hourFactor: (roadClass, hourOfWeek) => hourFactor(profile, roadClass, hourOfWeek),
})

/** Deciseconds from end to end; 0 where the profile does not go. */
function runOf(graph: RoadGraph, edge: number, { moves, speeds, speedFactor }: Profile): number {
  const kph = speeds.kph[graph.edgeClass(edge)]
  if (moves === 'walk' && kph === undefined) return 0
  const byClass = moves === 'walk' || graph.isSpeedByClass(edge)
  const ds = byClass && kph !== undefined ? timeDs(graph, edge, kph) : graph.edgeCostDs(edge)
  return Math.max(1, Math.round(ds / speedFactor.value))
}

const timeDs = (graph: RoadGraph, edge: number, kph: number): number =>
  (graph.edgeLengthDm[edge]! * 3.6) / kph

/** Running time of drives one may end on: the open ones, and one-way roads taken against their direction. */
function lastBlock(graph: RoadGraph, runDs: Uint32Array, kph: number): Uint32Array {
  return runDs.map((ds, drive) => (ds > 0 ? ds : Math.max(1, Math.round(timeDs(graph, drive >> 1, kph)))))
}

/** Seconds by what a drive passes, index with its byte. */
function passingSeconds({ passing }: Profile): Float64Array {
  return Float64Array.from({ length: 256 }, (_, byte) => {
    const { signals, crossings, stop, giveWay, miniRoundabout, gate } = unpackControls(byte)
    return (
      signals * passing.signal.value +
      crossings * passing.crossing.value +
      Number(stop) * passing.stop.value +
      Number(giveWay) * passing.giveWay.value +
      Number(miniRoundabout) * passing.miniRoundabout.value +
      Number(gate) * passing.gate.value
    )
  })
}

/** Where stretches of the week overlap their factors are multiplied. */
function hourFactor({ hours }: Profile, roadClass: RoadClass, hourOfWeek: number): number {
  const [day, hour] = [1 + Math.floor(hourOfWeek / 24), hourOfWeek % 24]
  return hours
    .filter(
      ({ days, fromHour, toHour, classes }) =>
        days.includes(day) &&
        hour >= fromHour &&
        hour < toHour &&
        (classes === undefined || classes.includes(roadClass)),
    )
    .reduce((product, { factor }) => product * factor, 1)
}
