import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Gone } from './road-spans.ts'
import type { UnitsOnRoads } from '../reach/units-on-roads.ts'
import { RoadWeights } from '../reach/weights.ts'
import { roadRegions } from './road-regions.ts'

/** No crew needs longer to get going and still counts: 30 min, the longest readiness of a reserve. */
export const TURNOUT_DS_MAX = 18_000

/** Junctions whose labels, roads and waiting entries a processor keeps near itself (a megabyte or two). */
const REGION_JUNCTIONS = 16_384
const NOWHERE = -1

export type LabelBounds = {
  /** The K nearest units are told apart up to here, deciseconds. */
  readonly budgetDs: number
  /** Beyond it only the nearest one is followed, up to here: who could fill a hole. */
  readonly fillDs: number
}

/**
 * The K nearest distinct units of every junction and their times, turnout included: a search outwards from many units at
 * once over the graph's arcs, in rising time (R. B. Dial's buckets, as in `BucketQueue`, but a junction may wait once per way
 * in). A junction passes on only the labels it keeps, which is exact: a unit that is not among the K nearest of a junction is
 * not among the K nearest of any place beyond it either.
 *
 * Up to the budget the units of one region after the other set out (`roadRegions`), each search finding what those before it
 * left: at a million junctions what costs is reaching into memory, so one neighbourhood is worked on at a time. A label of
 * another region that comes later than K others gives way; whoever it was passed on to is reached by those others as well, and
 * no later. Beyond the budget one search goes on from everything that was labelled.
 *
 *   counts u8[R]             labels of a row
 *   timesDs u32[R*K], slots i32[R*K]    label i of row r at r*K+i, by rising time; slot as in `UnitsOnRoads`
 *   rowOfDrive u32[2E]       the row that holds who can set out on a drive: `rowInto`
 *
 * The first rows are the nodes of a search, junctions and their copies. Where a junction has copies, who may turn into a
 * road differs from road to road, so each drive that leaves it has a row of its own, filled at the end of a run from all
 * the copies that may take it; a closed drive's row says who is there at all. All others share their junction's row.
 *
 *   head i32[buckets]        first waiting entry of a decisecond, -1 none; the ring is longer than any step or start
 *   entries i32[3*entries]   waiting entries, {node, slot, next} each, side by side; K*A + 2*units of them at most, because
 *                            a label that one search keeps passes each arc once and a unit hangs on two junctions
 *   regionOfSlot i32[slots]  where the unit stands in this run, NOWHERE when it takes no part
 *
 * No query allocates.
 */
export class KLabels {
  readonly graph: RoadGraph
  readonly units: UnitsOnRoads
  readonly weights: RoadWeights
  readonly k: number
  readonly counts: Uint8Array
  readonly timesDs: Uint32Array
  readonly slots: Int32Array
  private readonly rowOfDrive: Uint32Array
  private readonly mergedDrives: readonly number[]
  private head = new Int32Array(0)
  private mask = -1
  private readonly entries: Int32Array
  private readonly regions: ReturnType<typeof roadRegions>
  private readonly regionOfSlot: Int32Array
  private entriesEnd = 0
  private waiting = 0

  /** Without weights roads are driven in length over speed. */
  constructor(
    units: UnitsOnRoads,
    k: number,
    weights: RoadWeights = new RoadWeights(units.graph),
    regionJunctions = REGION_JUNCTIONS,
  ) {
    const { graph } = units
    this.graph = graph
    this.units = units
    this.weights = weights
    this.k = k
    const drives = Array.from({ length: 2 * graph.edgeCount }, (_, drive) => drive)
    const { copyFirst } = graph
    this.mergedDrives = drives.filter(drive => {
      const junction = graph.driveFrom(drive)
      return copyFirst[junction + 1]! > copyFirst[junction]!
    })
    this.rowOfDrive = Uint32Array.from(drives, drive => graph.driveFrom(drive))
    this.mergedDrives.forEach((drive, i) => (this.rowOfDrive[drive] = graph.searchCount + i))
    const rows = graph.searchCount + this.mergedDrives.length
    this.counts = new Uint8Array(rows)
    this.timesDs = new Uint32Array(rows * k)
    this.slots = new Int32Array(rows * k)
    this.regions = roadRegions(graph, regionJunctions)
    this.regionOfSlot = new Int32Array(units.sizeMax)
    const entriesMax = k * graph.arcCount + 2 * units.sizeMax
    this.entries = new Int32Array(3 * entriesMax)
  }

  /** Labels every junction anew. `turnoutDs[slot]` is at most `TURNOUT_DS_MAX`, `fillDs` below `CLOSED_DS`; those `gone` take no part. */
  run(turnoutDs: Uint32Array, { budgetDs, fillDs }: LabelBounds, gone: Gone = null): void {
    this.counts.fill(0)
    this.makeRing()
    this.sortIntoRegions(gone)
    for (let region = 0; region < this.regions.count; region++) {
      this.entriesEnd = 0
      this.start(turnoutDs, region, -1, budgetDs)
      this.drain(0, budgetDs, this.k)
    }
    if (fillDs > budgetDs) {
      this.entriesEnd = 0
      for (let region = 0; region < this.regions.count; region++)
        this.start(turnoutDs, region, budgetDs, fillDs)
      this.startAtFrontier(fillDs)
      this.drain(budgetDs + 1, fillDs, 1)
    }
    for (const drive of this.mergedDrives) this.mergeInto(drive)
  }

  /** The row of those who can be where a drive begins and take it: index `counts` with it. */
  rowInto(drive: number): number {
    return this.rowOfDrive[drive]!
  }

  /** When the nearest unit stands where a drive begins and may take it, deciseconds; Infinity when nobody comes within the bounds of the run. */
  nearestDs(drive: number, gone: Gone = null): number {
    return this.firstDs(this.rowOfDrive[drive]!, gone)
  }

  /** When the nearest unit is at a junction, whichever way it came; Infinity as above. */
  nearestAtDs(junction: number, gone: Gone = null): number {
    const { copyFirst } = this.graph
    let best = this.firstDs(junction, gone)
    for (let copy = copyFirst[junction]!; copy < copyFirst[junction + 1]!; copy++)
      best = Math.min(best, this.firstDs(copy, gone))
    return best
  }

  /** Time of the first of a row who is there. */
  private firstDs(row: number, gone: Gone): number {
    const { counts, timesDs, slots, k } = this
    for (let label = row * k; label < row * k + counts[row]!; label++)
      if (gone === null || gone[slots[label]!] === 0) return timesDs[label]!
    return Infinity
  }

  /** Long enough for the dearest step there is now. */
  private makeRing(): void {
    const buckets = 2 ** Math.ceil(Math.log2(this.weights.stepDsMax + TURNOUT_DS_MAX + 2))
    if (this.head.length >= buckets) return
    this.head = new Int32Array(buckets).fill(-1)
    this.mask = buckets - 1
  }

  private mergeInto(drive: number): void {
    const { graph } = this
    const junction = graph.driveFrom(drive)
    const row = this.rowOfDrive[drive]!
    const isOpen = graph.isOpen(drive)
    this.mergeRow(row, junction)
    for (let copy = graph.copyFirst[junction]!; copy < graph.copyFirst[junction + 1]!; copy++)
      if (!isOpen || graph.arcOf(copy, drive) >= 0) this.mergeRow(row, copy)
  }

  private mergeRow(row: number, node: number): void {
    for (let label = node * this.k; label < node * this.k + this.counts[node]!; label++)
      this.mergeLabel(row, this.slots[label]!, this.timesDs[label]!)
  }

  /** Keeps the K nearest distinct units of a row, by rising time. */
  private mergeLabel(row: number, slot: number, timeDs: number): void {
    const { k, slots, timesDs, counts } = this
    const first = row * k
    const count = counts[row]!
    let at = first
    while (at < first + count && slots[at] !== slot) at++
    if (at < first + count && timesDs[at]! <= timeDs) return
    if (at === first + k) {
      at--
      if (timesDs[at]! <= timeDs) return
    } else if (at === first + count) counts[row] = count + 1
    for (; at > first && timesDs[at - 1]! > timeDs; at--) {
      slots[at] = slots[at - 1]!
      timesDs[at] = timesDs[at - 1]!
    }
    slots[at] = slot
    timesDs[at] = timeDs
  }

  /** The region of each unit that takes part, NOWHERE of the others. */
  private sortIntoRegions(gone: Gone): void {
    const { units, regionOfSlot, regions } = this
    for (let slot = 0; slot < units.ids.length; slot++) {
      const edge = units.edgeOf[slot]!
      const isThere = edge >= 0 && gone?.[slot] !== 1
      regionOfSlot[slot] = isThere ? regions.regionOf[this.graph.edgeFrom[edge]!]! : NOWHERE
    }
  }

  /** Units of a region that get to a junction later than `afterDs` and by `untilDs`. */
  private start(turnoutDs: Uint32Array, region: number, afterDs: number, untilDs: number): void {
    const { graph, units, weights } = this
    for (let slot = 0; slot < units.ids.length; slot++) {
      if (this.regionOfSlot[slot] !== region) continue
      const startDs = turnoutDs[slot]!
      for (let hang = 2 * slot; hang <= 2 * slot + 1; hang++) {
        const node = units.nodeOfHang(hang)
        const drive = units.driveOfHang(hang)
        if (node < 0 || node >= graph.searchCount || !weights.mayLeave(drive)) continue
        const timeDs = startDs + weights.outDs(drive, units.fractionOf[slot]!)
        if (timeDs > afterDs && timeDs <= untilDs) this.push(node, slot, timeDs)
      }
    }
  }

  /** Everything is labelled up to the budget: the nearest of each junction goes on from there to those that have none. */
  private startAtFrontier(fillDs: number): void {
    const { counts, timesDs, slots, k } = this
    for (let node = 0; node < this.graph.searchCount; node++)
      if (counts[node]! > 0) this.passOn(node, slots[node * k]!, timesDs[node * k]!, fillDs, 1)
  }

  /** In rising time from `fromDs` on, until nothing waits; a junction keeps `room` labels. */
  private drain(fromDs: number, untilDs: number, room: number): void {
    for (let timeDs = fromDs; this.waiting > 0; timeDs++) {
      const bucket = timeDs & this.mask
      let entry = this.head[bucket]!
      if (entry < 0) continue
      this.head[bucket] = -1
      // Every arc costs at least 1, so nothing joins the bucket that is being emptied.
      for (; entry >= 0; entry = this.entries[entry + 2]!) {
        this.waiting--
        const node = this.entries[entry]!
        const slot = this.entries[entry + 1]!
        if (!this.wants(node, slot, timeDs, room)) continue
        this.keep(node, slot, timeDs, room)
        this.passOn(node, slot, timeDs, untilDs, room)
      }
    }
  }

  private passOn(node: number, slot: number, timeDs: number, untilDs: number, room: number): void {
    const { arcFirst, arcTo } = this.graph
    const { arcDs } = this.weights
    const end = arcFirst[node + 1]!
    for (let arc = arcFirst[node]!; arc < end; arc++) {
      const thereDs = timeDs + arcDs[arc]!
      const there = arcTo[arc]!
      if (thereDs <= untilDs && this.wants(there, slot, thereDs, room)) this.push(there, slot, thereDs)
    }
  }

  /** Whether this would be one of the labels of the junction, as far as is known by now. */
  private wants(node: number, slot: number, timeDs: number, room: number): boolean {
    const count = this.counts[node]!
    if (count === 0) return true
    const first = node * this.k
    if (count >= room && this.timesDs[first + room - 1]! <= timeDs) return false
    for (let label = first; label < first + count; label++) if (this.slots[label] === slot) return false
    return true
  }

  /** Behind all that are not later; where there is no room the last one goes, which came from another region. */
  private keep(node: number, slot: number, timeDs: number, room: number): void {
    const { timesDs, slots } = this
    const first = node * this.k
    const count = this.counts[node]!
    let at = first + count
    if (count >= room) at = first + room - 1
    else this.counts[node] = count + 1
    for (; at > first && timesDs[at - 1]! > timeDs; at--) {
      timesDs[at] = timesDs[at - 1]!
      slots[at] = slots[at - 1]!
    }
    timesDs[at] = timeDs
    slots[at] = slot
  }

  private push(node: number, slot: number, timeDs: number): void {
    const bucket = timeDs & this.mask
    const entry = this.entriesEnd
    this.entries[entry] = node
    this.entries[entry + 1] = slot
    this.entries[entry + 2] = this.head[bucket]!
    this.entriesEnd = entry + 3
    this.head[bucket] = entry
    this.waiting++
  }
}
