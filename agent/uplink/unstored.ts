import type { Unstored } from '#protocols/session.ts'
import type { Now } from '#protocols/time.ts'

/** An alarm the store refused, or did not answer for in time. */
export type UnstoredAlarm = {
  readonly id: string
  readonly kind: string
  readonly body: string
  readonly occurred: Now
}

/** Alarms of one broken store waiting at a time; with no store and no link the oldest give way, and that is told. */
export const UNSTORED_KEPT_MAX = 32
/** Sent again this often until the gateway says that it holds it; a PUBACK says only that the broker does. */
const RESEND_MS = 5_000

type Waiting = { readonly alarm: UnstoredAlarm; sentMonoMs: number }

/** Alarms that live in this memory alone, until the gateway has them in its ledger. */
export class UnstoredBook {
  readonly #waiting = new Map<string, Waiting>()

  get size(): number {
    return this.#waiting.size
  }

  /** Takes an alarm; returns the id of the one that had to give way, if any. */
  add(alarm: UnstoredAlarm): string | null {
    this.#waiting.set(alarm.id, { alarm, sentMonoMs: -Infinity })
    if (this.#waiting.size <= UNSTORED_KEPT_MAX) return null
    const oldest = [...this.#waiting.keys()][0]!
    this.#waiting.delete(oldest)
    return oldest
  }

  /** The gateway holds it. False when it was not waiting. */
  heard(id: string): boolean {
    return this.#waiting.delete(id)
  }

  /** A new connection: everything is due at once. */
  connected(): void {
    for (const waiting of this.#waiting.values()) waiting.sentMonoMs = -Infinity
  }

  /** What is to be sent now, with its age by the monotonic clock. */
  due(monoMs: number): readonly Unstored[] {
    const due = [...this.#waiting.values()].filter(w => monoMs - w.sentMonoMs >= RESEND_MS)
    for (const waiting of due) waiting.sentMonoMs = monoMs
    return due.map(({ alarm }) => messageOf(alarm, monoMs))
  }
}

const messageOf = ({ id, kind, body, occurred }: UnstoredAlarm, monoMs: number): Unstored => ({
  v: 1,
  id,
  kind,
  occurredAt: occurred.utcMs,
  ageMs: Math.max(0, monoMs - occurred.monoMs),
  clockQuality: occurred.quality,
  body,
})
