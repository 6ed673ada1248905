/** What a run may be found guilty of; the letters are those of the README. */
export const INVARIANTS = {
  lost: 'a: an accepted record is neither in the ledger nor receipted',
  duplicated: 'a: a record took effect twice',
  changed: 'a: a row of the ledger was written over by another record',
  invented: 'b: an effect nobody asked for',
  reordered: 'c: the city was told out of order, and no hole was waited for',
  unheard: 'a: a record lies in the ledger and the city was never told of it',
  hole: 'a: a number below one that is in the ledger is explained by nothing in it',
  shedForever: 'd: an alarm or an event was shed',
  stuck: 'e: something did not drain after everything was healed',
  forgedExecuted: 'f: an order was carried out that was forged, replayed, expired or meant for another',
  executedTwice: 'f: an order was carried out twice',
  tooYoung: 'g: a position was shown younger than it was',
  unbounded: 'h: a queue or a disk grew over its bound',
  forgotten: 'the centre said yes and does not know of it any more',
  untold: 'an alarm was pressed and never alarmed',
  disagree: 'a car works on an order that the centre has called off',
  alarmedTwice: 'one press alarmed twice',
} as const
export type Invariant = keyof typeof INVARIANTS

export type Violation = {
  readonly invariant: Invariant
  readonly atMs: number
  readonly deviceId: string
  readonly detail: string
}

/** Listed one by one up to this many; all of them are counted. */
const LISTED_MAX = 20

export class Findings {
  readonly listed: Violation[] = []
  readonly counts = new Map<Invariant, number>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  add(invariant: Invariant, deviceId: string, detail: string, count = 1): void {
    this.counts.set(invariant, (this.counts.get(invariant) ?? 0) + count)
    if (this.listed.length < LISTED_MAX)
      this.listed.push({ invariant, deviceId, detail, atMs: this.#nowMs() })
  }

  countOf(invariant: Invariant): number {
    return this.counts.get(invariant) ?? 0
  }

  get isClean(): boolean {
    return this.counts.size === 0
  }
}
