/** One thing that happened, as it is sent. */
export type SentEvent = { readonly seq: number; readonly type: string; readonly data: string }

/** Longer away than this many events is a new picture anyway: about a shift of a quiet city, minutes of a storm. */
export const EVENTS_KEPT = 2_000
const BYTES_KEPT = 4 * 1024 * 1024

/** The newest events for pages that come back; the oldest give way at either bound. */
export class EventRing {
  private readonly kept: SentEvent[] = []
  private bytes = 0
  private newest: number

  /** `firstSeq` is where counting starts; random per process, so a number of another process is not taken for ours. */
  constructor(firstSeq: number) {
    this.newest = firstSeq
  }

  get seq(): number {
    return this.newest
  }

  add(type: string, data: string): SentEvent {
    this.newest += 1
    const event = { seq: this.newest, type, data }
    this.kept.push(event)
    this.bytes += data.length
    while (this.kept.length > EVENTS_KEPT || this.bytes > BYTES_KEPT) {
      this.bytes -= this.kept.shift()?.data.length ?? 0
    }
    return event
  }

  /** All events after `seq` in their order, or why they are not all here. */
  after(seq: number): readonly SentEvent[] | 'too_old' | 'unknown' {
    if (seq === this.newest) return []
    const oldest = this.kept[0]?.seq
    if (seq > this.newest || oldest === undefined) return 'unknown'
    if (seq >= oldest - 1) return this.kept.slice(seq - oldest + 1)
    // Numbers start at random: far below is another process, near below was here and gave way.
    return oldest - seq <= NEAR ? 'too_old' : 'unknown'
  }
}

const NEAR = 10_000_000
