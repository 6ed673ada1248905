import type { Lane } from '#protocols/record.ts'

/** First and last number, both included. */
export type Spans = readonly (readonly [first: number, last: number])[]

/** Of a row of the ledger what a gap record is read by; `origin` when it was carried over from an older store. */
export type GapRow = {
  readonly epoch: string
  readonly origin?: { readonly epoch: string } | undefined
  readonly body: string
}

/** Numbers of one lane of one store of a device of which a gap record says what became of them. */
export type GapWords = { readonly epoch: string; readonly lane: Lane; readonly ranges: Spans }

/** What a gap record says, as whoever judges a ledger reads it. */
export function wordsOfGap({ epoch, origin, body }: GapRow): readonly GapWords[] {
  const { lane, ranges, lost } = JSON.parse(body) as Body
  return [
    // It speaks of the store in which it was written, wherever it was carried since.
    { epoch: origin?.epoch ?? epoch, lane, ranges },
    ...(lost === undefined ? [] : [{ ...lost, lane }]),
  ]
}

type Body = {
  readonly lane: Lane
  readonly ranges: Spans
  readonly lost?: { readonly epoch: string; readonly ranges: Spans }
}
