import type { UnitsOnRoads } from '../reach/units-on-roads.ts'
import type { RoadSearch } from '../reach/search.ts'
import type { RoadPoint } from '../roads/snap.ts'
import type { Steps } from '../city/steps.ts'

/** Between two steps, a third of a millisecond; a city of 60,000 junctions takes some eighty. */
const NODES_PER_STEP = 1_024

/**
 * What each of the asked units takes to a place, deciseconds: one search from the place against the direction of travel, as
 * `NearestUnits` goes, but for all of them, so nobody is ranked and it can be put down on its way. It ends once nothing that
 * waits can be quicker than what was found for the last of them. A unit that no road connects is absent.
 */
export function* driveTimes(
  units: UnitsOnRoads,
  search: RoadSearch,
  place: RoadPoint,
  asked: ReadonlySet<string>,
  nodesPerStep = NODES_PER_STEP,
): Steps<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  const wanted = [...asked].filter(id => units.slotOf(id) !== undefined).length
  if (wanted === 0) return found
  const { weights } = search
  // Infinity itself would let the loop run on an empty queue, whose frontier is Infinity too.
  let worstDs = Number.MAX_VALUE
  const consider = (slot: number, ds: number): void => {
    const id = units.ids[slot]!
    if (!asked.has(id) || ds >= (found.get(id) ?? Infinity)) return
    found.set(id, ds)
    if (found.size === wanted) worstDs = Math.max(...found.values())
  }
  search.begin('back', Infinity)
  search.startOnEdge(place.edge, place.fraction)
  for (let slot = units.edgeHead[place.edge]!; slot >= 0; slot = units.edgeNext[slot]!) {
    const at = units.fractionOf[slot]!
    for (let drive = 2 * place.edge; drive <= 2 * place.edge + 1; drive++) {
      const isAhead = (drive & 1) === 0 ? at <= place.fraction : at >= place.fraction
      if (isAhead && weights.isWayAlong(drive)) consider(slot, weights.alongDs(drive, at, place.fraction))
    }
  }
  for (let settled = 1; search.frontierDs() <= worstDs; settled++) {
    const node = search.next()
    if (node < 0) break
    for (let hang = units.nodeHead[node]!; hang >= 0; hang = units.hangNext[hang]!) {
      const drive = units.driveOfHang(hang)
      if (weights.mayLeave(drive))
        consider(hang >> 1, weights.outDs(drive, units.fractionOf[hang >> 1]!) + search.costs[node]!)
    }
    if (settled % nodesPerStep === 0) yield
  }
  return found
}
