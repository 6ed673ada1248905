/**
 * A queue of nodes by integer cost for a search whose costs never fall (R. B. Dial 1969): a ring of buckets, one per
 * decisecond, each a doubly linked list through two arrays.
 *
 *   head i32[buckets]            first node of the bucket, -1 when empty
 *   next, previous i32[nodes]    neighbours in the bucket; previous is -1 - bucket for the first
 *
 * The ring needs more buckets than the dearest arc, because all costs waiting lie within one arc of the lowest. A node
 * waits at most once (a lower cost moves it), so the node count bounds the lists and nothing is ever allocated.
 */
export class BucketQueue {
  private readonly head: Int32Array
  private readonly next: Int32Array
  private readonly previous: Int32Array
  /** The dearest step it has room for. */
  readonly stepDsMax: number
  private readonly mask: number
  private waiting = 0
  /** Cost of the last node taken; nothing that waits is lower. */
  private floorDs = 0

  constructor(nodeCount: number, stepDsMax: number) {
    const buckets = 2 ** Math.ceil(Math.log2(stepDsMax + 2))
    this.head = new Int32Array(buckets).fill(-1)
    this.next = new Int32Array(nodeCount)
    this.previous = new Int32Array(nodeCount)
    this.mask = buckets - 1
    this.stepDsMax = buckets - 2
  }

  get isEmpty(): boolean {
    return this.waiting === 0
  }

  /** Empties the queue by what is left in it, not by its size. */
  clear(): void {
    for (let bucket = this.floorDs; this.waiting > 0; bucket++) {
      for (let node = this.head[bucket & this.mask]!; node >= 0; node = this.next[node]!) this.waiting--
      this.head[bucket & this.mask] = -1
    }
    this.floorDs = 0
  }

  /** The node must not wait already; `costDs` lies between the floor and the floor plus the dearest step. */
  push(node: number, costDs: number): void {
    const bucket = costDs & this.mask
    const first = this.head[bucket]!
    this.next[node] = first
    this.previous[node] = -1 - bucket
    if (first >= 0) this.previous[first] = node
    this.head[bucket] = node
    this.waiting++
  }

  /** A waiting node became cheaper. */
  lower(node: number, costDs: number): void {
    const next = this.next[node]!
    const previous = this.previous[node]!
    if (previous >= 0) this.next[previous] = next
    else this.head[-1 - previous] = next
    if (next >= 0) this.previous[next] = previous
    this.waiting--
    this.push(node, costDs)
  }

  /** Cost of the cheapest node that waits; call only when not empty. */
  lowestDs(): number {
    while (this.head[this.floorDs & this.mask]! < 0) this.floorDs++
    return this.floorDs
  }

  /** Takes a cheapest node; call only when not empty. */
  pop(): number {
    const bucket = this.lowestDs() & this.mask
    const node = this.head[bucket]!
    const next = this.next[node]!
    this.head[bucket] = next
    if (next >= 0) this.previous[next] = -1 - bucket
    this.waiting--
    return node
  }
}
