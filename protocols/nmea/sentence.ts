import type { Result } from '../result.ts'
import { fault, ok } from '../result.ts'
import { xorOf } from './checksum.ts'
import { Fields } from './fields.ts'
import type { CalendarDate, Place } from './fields.ts'
import { proprietaryReaders } from './proprietary.ts'
import { readers } from './readers.ts'

/*
 * What sentences say. All fields but the ones that make a sentence useful may be empty, and an empty field is an absent
 * property, never 0. How each is laid out stands in `readers.ts`, the makers' own sentences in `proprietary.ts`.
 */
type Head<T extends string> = { readonly type: T; readonly talker: string }
type At = { readonly timeMs?: number | undefined; readonly place?: Place | undefined }

export type Rmc = Head<'RMC'> &
  At & {
    readonly valid: boolean
    readonly speedKn?: number | undefined
    readonly trackDeg?: number | undefined
    readonly date?: CalendarDate | undefined
    /** The receiver reckons on without satellites (mode E). */
    readonly estimated?: boolean | undefined
  }
export type Gga = Head<'GGA'> &
  At & {
    /** 0 none, 1 GNSS, 2 differential, 3 PPS, 4 RTK, 5 RTK float, 6 estimated, 7 manual, 8 simulated. */
    readonly quality?: number | undefined
    readonly satsUsed?: number | undefined
    readonly hdop?: number | undefined
    readonly altMslM?: number | undefined
  }
export type Gns = Head<'GNS'> &
  At & {
    /** One letter per system, N where a system gives nothing: `AAN`. */
    readonly modes: string
    /** It calls itself unsafe or not valid for navigation (NMEA 4.1): other sentences tell better. */
    readonly disowned?: boolean | undefined
    readonly satsUsed?: number | undefined
    readonly hdop?: number | undefined
    readonly altMslM?: number | undefined
  }
export type Gll = Head<'GLL'> & At & { readonly valid: boolean; readonly estimated?: boolean | undefined }
export type Gsa = Head<'GSA'> & {
  readonly mode?: 1 | 2 | 3 | undefined
  readonly satellites: readonly number[]
  readonly hdop?: number | undefined
  readonly systemId?: number | undefined
}
export type Gsv = Head<'GSV'> & {
  readonly of: number
  readonly at: number
  readonly seen?: number | undefined
  readonly satellites: readonly number[]
  /** Beside each satellite, dB-Hz; 0 while it is known from the almanac only. */
  readonly snrDb: readonly number[]
  /** Some satellite does not stand due north. */
  readonly hasAzimuth: boolean
  /** One hexadecimal digit. */
  readonly signalId?: string | undefined
  /** Quectel's PQGSV alone tells it. */
  readonly systemId?: number | undefined
}
export type Vtg = Head<'VTG'> & {
  readonly valid: boolean
  readonly trackDeg?: number | undefined
  readonly speedKn?: number | undefined
}
export type Zda = Head<'ZDA'> & {
  readonly timeMs?: number | undefined
  readonly date?: CalendarDate | undefined
}
/** One standard deviation of the place, metres. */
export type Gst = Head<'GST'> & {
  readonly latErrorM?: number | undefined
  readonly lonErrorM?: number | undefined
  readonly altErrorM?: number | undefined
}
/** Which datum the places refer to: `W84`, or a local one whose places lie up to hundreds of metres off. */
export type Dtm = Head<'DTM'> & { readonly datum: string }
export type Txt = Head<'TXT'> & { readonly text: string }
/** Altitude and mode of Garmin's `PGRMZ`. Proprietary sentences have no talker: it is `P`. */
export type Rmz = Head<'RMZ'> & {
  readonly altMslM?: number | undefined
  readonly mode?: 1 | 2 | 3 | undefined
}
/** A maker's own sentence that tells a whole fix: `PASHR,POS`, `PSTI,030`, `PUBX,00`, `PGRMF`. */
export type Own = Head<'OWN'> &
  At & {
    readonly name: 'PASHR' | 'PSTI' | 'PUBX' | 'PGRMF'
    readonly mode: 1 | 2 | 3
    readonly date?: CalendarDate | undefined
    readonly altMslM?: number | undefined
    readonly altHaeM?: number | undefined
    readonly speedMps?: number | undefined
    readonly trackDeg?: number | undefined
    readonly hdop?: number | undefined
    readonly satsUsed?: number | undefined
    readonly estimated?: boolean | undefined
  }
/** Read for its time alone: it may be what ends a cycle. */
export type Mark = Head<'MARK'> & {
  readonly name: 'GBS' | 'PERC' | 'PSRFEPE' | 'PSTI032' | 'PSTI033' | 'PSTI035' | 'PSTI036'
  readonly timeMs?: number | undefined
  readonly date?: CalendarDate | undefined
  /** Whether it tells a dilution of precision too. */
  readonly hasDop?: boolean | undefined
  /** Whether it repeats the satellites in view. */
  readonly hasSky?: boolean | undefined
}
export type Sentence = Rmc | Gga | Gns | Gll | Gsa | Gsv | Vtg | Zda | Gst | Dtm | Txt | Rmz | Own | Mark
export type SentenceType = Sentence['type']

/** Knots to m/s: a knot is 1,852 m an hour. */
export const MPS_PER_KNOT = 1852 / 3600

const STAR = 0x2a
const LETTER_P = 0x50
const LETTER_Q = 0x51
const fields = new Fields()

/**
 * One sentence whose checksum was right: `from` at its `$`, `star` at its `*`.
 * Faults: `NMEA_UNREAD` for types we do not need (normal, count and forget); `NMEA_FIELD` when a field is not what its
 * sentence says.
 */
export const readSentence = (bytes: Uint8Array, from: number, star: number): Result<Sentence> => {
  if (!fields.load(bytes, from + 1, star)) return fault('NMEA_FIELD', 'too many fields')
  const isOwn = bytes[from + 1] === LETTER_P && bytes[from + 2] !== LETTER_Q
  const isPlain = bytes[from + 6] === 0x2c && !isOwn
  const read = isPlain
    ? readers.get(codeOf(bytes, from + 3))
    : isOwn
      ? proprietaryReaders.get(fields.text(0))
      : undefined
  if (read === undefined) return UNREAD
  const sentence = read(fields, isPlain ? talkerOf(bytes, from + 1) : 'P')
  if (fields.isBad) return fault('NMEA_FIELD', fields.text(0))
  return sentence === undefined ? UNREAD : ok(sentence)
}

const UNREAD = fault('NMEA_UNREAD', 'a sentence nobody here needs')

/**
 * One sentence from its text, `$` to checksum: `parseSentence('$GPGLL,,,,,,V,N*64')`.
 * Faults: `NMEA_CHECKSUM`, and those of `readSentence`.
 */
export const parseSentence = (text: string): Result<Sentence> => {
  const bytes = Uint8Array.from(text, c => (c.charCodeAt(0) < 0x80 ? c.charCodeAt(0) : 0xff))
  const star = bytes.lastIndexOf(STAR)
  const sum = text.slice(star + 1)
  if (star < 1 || !/^[0-9A-Fa-f]{2}$/.test(sum) || parseInt(sum, 16) !== xorOf(bytes, 1, star))
    return fault('NMEA_CHECKSUM', text.slice(0, 20))
  return readSentence(bytes, 0, star)
}

/** Three letters as one number: the key of `readers`. */
const codeOf = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)

const talkers = new Map<number, string>()
/** As many two-letter talkers as there could be. */
const TALKERS_MAX = 26 * 26

/** The two letters before the type, made once for each talker. */
const talkerOf = (bytes: Uint8Array, at: number): string => {
  const [first, second] = [bytes[at] as number, bytes[at + 1] as number]
  const key = (first << 8) | second
  const known = talkers.get(key)
  if (known !== undefined) return known
  const talker = String.fromCharCode(first, second)
  if (talkers.size < TALKERS_MAX) talkers.set(key, talker)
  return talker
}
