import type { Fix } from '../fix.ts'
import { MessageCycle, SentenceCycle } from './cycle.ts'
import type { Mark, Own, Sentence } from './sentence.ts'
import { fixOf, noFixOf } from './fix-of.ts'
import type { ToldSky } from './sky.ts'
import { DOP, FORGET, MODE, PLACE, REPORT, SKY, START, Told } from './told.ts'
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
  /** The last word of the open epoch: what was told, and the sky before it. */
  readonly #held = new Told()
  #heldSky: ToldSky | undefined
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
    // Told behind the place, it is about that place too.
    if (reading.type === 'DTM') this.#held.foreignDatum ??= this.#told.foreignDatum
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
    if (this.#heldSky !== undefined) this.#heldSky = this.#sky.told()
    this.finish(fixes)
  }

  /** The file is over: as `close`, but nothing says that the epoch was whole. */
  finish(fixes: Fix[]): void {
    if (this.#heldSky === undefined && this.#told.hasFix()) this.#hold()
    this.#end(fixes)
  }

  /** Whether every signal of the sky told last is equally strong. */
  isSkyUniform(): boolean {
    return this.#sky.told().isUniform()
  }

  /** A sentence that nobody here needs still parts the runs of satellites around it. */
  skip(): void {
    this.#sky.begin('other')
  }

  #end(fixes: Fix[]): void {
    // Stragglers of an epoch that was already told (its time was closed by quiet) are not a second fix.
    const isOld = this.#epochTimeMs !== undefined && this.#epochTimeMs === this.#closedTimeMs
    if (!isOld && this.#saidAnything && !this.#gaveUndated)
      if (this.#heldSky !== undefined) fixes.push(fixOf(this.#held, this.#heldSky))
      else if (!this.#told.hasFix()) fixes.push(noFixOf(this.#told.timeUtcMs, this.#sky.told()))
    if (this.#epochTimeMs !== undefined) this.#closedTimeMs = this.#epochTimeMs
    this.#epochTimeMs = undefined
    this.#heldSky = undefined
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
    if (this.#told.timeUtcMs === undefined) {
      fixes.push(fixOf(this.#told, this.#sky.told()))
      this.#gaveUndated = true
      return
    }
    // Receivers that round differently in each sentence tell two moments.
    if (this.#heldSky !== undefined && this.#held.timeUtcMs !== this.#told.timeUtcMs)
      fixes.push(fixOf(this.#held, this.#heldSky))
    this.#hold()
    this.#gaveUndated = false
  }

  #hold(): void {
    this.#held.copy(this.#told)
    this.#heldSky = this.#sky.told()
  }
}

const isStandard = ({ type }: Reading): boolean =>
  type === 'RMC' || type === 'GGA' || type === 'GNS' || type === 'GLL'

/** Sentences whose time moves the cycle on: not those of a receiver without a fix, and not GST, told for another epoch. */
const isClock = (s: Sentence): boolean =>
  s.type === 'RMC' ? s.valid && s.date !== undefined : s.type === 'OWN' ? s.mode > 1 : true
