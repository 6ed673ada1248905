/*
 * The grammar of single NMEA fields. Three answers: a value, `undefined` for an empty or missing field, `bad` for
 * anything that is not what the standard says; a sentence with a bad field is refused whole, because a damaged
 * sentence with a lucky checksum is damaged elsewhere too.
 */
export type Place = { readonly lat: number; readonly lon: number }
export type CalendarDate = { readonly year: number; readonly month: number; readonly day: number }

const bad = Symbol('bad field')
type Field<T> = T | undefined | typeof bad

const isEmpty = (text: string | undefined): text is undefined | '' => text === undefined || text === ''

const number = (text: string | undefined, grammar: RegExp, min: number, max: number): Field<number> => {
  if (isEmpty(text)) return undefined
  if (!grammar.test(text)) return bad
  const value = Number(text)
  return value >= min && value <= max ? value : bad
}

const DECIMAL = /^-?(\d{1,7}(\.\d{0,9})?|\.\d{1,9})$/

/** `0` to `max`, digits only, leading zeros and spaces allowed as some receivers pad: `07`, ` 7`. */
const count = (text: string | undefined, max: number): Field<number> =>
  number(text?.trim(), /^\d{1,3}$/, 0, max)
const amount = (text: string | undefined): Field<number> => number(text, DECIMAL, 0, 9_999_999)
const signed = (text: string | undefined): Field<number> => number(text, DECIMAL, -9_999_999, 9_999_999)
/** Degrees true, 0 to 360. */
const angle = (text: string | undefined): Field<number> => number(text, DECIMAL, 0, 360)
const hex = (text: string | undefined): Field<number> =>
  isEmpty(text) ? undefined : /^[0-9A-Fa-f]$/.test(text) ? parseInt(text, 16) : bad

const TIME = /^(\d{2})(\d{2})(\d{2})(?:\.(\d{0,9}))?$/

/** Milliseconds of the UTC day: `235959.5` is 86,399,500. A leap second (60) is the first second of the next day. */
const time = (text: string | undefined): Field<number> => {
  if (isEmpty(text)) return undefined
  const m = TIME.exec(text)
  if (m === null) return bad
  const [hours, minutes, seconds] = [Number(m[1]), Number(m[2]), Number(m[3])]
  if (hours > 23 || minutes > 59 || seconds > 60) return bad
  const ms = Math.round(Number(`0.${m[4] ?? ''}0`) * 1000)
  return (((hours * 60 + minutes) * 60 + seconds) * 1000 + ms) % 86_400_000
}

const LATITUDE = /^(\d{2})(\d{2}(?:\.\d{0,10})?)$/
const LONGITUDE = /^(\d{3})(\d{2}(?:\.\d{0,10})?)$/

const degrees = (text: string, grammar: RegExp, max: number): Field<number> => {
  const m = grammar.exec(text)
  if (m === null || Number(m[2]) >= 60) return bad
  const value = Number(m[1]) + Number(m[2]) / 60
  return value <= max ? value : bad
}

/**
 * `placeOf('5125.8714', 'N', '00524.2350', 'E')`. All four empty: no place. Exactly 0N 0E is what receivers send before
 * they know, and no patrol goes there: no place. Three of four is a damaged sentence.
 */
export const placeOf = (
  latText: string | undefined,
  latHemisphere: string | undefined,
  lonText: string | undefined,
  lonHemisphere: string | undefined,
): Field<Place> => {
  if (isEmpty(latText) && isEmpty(lonText)) return undefined
  if (isEmpty(latText) || isEmpty(lonText)) return bad
  const lat = degrees(latText, LATITUDE, 90)
  const lon = degrees(lonText, LONGITUDE, 180)
  if (typeof lat !== 'number' || typeof lon !== 'number') return bad
  if (lat === 0 && lon === 0) return undefined
  if (!/^[NS]$/.test(latHemisphere ?? '') || !/^[EW]$/.test(lonHemisphere ?? '')) return bad
  return { lat: latHemisphere === 'S' ? -lat : lat, lon: lonHemisphere === 'W' ? -lon : lon }
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

const calendarDate = (year: number, month: number, day: number): Field<CalendarDate> => {
  const days = month === 2 && year % 4 !== 0 ? 28 : DAYS[month - 1]
  return days !== undefined && day >= 1 && day <= days ? { year, month, day } : bad
}

/** `ddmmyy`. GPS time began in 1980, so 80 to 99 are the last century. */
const date = (text: string | undefined): Field<CalendarDate> => {
  if (isEmpty(text)) return undefined
  if (!/^\d{6}$/.test(text)) return bad
  const [day, month, year] = [0, 2, 4].map(at => Number(text.slice(at, at + 2))) as [number, number, number]
  return calendarDate(year < 80 ? 2000 + year : 1900 + year, month, day)
}

/** `dd`, `mm`, `yyyy` of ZDA. */
const longDate = (
  day: string | undefined,
  month: string | undefined,
  year: string | undefined,
): Field<CalendarDate> => {
  if (isEmpty(day) && isEmpty(month) && isEmpty(year)) return undefined
  if (!/^\d{1,2}$/.test(day ?? '') || !/^\d{1,2}$/.test(month ?? '') || !/^\d{4}$/.test(year ?? ''))
    return bad
  return calendarDate(Number(year), Number(month), Number(day))
}

/** `field.time('125106')`, `field.bad`: one short name at the place where a sentence is laid out. */
export const field: {
  readonly bad: typeof bad
  readonly count: typeof count
  readonly amount: typeof amount
  readonly signed: typeof signed
  readonly angle: typeof angle
  readonly hex: typeof hex
  readonly time: typeof time
  readonly date: typeof date
  readonly longDate: typeof longDate
} = { bad, count, amount, signed, angle, hex, time, date, longDate }
