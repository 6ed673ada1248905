/*
 * A receiver repeats its sentences in the same order every cycle, and only some carry a time of day:
 *
 *   GGA .200  GSA  GSV  GLL .200  RMC .200  VTG | GGA .400 ...
 *                                 `- the last with a time before the time moved: it ends a cycle from now on
 *
 * Until such an end is known, every sentence that changes place or mode may be the last word of its cycle.
 */

/** Times closer than this are one moment: some receivers jitter by a millisecond. */
const SAME_TIME_MS = 10
/** Kinds of sentence or message; each keeps a small number for good. */
const TAGS_MAX = 32

/** What one sentence means for the cycle. */
export type Turn = {
  /** The time moved: a new cycle begins with it. */
  starts: boolean
  /** What is known now is the word of the cycle so far. */
  ends: boolean
}

/** Learns which kind of sentence ends a cycle. `tag` is any small number that stands for a kind. */
export class SentenceCycle {
  /** Whether an end has been learned. */
  isKnown = false
  readonly #ends = new Uint8Array(TAGS_MAX)
  #lastTimed = 0
  #timeMs = -1
  readonly #turn: Turn = { starts: false, ends: false }

  /**
   * `timeMs`: the sentence's own time. `hasData`: it tells something new. `isOpener`: kinds that may begin a cycle
   * without the one before having been its end (GLL, which some receivers send at any place).
   */
  next(tag: number, timeMs: number | undefined, hasData: boolean, isOpener: boolean): Turn {
    const turn = this.#turn
    turn.starts = false
    turn.ends = false
    const ends = this.#ends
    if (timeMs === undefined) {
      // Data behind the end still belongs to the cycle.
      turn.ends = (ends[this.#lastTimed] === 1 && hasData) || (isOpener && ends[tag] === 1)
      return turn
    }
    if (Math.abs(timeMs - this.#timeMs) > SAME_TIME_MS) {
      turn.starts = true
      if (this.#lastTimed > 0 && ends[this.#lastTimed] === 0 && !isOpener) {
        ends[this.#lastTimed] = 1
        this.isKnown = true
      }
    }
    turn.ends = ends[tag] === 1
    this.#timeMs = timeMs
    this.#lastTimed = tag
    return turn
  }
}

/** The same for binary messages that carry the time of the week: the last before the time moved ends the cycle. */
export class MessageCycle {
  #end = -1
  #last = -1
  #towMs = -1_000
  readonly #turn: Turn = { starts: false, ends: false }

  next(message: number, towMs: number): Turn {
    const turn = this.#turn
    turn.ends = message === this.#end
    turn.starts = Math.abs(towMs - this.#towMs) > SAME_TIME_MS
    if (turn.starts) {
      if (this.#last >= 0) this.#end = this.#last
      this.#towMs = towMs
    }
    this.#last = message
    return turn
  }
}
