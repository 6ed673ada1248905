import type { Lane } from '#protocols/record.ts'

/**
 * How often an ack of back-fill is written down: each write is two syncs, behind which an event would have to wait. Acks of
 * alarms and events are written at once, because people wait for them.
 */
const BACKFILL_EVERY_MS = 1_000
const BACKFILL_LANES: readonly Lane[] = ['track', 'diag']

/** Tells the store that the gateway holds a lane up to here. */
export type FreeEffect = {
  readonly type: 'free'
  readonly lane: Lane
  readonly upTo: number
  readonly sum: string | undefined
}

/** The newest ack of each lane that is not written down yet. One that is lost with the process comes again after the hello. */
export class AcksDue {
  readonly #due = new Map<Lane, FreeEffect>()
  readonly #writtenMonoMs = new Map<Lane, number>()

  note(lane: Lane, upTo: number, sum: string | undefined): void {
    this.#due.set(lane, { type: 'free', lane, upTo, sum })
  }

  /** It could not be written down; a newer one says as much. */
  again(lane: Lane, upTo: number, sum: string | undefined): void {
    if (!this.#due.has(lane)) this.note(lane, upTo, sum)
  }

  /** What was said about this lane does not hold any more. */
  forget(lane: Lane): void {
    this.#due.delete(lane)
  }

  forgetAll(): void {
    this.#due.clear()
  }

  /** What is to be written now; with `lane` the ack of that lane in any case. */
  take(monoMs: number, lane?: Lane): readonly FreeEffect[] {
    const now = [...this.#due.values()].filter(due => due.lane === lane || this.#isTime(due.lane, monoMs))
    for (const due of now) {
      this.#due.delete(due.lane)
      this.#writtenMonoMs.set(due.lane, monoMs)
    }
    return now
  }

  #isTime(lane: Lane, monoMs: number): boolean {
    const written = this.#writtenMonoMs.get(lane) ?? -Infinity
    return !BACKFILL_LANES.includes(lane) || monoMs - written >= BACKFILL_EVERY_MS
  }
}
