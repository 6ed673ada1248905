import type { NetworkNode } from '#protocols/roads/network.ts'
import type { NodeControl } from './drive-controls.ts'

/**
 * Coordinates of every node of an extract in flat arrays, 16 bytes each, grown by doubling: id as a double (OSM ids pass
 * 2^32), latitude and longitude in 1e-7 degrees. Files are nearly always sorted by id; when one is not, the index is
 * sorted once before the first look-up.
 */
export class NodeStore {
  private ids = new Float64Array(1 << 16)
  private latE7 = new Int32Array(1 << 16)
  private lonE7 = new Int32Array(1 << 16)
  private count = 0
  private sorted = true
  private readonly blocked = new Set<number>()
  private readonly controls = new Map<number, NodeControl>()

  /** A coordinate outside the world is left out: the road is then cut there, and counted. */
  add(id: number, lat: number, lon: number, blocks: boolean, control?: NodeControl): void {
    if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) return
    if (this.count === this.ids.length) this.grow()
    if (this.count > 0 && (this.ids[this.count - 1] ?? 0) >= id) this.sorted = false
    this.ids[this.count] = id
    this.latE7[this.count] = Math.round(lat * 1e7)
    this.lonE7[this.count++] = Math.round(lon * 1e7)
    if (blocks) this.blocked.add(id)
    if (control !== undefined) this.controls.set(id, control)
  }

  /** Degrees, or undefined when the extract does not hold the node. */
  at(id: number): NetworkNode | undefined {
    if (!this.sorted) this.sort()
    let low = 0
    let high = this.count - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = this.ids[middle] ?? 0
      if (found === id) return { lat: (this.latE7[middle] ?? 0) / 1e7, lon: (this.lonE7[middle] ?? 0) / 1e7 }
      if (found < id) low = middle + 1
      else high = middle - 1
    }
    return undefined
  }

  /** No car gets past this node. */
  isBlocked(id: number): boolean {
    return this.blocked.has(id)
  }

  /** What the node makes drivers do. */
  controlAt(id: number): NodeControl | undefined {
    return this.controls.get(id)
  }

  private grow(): void {
    const size = this.ids.length * 2
    const [ids, lat, lon] = [new Float64Array(size), new Int32Array(size), new Int32Array(size)]
    ids.set(this.ids)
    lat.set(this.latE7)
    lon.set(this.lonE7)
    this.ids = ids
    this.latE7 = lat
    this.lonE7 = lon
  }

  /** Of several nodes with one id, a node of overlapping extracts, the first stays. */
  private sort(): void {
    const all = Array.from({ length: this.count }, (_, i) => i)
    all.sort((a, b) => (this.ids[a] ?? 0) - (this.ids[b] ?? 0) || a - b)
    const order = all.filter((here, i) => i === 0 || this.ids[here] !== this.ids[all[i - 1]!])
    this.count = order.length
    this.ids = Float64Array.from(order, i => this.ids[i] ?? 0)
    this.latE7 = Int32Array.from(order, i => this.latE7[i] ?? 0)
    this.lonE7 = Int32Array.from(order, i => this.lonE7[i] ?? 0)
    this.sorted = true
  }
}
