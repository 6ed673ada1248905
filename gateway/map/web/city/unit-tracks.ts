import { metresToMercator } from './mercator.ts'

/** Between fixes further apart than a car announces, or than it can drive, nobody knows the way: the mark jumps. */
const GAP_MS_MAX = 21_000
const SPEED_MPS_MAX = 60
const SLACK_M = 40
/** A mark is drawn at most this long behind its newest fix. */
const GLIDE_MS_MAX = 5_000

/** Where a mark is drawn: from one fix to the next one and never beyond it. Mercator, page milliseconds. */
export type Track = {
  readonly fromX: number
  readonly fromY: number
  readonly toX: number
  readonly toY: number
  readonly startMs: number
  readonly endMs: number
  /** When the newest fix was taken, and whether it was live. */
  readonly fixMs: number
  readonly live: boolean
}

export type Sighting = {
  readonly x: number
  readonly y: number
  readonly fixMs: number
  readonly live: boolean
}

/** The track after a sighting. A later fix of a car that is live is glided to; anything else is shown where it is. */
export function trackAfter(before: Track | undefined, seen: Sighting, nowMs: number): Track {
  const { x, y, fixMs, live } = seen
  if (before !== undefined && before.toX === x && before.toY === y)
    return before.live === live ? before : { ...before, live }
  if (before === undefined || !glides(before, seen))
    return { fromX: x, fromY: y, toX: x, toY: y, startMs: nowMs, endMs: nowMs, fixMs, live }
  const [fromX, fromY] = placeAt(before, nowMs)
  const endMs = nowMs + Math.min(GLIDE_MS_MAX, fixMs - before.fixMs)
  return { fromX, fromY, toX: x, toY: y, startMs: nowMs, endMs, fixMs, live }
}

function glides(before: Track, { x, y, fixMs, live }: Sighting): boolean {
  const gapMs = fixMs - before.fixMs
  const step = Math.hypot(x - before.toX, y - before.toY)
  const stepMax = metresToMercator(SLACK_M + (SPEED_MPS_MAX * gapMs) / 1_000, y)
  return live && before.live && gapMs > 0 && gapMs <= GAP_MS_MAX && step <= stepMax
}

/** Where the mark is now; at the newest fix once the time is over. */
export function placeAt({ fromX, fromY, toX, toY, startMs, endMs }: Track, nowMs: number): [number, number] {
  const t = endMs <= startMs ? 1 : Math.max(0, Math.min(1, (nowMs - startMs) / (endMs - startMs)))
  return [fromX + (toX - fromX) * t, fromY + (toY - fromY) * t]
}
