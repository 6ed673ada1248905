import type { Fields } from './fields.ts'
import { isDop } from './readers.ts'
import type { Read } from './readers.ts'
import type { Mark, Own, Rmz, Sentence } from './sentence.ts'

/*
 * Sentences of single makers that tell a fix, or a part of one that nothing else of theirs tells:
 *
 *   PASHR,POS,type,used,hhmmss.ss,llll.ll,a,yyyyy.yy,a,height,,track,kmh,climb,pdop,hdop,...    Ashtech; ellipsoidal
 *   PSTI,030,hhmmss.sss,A,llll.ll,a,yyyyy.yy,a,alt,east,north,up,ddmmyy,mode,age,ratio          SkyTraq; m/s
 *   PUBX,00,hhmmss.ss,llll.ll,a,yyyyy.yy,a,height,status,h,v,kmh,track,vv,age,hdop,vdop,tdop,used,...   u-blox
 *   PGRMF,week,tow,ddmmyy,hhmmss,leap,llll.ll,a,yyyyy.yy,a,A,fix,kmh,track,pdop,tdop            Garmin
 *   PGRMZ,feet,f,mode                                    Garmin; the only altitude of every other of its epochs
 */
const MPS_PER_KMH = 1 / 3.6
const METRES_PER_FOOT = 0.3048

const A = 0x41
const E = 0x45
const N = 0x4e
const FEET = 0x66

const mps = (kmh: number | undefined): number | undefined =>
  kmh === undefined ? undefined : kmh * MPS_PER_KMH

const pashr = (f: Fields): Own | undefined => {
  if (f.text(1) !== 'POS') return undefined
  const hasFix = !f.isEmpty(2)
  return {
    type: 'OWN',
    name: 'PASHR',
    talker: 'P',
    mode: hasFix ? 3 : 1,
    satsUsed: f.count3(3, 99),
    timeMs: f.time(4),
    place: f.place(5),
    altHaeM: f.signed(9),
    trackDeg: f.angle(11),
    speedMps: mps(f.amount(12)),
    hdop: f.amount(15),
  }
}

const psti = (f: Fields): Own | Mark | undefined => {
  const kind = f.text(1)
  if (kind !== '030') return pstiMark(f, kind)
  const isValid = f.byte(3) === A && f.byte(13) !== N
  const [altMslM, east, north] = [f.signed(8), f.signed(9), f.signed(10)]
  const isMoving = east !== undefined && north !== undefined
  return {
    type: 'OWN',
    name: 'PSTI',
    talker: 'P',
    mode: !isValid ? 1 : altMslM === undefined ? 2 : 3,
    timeMs: f.time(2),
    place: f.place(4),
    date: f.date(12),
    altMslM,
    speedMps: isMoving ? Math.hypot(east, north) : undefined,
    trackDeg: isMoving ? ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360 : undefined,
    estimated: f.byte(13) === E || undefined,
  }
}

/** Base line, raw data and attitude come at the end of a cycle and tell date and time. */
const pstiMark = (f: Fields, kind: string): Mark | undefined => {
  if (kind !== '032' && kind !== '033' && kind !== '035' && kind !== '036') return undefined
  if (kind === '032' && f.byte(4) !== A) return undefined
  const [timeMs, date] = [f.time(2), f.date(3)]
  const known = timeMs !== undefined && date !== undefined
  return { type: 'MARK', name: `PSTI${kind}`, talker: 'P', ...(known ? { timeMs, date } : {}) }
}

/** Ericsson's reports of its clock come behind the fix and repeat it; GPppr goes with the sky as it is. */
const perc = (f: Fields): Mark | undefined => {
  const kind = f.text(1)
  if (kind !== 'GPppr' && kind !== 'GPppf' && kind !== 'GPsts') return undefined
  return { type: 'MARK', name: 'PERC', talker: 'P', hasSky: kind === 'GPppr' }
}

/** SiRF's estimate of its own errors. */
const psrfepe = (f: Fields): Mark => ({
  type: 'MARK',
  name: 'PSRFEPE',
  talker: 'P',
  timeMs: f.time(1),
  hasDop: f.byte(2) === A && isDop(f.amount(3)),
})

/** Navigation status of PUBX,00: NF none, DR reckoned, G2 D2 flat, G3 D3 full, RK both, TT time only. */
const pubxModes: Readonly<Record<string, 1 | 2 | 3>> = { DR: 2, G2: 2, D2: 2, G3: 3, D3: 3, RK: 3 }

const pubx = (f: Fields): Own | undefined => {
  if (f.text(1) !== '00') return undefined
  const status = f.text(8)
  return {
    type: 'OWN',
    name: 'PUBX',
    talker: 'P',
    mode: pubxModes[status] ?? 1,
    timeMs: f.time(2),
    place: f.place(3),
    altHaeM: f.signed(7),
    speedMps: mps(f.amount(11)),
    trackDeg: f.angle(12),
    hdop: f.amount(15),
    satsUsed: f.count3(18, 99),
    estimated: status === 'DR' || undefined,
  }
}

const pgrmf = (f: Fields): Own => {
  const fix = f.count3(11, 2)
  return {
    type: 'OWN',
    name: 'PGRMF',
    talker: 'P',
    mode: f.byte(10) !== A || fix === undefined || fix === 0 ? 1 : fix === 1 ? 2 : 3,
    date: f.date(3),
    timeMs: f.time(4),
    place: f.place(6),
    speedMps: mps(f.amount(12)),
    trackDeg: f.angle(13),
  }
}

/** Mode 1 is none; with 2 the altitude is what a person typed in or the last one known. */
const pgrmz = (f: Fields): Rmz => {
  const mode = f.count3(3, 9)
  const feet = f.signed(1)
  return {
    type: 'RMZ',
    talker: 'P',
    altMslM:
      feet !== undefined && (f.byte(2) | 0x20) === FEET && mode === 3 ? feet * METRES_PER_FOOT : undefined,
    mode: mode === 1 || mode === 2 || mode === 3 ? mode : undefined,
  }
}

/** By the whole address. A map: an address is what a line said, and an object would find `toString`. */
export const proprietaryReaders: ReadonlyMap<string, Read> = new Map<
  string,
  (f: Fields) => Sentence | undefined
>([
  ['PASHR', pashr],
  ['PSTI', psti],
  ['PUBX', pubx],
  ['PERC', perc],
  ['PSRFEPE', psrfepe],
  ['PGRMF', pgrmf],
  ['PGRMZ', pgrmz],
])
