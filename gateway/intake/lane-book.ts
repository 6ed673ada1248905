import type { ParsedBody } from '#protocols/bodies.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { WireRecord } from '#protocols/record.ts'
import { addRange, contiguousUpTo, missingIn, rangeAt, topOf, withoutSeq } from '#protocols/ranges.ts'
import type { Ranges } from '#protocols/ranges.ts'

/*
 * One lane of one store of one device. A record is in the ledger as soon as it arrives and told to the city in seq order:
 *
 *     seq        1  2  3  4  5  6  7  8
 *     received   x  x  x  -  x  x  -  -        [[1, 3], [5, 6]]
 *     told       ------>                       3; 5 and 6 are held until 4 comes or the wait is over
 *
 * A receipted gap counts as received, so 'received but not held' above `told` means: nothing to tell, step over it.
 */
export type Arrival = {
  readonly record: WireRecord
  readonly body: ParsedBody | null
  readonly ageMs: number
  readonly receivedMonoMs: number
  readonly receivedAt: string
  /** In the ledger under the name it had in another store: it takes its place in the chain and is not told again. */
  readonly known?: boolean
  /** Sum of what the ledger has under this very name, if it was asked. */
  readonly ledgerSum?: string | undefined
}

export type LaneBook = {
  /** In the ledger, receipted as shed, or declared lost. */
  received: Ranges
  /** Of those the ones that are not in the ledger. Should such a record come after all, it is taken. */
  excused: Ranges
  /** The city has heard every record up to here; holes it will not hear of are included. */
  told: number
  /** Sum of record `told`; null when that record is not here, so the next link of the chain cannot be checked. */
  toldSum: string | null
  /** How many records are in the ledger, receipted gaps not counted. */
  records: number
  readonly held: Map<number, Arrival>
  /**
   * A name that was given twice, and the sum of our record of it: a store that was put back speaks. Nothing more of the lane is
   * taken before its next hello, and acks name this record, so that the device compares its own.
   */
  contested: { readonly seq: number; readonly sum: string } | null
  /** Sums of names above `told` whose records came under another name; forgotten at a restart, when nothing is said of them. */
  readonly claimed: Map<number, string>
}

/** Records that wait for a missing one; beyond it the hole is passed over. A batch is 256. */
export const HELD_MAX = 512
/** Explained holes remembered one by one; the oldest are forgotten, a record in them is then a duplicate. */
const EXCUSED_RANGES_MAX = 256
/** A lane with more holes than this is refused new ones; it fills from below when it sends again. */
export const RANGES_MAX = 4096

export const newLaneBook = (): LaneBook => ({
  received: [],
  excused: [],
  told: 0,
  toldSum: CHAIN_START,
  records: 0,
  held: new Map(),
  contested: null,
  claimed: new Map(),
})

/** What a book looks like as a row; `held` is read again from the ledger. */
export type WatermarkRow = {
  readonly v: 1
  readonly received: Ranges
  readonly excused: Ranges
  readonly told: number
  readonly toldSum: string | null
  readonly records: number
}

export const watermarkRowOf = (book: LaneBook): WatermarkRow => {
  const { received, excused, told, toldSum, records } = book
  return { v: 1, received, excused, told, toldSum, records }
}

export const laneBookOf = ({ v: _v, ...row }: WatermarkRow): LaneBook => ({
  ...row,
  held: new Map(),
  contested: null,
  claimed: new Map(),
})

/** Every record from 1 up to here is in the ledger or receipted: what an ack may say. */
export const watermarkOf = (book: LaneBook): number => contiguousUpTo(book.received)

/**
 * Notes an arrival. `new`: hold it and call `release`; `late`: the city was told past it, tell it now; `duplicate`: known;
 * `reused`: this seq was seen with another sum, and the lane is contested from now on; `full`: too many holes to open another.
 */
export function admit(book: LaneBook, arrival: Arrival): 'new' | 'late' | 'duplicate' | 'reused' | 'full' {
  const { seq, sum } = arrival.record
  const excused = rangeAt(book.excused, seq) !== undefined
  if (!excused && rangeAt(book.received, seq) !== undefined) {
    const ours = sumInMind(book, seq) ?? arrival.ledgerSum
    if (ours === undefined || ours === sum) return 'duplicate'
    book.contested = { seq, sum: ours }
    return 'reused'
  }
  const received = addRange(book.received, seq, seq)
  if (received.length > RANGES_MAX) return 'full'
  book.received = received
  if (excused) book.excused = withoutSeq(book.excused, seq)
  if (arrival.known !== true) book.records++
  if (seq <= book.told) return 'late'
  book.held.set(seq, arrival)
  return 'new'
}

/** The sum of our record of a name that was received, where it need not be looked up. */
export const sumInMind = (book: LaneBook, seq: number): string | undefined =>
  (seq === book.told ? book.toldSum : (book.held.get(seq)?.record.sum ?? book.claimed.get(seq))) ?? undefined

/**
 * What nearly every record is: the next of a lane in which everything is told and nobody waits, its chain unbroken. Such a
 * one is admitted and released in one step. False for any other, and nothing is noted then.
 */
export function takeNext(book: LaneBook, { seq, prev, sum }: WireRecord): boolean {
  const { told, toldSum, held, claimed } = book
  const isNext = seq === told + 1 && topOf(book.received) === told && held.size === 0 && claimed.size === 0
  if (!isNext || (toldSum !== null && prev !== toldSum)) return false
  book.received = addRange(book.received, seq, seq)
  book.records++
  book.told = seq
  book.toldSum = sum
  return true
}

/** Whether a record follows directly on what was told, and on another record of that name than ours. */
export const isOfAnotherHistory = (book: LaneBook, { seq, prev }: WireRecord): boolean =>
  seq === book.told + 1 &&
  book.toldSum !== null &&
  prev !== book.toldSum &&
  rangeAt(book.received, seq) === undefined

/** Counts seqs as received that will never come. False when that would be more ranges than a book may have. */
export function excuse(book: LaneBook, ranges: Ranges): boolean {
  const fresh = ranges.flatMap(range => missingIn(book.received, range))
  let { received, excused } = book
  for (const [first, last] of fresh) {
    received = addRange(received, first, last)
    excused = addRange(excused, first, last)
  }
  if (received.length > RANGES_MAX) return false
  book.received = received
  book.excused = excused.slice(-EXCUSED_RANGES_MAX)
  return true
}

/**
 * Counts a seq as received that came, or will come, under another name; unlike an excused one it is not taken again. `sum` is
 * what it has under this one: an ack that ends here says so, or a disk put back twice would take its own record of that
 * name for the one we mean.
 */
export function claim(book: LaneBook, seq: number, sum: string): void {
  book.received = addRange(book.received, seq, seq)
  book.excused = withoutSeq(book.excused, seq)
  // A held one is told by its own record; `release` would never get past a seq that is both.
  if (seq > book.told && book.claimed.size < HELD_MAX && !book.held.has(seq)) book.claimed.set(seq, sum)
}

/** Seqs up to `last` that are neither here nor explained. */
export const unexplainedUpTo = (book: LaneBook, last: number): Ranges => missingIn(book.received, [1, last])

export type Told = { readonly arrival: Arrival; readonly chainBroken: boolean }

/** Lets go of everything that is next in order. */
export function release(book: LaneBook): Told[] {
  const told: Told[] = []
  for (;;) {
    const next = book.held.get(book.told + 1)
    if (next !== undefined) {
      told.push(tell(book, next))
      continue
    }
    const claimed = book.claimed.get(book.told + 1)
    if (claimed !== undefined) {
      stepOver(book, book.told + 1)
      book.toldSum = claimed
      continue
    }
    const receipted = rangeAt(book.received, book.told + 1)
    if (receipted === undefined) return told
    stepOver(
      book,
      Math.min(receipted[1], lowestHeld(book) - 1, ...[...book.claimed.keys()].map(seq => seq - 1)),
    )
  }
}

/** The wait is over: passes over the hole in front of the lowest held record. Returns the hole. */
export function passHole(book: LaneBook): readonly [number, number] | undefined {
  if (book.held.size === 0) return undefined
  const hole = [book.told + 1, lowestHeld(book) - 1] as const
  stepOver(book, hole[1])
  return hole
}

/** True while records wait for one that is missing. */
export const isWaiting = (book: LaneBook): boolean => book.held.size > 0

/** When the first of the waiting records came; Infinity when none waits. */
export const waitingSinceMonoMs = (book: LaneBook): number =>
  Math.min(...[...book.held.values()].map(a => a.receivedMonoMs))

/** The highest seq ever seen of this lane. */
export const highestOf = (book: LaneBook): number => topOf(book.received)

const lowestHeld = (book: LaneBook): number => Math.min(...book.held.keys())

function stepOver(book: LaneBook, last: number): void {
  if (last <= book.told) return
  book.told = last
  book.toldSum = null
  for (const seq of book.claimed.keys()) if (seq <= last) book.claimed.delete(seq)
}

function tell(book: LaneBook, arrival: Arrival): Told {
  const { seq, prev, sum } = arrival.record
  const chainBroken = book.toldSum !== null && prev !== book.toldSum
  book.held.delete(seq)
  book.told = seq
  book.toldSum = sum
  return { arrival, chainBroken }
}
