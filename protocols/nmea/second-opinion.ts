import { parseNmeaSentence } from 'nmea-simple'

import type { Sentence } from './sentence.ts'

/*
 * nmea-simple is our second opinion, no more: it turns empty into 0, reads the signal of a GSV as a satellite, dates a
 * GGA with the computer's clock and throws on much else. What it says is compared, never used. It costs fifty times
 * what our own reader does, so it is asked where an answer can matter: see `SecondOpinion`.
 */

/** A difference beyond rounding. */
const TOLERANCE = 1e-6
/** The first sentences of a line are all shown to it, later ones now and then. */
const ASKED_FIRST = 32
const ASKED_EVERY = 64
/** Degrees: some 100 m. A place so far from the last one is a doubt worth a second look. */
const FAR_DEG = 0.001

/** Chooses the sentences to ask about: every one in doubt, and a sample of the rest. */
export class SecondOpinion {
  #count = 0
  #lat = 0
  #lon = 0

  /** Whether this sentence deserves a second look: it sets a place, and it is early, far from the last, or its turn. */
  isWanted(sentence: Sentence): boolean {
    const place = placeOf(sentence)
    if (place === undefined) return false
    const isFar = Math.abs(place.lat - this.#lat) > FAR_DEG || Math.abs(place.lon - this.#lon) > FAR_DEG
    this.#lat = place.lat
    this.#lon = place.lon
    this.#count++
    return isFar || this.#count <= ASKED_FIRST || this.#count % ASKED_EVERY === 0
  }
}

/** Two readers, one text: a difference means one of them is wrong, and a wrong place is worse than none. */
export const isDisputed = (sentence: Sentence, text: string): boolean => {
  const other = opinionOf(text)
  if (other === undefined || other['sentenceId'] !== sentence.type) return false
  const differs = (ours: number | undefined, name: string): boolean => {
    const theirs = other[name]
    return ours !== undefined && typeof theirs === 'number' && Math.abs(ours - theirs) > TOLERANCE
  }
  const place = placeOf(sentence)
  if (differs(place?.lat, 'latitude') || differs(place?.lon, 'longitude')) return true
  if (sentence.type === 'RMC')
    return differs(sentence.speedKn, 'speedKnots') || differs(sentence.trackDeg, 'trackTrue')
  return (sentence.type === 'GGA' || sentence.type === 'GNS') && differs(sentence.altMslM, 'altitudeMeters')
}

const placeOf = (s: Sentence): { readonly lat: number; readonly lon: number } | undefined =>
  s.type === 'RMC' || s.type === 'GGA' || s.type === 'GNS' || s.type === 'GLL' ? s.place : undefined

const opinionOf = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    return { ...parseNmeaSentence(text) }
  } catch {
    // It throws on much that is harmless: then there is no second opinion.
    return undefined
  }
}
