import { xorOfText } from './checksum.ts'
import type { CalendarDate, Place } from './fields.ts'
import type { Gga, Gll, Gns, Gsa, Rmc, Vtg, Zda } from './sentence.ts'

/*
 * Sentences as a receiver writes them (NMEA 0183 v4.10), the way back of `sentence.ts`: what is absent becomes an empty
 * field, what was read is written again. Every function gives whole lines, `$` to CR LF.
 */

/** What differs between receivers in the same sentence. */
export type Dialect = {
  readonly minuteDecimals: number
  readonly timeDecimals: number
  /** Mode letters came with 2.3, the navigational status of RMC with 4.1. */
  readonly nmea: '2.1' | '2.3' | '4.1'
  /** The letter of a valid fix: A of its own, D differential, E by dead reckoning. */
  readonly mode: 'A' | 'D' | 'E'
}

const PLAIN: Dialect = { minuteDecimals: 5, timeDecimals: 2, nmea: '4.1', mode: 'A' }

const modeField = (valid: boolean, { nmea, mode }: Dialect): readonly string[] =>
  nmea === '2.1' ? [] : [valid ? mode : 'N']

/** `lineOf(['GPGLL', '', '', '', '', '', 'V', 'N'])` is `$GPGLL,,,,,,V,N*64` and a line end. */
export const lineOf = (fields: readonly string[]): string => {
  const body = fields.join(',')
  return `$${body}*${xorOfText(body).toString(16).toUpperCase().padStart(2, '0')}\r\n`
}

/** One satellite of a GSV. `snrDb` is absent while it is known from the almanac only. */
export type SkySatellite = {
  readonly number: number
  readonly elevationDeg: number
  readonly azimuthDeg: number
  readonly snrDb?: number
}

/** Recommended minimum: `$GNRMC,024507.00,A,3524.90000,N,11635.20000,E,12.000,90.00,241126,,,A,V`. */
export const encodeRmc = (rmc: Omit<Rmc, 'type'>, dialect = PLAIN): string =>
  lineOf([
    `${rmc.talker}RMC`,
    timeText(rmc.timeMs, dialect.timeDecimals),
    rmc.valid ? 'A' : 'V',
    ...placeText(rmc.place, dialect.minuteDecimals),
    fixed(rmc.speedKn, 3),
    fixed(rmc.trackDeg, 2),
    dateText(rmc.date),
    '',
    '',
    ...modeField(rmc.valid, dialect),
    ...(dialect.nmea === '4.1' ? ['V'] : []),
  ])

/** Fix data. The height of the geoid is left out: nobody here reads it. */
export const encodeGga = (gga: Omit<Gga, 'type'>, dialect = PLAIN): string =>
  lineOf([
    `${gga.talker}GGA`,
    timeText(gga.timeMs, dialect.timeDecimals),
    ...placeText(gga.place, dialect.minuteDecimals),
    String(gga.quality ?? 0),
    gga.satsUsed === undefined ? '' : String(gga.satsUsed).padStart(2, '0'),
    fixed(gga.hdop, 2),
    fixed(gga.altMslM, 1),
    gga.altMslM === undefined ? '' : 'M',
    '',
    '',
    '',
    '',
  ])

/** Fix data of several systems: one mode letter a system in `modes`. */
export const encodeGns = (gns: Omit<Gns, 'type'>, dialect = PLAIN): string =>
  lineOf([
    `${gns.talker}GNS`,
    timeText(gns.timeMs, dialect.timeDecimals),
    ...placeText(gns.place, dialect.minuteDecimals),
    gns.modes,
    gns.satsUsed === undefined ? '' : String(gns.satsUsed).padStart(2, '0'),
    fixed(gns.hdop, 2),
    fixed(gns.altMslM, 1),
    '',
    '',
    '',
    ...(dialect.nmea === '4.1' ? ['V'] : []),
  ])

/** Place alone, the oldest of them. */
export const encodeGll = (gll: Omit<Gll, 'type'>, dialect = PLAIN): string =>
  lineOf([
    `${gll.talker}GLL`,
    ...placeText(gll.place, dialect.minuteDecimals),
    timeText(gll.timeMs, dialect.timeDecimals),
    gll.valid ? 'A' : 'V',
    ...modeField(gll.valid, dialect),
  ])

/** Date and time: `$GNZDA,024507.00,24,11,2026,00,00`. */
export const encodeZda = (zda: Omit<Zda, 'type'>, dialect = PLAIN): string => {
  const { date } = zda
  return lineOf([
    `${zda.talker}ZDA`,
    timeText(zda.timeMs, dialect.timeDecimals),
    ...(date === undefined
      ? ['', '', '']
      : [String(date.day).padStart(2, '0'), String(date.month).padStart(2, '0'), String(date.year)]),
    '00',
    '00',
  ])
}

/** How far off the receiver thinks it is: one standard deviation in metres north, east and up. */
export const encodeGst = (
  gst: {
    readonly talker: string
    readonly timeMs?: number
    readonly deviationM?: { readonly lat: number; readonly lon: number; readonly alt: number }
  },
  dialect = PLAIN,
): string => {
  const { deviationM: m } = gst
  const deviations = m === undefined ? ['', '', ''] : [fixed(m.lat, 1), fixed(m.lon, 1), fixed(m.alt, 1)]
  return lineOf([
    `${gst.talker}GST`,
    timeText(gst.timeMs, dialect.timeDecimals),
    '',
    '',
    '',
    '',
    ...deviations,
  ])
}

/** Words of the receiver, such as `ANTENNA OPEN`; severity 0 error, 1 warning, 2 notice. */
export const encodeTxt = (talker: string, severity: 0 | 1 | 2, words: string): string =>
  lineOf([`${talker}TXT`, '01', '01', String(severity).padStart(2, '0'), words])

/** The datum positions are told in: `W84` and no offset, or another one. */
export const encodeDtm = (talker: string, datum: string): string =>
  lineOf([`${talker}DTM`, datum, '', '0.0', 'N', '0.0', 'E', '0.0', 'W84'])

/** Course and speed: both in degrees true and knots, kilometres an hour for the older readers. */
export const encodeVtg = (vtg: Omit<Vtg, 'type'>, dialect = PLAIN): string =>
  lineOf([
    `${vtg.talker}VTG`,
    fixed(vtg.trackDeg, 2),
    'T',
    '',
    'M',
    fixed(vtg.speedKn, 3),
    'N',
    fixed(vtg.speedKn === undefined ? undefined : vtg.speedKn * 1.852, 3),
    'K',
    ...modeField(vtg.valid, dialect),
  ])

const GSA_SLOTS = 12

/** Mode and satellites used of one system; a thirteenth satellite has no room and is left out. */
export const encodeGsa = (gsa: Omit<Gsa, 'type'>): string =>
  lineOf([
    `${gsa.talker}GSA`,
    'A',
    String(gsa.mode ?? 1),
    ...Array.from({ length: GSA_SLOTS }, (_, i) => {
      const number = gsa.satellites[i]
      return number === undefined ? '' : String(number).padStart(2, '0')
    }),
    fixed(gsa.hdop === undefined ? undefined : gsa.hdop * 1.6, 2),
    fixed(gsa.hdop, 2),
    fixed(gsa.hdop === undefined ? undefined : gsa.hdop * 1.2, 2),
    ...(gsa.systemId === undefined ? [] : [gsa.systemId.toString(16).toUpperCase()]),
  ])

const GSV_SATELLITES = 4

/** Satellites in view of one talker, four to a line; none at all is one line that says so. */
export const encodeGsv = (
  talker: string,
  satellites: readonly SkySatellite[],
  signalId?: string,
): readonly string[] => {
  const lines = Math.max(1, Math.ceil(satellites.length / GSV_SATELLITES))
  return Array.from({ length: lines }, (_, i) =>
    lineOf([
      `${talker}GSV`,
      String(lines),
      String(i + 1),
      String(satellites.length).padStart(2, '0'),
      ...satellites.slice(i * GSV_SATELLITES, (i + 1) * GSV_SATELLITES).flatMap(satelliteText),
      ...(signalId === undefined ? [] : [signalId]),
    ]),
  )
}

const satelliteText = (s: SkySatellite): readonly string[] => [
  String(s.number).padStart(2, '0'),
  String(Math.round(s.elevationDeg)).padStart(2, '0'),
  String(Math.round(s.azimuthDeg) % 360).padStart(3, '0'),
  s.snrDb === undefined ? '' : String(Math.round(s.snrDb)).padStart(2, '0'),
]

const fixed = (value: number | undefined, decimals: number): string =>
  value === undefined ? '' : value.toFixed(decimals)

/** `hhmmss.ss` of the milliseconds of a UTC day; thousandths only when there are any, as receivers above 10 Hz do. */
export const timeText = (timeMs: number | undefined, decimals = 2): string => {
  if (timeMs === undefined) return ''
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0')
  const ms = timeMs % 1000
  const shown = decimals === 2 && ms % 10 !== 0 ? 3 : decimals
  const fraction = shown === 0 ? '' : `.${String(ms).padStart(3, '0').padEnd(shown, '0').slice(0, shown)}`
  return two(timeMs / 3_600_000) + two((timeMs / 60_000) % 60) + two((timeMs / 1000) % 60) + fraction
}

/** `ddmmyy`. */
export const dateText = (date: CalendarDate | undefined): string =>
  date === undefined
    ? ''
    : [date.day, date.month, date.year % 100].map(n => String(n).padStart(2, '0')).join('')

/** `['3524.90000', 'N', '11635.20000', 'E']`; four empty fields for no place. */
export const placeText = (
  place: Place | undefined,
  minuteDecimals = 5,
): readonly [string, string, string, string] =>
  place === undefined
    ? ['', '', '', '']
    : [
        degreesText(place.lat, 2, minuteDecimals),
        place.lat < 0 ? 'S' : 'N',
        degreesText(place.lon, 3, minuteDecimals),
        place.lon < 0 ? 'W' : 'E',
      ]

/** Degrees and decimal minutes, rounded as one number: 59.999999 minutes are the next degree, never `60.0`. */
const degreesText = (degrees: number, degreeDigits: number, minuteDecimals: number): string => {
  const unit = 10 ** minuteDecimals
  const minutes = Math.round(Math.abs(degrees) * 60 * unit)
  const whole = Math.floor(minutes / (60 * unit))
  const rest = (minutes - whole * 60 * unit) / unit
  const width = minuteDecimals === 0 ? 2 : minuteDecimals + 3
  return String(whole).padStart(degreeDigits, '0') + rest.toFixed(minuteDecimals).padStart(width, '0')
}
