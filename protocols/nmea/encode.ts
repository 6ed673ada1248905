import { xorOfText } from './checksum.ts'
import type { CalendarDate, Place } from './fields.ts'
import type { Gga, Gll, Gsa, Rmc, Vtg } from './sentence.ts'

/*
 * Sentences as a receiver writes them (NMEA 0183 v4.10), the way back of `sentence.ts`: what is absent becomes an empty
 * field, what was read is written again. Every function gives whole lines, `$` to CR LF.
 */

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
export const encodeRmc = (rmc: Omit<Rmc, 'type'>, minuteDecimals = 5): string =>
  lineOf([
    `${rmc.talker}RMC`,
    timeText(rmc.timeMs),
    rmc.valid ? 'A' : 'V',
    ...placeText(rmc.place, minuteDecimals),
    fixed(rmc.speedKn, 3),
    fixed(rmc.trackDeg, 2),
    dateText(rmc.date),
    '',
    '',
    rmc.valid ? 'A' : 'N',
    'V',
  ])

/** Fix data. The height of the geoid is left out: nobody here reads it. */
export const encodeGga = (gga: Omit<Gga, 'type'>, minuteDecimals = 5): string =>
  lineOf([
    `${gga.talker}GGA`,
    timeText(gga.timeMs),
    ...placeText(gga.place, minuteDecimals),
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

/** Place alone, the oldest of them. */
export const encodeGll = (gll: Omit<Gll, 'type'>, minuteDecimals = 5): string =>
  lineOf([
    `${gll.talker}GLL`,
    ...placeText(gll.place, minuteDecimals),
    timeText(gll.timeMs),
    gll.valid ? 'A' : 'V',
    gll.valid ? 'A' : 'N',
  ])

/** Course and speed: both in degrees true and knots, kilometres an hour for the older readers. */
export const encodeVtg = (vtg: Omit<Vtg, 'type'>): string =>
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
    vtg.valid ? 'A' : 'N',
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
