import {
  encodeDtm,
  encodeGga,
  encodeGll,
  encodeGns,
  encodeGsa,
  encodeGst,
  encodeGsv,
  encodeRmc,
  encodeTxt,
  encodeVtg,
  encodeZda,
} from '#protocols/nmea/encode.ts'
import type { Dialect, SkySatellite } from '#protocols/nmea/encode.ts'
import type { Place } from '#protocols/nmea/fields.ts'
import { MPS_PER_KNOT } from '#protocols/nmea/sentence.ts'
import { PERSONALITIES } from './personality.ts'
import type { Constellation, Personality, SentenceName } from './personality.ts'
import { skyOver } from './sky.ts'

/** What a receiver makes of one moment; without the optional fields, where the car really is. */
export type Truth = {
  readonly lat: number
  readonly lon: number
  readonly speedMps: number
  readonly trackDeg: number
  readonly altMslM?: number
  readonly utcMs: number
  /** False: the antenna sees nothing. */
  readonly fix: boolean
  /** Three satellites make a fix without altitude. */
  readonly mode?: 2 | 3
  /** The place is guessed from wheels and gyroscope, and said to be. */
  readonly estimated?: boolean
  /** What a receiver without a fix has of the time: after a cold start first nothing, then the time, then the date. */
  readonly knows?: 'nothing' | 'time' | 'date'
  readonly antenna?: 'open' | 'short'
}

export type SimulatedReceiver = {
  /** The bytes of one epoch, as one burst. */
  epoch(truth: Truth): Uint8Array
}

const DAY_MS = 86_400_000
/** Trackers use what stands well above the roofs. */
const USED_ABOVE_DEG = 15
const USED_PER_SYSTEM_MAX = 12
const FLAT_FIX_SATELLITES = 3
/** Below this the course is noise: receivers leave it empty or go on telling the last one. */
const COURSE_ABOVE_MPS = 0.3

/** A receiver of the given make: the same epochs always give the same bytes. */
export function simulatedReceiver(personality: Personality = PERSONALITIES.fleet): SimulatedReceiver {
  let epochs = 0
  const last: Last = { place: undefined, trackDeg: undefined, antenna: undefined }
  return {
    epoch: told => {
      const truth = { ...told, utcMs: Math.floor(told.utcMs) }
      const said = momentOf(truth, personality, last)
      const withGsv = epochs % (personality.gsvEvery ?? 1) === 0
      epochs++
      const lines = [
        ...antennaWords(personality.talker, truth, last),
        ...personality.order
          .filter(name => withGsv || name !== 'GSV')
          .flatMap(name => sentencesOf(name, said, personality)),
      ]
      return new TextEncoder().encode(lines.join(''))
    },
  }
}

/** What a receiver goes on telling after it stopped being true. */
type Last = { place: Place | undefined; trackDeg: number | undefined; antenna: Truth['antenna'] }

/** One moment in the receiver's own terms, before it is put into sentences. */
type Moment = {
  readonly valid: boolean
  readonly mode: 1 | 2 | 3
  readonly quality: number
  readonly dialect: Dialect
  readonly when: { readonly timeMs?: number }
  readonly late: { readonly timeMs?: number }
  readonly day: { readonly date?: { readonly year: number; readonly month: number; readonly day: number } }
  readonly place: { readonly place?: Place }
  readonly motion: { readonly speedKn?: number; readonly trackDeg?: number }
  readonly altitude: { readonly altMslM?: number }
  readonly hdop: { readonly hdop?: number }
  readonly satsUsed: number
  readonly skies: readonly Sky[]
}

type Sky = {
  readonly constellation: Constellation
  readonly seen: readonly SkySatellite[]
  readonly used: readonly number[]
}

function momentOf(truth: Truth, personality: Personality, last: Last): Moment {
  const { fix, estimated = false } = truth
  const { constellations } = personality
  const usedMax =
    truth.mode === 2 ? Math.ceil(FLAT_FIX_SATELLITES / constellations.length) : USED_PER_SYSTEM_MAX
  const skies = constellations.map(constellation => skySeen(constellation, truth, usedMax))
  const satsUsed = skies.reduce((sum, sky) => sum + sky.used.length, 0)
  const timeMs = ((truth.utcMs % DAY_MS) + DAY_MS) % DAY_MS
  const knows = fix ? 'date' : (truth.knows ?? 'date')
  const moves = truth.speedMps >= COURSE_ABOVE_MPS
  if (fix) last.place = { lat: truth.lat, lon: truth.lon }
  if (fix && moves) last.trackDeg = ((truth.trackDeg % 360) + 360) % 360
  const place = fix || personality.unfixed === 'last' ? last.place : undefined
  const trackDeg = fix && (moves || personality.course === 'held') ? last.trackDeg : undefined
  const mode = !fix ? 1 : (truth.mode ?? 3)
  const { minuteDecimals, timeDecimals, nmea } = personality
  return {
    valid: fix,
    mode,
    quality: !fix ? 0 : estimated ? 6 : 1,
    dialect: { minuteDecimals, timeDecimals, nmea, mode: estimated ? 'E' : 'A' },
    when: knows === 'nothing' ? {} : { timeMs },
    late: knows === 'nothing' ? {} : { timeMs: (timeMs + (personality.lateMs ?? 0)) % DAY_MS },
    day: knows === 'date' ? { date: dateOf(truth.utcMs) } : {},
    place: place === undefined ? {} : { place },
    motion: fix
      ? { speedKn: truth.speedMps / MPS_PER_KNOT, ...(trackDeg === undefined ? {} : { trackDeg }) }
      : {},
    altitude: mode === 3 ? { altMslM: truth.altMslM ?? 40 } : {},
    hdop: fix ? { hdop: hdopOf(satsUsed) } : {},
    satsUsed,
    skies,
  }
}

function skySeen(constellation: Constellation, { utcMs, fix, estimated }: Truth, usedMax: number): Sky {
  const above = skyOver(constellation.system, utcMs)
  const usable = fix && estimated !== true
  const used = usable ? above.filter(s => s.elevationDeg >= USED_ABOVE_DEG).slice(0, usedMax) : []
  // Under a roof the almanac still says what should be there, but nothing is heard.
  const seen = usable ? above : above.map(({ snrDb: _, ...rest }) => rest)
  return { constellation, seen, used: used.map(s => s.number) }
}

function sentencesOf(name: SentenceName, said: Moment, { talker }: Personality): readonly string[] {
  const { valid, dialect, when, late, day, place, motion, altitude, hdop, satsUsed } = said
  switch (name) {
    case 'RMC':
      return [encodeRmc({ talker, ...when, valid, ...day, ...place, ...motion }, dialect)]
    case 'GGA':
      return [
        encodeGga(
          { talker, ...late, quality: said.quality, satsUsed, ...place, ...hdop, ...altitude },
          dialect,
        ),
      ]
    case 'GNS': {
      const modes = said.skies.map(sky => (sky.used.length > 0 ? dialect.mode : 'N')).join('')
      return [encodeGns({ talker, ...late, modes, satsUsed, ...place, ...hdop, ...altitude }, dialect)]
    }
    case 'GLL':
      return [encodeGll({ talker, ...late, valid, ...place }, dialect)]
    case 'VTG':
      return [encodeVtg({ talker, valid, ...motion }, dialect)]
    case 'ZDA':
      return [encodeZda({ talker, ...when, ...day }, dialect)]
    case 'GST':
      return [
        encodeGst({ talker, ...when, ...(valid && { deviationM: { lat: 2, lon: 2, alt: 4 } }) }, dialect),
      ]
    case 'DTM':
      return [encodeDtm(talker, 'W84')]
    case 'GSA':
      return said.skies.map(({ constellation: { systemId }, used }) =>
        encodeGsa({
          talker,
          mode: said.mode,
          satellites: used,
          ...hdop,
          ...(systemId !== undefined && { systemId }),
        }),
      )
    case 'GSV':
      return said.skies.flatMap(({ constellation, seen }) =>
        encodeGsv(constellation.talker, seen, constellation.signalId),
      )
  }
}

const ANTENNA_WORDS = { open: 'ANTENNA OPEN', short: 'ANTENNA SHORT' } as const

/** Once it had to complain, it goes on to say how its antenna is. */
function antennaWords(talker: string, { antenna }: Truth, last: Last): readonly string[] {
  last.antenna ??= antenna
  if (last.antenna === undefined) return []
  return [encodeTxt(talker, 0, antenna === undefined ? 'ANTENNA OK' : ANTENNA_WORDS[antenna])]
}

const dateOf = (utcMs: number) => {
  const when = new Date(utcMs)
  return { year: when.getUTCFullYear(), month: when.getUTCMonth() + 1, day: when.getUTCDate() }
}

/** More satellites, better geometry: 20 give about 0.7, 8 about 1.1. */
const hdopOf = (satsUsed: number): number => 0.4 + 6 / Math.max(satsUsed, 4)
