import type { Fix } from '../fix.ts'
import type { CalendarDate, Place } from './fields.ts'
import { SatelliteTable } from './satellites.ts'
import { MPS_PER_KNOT } from './sentence.ts'
import type { Gga, Gns, Sentence } from './sentence.ts'
import type { UbxReading } from './ubx.ts'

/*
 * A receiver tells one moment in several sentences. Everything with the same time of day is one epoch:
 *
 *   GGA .200  GLL .200  GSA  GSV  RMC .200  VTG | GGA .400 ...
 *   `------------- one fix ----------------'
 *
 * Sentences without a time belong to the epoch that is open. The date is the receiver's (RMC, ZDA, UBX), carried over
 * midnight, and no other clock is ever asked.
 */
export type Reading = Sentence | UbxReading

const DAY_MS = 86_400_000
const WGS84_A_M = 6_378_137
const WGS84_E2 = 0.00669437999014
/** A week number of ten bits rolls over after this long; a receiver past its rollover is off by exactly that. */
const ROLLOVER_MS = 1024 * 7 * DAY_MS
/** Nothing was installed before: an earlier date, or one a rollover later, is shown as suspect, never rewritten. */
export const PLAUSIBLE_FROM_UTC_MS = Date.UTC(2024, 0, 1)

/** Two fixes further apart than this say nothing about the speed now. */
const NEIGHBOURS_MS = 5_000
/** Faster than any car: one of the two places was wrong. */
const SPEED_MAX_MPS = 100

/** A cycle end is believed after so many cycles ended alike. */
const CYCLES_TO_LEARN = 3

type Open = {
  readonly number: number
  timeMs: number | undefined
  dayUtcMs: number | undefined
  place: Place | undefined
  denied: boolean
  estimated: boolean
  gsaMode: 1 | 2 | 3 | undefined
  ubxMode: 1 | 2 | 3 | undefined
  speedMps: number | undefined
  trackDeg: number | undefined
  vtgSpeedMps: number | undefined
  vtgTrackDeg: number | undefined
  altMslM: number | undefined
  feetAltMslM: number | undefined
  hdop: number | undefined
  satsUsed: number | undefined
  simulated: boolean
  readonly keys: Set<string>
}

/** Readings in, fixes out. The owner says when the line was quiet; it never looks at a clock. */
export class EpochAssembler {
  readonly #satellites = new SatelliteTable()
  #count = 0
  #open: Open = emptyEpoch(0)
  #dayUtcMs: number | undefined
  #dayTimeMs = 0
  #closedTimeMs: number | undefined
  #mode: 1 | 2 | 3 = 1
  #before: { readonly place: Place; readonly timeUtcMs: number } | undefined
  #lastKey: string | undefined
  #endKey: string | undefined
  #endSeen = 0

  /** The fix of the epoch that `reading` ended, if it ended one. */
  take(reading: Reading): Fix | undefined {
    const ended = this.#ends(reading) ? this.close() : undefined
    this.#merge(reading)
    return ended
  }

  /** True when what came last is what ended the last cycles too: the epoch may be closed without waiting. */
  isCycleEnd(): boolean {
    return this.#endSeen >= CYCLES_TO_LEARN && this.#lastKey === this.#endKey
  }

  /** The line is quiet or the file is over: gives the open epoch, if it says anything new. */
  close(): Fix | undefined {
    const open = this.#open
    this.#learnEnd()
    this.#count++
    this.#open = emptyEpoch(this.#count)
    if (!open.keys.has('when') && !open.keys.has('place') && !open.keys.has('denied')) return undefined
    // Stragglers of an epoch that was already told (its time was closed by quiet) are not a second fix.
    if (open.timeMs !== undefined && open.timeMs === this.#closedTimeMs) return undefined
    if (open.timeMs !== undefined) this.#closedTimeMs = open.timeMs
    return this.#fixOf(open)
  }

  #ends(reading: Reading): boolean {
    const open = this.#open
    const timeMs = timeOf(reading)
    if (timeMs !== undefined && open.timeMs !== undefined) return timeMs !== open.timeMs
    // Before the receiver knows the time, a repeated sentence begins the next cycle.
    return (
      timeMs === undefined &&
      open.timeMs === undefined &&
      carriesPlace(reading) &&
      open.keys.has(keyOf(reading))
    )
  }

  #merge(reading: Reading): void {
    const open = this.#open
    const timeMs = timeOf(reading)
    this.#lastKey = keyOf(reading)
    open.keys.add(this.#lastKey)
    if (timeMs !== undefined) {
      open.timeMs = timeMs
      open.keys.add('when')
    }
    switch (reading.type) {
      case 'RMC':
        claim(open, reading.valid, reading.place)
        open.denied = !reading.valid
        if (!reading.valid) return
        if (reading.date !== undefined) open.dayUtcMs = dayOf(reading.date)
        if (reading.speedKn !== undefined) open.speedMps = reading.speedKn * MPS_PER_KNOT
        open.trackDeg = reading.trackDeg ?? open.trackDeg
        return
      case 'GGA':
      case 'GNS': {
        const quality = qualityOf(reading)
        claim(open, quality > 0, reading.place)
        open.satsUsed = reading.satsUsed ?? open.satsUsed
        if (quality === 0) return
        open.altMslM = reading.altMslM ?? open.altMslM
        open.hdop = reading.hdop ?? open.hdop
        open.estimated ||= quality === 6
        open.simulated ||= quality === 8 || quality === 7
        return
      }
      case 'GLL':
        claim(open, reading.valid, reading.place)
        return
      case 'GSA':
        open.gsaMode = reading.mode ?? open.gsaMode
        open.hdop = reading.hdop ?? open.hdop
        this.#satellites.takeGsa(reading, open.number)
        return
      case 'GSV':
        this.#satellites.takeGsv(reading)
        return
      case 'VTG':
        if (!reading.valid) return
        if (reading.speedKn !== undefined) open.vtgSpeedMps = reading.speedKn * MPS_PER_KNOT
        open.vtgTrackDeg = reading.trackDeg ?? open.vtgTrackDeg
        return
      case 'ZDA':
        if (reading.date !== undefined) open.dayUtcMs = dayOf(reading.date)
        return
      case 'RMZ':
        open.feetAltMslM = reading.altMslM ?? open.feetAltMslM
        return
      case 'UBX':
        this.#mergeUbx(reading)
    }
  }

  #mergeUbx(reading: UbxReading): void {
    const open = this.#open
    if (reading.utcMs !== undefined) open.dayUtcMs = reading.utcMs - (reading.utcMs % DAY_MS)
    if (reading.mode !== undefined) {
      claim(open, reading.mode >= 2, reading.place)
      open.ubxMode = reading.mode
    }
    open.speedMps = reading.speedMps ?? open.speedMps
    open.trackDeg = reading.trackDeg ?? open.trackDeg
    open.altMslM = reading.altMslM ?? open.altMslM
    open.satsUsed = reading.satsUsed ?? open.satsUsed
    open.hdop = reading.hdop ?? open.hdop
    if (reading.satellites !== undefined) this.#satellites.takeAll(reading.satellites)
  }

  #learnEnd(): void {
    if (this.#lastKey === undefined) return
    this.#endSeen = this.#lastKey === this.#endKey ? this.#endSeen + 1 : 1
    this.#endKey = this.#lastKey
    this.#lastKey = undefined
  }

  #fixOf(open: Open): Fix {
    const timeUtcMs = this.#timeUtcMs(open)
    // A GGA that only estimates, beside an RMC that says "do not navigate by this", is a receiver guessing in a tunnel.
    const place = open.denied && open.estimated ? undefined : open.place
    const satsUsed = this.#satellites.knowsUsed(open.number) ? this.#satellites.usedCount() : open.satsUsed
    const satsSeen = this.#satellites.seenCount()
    const sats = this.#satellites.tally()
    const sky = {
      ...(timeUtcMs === undefined ? {} : { timeUtcMs }),
      ...(satsUsed === undefined ? {} : { satsUsed }),
      ...(satsSeen === undefined ? {} : { satsSeen }),
      ...(sats === undefined ? {} : { sats: sats as NonNullable<Fix['sats']> }),
      ...(timeUtcMs !== undefined && isSuspect(timeUtcMs) ? { dateSuspect: true } : {}),
    }
    if (place === undefined) {
      this.#mode = 1
      this.#before = undefined
      return { mode: 1, ...sky }
    }
    const altMslM = open.altMslM ?? open.feetAltMslM
    const speedMps = open.speedMps ?? open.vtgSpeedMps ?? this.#speedBetween(place, timeUtcMs)
    this.#before = timeUtcMs === undefined ? undefined : { place, timeUtcMs }
    const trackDeg = open.trackDeg ?? open.vtgTrackDeg
    const mode = modeOf(open, this.#mode)
    this.#mode = mode
    return {
      ...sky,
      ...place,
      mode,
      ...(speedMps === undefined ? {} : { speedMps }),
      ...(trackDeg === undefined ? {} : { trackDeg }),
      ...(altMslM === undefined ? {} : { altMslM }),
      ...(open.hdop === undefined ? {} : { hdop: open.hdop }),
      ...(open.simulated ? { simulated: true } : {}),
    }
  }

  /** Some epochs tell no speed at all: then it is what lies between two neighbouring fixes, if that is believable. */
  #speedBetween(place: Place, timeUtcMs: number | undefined): number | undefined {
    const before = this.#before
    if (before === undefined || timeUtcMs === undefined) return undefined
    const ms = timeUtcMs - before.timeUtcMs
    if (ms <= 0 || ms > NEIGHBOURS_MS) return undefined
    const speedMps = (groundM(before.place, place) * 1000) / ms
    return speedMps <= SPEED_MAX_MPS ? speedMps : undefined
  }

  /** Date and time of day joined; a day told earlier is carried over midnight. */
  #timeUtcMs(open: Open): number | undefined {
    const { timeMs } = open
    if (timeMs === undefined) return undefined
    if (open.dayUtcMs !== undefined) this.#dayUtcMs = open.dayUtcMs
    // Half a day back is midnight; a few seconds back is a receiver correcting itself.
    else if (this.#dayUtcMs !== undefined && this.#dayTimeMs - timeMs > DAY_MS / 2) this.#dayUtcMs += DAY_MS
    if (this.#dayUtcMs === undefined) return undefined
    this.#dayTimeMs = timeMs
    return this.#dayUtcMs + timeMs
  }
}

const emptyEpoch = (number: number): Open => ({
  number,
  timeMs: undefined,
  dayUtcMs: undefined,
  place: undefined,
  denied: false,
  estimated: false,
  gsaMode: undefined,
  ubxMode: undefined,
  speedMps: undefined,
  trackDeg: undefined,
  vtgSpeedMps: undefined,
  vtgTrackDeg: undefined,
  altMslM: undefined,
  feetAltMslM: undefined,
  hdop: undefined,
  satsUsed: undefined,
  simulated: false,
  keys: new Set(),
})

/** A sentence that carries a place says whether it is to be believed. */
const claim = (open: Open, valid: boolean, place: Place | undefined): void => {
  open.keys.add(valid && place !== undefined ? 'place' : 'denied')
  if (valid && place !== undefined) open.place = place
}

/**
 * GGA quality, or what comes near it for GNS. A position from no satellites at all is a receiver remembering where it
 * was, unless it says that it estimates (6) or was told (7, 8).
 */
const qualityOf = (reading: Gga | Gns): number => {
  const quality = reading.type === 'GGA' ? (reading.quality ?? 0) : /[^N]/.test(reading.modes) ? 1 : 0
  return reading.satsUsed === 0 && quality < 6 ? 0 : quality
}

/**
 * Our modes say what an epoch carries: 3 is "with altitude". Some cycles leave the altitude out of every other epoch:
 * then the mode is what it was.
 */
const modeOf = (open: Open, before: 1 | 2 | 3): 2 | 3 => {
  if (open.ubxMode === 2 || open.ubxMode === 3) return open.ubxMode
  if (open.altMslM !== undefined) return 3
  const mode = open.gsaMode ?? before
  return mode === 3 ? 3 : 2
}

const timeOf = (reading: Reading): number | undefined => ('timeMs' in reading ? reading.timeMs : undefined)
const carriesPlace = (reading: Reading): boolean =>
  reading.type === 'RMC' ||
  reading.type === 'GGA' ||
  reading.type === 'GNS' ||
  reading.type === 'GLL' ||
  reading.type === 'UBX'

/** What stands at a place in a cycle. The parts of a GSV vary in number: only "the last part" can be learned. */
const keyOf = (reading: Reading): string => {
  if (reading.type === 'UBX') return `UBX ${reading.message}`
  if (reading.type === 'GSV')
    return `${reading.talker}GSV ${reading.signalId ?? ''} ${reading.at === reading.of ? 'last' : 'part'}`
  if (reading.type === 'GSA') return `${reading.talker}GSA ${reading.systemId ?? ''}`
  return reading.talker + reading.type
}

/** Metres between two places close to each other, by the radii of the ellipsoid: a sphere would be off by 0.5 %. */
const groundM = (a: Place, b: Place): number => {
  const sin2 = Math.sin((a.lat * Math.PI) / 180) ** 2
  const root = Math.sqrt(1 - WGS84_E2 * sin2)
  const east = ((((b.lon - a.lon + 540) % 360) - 180) * Math.PI) / 180
  const north = ((b.lat - a.lat) * Math.PI) / 180
  const meridianM = (WGS84_A_M * (1 - WGS84_E2)) / root ** 3
  return Math.hypot(north * meridianM, (east * Math.sqrt(1 - sin2) * WGS84_A_M) / root)
}

const dayOf = (date: CalendarDate): number => Date.UTC(date.year, date.month - 1, date.day)

const isSuspect = (utcMs: number): boolean =>
  utcMs < PLAUSIBLE_FROM_UTC_MS || utcMs >= PLAUSIBLE_FROM_UTC_MS + ROLLOVER_MS
