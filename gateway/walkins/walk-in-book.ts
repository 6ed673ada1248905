import type { ConsultTopic } from '#protocols/walk-in.ts'
import type { OverVisit } from './let-go.ts'
import type { WalkInRow } from './walk-in.ts'

/** Visits kept in memory for lists; the rows of all stay. */
const KEPT_MAX = 1_000
/** Days of topic counts kept in memory. */
const DAYS_KEPT = 31

/** `consultation/{day}/{stationId}`: how often each topic was asked for; nothing about who asked. */
export type ConsultationRow = {
  readonly v: 1
  readonly day: string
  readonly stationId: string
  readonly topics: Readonly<Partial<Record<ConsultTopic, number>>>
}

/** What visitors told the kiosks, newest first. */
export class WalkInBook {
  private readonly rows = new Map<string, WalkInRow>()
  /** Whose words go on the next tick (`let-go.ts`). */
  readonly over: OverVisit[] = []
  private readonly consultations = new Map<string, ConsultationRow>()

  all(): readonly WalkInRow[] {
    return [...this.rows.values()].reverse()
  }

  byId(id: string): WalkInRow | undefined {
    return this.rows.get(id)
  }

  put(row: WalkInRow): void {
    this.rows.set(row.id, row)
    for (const id of this.rows.keys()) {
      if (this.rows.size <= KEPT_MAX) break
      this.rows.delete(id)
    }
  }

  topics(): readonly ConsultationRow[] {
    return [...this.consultations.values()]
  }

  /** One more question about a topic. */
  asked(day: string, stationId: string, topic: ConsultTopic): ConsultationRow {
    const known = this.consultations.get(`${day}/${stationId}`)
    const row: ConsultationRow = {
      v: 1,
      day,
      stationId,
      topics: { ...known?.topics, [topic]: (known?.topics[topic] ?? 0) + 1 },
    }
    this.putTopics(row)
    return row
  }

  putTopics(row: ConsultationRow): void {
    this.consultations.set(`${row.day}/${row.stationId}`, row)
    const days = [...new Set([...this.consultations.values()].map(r => r.day))].sort()
    const gone = new Set(days.slice(0, Math.max(0, days.length - DAYS_KEPT)))
    for (const [key, { day }] of this.consultations) if (gone.has(day)) this.consultations.delete(key)
  }
}
