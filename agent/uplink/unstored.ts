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

/** `heldBy`: which ledger, of which generation, said that it holds it; null while none did. */
type Waiting = { readonly alarm: UnstoredAlarm; sentMonoMs: number; heldBy: string | null }

/**
 * Alarms that live in this memory alone, until the gateway has them in its ledger, and as long after as there is room: a
 * ledger put back to an earlier moment may have forgotten them.
 */
export class UnstoredBook {
  readonly #waiting = new Map<string, Waiting>()

  get size(): number {
    return [...this.#waiting.values()].filter(w => w.heldBy === null).length
  }

  /** Takes an alarm; returns the id of the one that had to give way unheard, if any. */
  add(alarm: UnstoredAlarm): string | null {
    this.#waiting.set(alarm.id, { alarm, sentMonoMs: -Infinity, heldBy: null })
    if (this.#waiting.size <= UNSTORED_KEPT_MAX) return null
    const [oldest, held] = [
      [...this.#waiting.keys()][0]!,
      [...this.#waiting].find(([, w]) => w.heldBy !== null),
    ]
    this.#waiting.delete(held?.[0] ?? oldest)
    return held === undefined ? oldest : null
  }

  /** A ledger holds it. False when it was not waiting. */
  heard(id: string, ledger: string): boolean {
    const waiting = this.#waiting.get(id)
    const isNews = waiting?.heldBy === null
    if (waiting !== undefined) waiting.heldBy = ledger
    return isNews
  }

  /** This ledger is the one that speaks now: what another one held is due again. */
  speaks(ledger: string): void {
    for (const waiting of this.#waiting.values()) {
      if (waiting.heldBy === null || waiting.heldBy === ledger) continue
      waiting.heldBy = null
      waiting.sentMonoMs = -Infinity
    }
  }

  /** A new connection: everything is due at once. */
  connected(): void {
    for (const waiting of this.#waiting.values()) waiting.sentMonoMs = -Infinity
  }

  /** What is to be sent now, with its age by the monotonic clock. */
  due(monoMs: number): readonly Unstored[] {
    const due = [...this.#waiting.values()].filter(
      w => w.heldBy === null && monoMs - w.sentMonoMs >= RESEND_MS,
    )
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
