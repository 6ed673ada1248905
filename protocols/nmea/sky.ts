import { constellations, satelliteOf, slotOf } from './constellation.ts'
import type { Constellation } from './constellation.ts'
import type { Gsa, Gsv } from './sentence.ts'

/** Satellites times signals of the largest receivers are about 120; a noisy line must not grow the tables. */
const ROWS_MAX = 184
const NO_TALKER = ''

/** One satellite on one signal, as GSV lists it. */
type Row = { readonly satellite: number; readonly used: boolean; readonly snrDb: number }
export type Tally = Partial<Record<Constellation, readonly [used: number, seen: number]>>

/** A sky as it was told. Counts are of rows: the same satellite is listed once per signal. */
export class ToldSky {
  readonly rowsSeen: number | undefined
  readonly rowsUsed: number | undefined
  readonly #rows: readonly Row[]
  #tally: Tally | undefined

  /** The first `rowsSeen` of `rows`: a run of GSV goes on adding to its list. */
  constructor(rows: readonly Row[], rowsSeen: number | undefined, rowsUsed: number | undefined) {
    this.#rows = rows
    this.rowsSeen = rowsSeen
    this.rowsUsed = rowsUsed
  }

  /** Distinct satellites per system, counted when first asked for. */
  tally(): Tally | undefined {
    return (this.#tally ??= tallyOf(this.#rows, this.rowsSeen ?? 0))
  }

  /** Every signal heard is equally strong, as a simulator's on a bench or a spoofer's are. */
  isUniform(): boolean {
    return isUniform(this.#rows, this.rowsSeen ?? 0)
  }

  /** The same sky, with another count of what is used. */
  withUsed(rowsUsed: number): ToldSky {
    if (rowsUsed === this.rowsUsed) return this
    const next = new ToldSky(this.#rows, this.rowsSeen, rowsUsed)
    next.#tally = this.#tally
    return next
  }
}

const NOTHING = new ToldSky([], undefined, undefined)

/**
 * Which satellites are used and seen. GSA and GSV come in runs, one per system and signal, often not in every epoch; a
 * run ends where another sentence begins, and then the next run starts the lists anew. A sky is told when a set of GSV is
 * whole; between sets, a dilution of precision tells the number used again, as GGA and GNS count it.
 */
export class Sky {
  #rows: Row[] = []
  #used = new Set<number>()
  #usedRun = NO_TALKER
  #seenRun = NO_TALKER
  /** Talker of the last GSV run: where GP comes last in a run, its set ends the sky. */
  #lastTalker = NO_TALKER
  #hasOthersUsed = false
  #hasOthersSeen = false
  #fixCount = 0
  #part = 0
  #partTalker = NO_TALKER
  #isBroken = false
  #hasAzimuth = false
  #isWhole = false
  #told: ToldSky = NOTHING

  /** The sky that was told last. */
  told(): ToldSky {
    return this.#told
  }

  /** How many GSA names. */
  usedCount(): number {
    return this.#used.size
  }

  /** Called for every sentence, before it is taken: any other type ends a run. */
  begin(type: 'GSA' | 'GSV' | 'other'): void {
    this.#isWhole = false
    if (type !== 'GSA') this.#usedRun = NO_TALKER
    if (type === 'GSV') return
    if (this.#seenRun !== NO_TALKER) this.#lastTalker = this.#seenRun
    this.#seenRun = NO_TALKER
  }

  /** GGA, GNS and makers' own count the satellites of the fix. */
  takeCount(count: number | undefined): void {
    this.#fixCount = count ?? 0
  }

  /** What the set of GSA says about mode and dilution counts: `none` for GP while other systems still follow. */
  takeGsa(gsa: Gsa): 'none' | 'mode' | 'all' {
    const { talker } = gsa
    const before = this.#usedRun
    const accumulates = talker === 'GN' || talker.endsWith('Q')
    if (before === NO_TALKER || (before === talker && !accumulates)) this.#used = new Set()
    this.#usedRun = talker
    if (talker !== 'GP') this.#hasOthersUsed = true
    for (const number of gsa.satellites) {
      const satellite = satelliteOf(talker, number, gsa.systemId)
      if (satellite !== undefined && this.#used.size < ROWS_MAX) this.#used.add(satellite)
    }
    if (talker === 'GP') return this.#hasOthersUsed ? 'none' : 'all'
    return talker === 'GN' && before !== 'GN' ? 'mode' : 'all'
  }

  /** True when a sky is whole with it. */
  takeGsv(gsv: Gsv): boolean {
    const { talker, at } = gsv
    if (at === 1 && this.#seenRun === NO_TALKER) this.#clear()
    // A lost part leaves the sky of this run incomplete: better the last whole one, if there is any. Sets may be spread
    // over epochs.
    const follows = at === 1 || (talker === this.#partTalker && at === this.#part + 1)
    if (!follows && this.#rows.length > 0) this.#isBroken = true
    this.#part = at
    this.#partTalker = talker
    this.#seenRun = talker
    if (talker !== 'GP') this.#hasOthersSeen = true
    if (this.#isBroken) return false
    for (const [i, number] of gsv.satellites.entries()) {
      const satellite = satelliteOf(talker, number, gsv.systemId)
      const snrDb = gsv.snrDb[i] ?? 0
      if (satellite === undefined || this.#rows.length >= ROWS_MAX) continue
      this.#rows.push({ satellite, used: snrDb > 0 && this.#used.has(satellite), snrDb })
    }
    this.#hasAzimuth ||= gsv.hasAzimuth
    if (at < gsv.of) return false
    // Indoors some receivers list satellites they cannot see, all due north.
    if (!this.#hasAzimuth) return this.#clear()
    // GP opens the run of most receivers: the sky is whole with the sets behind it.
    this.#isWhole = talker !== 'GP' || !this.#hasOthersSeen || this.#lastTalker === 'GP'
    return this.#isWhole
  }

  /** A binary report tells all at once. */
  takeAll(rows: readonly Row[]): void {
    this.#rows = rows.slice(0, ROWS_MAX)
    this.#used = new Set(this.#rows.filter(r => r.used).map(r => r.satellite))
    this.#isWhole = true
  }

  /** A sentence goes with the sky as it is. */
  repeat(): void {
    this.#isWhole = true
  }

  /** Publishes what is known now: the whole sky if this very sentence completed it, else the number used. */
  tell(): void {
    if (!this.#isWhole) {
      if (this.#fixCount > 0) this.#told = this.#told.withUsed(this.#fixCount)
      return
    }
    let rowsUsed = 0
    for (const row of this.#rows) if (row.used) rowsUsed++
    this.#told = new ToldSky(this.#rows, this.#rows.length, rowsUsed)
  }

  #clear(): false {
    this.#rows = []
    this.#hasAzimuth = false
    this.#isBroken = false
    return false
  }
}

const tallyOf = (rows: readonly Row[], count: number): Tally | undefined => {
  if (count === 0) return undefined
  const best = new Map<number, boolean>()
  for (let i = 0; i < count; i++) {
    const { satellite, used } = rows[i] as Row
    if (used || !best.has(satellite)) best.set(satellite, used)
  }
  const pairs = constellations.map((): [number, number] => [0, 0])
  for (const [satellite, used] of best) {
    const pair = pairs[slotOf(satellite)] as [number, number]
    pair[1]++
    if (used) pair[0]++
  }
  const tally: Record<string, readonly [number, number]> = {}
  for (const [slot, pair] of pairs.entries()) if (pair[1] > 0) tally[constellations[slot] as string] = pair
  return tally
}

/** Fewer signals may be alike by chance. */
const UNIFORM_ROWS_MIN = 6

const isUniform = (rows: readonly Row[], all: number): boolean => {
  let [count, min, max] = [0, Infinity, 0]
  for (let i = 0; i < all; i++) {
    const { snrDb } = rows[i] as Row
    if (snrDb === 0) continue
    count++
    min = Math.min(min, snrDb)
    max = Math.max(max, snrDb)
  }
  return count >= UNIFORM_ROWS_MIN && max - min <= 1
}
