import type { Fields } from './fields.ts'
import type { Dtm, Gga, Gll, Gns, Gsa, Gst, Gsv, Mark, Rmc, Sentence, Txt, Vtg, Zda } from './sentence.ts'

/*
 * The standard sentences, field by field (NMEA 0183 v4.11):
 *
 *   RMC,hhmmss.ss,A,llll.ll,a,yyyyy.yy,a,knots,track,ddmmyy,var,a[,mode[,nav]]
 *   GGA,hhmmss.ss,llll.ll,a,yyyyy.yy,a,quality,used,hdop,alt,M,sep,M,age,station
 *   GNS,hhmmss.ss,llll.ll,a,yyyyy.yy,a,modes,used,hdop,alt,sep,age,station[,nav]
 *   GLL,llll.ll,a,yyyyy.yy,a,hhmmss.ss,A[,mode]
 *   GSA,A,mode,prn x 12,pdop,hdop,vdop[,system]      24 prn on receivers with as many channels
 *   GSV,of,at,seen,(prn,elevation,azimuth,snr) x 0..4[,signal[,system]]
 *   VTG,track,T,track,M,knots,N,kmh,K[,mode]
 *   ZDA,hhmmss.ss,dd,mm,yyyy,zone,zone
 *   GST,hhmmss.ss,rms,major,minor,orientation,lat,lon,alt
 *   DTM,datum,sub,dlat,N,dlon,E,dalt,reference
 *   TXT,of,at,kind,words
 *   GBS,hhmmss.ss,...                                read for its time: some receivers end their cycle with it
 */
export type Read = (fields: Fields, talker: string) => Sentence | undefined

const A = 0x41
const D = 0x44
const E = 0x45
const N = 0x4e
const T = 0x54
const U = 0x55
const V = 0x56
const DOT = 0x2e

/** FAA mode letter (NMEA 2.3): N is "not valid"; a sentence without the field is older than it. */
const isValid = (f: Fields, status: number, mode: number): boolean =>
  (f.byte(status) === A || f.byte(status) === D) && f.byte(mode) !== N

const rmc = (f: Fields, talker: string): Rmc => ({
  type: 'RMC',
  talker,
  timeMs: f.time(1),
  valid: isValid(f, 2, 12),
  place: f.place(3),
  speedKn: f.amount(7),
  trackDeg: f.angle(8),
  date: f.date(9),
  estimated: f.byte(12) === E || undefined,
})

const gga = (f: Fields, talker: string): Gga => ({
  type: 'GGA',
  talker,
  timeMs: f.time(1),
  place: f.place(2),
  quality: f.count3(6, 9),
  satsUsed: f.count3(7, 99),
  hdop: f.amount(8),
  altMslM: f.signed(9),
})

const gns = (f: Fields, talker: string): Gns => ({
  type: 'GNS',
  talker,
  timeMs: f.time(1),
  place: f.place(2),
  modes: f.letters(6, 8),
  disowned: f.byte(13) === U || f.byte(13) === V || undefined,
  satsUsed: f.count3(7, 99),
  hdop: f.amount(8),
  altMslM: f.signed(9),
})

const gll = (f: Fields, talker: string): Gll => ({
  type: 'GLL',
  talker,
  place: f.place(1),
  timeMs: f.time(5),
  valid: isValid(f, 6, 7),
  estimated: f.byte(7) === E || undefined,
})

/** Satellite fields run up to the three dilutions and, since NMEA 4.10, the system. */
const gsa = (f: Fields, talker: string): Gsa => {
  const satellites: number[] = []
  const end = f.count > 19 ? f.count - 3 : 15
  for (let i = 3; i < end && !f.has(i, DOT); i++) {
    const number = f.count3(i)
    if (number !== undefined && number > 0) satellites.push(number)
  }
  const mode = f.byte(2) === E ? undefined : f.count3(2, 3)
  return {
    type: 'GSA',
    talker,
    mode: mode === 1 || mode === 2 || mode === 3 ? mode : undefined,
    satellites,
    hdop: f.amount(end + 1),
    // SiRF writes a fourth dilution there.
    systemId: f.count <= 19 && !f.has(18, DOT) ? f.hex(18) : undefined,
  }
}

/** Receivers write 0, 99 or 99.99 for a dilution they do not know. */
export const isDop = (dop: number | undefined): boolean => dop !== undefined && dop >= 0.01 && dop < 90

const SIGNALS = [...'0123456789ABCDEF']

const gsv = (f: Fields, talker: string): Gsv | undefined => {
  const [of, at, seen] = [f.count3(1, 99), f.count3(2, 99), f.count3(3)]
  if (of === undefined || at === undefined || at < 1 || at > of) return f.refuse()
  // Four fields a satellite; one more is the signal of NMEA 4.10, two more are signal and system of Quectel.
  const extra = (f.count - 4) % 4
  if (extra === 3) return f.refuse()
  const end = f.count - extra
  const satellites: number[] = []
  const snrDb: number[] = []
  let hasAzimuth = false
  for (let i = 4; i < end; i += 4) {
    const number = f.count3(i)
    if (number === undefined || number === 0) continue
    satellites.push(number)
    snrDb.push(f.loose(i + 3))
    hasAzimuth ||= f.isEmpty(i + 2) || f.loose(i + 2) > 0
  }
  return {
    type: 'GSV',
    talker,
    of,
    at,
    seen,
    satellites,
    snrDb,
    hasAzimuth,
    signalId: extra > 0 ? SIGNALS[f.hex(end) ?? -1] : undefined,
    systemId: extra === 2 ? f.count3(end + 1, 9) : undefined,
  }
}

const vtg = (f: Fields, talker: string): Vtg => {
  // Before NMEA 2.3 some wrote track,track,knots,kmh without the letters.
  const isLettered = f.byte(2) === T
  return {
    type: 'VTG',
    talker,
    valid: f.byte(9) !== N && f.byte(9) !== E,
    trackDeg: f.angle(1),
    speedKn: f.amount(isLettered ? 5 : 3),
  }
}

const zda = (f: Fields, talker: string): Zda => ({
  type: 'ZDA',
  talker,
  timeMs: f.time(1),
  date: f.longDate(2),
})

const gst = (f: Fields, talker: string): Gst => ({
  type: 'GST',
  talker,
  latErrorM: f.amount(6),
  lonErrorM: f.amount(7),
  altErrorM: f.amount(8),
})

const dtm = (f: Fields, talker: string): Dtm => ({ type: 'DTM', talker, datum: f.text(1) })

const txt = (f: Fields, talker: string): Txt => ({ type: 'TXT', talker, text: f.rest(4) })

const gbs = (f: Fields, talker: string): Mark => ({ type: 'MARK', name: 'GBS', talker, timeMs: f.time(1) })

const codeOf = (type: string): number =>
  (type.charCodeAt(0) << 16) | (type.charCodeAt(1) << 8) | type.charCodeAt(2)

/** By the three letters of the type as one number. */
export const readers: ReadonlyMap<number, Read> = new Map<number, Read>([
  [codeOf('RMC'), rmc],
  [codeOf('GGA'), gga],
  [codeOf('GNS'), gns],
  [codeOf('GLL'), gll],
  [codeOf('GSA'), gsa],
  [codeOf('GSV'), gsv],
  [codeOf('VTG'), vtg],
  [codeOf('ZDA'), zda],
  [codeOf('GST'), gst],
  [codeOf('DTM'), dtm],
  [codeOf('TXT'), txt],
  [codeOf('GBS'), gbs],
])
