/*
 * The grammar of single NMEA fields, read straight from the bytes: a receiver at 10 Hz sends a thousand fields a second
 * and none of them needs to become a string. Three answers: a value, `undefined` for an empty or missing field, and
 * `isBad` set for anything that is not what the standard says; a sentence with a bad field is refused whole, because a
 * damaged sentence with a lucky checksum is damaged elsewhere too.
 */
export type Place = { readonly lat: number; readonly lon: number }
export type CalendarDate = { readonly year: number; readonly month: number; readonly day: number }

/** GSA of a receiver with 24 channels has 30 fields; a sentence has no room for more than this. */
const FIELDS_MAX = 64
const COMMA = 0x2c
const DOT = 0x2e
const MINUS = 0x2d
const PLUS = 0x2b
const SPACE = 0x20
const ZERO = 0x30
const DAY_MS = 86_400_000
/** More digits than a double holds exactly: no receiver sends them. */
const DIGITS_MAX = 15

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39
/** 10^-n would not be exact; dividing by 10^n gives what `Number('12.5')` gives. */
const POWERS = Array.from({ length: DIGITS_MAX + 1 }, (_, n) => 10 ** n)
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/** One reader, loaded with one sentence after the other. Field 0 is the address: `GPRMC`. */
export class Fields {
  /** Number of fields, the address included. */
  count = 0
  /** Whether any field read so far was malformed. */
  isBad = false
  #bytes: Uint8Array = new Uint8Array(0)
  readonly #starts = new Uint32Array(FIELDS_MAX + 1)

  /** `from` is the byte after `$`, `to` the `*`. False when there are more fields than any sentence has. */
  load(bytes: Uint8Array, from: number, to: number): boolean {
    this.#bytes = bytes
    this.isBad = false
    const starts = this.#starts
    let count = 1
    starts[0] = from
    for (let i = from; i < to; i++) {
      if (bytes[i] !== COMMA) continue
      if (count === FIELDS_MAX) return false
      starts[count++] = i + 1
    }
    starts[count] = to + 1
    this.count = count
    return true
  }

  /** First byte of field `i`; 0 when it is empty or missing. */
  byte(i: number): number {
    return this.#length(i) > 0 ? (this.#bytes[this.#start(i)] as number) : 0
  }

  isEmpty(i: number): boolean {
    return this.#length(i) <= 0
  }

  text(i: number): string {
    const from = this.#start(i)
    return this.#length(i) > 0
      ? String.fromCharCode(...this.#bytes.subarray(from, from + this.#length(i)))
      : ''
  }

  /** Everything from field `i` to the end, commas included: the words of TXT may hold some. */
  rest(i: number): string {
    const to = (this.#starts[this.count] as number) - 1
    return i < this.count ? String.fromCharCode(...this.#bytes.subarray(this.#start(i), to)) : ''
  }

  has(i: number, byte: number): boolean {
    const from = this.#start(i)
    const to = from + this.#length(i)
    for (let at = from; at < to; at++) if (this.#bytes[at] === byte) return true
    return false
  }

  /** `0` to `max`, digits only, leading zeros and spaces allowed as some receivers pad: `07`, ` 7`. */
  count3(i: number, max = 999): number | undefined {
    let from = this.#start(i)
    let to = from + this.#length(i)
    if (from >= to) return undefined
    while (from < to && this.#bytes[from] === SPACE) from++
    while (to > from && this.#bytes[to - 1] === SPACE) to--
    const value = to - from >= 1 && to - from <= 3 ? this.#digits(from, to) : -1
    return value >= 0 && value <= max ? value : this.#bad()
  }

  /** The number a field begins with, 0 when it begins with none: for fields that nothing depends on. */
  loose(i: number): number {
    let value = 0
    const from = this.#start(i)
    for (let at = from; at < from + this.#length(i) && value < 100_000; at++) {
      const byte = this.#bytes[at] as number
      if (!isDigit(byte)) break
      value = value * 10 + byte - ZERO
    }
    return value
  }

  /** A decimal of either sign: `-30.40`, `.5`, `+000.0`. */
  signed(i: number): number | undefined {
    const from = this.#start(i)
    const length = this.#length(i)
    if (length <= 0) return undefined
    const sign = this.#bytes[from]
    const isSigned = sign === MINUS || sign === PLUS
    const value = this.#decimal(isSigned ? from + 1 : from, from + length)
    if (value === undefined) return this.#bad()
    return sign === MINUS ? -value : value
  }

  /** A decimal of at least 0. */
  amount(i: number): number | undefined {
    const value = this.signed(i)
    return value === undefined || value >= 0 ? value : this.#bad()
  }

  /** Degrees true, 0 to 360; what lies outside is "unknown" to some receivers. */
  angle(i: number): number | undefined {
    const value = this.signed(i)
    return value !== undefined && value >= 0 && value <= 360 ? value : undefined
  }

  /** One hexadecimal digit. */
  hex(i: number): number | undefined {
    if (this.#length(i) <= 0) return undefined
    const byte = this.byte(i)
    if (this.#length(i) !== 1) return this.#bad()
    if (isDigit(byte)) return byte - ZERO
    const letter = byte | 0x20
    return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : this.#bad()
  }

  /** Milliseconds of the UTC day: `235959.5` is 86,399,500. A leap second (60) is the first second of the next day. */
  time(i: number): number | undefined {
    const length = this.#length(i)
    if (length <= 0) return undefined
    const from = this.#start(i)
    const bytes = this.#bytes
    const hours = this.#digits(from, from + 2)
    const minutes = this.#digits(from + 2, from + 4)
    const seconds = this.#digits(from + 4, from + 6)
    if (length < 6 || length > DIGITS_MAX + 1) return this.#bad()
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60)
      return this.#bad()
    let ms = 0
    if (length > 7) {
      const fraction = this.#digits(from + 7, from + length)
      if (fraction < 0) return this.#bad()
      ms = Math.round((fraction / (POWERS[length - 7] as number)) * 1000)
    }
    if (length > 6 && bytes[from + 6] !== DOT) return this.#bad()
    return (((hours * 60 + minutes) * 60 + seconds) * 1000 + ms) % DAY_MS
  }

  /** `ddmmyy`. GPS time began in 1980, so 80 to 99 are the last century. A year of `-1` is a receiver without a date. */
  date(i: number): CalendarDate | undefined {
    const length = this.#length(i)
    if (length <= 0) return undefined
    const from = this.#start(i)
    if (length !== 6) return this.#bad()
    const day = this.#digits(from, from + 2)
    const month = this.#digits(from + 2, from + 4)
    const year = this.#digits(from + 4, from + 6)
    if (year < 0 && this.#bytes[from + 4] === MINUS) return undefined
    return year < 0 ? this.#bad() : this.#calendar(year < 80 ? 2000 + year : 1900 + year, month, day)
  }

  /** `dd`, `mm`, `yyyy` of ZDA, from field `i` on. */
  longDate(i: number): CalendarDate | undefined {
    if (this.isEmpty(i) && this.isEmpty(i + 1) && this.isEmpty(i + 2)) return undefined
    const [day, month] = [this.#short(i), this.#short(i + 1)]
    const from = this.#start(i + 2)
    const year = this.#length(i + 2) === 4 ? this.#digits(from, from + 4) : -1
    return year < 0 ? this.#bad() : this.#calendar(year, month, day)
  }

  /**
   * Four fields from `i` on: `5125.8714,N,00524.2350,E`. Latitude and longitude empty: no place. Exactly 0N 0E is what
   * receivers send before they know, and no patrol goes there: no place. Three of four is a damaged sentence.
   */
  place(i: number): Place | undefined {
    const [noLat, noLon] = [this.isEmpty(i), this.isEmpty(i + 2)]
    if (noLat && noLon) return undefined
    if (noLat || noLon) return this.#bad()
    const lat = this.#degrees(i, 2, 90)
    const lon = this.#degrees(i + 2, 3, 180)
    if (lat === undefined || lon === undefined) return this.#bad()
    if (lat === 0 && lon === 0) return undefined
    const south = this.#side(i + 1, 0x4e, 0x53)
    const west = this.#side(i + 3, 0x45, 0x57)
    if (south === undefined || west === undefined) return this.#bad()
    return { lat: south ? -lat : lat, lon: west ? -lon : lon }
  }

  /** At most `max` capital letters: the modes of GNS. */
  letters(i: number, max: number): string {
    const text = this.text(i)
    if (text.length > max || !/^[A-Z]*$/.test(text)) this.isBad = true
    return text
  }

  /** The sentence makes no sense as a whole. */
  refuse(): undefined {
    return this.#bad()
  }

  #start(i: number): number {
    return i < this.count ? (this.#starts[i] as number) : 0
  }

  #length(i: number): number {
    return i < this.count ? (this.#starts[i + 1] as number) - (this.#starts[i] as number) - 1 : 0
  }

  #bad(): undefined {
    this.isBad = true
    return undefined
  }

  /** Whole number of `from` to `to`, -1 when anything there is no digit. */
  #digits(from: number, to: number): number {
    let value = 0
    if (to - from > DIGITS_MAX || to <= from) return -1
    for (let at = from; at < to; at++) {
      const byte = this.#bytes[at] as number
      if (!isDigit(byte)) return -1
      value = value * 10 + byte - ZERO
    }
    return value
  }

  #short(i: number): number {
    const length = this.#length(i)
    return length === 1 || length === 2 ? this.#digits(this.#start(i), this.#start(i) + length) : -1
  }

  /** Digits with at most one dot, at least one digit. */
  #decimal(from: number, to: number): number | undefined {
    if (to - from > DIGITS_MAX + 1 || to <= from) return undefined
    let value = 0
    let dot = -1
    for (let at = from; at < to; at++) {
      const byte = this.#bytes[at] as number
      if (byte === DOT && dot < 0) dot = at
      else if (isDigit(byte)) value = value * 10 + byte - ZERO
      else return undefined
    }
    if (dot < 0) return to - from > DIGITS_MAX ? undefined : value
    return to - from === 1 ? undefined : value / (POWERS[to - dot - 1] as number)
  }

  /** `ddmm.mmmm` with as many digits of degrees as the axis has. */
  #degrees(i: number, wholeDigits: number, max: number): number | undefined {
    const from = this.#start(i)
    const to = from + this.#length(i)
    const split = from + wholeDigits
    const whole = this.#digits(from, split)
    if (whole < 0 || !isDigit(this.#bytes[split] as number) || !isDigit(this.#bytes[split + 1] as number))
      return undefined
    if (to < split + 2 || (to > split + 2 && this.#bytes[split + 2] !== DOT)) return undefined
    const minutes = this.#decimal(split, to)
    if (minutes === undefined || minutes >= 60) return undefined
    const value = whole + minutes / 60
    return value <= max ? value : undefined
  }

  #side(i: number, plus: number, minus: number): boolean | undefined {
    const byte = this.byte(i)
    return this.#length(i) !== 1 || (byte !== plus && byte !== minus) ? undefined : byte === minus
  }

  #calendar(year: number, month: number, day: number): CalendarDate | undefined {
    const days = month === 2 && year % 4 !== 0 ? 28 : DAYS[month - 1]
    return days !== undefined && day >= 1 && day <= days ? { year, month, day } : this.#bad()
  }
}
