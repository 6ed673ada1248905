import { LANES } from '#protocols/record.ts'
import type { Lane } from '#protocols/record.ts'
import type { LaneRange } from '#protocols/session.ts'
import { EMPTY_LANE } from './mark.ts'
import type { LaneMark } from './mark.ts'

export type ByLane<T> = Readonly<Record<Lane, T>>

/** `byLane(() => 0)` is `{ alarm: 0, event: 0, track: 0, diag: 0 }`. */
export const byLane = <T>(valueOf: (lane: Lane) => T): Record<Lane, T> =>
  Object.fromEntries(LANES.map(lane => [lane, valueOf(lane)])) as Record<Lane, T>

/**
 * What the outbox holds, lane by lane: the ends, the sums at the ends and the bytes of every record between them. The
 * held records of a lane are always one contiguous run, because both freeing and shedding take from the old end.
 */
export class LaneBook {
  readonly #lanes: Record<Lane, LaneAccount>

  constructor(marks: ByLane<LaneMark> = byLane(() => EMPTY_LANE)) {
    this.#lanes = byLane(lane => new LaneAccount(marks[lane]))
  }

  /** The lane as the mark writes it down. */
  markOf(lane: Lane): LaneMark {
    const { first, before, last, sum } = this.#lanes[lane]
    return { first, before, last, sum }
  }

  marks(): ByLane<LaneMark> {
    return byLane(lane => this.markOf(lane))
  }

  ranges(): ByLane<LaneRange> {
    return byLane(lane => ({ first: this.#lanes[lane].first, last: this.#lanes[lane].last }))
  }

  bytesOf(lane: Lane): number {
    return this.#lanes[lane].bytes
  }

  /** Takes in the next record of the lane: `last` grows by one. */
  add(lane: Lane, bytes: number, sum: string): void {
    this.#lanes[lane].add(bytes, sum)
  }

  /** Lets go of everything up to and with `upTo`, whose sum the next record continues. */
  dropTo(lane: Lane, upTo: number, sumOfUpTo: string): void {
    this.#lanes[lane].dropTo(upTo, sumOfUpTo)
  }

  /** The smallest seq so that dropping up to it frees at least `bytes`; the lane's last when it holds less. */
  seqCovering(lane: Lane, bytes: number): number {
    return this.#lanes[lane].seqCovering(bytes)
  }
}

/**
 * Bytes per record in a ring indexed by `seq & mask`: 4 bytes for each record held, 4 MiB for the million positions that
 * fill 512 MiB. The ring doubles before it would overwrite a held seq, so no two held records ever share a place.
 */
class LaneAccount {
  first: number
  before: string
  last: number
  sum: string
  bytes = 0
  #sizes = new Uint32Array(64)

  constructor(mark: LaneMark) {
    this.first = mark.first
    this.before = mark.before
    // A book begins empty at the mark's old end; records are added as they are met.
    this.last = mark.first - 1
    this.sum = mark.before
  }

  add(bytes: number, sum: string): void {
    if (this.last - this.first + 1 === this.#sizes.length) this.#grow()
    this.last++
    this.sum = sum
    this.bytes += bytes
    this.#sizes[this.last & (this.#sizes.length - 1)] = bytes
  }

  dropTo(upTo: number, sumOfUpTo: string): void {
    for (; this.first <= upTo; this.first++) this.bytes -= this.#sizeOf(this.first)
    this.before = sumOfUpTo
  }

  seqCovering(bytes: number): number {
    let covered = 0
    let seq = this.first
    for (; seq < this.last && covered + this.#sizeOf(seq) < bytes; seq++) covered += this.#sizeOf(seq)
    return Math.min(seq, this.last)
  }

  #sizeOf(seq: number): number {
    return this.#sizes[seq & (this.#sizes.length - 1)]!
  }

  #grow(): void {
    const sizes = new Uint32Array(this.#sizes.length * 2)
    for (let seq = this.first; seq <= this.last; seq++) sizes[seq & (sizes.length - 1)] = this.#sizeOf(seq)
    this.#sizes = sizes
  }
}
