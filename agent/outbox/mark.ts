import { hash } from 'node:crypto'
import { z } from 'zod'
import { CHAIN_START, Epoch } from '#protocols/record.ts'

/** Format of everything below the outbox directory. An unknown version is refused, never guessed at. */
export const STORE_VERSION = 1

const Sum = z.string().regex(/^[0-9a-f]{64}$/)
const LaneMark = z.strictObject({
  /** Oldest record held; `first > last` means the lane is empty. Everything below was let go or shed. */
  first: z.number().int().positive(),
  /** Sum of record `first - 1`, which `first` must name as its `prev`. */
  before: Sum,
  last: z.number().int().nonnegative(),
  /** Sum of record `last`, which the next one will name as its `prev`. */
  sum: Sum,
  /** The gateway holds everything up to here; what is held below waits for its 48 h to end. */
  acked: z.number().int().nonnegative().default(0),
})
export type LaneMark = z.infer<typeof LaneMark>

const Seq = z.number().int().nonnegative()
const AckMark = z.strictObject({
  utcMs: z.number().int(),
  acked: z.strictObject({ alarm: Seq, event: Seq, track: Seq, diag: Seq }),
})

/**
 * What the store should hold after one commit. Written twice: inside LevelDB in the same batch as the records, and
 * outside it (`high-water-file.ts`) after that batch and before anyone is told. So LevelDB may be one commit ahead of
 * the file (a crash between the two) but never behind it: behind means records were lost or an old copy was put back.
 */
export const Mark = z.strictObject({
  v: z.literal(STORE_VERSION),
  epoch: Epoch,
  /** Grows by one with every batch; 0 only while the store is being made and holds nothing. */
  commit: z.number().int().nonnegative(),
  /** Digest over all notes (`notes-digest.ts`), because a lost note leaves no hole in any lane. */
  notes: Sum,
  lanes: z.strictObject({ alarm: LaneMark, event: LaneMark, track: LaneMark, diag: LaneMark }),
  /** What was acknowledged when (`retention.ts`). */
  acks: z.array(AckMark).max(16).default([]),
})
export type Mark = z.infer<typeof Mark>

export const EMPTY_LANE: LaneMark = { first: 1, before: CHAIN_START, last: 0, sum: CHAIN_START, acked: 0 }

/** Digest over no notes. */
export const NO_NOTES = '0'.repeat(64)

/** The mark of a store that holds nothing yet. */
export const blankMark = (epoch: string, commit: number): Mark => ({
  v: STORE_VERSION,
  epoch,
  commit,
  notes: NO_NOTES,
  lanes: { alarm: EMPTY_LANE, event: EMPTY_LANE, track: EMPTY_LANE, diag: EMPTY_LANE },
  acks: [],
})

/** `<sha-256 of the rest><json>`: LevelDB does not check its blocks on every read, so the mark checks itself. */
export function sealMark(mark: Mark): string {
  let sealed = SEALED.get(mark)
  if (sealed === undefined) {
    const text = JSON.stringify(mark)
    SEALED.set(mark, (sealed = digest(text) + text))
  }
  return sealed
}

/** A mark is never changed, and is written in two places. */
const SEALED = new WeakMap<Mark, string>()

/** The mark; or `broken`, not as we sealed it; or `other-version`, sealed by a version that keeps it otherwise. */
export function unsealMark(sealed: string): Mark | 'broken' | 'other-version' {
  const text = sealed.slice(64)
  if (digest(text) !== sealed.slice(0, 64)) return 'broken'
  const parsed = Mark.safeParse(JSON.parse(text))
  return parsed.success ? parsed.data : 'other-version'
}

const digest = (text: string): string => hash('sha256', text)
