/** An answer as it went out, so that asking again gives the same bytes. */
export type SentAnswer = {
  readonly status: number
  readonly body: string | Uint8Array
  /** How the body is packed; absent when it is not. */
  readonly encoding?: 'gzip'
  /** Instead of the usual ones: an answer that says itself what it is and how long it may be kept. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Keys remembered; the oldest gives way. A page repeats within seconds, so a thousand is hours of dispatching. */
const KEYS_MAX = 1_000
const LIFE_MS = 24 * 3_600_000

type Kept = {
  readonly fingerprint: string
  readonly sinceMonoMs: number
  readonly answer: Promise<SentAnswer>
}

/**
 * Idempotency-Key: the first request with a key is carried out, its repeats wait for and get the same answer, and another
 * request under the same key is a conflict. In memory: after a restart of the gateway a repeat is carried out again.
 */
export class IdempotencyMemory {
  private readonly kept = new Map<string, Kept>()

  /** `carryOut` is called at most once per key. Undefined is a conflict. */
  answer(
    key: string,
    fingerprint: string,
    nowMonoMs: number,
    carryOut: () => Promise<SentAnswer>,
  ): Promise<SentAnswer> | undefined {
    this.forgetOld(nowMonoMs)
    const known = this.kept.get(key)
    if (known !== undefined) return known.fingerprint === fingerprint ? known.answer : undefined
    const answer = carryOut().then(
      sent => {
        // Nothing was done, so the same key may try again.
        if (sent.status >= 500) this.kept.delete(key)
        return sent
      },
      (error: unknown) => {
        this.kept.delete(key)
        throw error
      },
    )
    this.kept.set(key, { fingerprint, sinceMonoMs: nowMonoMs, answer })
    return answer
  }

  get size(): number {
    return this.kept.size
  }

  private forgetOld(nowMonoMs: number): void {
    for (const [key, { sinceMonoMs }] of this.kept) {
      if (this.kept.size < KEYS_MAX && nowMonoMs - sinceMonoMs < LIFE_MS) break
      this.kept.delete(key)
    }
  }
}
