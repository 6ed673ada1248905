import { partialCostDs } from '#protocols/roads/graph.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { COST_DS_MAX } from '#protocols/roads/graph-layout.ts'
import { ROAD_CLASSES } from '#protocols/roads/network.ts'
import type { Drive } from '#protocols/roads/network.ts'
import { FREE_FLOW } from './conditions.ts'
import type { Conditions } from './conditions.ts'
import { freeTimes, hourFactors } from './drive-times.ts'
import type { DriveTimes } from './drive-times.ts'

/** What a closed drive costs: more than any search may spend, and less than half of what its sums can hold. */
export const CLOSED_DS = 2 ** 30
/** Nobody waits longer at one junction; what is slower is slow all along. */
const DELAY_DS_MAX = 65_535

/**
 * What driving takes now, integer deciseconds: the times of one profile under the conditions of the moment. The roads
 * (`graph`) are shared by all weights over them. Index the first three with a drive, the others with an arc of the graph.
 *
 *   enterDs u16[2E]  runDs u32[2E]  leaveDs u16[2E]    as `DriveTimes`, factors in; runDs is CLOSED_DS where no way is
 *   lastDs u32[2E]                                     runDs for those who end on it; the same array unless the profile
 *                                                      lets them against a one-way road
 *   arcDs u32[A], backDs u32[A]                        enter + run + leave of arcs leaving / entering a node
 *   standingDs                                         run of drives that conditions closed, for who stands on one
 *
 * Conditions close a drive to those who come: who stands on it may still drive on to its end. Where the profile has no way
 * nobody drives at all. A road closed in every direction that cars may drive is shut (`isShut`).
 *
 * One owner lays them; a search that begins afterwards sees the new ones. A place on a road is an edge and a fraction from
 * its `from` to its `to`, whichever way one drives; a part and the rest of a drive always add up to the whole.
 */
export class RoadWeights {
  readonly graph: RoadGraph
  readonly enterDs: Uint16Array
  readonly runDs: Uint32Array
  readonly leaveDs: Uint16Array
  readonly lastDs: Uint32Array
  readonly arcDs: Uint32Array
  readonly backDs: Uint32Array
  /** The dearest arc that is open: what a bucket queue needs to know. */
  stepDsMax = 1
  private readonly times: DriveTimes
  private readonly standingDs = new Map<Drive, number>()

  constructor(graph: RoadGraph, times: DriveTimes = freeTimes(graph), conditions: Conditions = FREE_FLOW) {
    this.graph = graph
    this.times = times
    this.enterDs = new Uint16Array(2 * graph.edgeCount)
    this.runDs = new Uint32Array(2 * graph.edgeCount)
    this.leaveDs = new Uint16Array(2 * graph.edgeCount)
    this.lastDs = times.lastDs === undefined ? this.runDs : new Uint32Array(2 * graph.edgeCount)
    this.arcDs = new Uint32Array(graph.arcCount)
    this.backDs = new Uint32Array(graph.arcCount)
    this.lay(conditions)
  }

  /**
   * Takes up new conditions: on all roads (60,000 junctions take a few milliseconds), or on the named drives alone, when
   * they are all that differs from the conditions before.
   */
  lay(conditions: Conditions, only?: Iterable<Drive>): void {
    const byClass = hourFactors(this.times, conditions.hourOfWeek)
    for (const layer of conditions.layers)
      if (layer.by === 'class')
        ROAD_CLASSES.forEach((roadClass, i) => (byClass[i]! *= layer.factors[roadClass] ?? 1))
    const byDrive = conditions.layers.flatMap(layer =>
      layer.by === 'drive' && layer.factors.size > 0 ? [layer.factors] : [],
    )
    // Negative when one of the layers closes the drive: its size is then what the others make of it.
    const factorOf = (drive: Drive): number => {
      let factor = byClass[this.graph.edgeClassIndex(drive >> 1)]!
      let isClosed = false
      for (const factors of byDrive) {
        const one = factors.get(drive) ?? 1
        if (one < CLOSED_DS) factor *= one
        else isClosed = true
      }
      return isClosed ? -factor : factor
    }
    if (only === undefined) this.layAll(factorOf)
    else for (const drive of only) this.layOne(drive, factorOf(drive))
  }

  /** Somebody may drive through here now. */
  isOpen(drive: Drive): boolean {
    return this.runDs[drive]! < CLOSED_DS
  }

  /** Somebody may come this way to a place on it. */
  isWayTo(drive: Drive): boolean {
    return this.lastDs[drive]! < CLOSED_DS
  }

  /** From a place on it one may drive to another further along. */
  isWayAlong(drive: Drive): boolean {
    return this.isWayTo(drive) || this.standingDs.has(drive)
  }

  /** Who stands on the drive may drive on to its end, although nobody may come any more. */
  mayLeave(drive: Drive): boolean {
    return this.isOpen(drive) || this.standingDs.has(drive)
  }

  /** Nobody may drive into the road from anywhere now, though on other days cars do. */
  isShut(edge: number): boolean {
    const [there, back] = [2 * edge, 2 * edge + 1]
    if (this.isOpen(there) || this.isOpen(back)) return false
    return this.standingDs.has(there) || this.standingDs.has(back)
  }

  /** Running time for who stands on a drive that may be left. */
  standingRunDs(drive: Drive): number {
    const runDs = this.runDs[drive]!
    return runDs < CLOSED_DS ? runDs : (this.standingDs.get(drive) ?? CLOSED_DS)
  }

  /** The whole drive, turning into it and what is lost at its end included; CLOSED_DS or more where no way is. */
  wholeDs(drive: Drive): number {
    return this.enterDs[drive]! + this.runDs[drive]! + this.leaveDs[drive]!
  }

  /** From the junction where a drive begins to a place on it, given `isWayTo`. */
  intoDs(drive: Drive, fraction: number): number {
    return this.enterDs[drive]! + ranDs(drive, this.lastDs[drive]!, fraction)
  }

  /** From a place on a drive that may be left to the junction where it ends. */
  outDs(drive: Drive, fraction: number): number {
    const runDs = this.standingRunDs(drive)
    return runDs - ranDs(drive, runDs, fraction) + this.leaveDs[drive]!
  }

  /** From a place on a drive to one further along it, given `isWayAlong`. */
  alongDs(drive: Drive, from: number, to: number): number {
    const runDs = this.alongRunDs(drive)
    return ranDs(drive, runDs, to) - ranDs(drive, runDs, from)
  }

  /** The fraction one comes to along a drive from a place in some time, given `isWayAlong`; below 0 or above 1 beyond its end. */
  aheadTo(drive: Drive, from: number, ds: number): number {
    const runDs = this.alongRunDs(drive)
    const placeDs = partialCostDs(runDs, from)
    return (drive & 1) === 0 ? (placeDs + ds) / runDs : (placeDs - ds) / runDs
  }

  private alongRunDs(drive: Drive): number {
    return this.isWayTo(drive) ? this.lastDs[drive]! : this.standingRunDs(drive)
  }

  private layAll(factorOf: (drive: Drive) => number): void {
    const { graph } = this
    this.stepDsMax = 1
    for (let drive = 0; drive < this.runDs.length; drive++) this.layDrive(drive, factorOf(drive))
    for (let arc = 0; arc < graph.arcCount; arc++) {
      this.arcDs[arc] = this.wholeDs(graph.arcDrive[arc]!)
      this.backDs[arc] = this.wholeDs(graph.backDrive[arc]!)
    }
  }

  private layOne(drive: Drive, factor: number): void {
    const { graph } = this
    this.layDrive(drive, factor)
    const junction = graph.driveFrom(drive)
    this.layArc(junction, drive)
    for (let copy = graph.copyFirst[junction]!; copy < graph.copyFirst[junction + 1]!; copy++)
      this.layArc(copy, drive)
  }

  private layDrive(drive: Drive, factor: number): void {
    const { enterDs, runDs, leaveDs, lastDs } = this.times
    const times = Math.abs(factor)
    const hasWay = runDs[drive] !== 0
    const drivenDs = scaled(runDs[drive]!, times)
    this.enterDs[drive] = hasWay ? Math.min(DELAY_DS_MAX, Math.round(enterDs[drive]! * times)) : 0
    this.leaveDs[drive] = hasWay ? Math.min(DELAY_DS_MAX, Math.round(leaveDs[drive]! * times)) : 0
    this.runDs[drive] = hasWay && factor > 0 ? drivenDs : CLOSED_DS
    if (lastDs !== undefined) this.lastDs[drive] = factor > 0 ? scaled(lastDs[drive]!, times) : CLOSED_DS
    if (hasWay && factor < 0) this.standingDs.set(drive, drivenDs)
    else this.standingDs.delete(drive)
    if (hasWay && factor > 0) this.stepDsMax = Math.max(this.stepDsMax, this.wholeDs(drive))
  }

  private layArc(tail: number, drive: Drive): void {
    const { graph } = this
    const arc = graph.arcOf(tail, drive)
    if (arc < 0) return
    this.arcDs[arc] = this.wholeDs(drive)
    const head = graph.arcTo[arc]!
    for (let back = graph.backFirst[head]!; back < graph.backFirst[head + 1]!; back++)
      if (graph.backDrive[back] === drive && graph.backFrom[back] === tail)
        this.backDs[back] = this.wholeDs(drive)
  }
}

const scaled = (ds: number, times: number): number =>
  Math.max(1, Math.min(COST_DS_MAX, Math.round(ds * times)))

/** Running time of the part that lies behind a place. */
function ranDs(drive: Drive, runDs: number, fraction: number): number {
  const partDs = partialCostDs(runDs, fraction)
  return (drive & 1) === 0 ? partDs : runDs - partDs
}
