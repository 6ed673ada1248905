import type { Drive } from '#protocols/roads/network.ts'
import type { Way } from '../city/surroundings.ts'
import type { RoadSearch } from '../reach/search.ts'
import type { RoadPoint } from '../roads/snap.ts'

type Place = Pick<RoadPoint, 'edge' | 'fraction'>

/** A way across a city of 60,000 junctions has some hundreds of legs; a longer one doubles the columns once. */
const LEGS_FIRST = 1_024

/**
 * Reads ways out of a search that came back from the place, drive by drive, into two columns that every next way is written
 * over: a page that asks who is nearest has 255 ways of some hundred legs looked at, ten times a second, and as
 * objects they were half of all that a gateway allocated.
 */
export class WayReader implements Way {
  count = 0
  drives = new Uint32Array(LEGS_FIRST)
  ds = new Uint32Array(LEGS_FIRST)

  /** The way of a unit; none when the search has not met it. It holds until the next one is read. */
  read(search: RoadSearch, unit: Place, place: Place): Way {
    const { graph, weights } = search
    this.count = 0
    let bestDs = Infinity
    let [first, firstDs, node] = [-1, 0, -1]
    for (let drive = 2 * unit.edge; drive <= 2 * unit.edge + 1; drive++) {
      if (!weights.isOpen(drive)) continue
      const isAhead = (drive & 1) === 0 ? unit.fraction <= place.fraction : unit.fraction >= place.fraction
      if (unit.edge === place.edge && isAhead) {
        const ds = weights.alongDs(drive, unit.fraction, place.fraction)
        if (ds < bestDs) [bestDs, first, firstDs, node] = [ds, drive, ds, -1]
      }
      const end = graph.driveEnd[drive]!
      const restDs = search.costDs(end)
      const outDs = weights.outDs(drive, unit.fraction)
      if (restDs >= 0 && outDs + restDs < bestDs)
        [bestDs, first, firstDs, node] = [outDs + restDs, drive, outDs, end]
    }
    if (first < 0) return this
    this.add(first, firstDs)
    if (node >= 0) this.follow(search, node, place)
    return this
  }

  private follow(search: RoadSearch, from: number, place: Place): void {
    const { graph, weights } = search
    let node = from
    for (let arc = search.parents[node]!; arc >= 0; arc = search.parents[node]!) {
      const drive = graph.backDrive[arc]!
      this.add(drive, weights.wholeDs(drive))
      node = graph.arcTo[graph.arcOf(node, drive)]!
    }
    const ahead = 2 * place.edge
    const isAhead =
      weights.isOpen(ahead) &&
      graph.arcOf(node, ahead) >= 0 &&
      search.costs[node] === weights.intoDs(ahead, place.fraction)
    this.add(isAhead ? ahead : ahead + 1, search.costs[node]!)
  }

  private add(drive: Drive, ds: number): void {
    if (this.count === this.drives.length) {
      this.drives = grown(this.drives)
      this.ds = grown(this.ds)
    }
    this.drives[this.count] = drive
    this.ds[this.count++] = ds
  }
}

function grown(column: Uint32Array): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(2 * column.length)
  longer.set(column)
  return longer
}
