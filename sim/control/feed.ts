import type { FeedEntry } from './sim-view.ts'

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
