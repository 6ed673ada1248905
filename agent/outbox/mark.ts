import { hash } from 'node:crypto'
import { z } from 'zod'
import { CHAIN_START, Epoch, Lane } from '#protocols/record.ts'

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
  /**
   * The highest the gateway itself named; `acked` is as high at least, and counts what was shed. Between this and `first` lies
   * what only receipts of lane `event` tell of. Marks of before say nothing of it: then nothing is known to be untold.
   */
  heard: z.number().int().nonnegative().default(Number.MAX_SAFE_INTEGER),
})
export type LaneMark = z.infer<typeof LaneMark>

const Seq = z.number().int().nonnegative()
const AckMark = z.strictObject({
  utcMs: z.number().int(),
  acked: z.strictObject({ alarm: Seq, event: Seq, track: Seq, diag: Seq }),
})

const SeqRange = z.tuple([z.number().int().positive(), z.number().int().positive()]).readonly()
const Ranges = z.array(SeqRange).max(256).readonly()

/**
 * What a repair lost and the gateway may not have been told yet, said once more outside the record that tells it: should that
 * record rot before it was delivered, the next repair tells it again.
 */
const Loss = z.strictObject({
  /** The gap record of lane `event` that tells it. */
  seq: z.number().int().positive(),
  lane: Lane,
  /** Seqs that stand for what is lost, and the store they count in; what was lost itself, and where it lay. */
  epoch: Epoch,
  ranges: Ranges,
  lost: z.strictObject({ epoch: Epoch, ranges: Ranges }),
})
export type Loss = z.infer<typeof Loss>

/** Records of a lane that came over from another store, and the first of the names they were accepted by there. */
const Carried = z.strictObject({
  lane: Lane,
  first: z.number().int().positive(),
  last: z.number().int().positive(),
  origin: z.strictObject({ epoch: Epoch, seq: z.number().int().positive() }),
})
export type Carried = z.infer<typeof Carried>

/** Runs of carried records said outside the records; each hole begins a new one. */
export const CARRIED_MAX = 64

/** A mark is written with every commit: of more losses than this the newest are said twice, all of them once. */
const LOSSES_MAX = 48
const LOSS_RANGES_MAX = 256

/** The newest losses that fit into a mark. */
export function boundedLosses(losses: readonly Loss[]): readonly Loss[] {
  let ranges = 0
  const fitting = losses.findLastIndex(({ lost }) => (ranges += 1 + lost.ranges.length) > LOSS_RANGES_MAX) + 1
  return losses.slice(Math.max(fitting, losses.length - LOSSES_MAX))
}

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
  /** Of repairs, until the gateway has the records that tell them. */
  losses: z.array(Loss).max(LOSSES_MAX).default([]),
  /** Until the gateway has them: a carried record that rots is to be told by the name it was accepted by. */
  carried: z.array(Carried).max(CARRIED_MAX).default([]),
})
export type Mark = z.infer<typeof Mark>

export const EMPTY_LANE: LaneMark = {
  ...{ first: 1, before: CHAIN_START, last: 0, sum: CHAIN_START },
  ...{ acked: 0, heard: 0 },
}

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
  losses: [],
  carried: [],
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
