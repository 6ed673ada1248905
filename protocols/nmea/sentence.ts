import { parseNmeaSentence } from 'nmea-simple'

import type { Result } from '../result.ts'
import { fault, ok } from '../result.ts'
import { xorOfText } from './checksum.ts'
import { field, placeOf } from './fields.ts'
import type { CalendarDate, Place } from './fields.ts'

/*
 * The nine sentences a position is made of. All fields but the ones that make a sentence useful may be empty, and an
 * empty field is an absent property, never 0.
 *
 *   RMC,hhmmss.ss,A,llll.ll,a,yyyyy.yy,a,knots,track,ddmmyy,var,a[,mode[,nav]]
 *   GGA,hhmmss.ss,llll.ll,a,yyyyy.yy,a,quality,used,hdop,alt,M,sep,M,age,station
 *   GNS,hhmmss.ss,llll.ll,a,yyyyy.yy,a,modes,used,hdop,alt,sep,age,station[,nav]
 *   GLL,llll.ll,a,yyyyy.yy,a,hhmmss.ss,A[,mode]
 *   GSA,A,mode,prn x 12,pdop,hdop,vdop[,system]
 *   GSV,of,at,seen,(prn,elevation,azimuth,snr) x 0..4[,signal]
 *   VTG,track,T,track,M,knots,N,kmh,K[,mode]
 *   ZDA,hhmmss.ss,dd,mm,yyyy,zone,zone
 *   PGRMZ,feet,f,mode                 Garmin; the only altitude of every other of its epochs
 *
 * nmea-simple is our second opinion, no more: it turns empty into 0, reads the signal of a GSV as a satellite, dates a
 * GGA with the computer's clock and throws on much else. What it says is compared, never used.
 */
type Head<T extends string> = { readonly type: T; readonly talker: string }
type At = { readonly timeMs?: number; readonly place?: Place }

export type Rmc = Head<'RMC'> &
  At & {
    readonly valid: boolean
    readonly speedKn?: number
    readonly trackDeg?: number
    readonly date?: CalendarDate
  }
export type Gga = Head<'GGA'> &
  At & {
    /** 0 none, 1 GNSS, 2 differential, 3 PPS, 4 RTK, 5 RTK float, 6 estimated, 7 manual, 8 simulated. */
    readonly quality?: number
    readonly satsUsed?: number
    readonly hdop?: number
    readonly altMslM?: number
  }
export type Gns = Head<'GNS'> &
  At & {
    /** One letter per system, N where a system gives nothing: `AAN`. */
    readonly modes: string
    readonly satsUsed?: number
    readonly hdop?: number
    readonly altMslM?: number
  }
export type Gll = Head<'GLL'> & At & { readonly valid: boolean }
export type Gsa = Head<'GSA'> & {
  readonly mode?: 1 | 2 | 3
  readonly satellites: readonly number[]
  readonly hdop?: number
  readonly systemId?: number
}
export type Gsv = Head<'GSV'> & {
  readonly of: number
  readonly at: number
  readonly seen?: number
  readonly satellites: readonly number[]
  readonly signalId?: string
}
export type Vtg = Head<'VTG'> & {
  readonly valid: boolean
  readonly trackDeg?: number
  readonly speedKn?: number
}
export type Zda = Head<'ZDA'> & { readonly timeMs?: number; readonly date?: CalendarDate }
/** Altitude alone. Proprietary sentences have no talker: it is `P`. */
export type Rmz = Head<'RMZ'> & { readonly altMslM?: number }
export type Sentence = Rmc | Gga | Gns | Gll | Gsa | Gsv | Vtg | Zda | Rmz
export type SentenceType = Sentence['type']

/** Knots to m/s: a knot is 1,852 m an hour. */
export const MPS_PER_KNOT = 1852 / 3600

const ADDRESS = /^[$!]([A-Z]{2})([A-Z]{3})$/

/**
 * One checked sentence from its text, `$` to checksum: `parseSentence('$GPGLL,,,,,,V,N*64')`.
 * Faults: `NMEA_CHECKSUM`; `NMEA_UNREAD` for types we do not need and proprietary ones (normal, count and forget);
 * `NMEA_FIELD` when a field is not what its sentence says; `NMEA_DISPUTED` when the second opinion differs.
 */
export const parseSentence = (text: string): Result<Sentence> => {
  const star = text.lastIndexOf('*')
  const body = text.slice(1, star)
  if (
    star < 1 ||
    !/^[0-9A-Fa-f]{2}$/.test(text.slice(star + 1)) ||
    parseInt(text.slice(star + 1), 16) !== xorOfText(body)
  )
    return fault('NMEA_CHECKSUM', text.slice(0, 20))
  const fields = text.slice(0, star).split(',')
  const name = fields[0] ?? ''
  const address = ADDRESS.exec(name)
  const talker = name.startsWith('$P') ? 'P' : (address?.[1] ?? '')
  const read = talker === 'P' ? proprietary.get(name) : readers.get(address?.[2] ?? '')
  if (read === undefined) return fault('NMEA_UNREAD', name)
  const sentence = read(talker, fields)
  if (sentence === undefined) return fault('NMEA_FIELD', text)
  return isDisputed(sentence, text) ? fault('NMEA_DISPUTED', text) : ok(sentence)
}

type Read = (talker: string, fields: readonly string[]) => Sentence | undefined

/** What is left when absent values are taken out; `undefined` when any field was malformed. */
const whole = <T extends object>(parts: { readonly [K in keyof T]: T[K] | undefined | typeof field.bad }):
  T | undefined => {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(parts)) {
    if (value === field.bad) return undefined
    if (value !== undefined) kept[name] = value
  }
  return kept as T
}

/** FAA mode letter (NMEA 2.3): N is "not valid"; a sentence without the field is older than it. */
const faaValid = (mode: string | undefined): boolean => mode !== 'N'

const rmc: Read = (talker, f) =>
  whole<Rmc>({
    type: 'RMC',
    talker,
    timeMs: field.time(f[1]),
    valid: (f[2] === 'A' || f[2] === 'D') && faaValid(f[12]),
    place: placeOf(f[3], f[4], f[5], f[6]),
    speedKn: field.amount(f[7]),
    trackDeg: field.angle(f[8]),
    date: field.date(f[9]),
  })

const gga: Read = (talker, f) =>
  whole<Gga>({
    type: 'GGA',
    talker,
    timeMs: field.time(f[1]),
    place: placeOf(f[2], f[3], f[4], f[5]),
    quality: field.count(f[6], 9),
    satsUsed: field.count(f[7], 99),
    hdop: field.amount(f[8]),
    altMslM: field.signed(f[9]),
  })

const gns: Read = (talker, f) =>
  whole<Gns>({
    type: 'GNS',
    talker,
    timeMs: field.time(f[1]),
    place: placeOf(f[2], f[3], f[4], f[5]),
    modes: /^[A-Z]{0,8}$/.test(f[6] ?? '') ? (f[6] ?? '') : field.bad,
    satsUsed: field.count(f[7], 99),
    hdop: field.amount(f[8]),
    altMslM: field.signed(f[9]),
  })

const gll: Read = (talker, f) =>
  whole<Gll>({
    type: 'GLL',
    talker,
    place: placeOf(f[1], f[2], f[3], f[4]),
    timeMs: field.time(f[5]),
    valid: (f[6] === 'A' || f[6] === 'D') && faaValid(f[7]),
  })

const gsa: Read = (talker, f) => {
  const mode = field.count(f[2], 3)
  return whole<Gsa>({
    type: 'GSA',
    talker,
    mode: mode === 1 || mode === 2 || mode === 3 ? mode : undefined,
    satellites: listOf(f.slice(3, 15)),
    hdop: field.amount(f[16]),
    systemId: field.hex(f[18]),
  })
}

const gsv: Read = (talker, f) => {
  const [of, at] = [field.count(f[1], 99), field.count(f[2], 99)]
  if (typeof of !== 'number' || typeof at !== 'number' || at < 1 || at > of) return undefined
  // Four fields a satellite; one field more is the signal of NMEA 4.10, not a satellite.
  const rest = f.slice(4)
  const signalId = rest.length % 4 === 1 ? rest.pop() : undefined
  return whole<Gsv>({
    type: 'GSV',
    talker,
    of,
    at,
    seen: field.count(f[3], 999),
    satellites: listOf(rest.filter((_, i) => i % 4 === 0)),
    signalId: signalId === '' ? undefined : signalId,
  })
}

const vtg: Read = (talker, f) => {
  // Before NMEA 2.3 some wrote track,track,knots,kmh without the letters.
  const lettered = f[2] === 'T'
  return whole<Vtg>({
    type: 'VTG',
    talker,
    valid: faaValid(f[9]),
    trackDeg: field.angle(f[1]),
    speedKn: field.amount(lettered ? f[5] : f[3]),
  })
}

const zda: Read = (talker, f) =>
  whole<Zda>({ type: 'ZDA', talker, timeMs: field.time(f[1]), date: field.longDate(f[2], f[3], f[4]) })

const METRES_PER_FOOT = 0.3048

/** Mode 3 is "GPS altitude"; 2 would be what a person typed in. */
const rmz: Read = (talker, f) => {
  const altitude = field.signed(f[1])
  return whole<Rmz>({
    type: 'RMZ',
    talker,
    altMslM:
      typeof altitude !== 'number'
        ? altitude
        : f[2]?.toLowerCase() === 'f' && f[3] === '3'
          ? altitude * METRES_PER_FOOT
          : undefined,
  })
}

const proprietary: ReadonlyMap<string, Read> = new Map([['$PGRMZ', rmz]])

const readers: ReadonlyMap<string, Read> = new Map(
  Object.entries({ RMC: rmc, GGA: gga, GNS: gns, GLL: gll, GSA: gsa, GSV: gsv, VTG: vtg, ZDA: zda }),
)

const listOf = (texts: readonly string[]): readonly number[] | typeof field.bad => {
  const numbers: number[] = []
  for (const text of texts) {
    const number = field.count(text, 999)
    if (number === field.bad) return field.bad
    if (number !== undefined && number > 0) numbers.push(number)
  }
  return numbers
}

/** Two readers, one text: a difference beyond rounding means one of them is wrong, and a wrong place is worse than none. */
const isDisputed = (sentence: Sentence, text: string): boolean => {
  const other = secondOpinion(text)
  if (other === undefined || other['sentenceId'] !== sentence.type) return false
  const differs = (ours: number | undefined, name: string): boolean => {
    const theirs = other[name]
    return ours !== undefined && typeof theirs === 'number' && Math.abs(ours - theirs) > 1e-6
  }
  switch (sentence.type) {
    case 'RMC':
      return (
        placeDiffers(sentence, differs) ||
        differs(sentence.speedKn, 'speedKnots') ||
        differs(sentence.trackDeg, 'trackTrue')
      )
    case 'GGA':
    case 'GNS':
      return placeDiffers(sentence, differs) || differs(sentence.altMslM, 'altitudeMeters')
    case 'GLL':
      return placeDiffers(sentence, differs)
    case 'GSA':
    case 'GSV':
    case 'VTG':
    case 'ZDA':
    case 'RMZ':
      return false
  }
}

const placeDiffers = (at: At, differs: (ours: number | undefined, name: string) => boolean): boolean =>
  differs(at.place?.lat, 'latitude') || differs(at.place?.lon, 'longitude')

const secondOpinion = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    return { ...parseNmeaSentence(text) }
  } catch {
    // It throws on much that is harmless: then there is no second opinion.
    return undefined
  }
}
