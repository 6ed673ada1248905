import { withoutHeader } from '#protocols/nmea/capture.ts'
import type { Place } from '#protocols/nmea/fields.ts'
import type { Sentence } from '#protocols/nmea/sentence.ts'
import { parseSentence } from '#protocols/nmea/sentence.ts'
import { Scanner } from '#protocols/nmea/scanner.ts'
import type { ScanEvent } from '#protocols/nmea/scanner.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { rewritten } from './rewrite.ts'

/*
 * A recorded receiver that goes on for ever, here and now:
 *
 *   capture   | RMC 10:15:01 GGA GSA | RMC 10:15:02 ... | end     one burst per time of day, as it was sent
 *   replay    | RMC now      GGA GSA | RMC now + 1 s ...| begins again, time running on
 *
 * Places keep their distance from the capture's first fix, which is put on the anchor; times move by whole seconds, so
 * that fractions and pacing stay; order, line ends and everything that is not a place or a time stay as they were.
 * Binary frames that carry a place are left out: they would tell of another town.
 */
export type Replay = {
  /** Bursts before it begins again. */
  readonly burstsPerCycle: number
  /** What the receiver sends next, and how long after `utcMs` it does; asked again once that was sent. */
  next(utcMs: number): { readonly bytes: Uint8Array; readonly waitMs: number }
}

/** Silence in a capture is kept up to here: nobody wants to watch a receiver that was switched off. */
const GAP_MS_MAX = 10_000
/** A sentence that tells an earlier second than its neighbours is late, not a new epoch. */
const LATE_MS_MAX = 2_500
/** Further from the clock than this: the process slept or the clock was set. Then it goes on from the present. */
const LAG_MS_MAX = 5_000
const DAY_MS = 86_400_000

type Piece = { readonly bytes: Uint8Array; readonly sentence?: Sentence; readonly text?: string }
/** Everything between two changes of the time of day. */
type Burst = { readonly timeMs: number; readonly stepMs: number; readonly pieces: readonly Piece[] }

/**
 * `capture` is the file as it is, comments and all; `anchor` is where its first fix is put, degrees WGS-84.
 * Fault `REPLAY_EMPTY` when it tells no fix, no time or no date in sentences.
 */
export function replayOf(capture: Uint8Array, anchor: Place): Result<Replay> {
  const pieces = piecesOf(withoutHeader(capture))
  const sentences = pieces.flatMap(p => (p.sentence === undefined ? [] : [p.sentence]))
  const first = sentences.map(fixedPlaceOf).find(place => place !== undefined)
  if (first === undefined)
    return fault(
      'REPLAY_EMPTY',
      'the capture has no fix in RMC, GGA, GNS or GLL (binary fixes are not replayed)',
    )
  if (!sentences.some(s => 'date' in s))
    return fault('REPLAY_EMPTY', 'the capture tells no date (RMC or ZDA)')
  const bursts = burstsOf(pieces)
  if (bursts[0] === undefined) return fault('REPLAY_EMPTY', 'the capture tells no time')
  return ok(replayBursts(bursts as readonly [Burst, ...Burst[]], first, anchor))
}

const replayBursts = (bursts: readonly [Burst, ...Burst[]], first: Place, anchor: Place): Replay => {
  let index = 0
  let dueUtcMs: number | undefined
  return {
    burstsPerCycle: bursts.length,
    next: utcMs => {
      const burst = bursts[index] ?? bursts[0]
      const isLost = dueUtcMs === undefined || Math.abs(utcMs - dueUtcMs) > GAP_MS_MAX + LAG_MS_MAX
      const sentUtcMs = isLost || dueUtcMs === undefined ? sameFraction(utcMs, burst.timeMs) : dueUtcMs
      index = (index + 1) % bursts.length
      dueUtcMs = sentUtcMs + (bursts[index] ?? bursts[0]).stepMs
      const at = { utcMs: sentUtcMs, timeMs: burst.timeMs, first, anchor }
      return { bytes: joined(burst.pieces.map(p => bytesOf(p, at))), waitMs: Math.max(0, sentUtcMs - utcMs) }
    },
  }
}

/** The first moment from `utcMs` on with the milliseconds of `timeMs`. */
const sameFraction = (utcMs: number, timeMs: number): number =>
  utcMs + ((((timeMs - utcMs) % 1000) + 1000) % 1000)

const bytesOf = (
  piece: Piece,
  at: {
    readonly utcMs: number
    readonly timeMs: number
    readonly first: Place
    readonly anchor: Place
  },
): Uint8Array => (piece.text === undefined ? piece.bytes : latin1(rewritten(piece.text, piece.sentence, at)))

/** Sentences, frames and what lies between them, in order; frames with a place and lines of comment left out. */
const piecesOf = (bytes: Uint8Array): readonly Piece[] => {
  const scanner = new Scanner()
  const pieces: Piece[] = []
  let end = 0
  for (const event of [...scanner.feed(bytes), ...scanner.flush()]) {
    pieces.push({ bytes: withoutComments(bytes.subarray(end, event.at)) })
    const own = event.kind === 'sentence' ? latin1(event.text) : event.bytes
    end = event.at + own.length
    if (event.kind === 'frame') {
      if (!tellsPlace(event)) pieces.push({ bytes: own })
      continue
    }
    const read = parseSentence(event.text)
    // Makers' own sentences tell places and dates in ways nobody here writes.
    if (read.ok && (read.value.type === 'OWN' || read.value.type === 'MARK')) continue
    pieces.push({ bytes: own, text: event.text, ...(read.ok ? { sentence: read.value } : {}) })
  }
  pieces.push({ bytes: withoutComments(bytes.subarray(end)) })
  return pieces.filter(p => p.bytes.length > 0)
}

/**
 * UBX-NAV POSECEF, POSLLH, SOL, PVT, POSUTM, HPPOSECEF, HPPOSLLH and SVIN, and TIMEGPS and TIMEUTC, whose date is the
 * capture's (u-blox M8 and F9 descriptions).
 */
const UBX_PLACES = new Set([0x01, 0x02, 0x06, 0x07, 0x08, 0x13, 0x14, 0x20, 0x21, 0x3b])
/** CASIC NAV-SOL and NAV-PV. */
const CASIC_PLACES = new Set([0x02, 0x03])
/** RTCM 3 station places. */
const RTCM_PLACES = new Set([1005, 1006])

const tellsPlace = ({ family, bytes }: Extract<ScanEvent, { kind: 'frame' }>): boolean => {
  const byte = (i: number): number => bytes[i] ?? 0
  switch (family) {
    case 'ubx':
      return byte(2) === 1 && UBX_PLACES.has(byte(3))
    case 'casic':
      return byte(4) === 1 && CASIC_PLACES.has(byte(5))
    case 'rtcm3':
      return RTCM_PLACES.has((byte(3) << 4) | (byte(4) >> 4))
  }
}

/** Whole lines of text that begin with `#`. */
const withoutComments = (bytes: Uint8Array): Uint8Array =>
  bytes.includes(0x23)
    ? latin1(String.fromCharCode(...bytes).replace(/(^|\n)(?:#[\t\x20-\x7e]*\r?\n)+/g, '$1'))
    : bytes

const fixedPlaceOf = (s: Sentence): Place | undefined => {
  if (s.type === 'RMC' || s.type === 'GLL') return s.valid ? s.place : undefined
  if (s.type === 'GGA') return (s.quality ?? 0) > 0 ? s.place : undefined
  return s.type === 'GNS' && /[^N]/.test(s.modes) ? s.place : undefined
}

/** Cuts where the time of day changes. What comes before the first time goes with it, the rest with what it follows. */
const burstsOf = (pieces: readonly Piece[]): readonly Burst[] => {
  const bursts: { timeMs: number; stepMs: number; pieces: Piece[] }[] = []
  const early: Piece[] = []
  for (const piece of pieces) {
    const { sentence } = piece
    const timeMs = sentence !== undefined && 'timeMs' in sentence ? sentence.timeMs : undefined
    const open = bursts.at(-1)
    const deltaMs = timeMs === undefined || open === undefined ? 0 : wrapped(timeMs - open.timeMs)
    if (timeMs !== undefined && (open === undefined || deltaMs > 0 || deltaMs < -LATE_MS_MAX))
      bursts.push({
        timeMs,
        stepMs: stepOf(deltaMs),
        pieces: open === undefined ? [...early, piece] : [piece],
      })
    else (open?.pieces ?? early).push(piece)
  }
  const [first, last] = [bursts[0], bursts.at(-1)]
  if (first !== undefined && last !== undefined) first.stepMs = stepOf(wrapped(first.timeMs - last.timeMs))
  return bursts
}

/** Difference of two times of day, within half a day. */
const wrapped = (ms: number): number => ((((ms + DAY_MS / 2) % DAY_MS) + DAY_MS) % DAY_MS) - DAY_MS / 2

/** The step as it was; backwards and very long ones are brought near by whole seconds. */
const stepOf = (deltaMs: number): number => {
  if (deltaMs <= 0) return deltaMs + 1000 * (Math.floor(-deltaMs / 1000) + 1)
  return deltaMs <= GAP_MS_MAX ? deltaMs : deltaMs - 1000 * Math.ceil((deltaMs - GAP_MS_MAX) / 1000)
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, c => c.charCodeAt(0))

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
