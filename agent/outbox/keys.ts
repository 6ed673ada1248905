import { Lane } from '#protocols/record.ts'

/*
 *     m                       the mark (sorts first, so a scan knows what to expect before it meets a record)
 *     n/<note key>            JSON of a note
 *     r/<lane>/<12 digits>    JSON of a record; the digits keep LevelDB's byte order equal to the order of seq
 */
export const MARK_KEY = 'm'
const NOTE_PREFIX = 'n/'
const SEQ_DIGITS = 12

export const noteKey = (key: string): string => NOTE_PREFIX + key
export const recordKey = (lane: Lane, seq: number): string =>
  `r/${lane}/${String(seq).padStart(SEQ_DIGITS, '0')}`

export type Place =
  | { readonly what: 'mark' }
  | { readonly what: 'note'; readonly key: string }
  | { readonly what: 'record'; readonly lane: Lane; readonly seq: number }

/** What a key stands for; null for a key this version never wrote. */
export function placeOf(key: string): Place | null {
  if (key === MARK_KEY) return { what: 'mark' }
  if (key.startsWith(NOTE_PREFIX)) return { what: 'note', key: key.slice(NOTE_PREFIX.length) }
  const parts = /^r\/([a-z]+)\/(\d{12})$/.exec(key)
  const lane = Lane.safeParse(parts?.[1])
  return lane.success ? { what: 'record', lane: lane.data, seq: Number(parts![2]) } : null
}
