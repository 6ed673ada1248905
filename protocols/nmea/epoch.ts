import type { Fix } from '../fix.ts'
import { MessageCycle, SentenceCycle } from './cycle.ts'
import type { Mark, Own, Sentence } from './sentence.ts'
import { DOP, FORGET, MODE, PLACE, REPORT, SKY, START } from './told.ts'
import type { UbxReading } from './ubx.ts'
import { Weigher } from './weigh.ts'

/*
 * A receiver tells one moment in several sentences. Everything with the same time of day is one epoch:
 *
 *   GGA .200  GLL .200  GSA  GSV  RMC .200  VTG | GGA .400 ...
 *   `------------- one fix ----------------'
 *
 * Sentences without a time belong to the epoch that is open. The date is the receiver's (RMC, ZDA, UBX), carried over
 * midnight, and no other clock is ever asked. The fix of an epoch is what was known when its cycle ended (`cycle.ts`);
 * it is given when the next one begins or the line is quiet. Before a receiver has told its date nothing says what
 * belongs together: then each sentence that changes place or mode gives a fix of its own.
 */
export type Reading = Sentence | UbxReading

const DAY_MS = 86_400_000
/** A week number of ten bits rolls over after this long; a receiver past its rollover is off by exactly that. */
const ROLLOVER_MS = 1024 * 7 * DAY_MS
/** Nothing was installed before: an earlier date, or one a rollover later, is shown as suspect, never rewritten. */
export const PLAUSIBLE_FROM_UTC_MS = Date.UTC(2024, 0, 1)
/** Times closer than this are one moment. */
const SAME_TIME_MS = 10

/** Each kind of sentence keeps a number, for the cycle it stands in. */
const tags: Readonly<Record<Exclude<Sentence['type'], 'OWN' | 'MARK'> | Own['name'] | Mark['name'], number>> =
  {
    RMC: 1,
    GGA: 2,
    GNS: 3,
    GLL: 4,
    GSA: 5,
    GSV: 6,
    VTG: 7,
    ZDA: 8,
    GST: 9,
    DTM: 10,
    TXT: 11,
    RMZ: 12,
    PASHR: 13,
    PSTI: 14,
    PUBX: 15,
    PGRMF: 16,
    GBS: 17,
    PSRFEPE: 18,
    PSTI032: 19,
    PSTI033: 20,
    PSTI035: 21,
    PSTI036: 22,
    PERC: 23,
  }

/** Readings in, fixes out. The owner says when the line was quiet; it never looks at a clock. */
export class EpochAssembler {
  readonly #weigher = new Weigher()
  readonly #told = this.#weigher.told
  readonly #sky = this.#weigher.sky
  readonly #cycle = new SentenceCycle()
  readonly #messages = new MessageCycle()
  readonly #closeEarly: boolean
  /** A sky or dilution came since the last report: it is told with the next. */
  #skyIsDue = false
  #hasStandard = false
  /** The last word of the open epoch. */
  #held: Fix | undefined
  #gaveUndated = false
  #saidAnything = false
  #epochTimeMs: number | undefined
  #closedTimeMs: number | undefined
  /** Kinds seen in an epoch without time, as bits: a second of a kind begins the next. */
  #seenTags = 0

  /** `closeEarly`: give a fix as soon as the learned end of the cycle was heard, without waiting for quiet. */
  constructor(options: { readonly closeEarly: boolean } = { closeEarly: false }) {
    this.#closeEarly = options.closeEarly
  }

  /** Takes one reading; adds the fixes it completes to `fixes`. */
  take(reading: Reading, fixes: Fix[]): void {
    // u-blox' own sentence repeats what the standard ones tell: it counts where nothing else tells a place.
    if (reading.type === 'OWN' && reading.name === 'PUBX' && this.#hasStandard) return this.skip()
    this.#hasStandard ||= isStandard(reading)
    const bits = this.#weigher.weigh(reading)
    if ((bits & FORGET) !== 0) this.#cycle.isKnown = false
    const ends = reading.type === 'UBX' ? this.#turnBinary(reading, fixes) : this.#turn(reading, bits, fixes)
    this.#weigher.merge(bits)
    if ((bits & (PLACE | MODE)) !== 0) this.#saidAnything = true
    const changes = (bits & (PLACE | MODE)) !== 0 && !this.#cycle.isKnown
    const reports = ends || changes || (bits & REPORT) !== 0
    if (reports) this.#report(fixes)
    const isSky = (bits & (DOP | SKY)) !== 0
    if (isSky || (reports && this.#skyIsDue)) this.#sky.tell()
    this.#skyIsDue = !reports && (isSky || this.#skyIsDue)
    if (ends && this.#closeEarly && this.#cycle.isKnown) this.close(fixes)
  }

  /** The line is quiet: gives the open epoch, if it says anything new, even if its end is missing. */
  close(fixes: Fix[]): void {
    // The sky that came behind the fix belongs to it too.
    if (this.#held !== undefined) Object.assign(this.#held, this.#skyNow())
    this.finish(fixes)
  }

  /** The file is over: as `close`, but nothing says that the epoch was whole. */
  finish(fixes: Fix[]): void {
    if (this.#held === undefined && this.#told.hasFix()) this.#held = this.#fix()
    this.#end(fixes)
  }

  /** Whether every signal of the sky told last is equally strong. */
  isSkyUniform(): boolean {
    return this.#sky.told().isUniform
  }

  /** A sentence that nobody here needs still parts the runs of satellites around it. */
  skip(): void {
    this.#sky.begin('other')
  }

  #end(fixes: Fix[]): void {
    // Stragglers of an epoch that was already told (its time was closed by quiet) are not a second fix.
    const isOld = this.#epochTimeMs !== undefined && this.#epochTimeMs === this.#closedTimeMs
    if (!isOld && this.#saidAnything && !this.#gaveUndated)
      if (this.#held !== undefined) fixes.push(this.#held)
      else if (!this.#told.hasFix()) fixes.push(this.#noFix())
    if (this.#epochTimeMs !== undefined) this.#closedTimeMs = this.#epochTimeMs
    this.#epochTimeMs = undefined
    this.#held = undefined
    this.#gaveUndated = false
    this.#saidAnything = false
    this.#seenTags = 0
  }

  /** Whether the cycle ends with this sentence; the epoch before is closed when it begins another. */
  #turn(s: Sentence, bits: number, fixes: Fix[]): boolean {
    if (s.type === 'GSV' && s.at < s.of) return false
    const tag = tags[s.type === 'OWN' || s.type === 'MARK' ? s.name : s.type]
    const timeMs = 'timeMs' in s ? s.timeMs : undefined
    this.#closeOlder(timeMs, tag, bits, fixes)
    const counts = isClock(s) ? timeMs : undefined
    const turn = this.#cycle.next(tag, counts, bits !== 0, s.type === 'GLL')
    if (turn.starts || (bits & START) !== 0) this.#told.clear()
    return turn.ends
  }

  #turnBinary({ message, towMs }: UbxReading, fixes: Fix[]): boolean {
    if (towMs === undefined) return false
    this.#cycle.isKnown = true
    const turn = this.#messages.next(message, towMs)
    if (turn.starts) {
      this.#end(fixes)
      this.#told.clear()
    }
    return turn.ends
  }

  /** Another time, or before the receiver knows one a second sentence of a kind, begins another epoch. */
  #closeOlder(timeMs: number | undefined, tag: number, bits: number, fixes: Fix[]): void {
    const open = this.#epochTimeMs
    if (timeMs !== undefined) {
      if (open !== undefined && Math.abs(open - timeMs) > SAME_TIME_MS) {
        this.#end(fixes)
        this.#told.clear()
      }
      this.#epochTimeMs = timeMs
      return
    }
    if (open !== undefined || (bits & (PLACE | MODE)) === 0) return
    if ((this.#seenTags & (1 << tag)) !== 0) this.#end(fixes)
    this.#seenTags |= 1 << tag
  }

  #report(fixes: Fix[]): void {
    if (!this.#told.hasFix()) return
    if (this.#told.timeUtcMs !== undefined) {
      // Receivers that round differently in each sentence tell two moments.
      if (this.#held !== undefined && this.#held.timeUtcMs !== this.#told.timeUtcMs) fixes.push(this.#held)
      this.#held = this.#fix()
      this.#gaveUndated = false
      return
    }
    fixes.push(this.#fix())
    this.#gaveUndated = true
  }

  #noFix(): Fix {
    const { timeUtcMs } = this.#told
    return { mode: 1, ...this.#about(timeUtcMs) }
  }

  #fix(): Fix {
    const told = this.#told
    const { place, timeUtcMs } = told
    const fix: Fix = { ...this.#about(timeUtcMs), ...place, mode: told.mode === 3 ? 3 : 2 }
    if (told.speedMps !== undefined) fix.speedMps = told.speedMps
    if (told.trackDeg !== undefined) fix.trackDeg = told.trackDeg
    if (told.altMslM !== undefined) fix.altMslM = told.altMslM
    if (told.hdop !== undefined) fix.hdop = told.hdop
    if (told.accuracyM !== undefined) fix.accuracyM = told.accuracyM
    if (told.isSimulated) fix.simulated = true
    if (told.isEstimated) fix.deadReckoning = true
    return fix
  }

  /** Time and sky, known with and without a place. */
  #about(timeUtcMs: number | undefined): Omit<Fix, 'mode'> {
    const about: Omit<Fix, 'mode'> = {}
    if (timeUtcMs !== undefined) about.timeUtcMs = timeUtcMs
    Object.assign(about, this.#skyNow())
    if (timeUtcMs !== undefined && isSuspect(timeUtcMs)) about.dateSuspect = true
    return about
  }

  #skyNow(): Pick<Fix, 'satsUsed' | 'satsSeen' | 'sats'> {
    const { rowsUsed, rowsSeen, tally } = this.#sky.told()
    return {
      ...(rowsUsed === undefined ? {} : { satsUsed: rowsUsed }),
      ...(rowsSeen === undefined ? {} : { satsSeen: rowsSeen }),
      ...(tally === undefined ? {} : { sats: tally as NonNullable<Fix['sats']> }),
    }
  }
}

const isStandard = ({ type }: Reading): boolean =>
  type === 'RMC' || type === 'GGA' || type === 'GNS' || type === 'GLL'

/** Sentences whose time moves the cycle on: not those of a receiver without a fix, and not GST, told for another epoch. */
const isClock = (s: Sentence): boolean =>
  s.type === 'RMC' ? s.valid && s.date !== undefined : s.type === 'OWN' ? s.mode > 1 : true

const isSuspect = (utcMs: number): boolean =>
  utcMs < PLAUSIBLE_FROM_UTC_MS || utcMs >= PLAUSIBLE_FROM_UTC_MS + ROLLOVER_MS
