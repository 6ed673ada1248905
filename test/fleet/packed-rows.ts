import { placeOf, recordKey } from '#agent/outbox/keys.ts'
import { byLane } from '#agent/outbox/lanes.ts'
import type { Lane } from '#protocols/record.ts'

/** Records of one block; their seqs differ only below it. */
const BLOCK_RECORDS = 256
/** Of 256 positions; memory behind what is written is never touched. */
const BLOCK_BYTES = 128 * 1024

/**
 * Rows for a `MemoryDisk` that keep its records as bytes outside the heap. Many cars in one process stand for as many
 * computers; as strings, their backlogs are millions of things that a collector walks through again and again, on the
 * processors of whoever is measured beside them.
 */
export class PackedRows extends Map<string, string> {
  /** By `seq / BLOCK_RECORDS`, rounded down. */
  readonly #blocks = byLane(() => new Map<number, Block>())

  override get size(): number {
    const blocks = Object.values(this.#blocks).flatMap(lane => [...lane.values()])
    return super.size + blocks.reduce((sum, block) => sum + block.held, 0)
  }

  override get(key: string): string | undefined {
    const place = placeOf(key)
    if (place?.what !== 'record') return super.get(key)
    return this.#blocks[place.lane].get(blockOf(place.seq))?.get(place.seq % BLOCK_RECORDS)
  }

  override has(key: string): boolean {
    return this.get(key) !== undefined
  }

  override set(key: string, value: string): this {
    const place = placeOf(key)
    if (place?.what !== 'record') return super.set(key, value)
    const lane = this.#blocks[place.lane]
    const at = blockOf(place.seq)
    const block = lane.get(at) ?? new Block()
    lane.set(at, block)
    block.set(place.seq % BLOCK_RECORDS, value)
    return this
  }

  override delete(key: string): boolean {
    const place = placeOf(key)
    if (place?.what !== 'record') return super.delete(key)
    const lane = this.#blocks[place.lane]
    const block = lane.get(blockOf(place.seq))
    const was = block?.delete(place.seq % BLOCK_RECORDS) ?? false
    if (block?.held === 0) lane.delete(blockOf(place.seq))
    return was
  }

  override clear(): void {
    super.clear()
    for (const lane of Object.values(this.#blocks)) lane.clear()
  }

  override *entries(): MapIterator<[string, string]> {
    yield* super.entries()
    for (const [lane, blocks] of Object.entries(this.#blocks))
      for (const [at, block] of blocks)
        for (let n = 0; n < BLOCK_RECORDS; n++) {
          const value = block.get(n)
          if (value !== undefined) yield [recordKey(lane as Lane, at * BLOCK_RECORDS + n), value]
        }
  }

  override *keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key
  }

  override *values(): MapIterator<string> {
    for (const [, value] of this.entries()) yield value
  }

  override forEach(see: (value: string, key: string, rows: Map<string, string>) => void): void {
    for (const [key, value] of this.entries()) see(value, key, this)
  }

  override [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries()
  }
}

const blockOf = (seq: number): number => Math.floor(seq / BLOCK_RECORDS)

/** Texts one behind the other; one that is put anew leaves its old bytes where they were. */
class Block {
  held = 0
  #bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  #end = 0
  readonly #starts = new Uint32Array(BLOCK_RECORDS)
  /** 0: nothing is held there. */
  readonly #lengths = new Uint32Array(BLOCK_RECORDS)

  get(n: number): string | undefined {
    const [start, length] = [this.#starts[n]!, this.#lengths[n]!]
    return length === 0 ? undefined : this.#bytes.toString('utf8', start, start + length)
  }

  set(n: number, value: string): void {
    const length = Buffer.byteLength(value)
    if (length === 0) throw new RangeError('a record has at least one byte')
    while (this.#end + length > this.#bytes.length) this.#grow()
    this.#bytes.write(value, this.#end)
    if (this.#lengths[n] === 0) this.held++
    this.#starts[n] = this.#end
    this.#lengths[n] = length
    this.#end += length
  }

  delete(n: number): boolean {
    if (this.#lengths[n] === 0) return false
    this.#lengths[n] = 0
    this.held--
    return true
  }

  #grow(): void {
    const grown = Buffer.allocUnsafeSlow(2 * this.#bytes.length)
    this.#bytes.copy(grown, 0, 0, this.#end)
    this.#bytes = grown
  }
}
