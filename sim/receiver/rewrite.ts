import { dateText, lineOf, placeText, timeText } from '#protocols/nmea/encode.ts'
import type { Place } from '#protocols/nmea/fields.ts'
import type { Sentence } from '#protocols/nmea/sentence.ts'

const DAY_MS = 86_400_000

/** `timeMs` of the capture's day is `utcMs` now; `first` of the capture is `anchor` here. */
export type Shift = {
  readonly utcMs: number
  readonly timeMs: number
  readonly first: Place
  readonly anchor: Place
}

/** Which fields hold what: time of day, latitude (hemisphere, longitude, hemisphere follow), `ddmmyy`, `dd`. */
type Layout = {
  readonly time: number
  readonly place?: number
  readonly date?: number
  readonly day?: number
}
const LAYOUTS: ReadonlyMap<string, Layout> = new Map([
  ['RMC', { time: 1, place: 3, date: 9 }],
  ['GGA', { time: 1, place: 2 }],
  ['GNS', { time: 1, place: 2 }],
  ['GLL', { time: 5, place: 1 }],
  ['ZDA', { time: 1, day: 2 }],
  ['GST', { time: 1 }],
  ['GBS', { time: 1 }],
  ['GRS', { time: 1 }],
])

/**
 * The sentence with its place and time moved and its checksum made anew; empty fields stay empty, every field keeps its
 * number of decimals. A sentence of another type, or one that could not be read, stays as it was.
 */
export const rewritten = (text: string, sentence: Sentence | undefined, shift: Shift): string => {
  const layout = /^\$[A-OQ-Z][A-Z]{4},/.test(text) ? LAYOUTS.get(text.slice(3, 6)) : undefined
  if (layout === undefined) return text
  const fields = text.slice(1, text.lastIndexOf('*')).split(',')
  const utcMs = movedTime(fields[layout.time] ?? '', shift)
  moveTime(fields, layout, utcMs)
  if (
    layout.place !== undefined &&
    sentence !== undefined &&
    'place' in sentence &&
    sentence.place !== undefined
  )
    movePlace(fields, layout.place, moved(sentence.place, shift))
  return lineOf(fields).trimEnd()
}

const TIME = /^(\d{2})(\d{2})(\d{2}(?:\.\d{0,3})?)\d*$/

/** The moment a time of day of the capture stands for; the burst's own when it tells none. */
const movedTime = (text: string, { utcMs, timeMs }: Shift): number => {
  const m = TIME.exec(text)
  if (m === null) return utcMs
  const own = Math.round((Number(m[1]) * 3600 + Number(m[2]) * 60 + Number(m[3])) * 1000)
  const delta = ((((own - timeMs + DAY_MS / 2) % DAY_MS) + DAY_MS) % DAY_MS) - DAY_MS / 2
  return utcMs + delta
}

const moveTime = (fields: string[], layout: Layout, utcMs: number): void => {
  const when = new Date(utcMs)
  const date = { year: when.getUTCFullYear(), month: when.getUTCMonth() + 1, day: when.getUTCDate() }
  const time = fields[layout.time]
  if (time !== undefined && TIME.test(time)) {
    const whole = timeText(((utcMs % DAY_MS) + DAY_MS) % DAY_MS, 0)
    // Times move by whole seconds: what follows the seconds is kept to the letter.
    fields[layout.time] = whole + time.slice(6)
  }
  if (layout.date !== undefined && /^\d{6}$/.test(fields[layout.date] ?? ''))
    fields[layout.date] = dateText(date)
  if (layout.day !== undefined && /^\d{1,2}$/.test(fields[layout.day] ?? '')) {
    fields[layout.day] = String(date.day).padStart(2, '0')
    fields[layout.day + 1] = String(date.month).padStart(2, '0')
    fields[layout.day + 2] = String(date.year)
  }
}

const cosOf = (deg: number): number => Math.cos((deg * Math.PI) / 180)

/** The same metres north and east of the anchor as it was of the first fix. */
const moved = (place: Place, { first, anchor }: Shift): Place => {
  const stretch = cosOf(first.lat) / Math.max(cosOf(anchor.lat), 1e-6)
  const lat = anchor.lat + place.lat - first.lat
  const east = ((((place.lon - first.lon + 540) % 360) + 360) % 360) - 180
  const lon = anchor.lon + east * stretch
  return { lat: Math.max(-89.9, Math.min(89.9, lat)), lon: ((((lon + 180) % 360) + 360) % 360) - 180 }
}

const movePlace = (fields: string[], at: number, place: Place): void => {
  const [lat, northSouth] = placeText(place, decimalsOf(fields[at]))
  const [, , lon, eastWest] = placeText(place, decimalsOf(fields[at + 2]))
  fields.splice(at, 4, lat, northSouth, lon, eastWest)
}

const decimalsOf = (text: string | undefined): number => {
  const point = text?.indexOf('.') ?? -1
  return text === undefined || point < 0 ? 0 : text.length - point - 1
}
