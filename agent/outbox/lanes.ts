import type { Lane } from '#protocols/record.ts'
import type { LaneRange } from '#protocols/session.ts'
import { EMPTY_LANE } from './mark.ts'
import type { LaneMark } from './mark.ts'

export type ByLane<T> = Readonly<Record<Lane, T>>

/** `byLane(() => 0)` is `{ alarm: 0, event: 0, track: 0, diag: 0 }`. */
export const byLane = <T>(valueOf: (lane: Lane) => T): Record<Lane, T> => ({
  alarm: valueOf('alarm'),
  event: valueOf('event'),
  track: valueOf('track'),
  diag: valueOf('diag'),
})

/**
 * What the outbox holds, lane by lane: the ends, the sums at the ends and the bytes of every record between them. The
 * held records of a lane are always one contiguous run, because both letting go and shedding take from the old end.
 *
 *     first ...... acked  acked+1 ...... last
 *     kept for 48 h       waiting for the gateway
 */
export class LaneBook {
  readonly #lanes: Record<Lane, LaneAccount>

  constructor(marks: ByLane<LaneMark> = byLane(() => EMPTY_LANE)) {
    this.#lanes = byLane(lane => new LaneAccount(marks[lane]))
  }

  /** The lane as the mark writes it down. */
  markOf(lane: Lane): LaneMark {
    const { first, before, last, sum, acked, heard } = this.#lanes[lane]
    return { first, before, last, sum, acked, heard }
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

  /** Bytes of records the gateway holds already. */
  ackedBytesOf(lane: Lane): number {
    return this.#lanes[lane].ackedBytes
  }

  ackedTo(): ByLane<number> {
    return byLane(lane => this.#lanes[lane].acked)
  }

  /** The gateway holds everything up to `upTo`, which is at most the lane's last; never goes back. */
  ack(lane: Lane, upTo: number): void {
    this.#lanes[lane].hear(upTo)
  }

  /** As a mark said it, once the records are in. */
  restore(lane: Lane, { acked, heard }: Pick<LaneMark, 'acked' | 'heard'>): void {
    this.#lanes[lane].restore(acked, heard)
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
  /** By the gateway, or shed. */
  acked: number
  /** By the gateway. */
  heard: number
  ackedBytes = 0
  #sizes = new Uint32Array(64)

  constructor(mark: LaneMark) {
    this.first = mark.first
    this.before = mark.before
    // A book begins empty at the mark's old end; records are added as they are met.
    this.last = mark.first - 1
    this.sum = mark.before
    this.acked = mark.first - 1
    this.heard = mark.heard
  }

  add(bytes: number, sum: string): void {
    if (this.last - this.first + 1 === this.#sizes.length) this.#grow()
    this.last++
    this.sum = sum
    this.bytes += bytes
    this.#sizes[this.last & (this.#sizes.length - 1)] = bytes
  }

  dropTo(upTo: number, sumOfUpTo: string): void {
    this.#ack(upTo)
    for (; this.first <= upTo; this.first++) {
      this.bytes -= this.#sizeOf(this.first)
      this.ackedBytes -= this.#sizeOf(this.first)
    }
    this.before = sumOfUpTo
  }

  hear(upTo: number): void {
    this.heard = Math.max(this.heard, upTo)
    this.#ack(upTo)
  }

  restore(acked: number, heard: number): void {
    this.#ack(acked)
    this.heard = heard
  }

  #ack(upTo: number): void {
    for (; this.acked < upTo; this.acked++) this.ackedBytes += this.#sizeOf(this.acked + 1)
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
