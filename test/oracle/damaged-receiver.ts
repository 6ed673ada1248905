import type { Fix } from '#protocols/fix.ts'
import { Fix as FixSchema } from '#protocols/fix.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import { Scanner } from '#protocols/nmea/scanner.ts'
import { damaged } from '#sim/line/byte-faults.ts'
import { randomOf } from '#sim/random.ts'
import type { Random } from '#sim/random.ts'

/** Whoever turns bytes of a port into the fixes a vehicle publishes. */
export type Publisher = { feed(bytes: Uint8Array): readonly Fix[]; quiet(): readonly Fix[] }

/** Sizes a line may be cut into; -1 are sizes of chance. All must tell what the whole at once tells. */
export const CHUNKINGS: readonly number[] = [1, 2, 3, 7, 64, 1024, -1]

/** Everything a publisher tells of these bytes cut into chunks of `size`, 0 for the whole at once. Throws what the publisher throws. */
export function published(publisher: Publisher, bytes: Uint8Array, size: number, random: Random): Fix[] {
  const fixes: Fix[] = []
  for (let at = 0; at < bytes.length;) {
    const length = size === 0 ? bytes.length : size < 0 ? random.integer(1, 300) : size
    fixes.push(...publisher.feed(bytes.subarray(at, at + length)))
    at += length
  }
  return [...fixes, ...publisher.quiet()]
}

/** Why a fix may not be told, or undefined: out of its schema, or at 0N 0E. */
export function flawOf(fix: Fix): string | undefined {
  const parsed = FixSchema.safeParse(fix)
  if (!parsed.success) return parsed.error.message
  return fix.lat === 0 && fix.lon === 0 ? 'at 0N 0E' : undefined
}

export type DamageCount = {
  readonly streams: number
  readonly bytes: number
  readonly fixes: number
  /** Damaged sentences whose checksum was right all the same. */
  readonly altered: number
  /** Positions further than `farM` from what the undamaged bytes tell of that moment. */
  readonly far: number
  readonly farthestM: number
  readonly flawed: number
  /** Streams that gave other fixes when cut otherwise. */
  readonly chunkingDiffers: number
}

export const FAR_M = 50

/** Each capture with a share of its bytes damaged, cut in all the ways given, against its undamaged self. */
export function damageTrial(
  captures: readonly Uint8Array[],
  share: number,
  seed: number,
  open: () => Publisher,
  chunkings: readonly number[] = CHUNKINGS,
): DamageCount {
  const count = {
    streams: 0,
    bytes: 0,
    fixes: 0,
    altered: 0,
    far: 0,
    farthestM: 0,
    flawed: 0,
    chunkingDiffers: 0,
  }
  for (const [i, whole] of captures.entries()) {
    const random = randomOf(seed, `capture-${i}`, `damage-${share}`)
    const bytes = damaged(whole, share, random)
    const truth = published(open(), whole, 0, random)
    const fixes = published(open(), bytes, 0, random)
    count.streams++
    count.bytes += bytes.length
    count.fixes += fixes.length
    count.altered += alteredSentences(whole, bytes)
    for (const fix of fixes) {
      if (flawOf(fix) !== undefined) count.flawed++
      const offM = offTruthM(fix, truth)
      count.farthestM = Math.max(count.farthestM, offM)
      if (offM > FAR_M) count.far++
    }
    const told = JSON.stringify(fixes)
    for (const size of chunkings)
      if (JSON.stringify(published(open(), bytes, size, random)) !== told) count.chunkingDiffers++
  }
  return count
}

/** Metres to the undamaged fix of the same moment, or to the nearest one when no moment is the same. */
function offTruthM(fix: Fix, truth: readonly Fix[]): number {
  const here = placeOf(fix)
  if (here === undefined) return 0
  const same = truth.filter(t => t.timeUtcMs !== undefined && t.timeUtcMs === fix.timeUtcMs && placeOf(t))
  const among = (same.length > 0 ? same : truth).map(placeOf).filter(place => place !== undefined)
  return among.length === 0 ? Infinity : Math.min(...among.map(place => distanceM(place, here)))
}

const placeOf = ({ lat, lon }: Fix) => (lat === undefined || lon === undefined ? undefined : { lat, lon })

function alteredSentences(whole: Uint8Array, bytes: Uint8Array): number {
  const honest = new Set(sentencesIn(whole))
  return sentencesIn(bytes).filter(text => !honest.has(text)).length
}

function sentencesIn(bytes: Uint8Array): string[] {
  const scanner = new Scanner()
  return [...scanner.feed(bytes), ...scanner.flush()].flatMap(e => (e.kind === 'sentence' ? [e.text] : []))
}
