import type { Lane } from '#protocols/record.ts'
import type { Now } from '#protocols/time.ts'
import type { ByLane } from './lanes.ts'

/** A gateway brought back from a backup asks again for what it had acknowledged since; backups are daily. */
export const KEEP_ACKED_MS = 48 * 3_600_000

/** What was acknowledged at some moment: once that is long enough ago, records up to here are let go. */
export type AckMark = { readonly utcMs: number; readonly acked: Readonly<Record<Lane, number>> }

/** Marks per span of keeping: so a record is kept a twelfth longer at most, and the list stays short. */
const MARKS_PER_SPAN = 12

/**
 * The list after an acknowledgement. A computer that does not know the time makes no mark, and what it keeps waits for the
 * time or for its room; a clock set back only keeps longer.
 */
export function noteAcked(
  marks: readonly AckMark[],
  acked: ByLane<number>,
  now: Now,
  keepMs: number,
): readonly AckMark[] {
  if (now.quality === 'none' || keepMs === 0) return marks
  const known = marks.map(mark => ({ ...mark, utcMs: Math.min(mark.utcMs, now.utcMs) }))
  const newest = known.at(-1)
  if (newest !== undefined && now.utcMs - newest.utcMs < keepMs / MARKS_PER_SPAN) return known
  return [...known, { utcMs: now.utcMs, acked }].slice(-MARKS_PER_SPAN - 2)
}

/** The newest mark that is old enough, and the list without it and those before it. */
export function expired(
  marks: readonly AckMark[],
  now: Now,
  keepMs: number,
): { readonly upTo: ByLane<number> | null; readonly rest: readonly AckMark[] } {
  if (now.quality === 'none') return { upTo: null, rest: marks }
  const last = marks.findLastIndex(mark => now.utcMs - mark.utcMs >= keepMs)
  return { upTo: marks[last]?.acked ?? null, rest: marks.slice(last + 1) }
}
