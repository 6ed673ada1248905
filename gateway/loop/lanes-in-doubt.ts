/**
 * Lanes of which a payload is away until the ledger was read for it, and what came behind it: that waits with it. Committed before it,
 * a record would stand in the ledger without those that came before it, and were the power to go then and the device's store
 * to rot, they would go on under other names and nobody would ever explain the ones they had.
 */
export class LanesInDoubt<Item extends { readonly bytes: number }> {
  readonly #behind = new Map<string, Item[]>()
  #count = 0
  #bytes = 0

  /** Items that wait. */
  get count(): number {
    return this.#count
  }

  /** Bytes of their payloads. */
  get bytes(): number {
    return this.#bytes
  }

  /** A payload of this lane is away from now on. */
  open(lane: string): void {
    if (!this.#behind.has(lane)) this.#behind.set(lane, [])
  }

  /** Keeps an item of a lane that is in doubt; false where the lane is in none. */
  keep(lane: string, item: Item): boolean {
    const behind = this.#behind.get(lane)
    if (behind === undefined) return false
    behind.push(item)
    this.#count++
    this.#bytes += item.bytes
    return true
  }

  /** The payload is back: what waited behind it, in its order. */
  close(lane: string): readonly Item[] {
    const behind = this.#behind.get(lane) ?? []
    this.#behind.delete(lane)
    this.#count -= behind.length
    for (const { bytes } of behind) this.#bytes -= bytes
    return behind
  }
}
