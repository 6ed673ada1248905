/** What was done, or what was seen to happen after it. */
export type FeedEntry = {
  readonly n: number
  readonly utcMs: number
  /** A unit's id, or `city`. */
  readonly unit: string
  readonly callSign: string
  readonly kind: 'did' | 'saw'
  /** An action's name, or what changed: `link`, `queue`, `gateway.link` … */
  readonly what: string
  readonly value: string
  readonly detail: Readonly<Record<string, number>>
}

/** Enough for an afternoon of clicking; the oldest leave. */
const FEED_MAX = 200

/** The newest entries, newest first. */
export class Feed {
  private entries: readonly FeedEntry[] = []
  private count = 0

  add(entry: Omit<FeedEntry, 'n'>): void {
    this.count += 1
    this.entries = [{ n: this.count, ...entry }, ...this.entries].slice(0, FEED_MAX)
  }

  newest(limit: number): readonly FeedEntry[] {
    return this.entries.slice(0, limit)
  }
}
