import type { Position } from '#protocols/bodies.ts'
import type { RecordDraft } from '#protocols/record.ts'
import type { Now } from '#protocols/time.ts'
import type { Random } from '#sim/random.ts'

const METRES_PER_DEGREE = 111_320
/** A receiver's wander from second to second, metres; it is what deflate cannot guess. */
const NOISE_M = 0.4

/** A patrol at 1 Hz: drives, turns, stops and stands, seen by a receiver with its noise and its digits. */
export function patrol(random: Random, home = { lat: 35.59, lon: 116.99 }) {
  let { lat, lon } = home
  let [speed, wanted, track] = [0, 12, random.uniform(0, 360)]
  let leg = 0
  return (utcMs: number): Position => {
    if (leg-- <= 0) {
      leg = random.integer(20, 180)
      wanted = random.chance(0.35) ? 0 : random.uniform(6, 18)
      track = (track + random.pick([-90, 0, 90]) + 360) % 360
    }
    speed += Math.max(-2, Math.min(1.5, wanted - speed))
    const away = (degrees: number): number =>
      (speed * degrees + random.uniform(-NOISE_M, NOISE_M)) / METRES_PER_DEGREE
    lat += away(Math.cos((track * Math.PI) / 180))
    lon += away(Math.sin((track * Math.PI) / 180)) / Math.cos((lat * Math.PI) / 180)
    if (Math.hypot(lat - home.lat, lon - home.lon) > 0.05) track = (track + 180) % 360
    const digits = (value: number, n: number): number => Number(value.toFixed(n))
    return {
      lat: digits(lat, 7),
      lon: digits(lon, 7),
      mode: 3,
      speedMps: digits(Math.max(0, speed + random.uniform(-0.1, 0.1)), 2),
      ...(speed > 0.5 && { trackDeg: digits((track + random.uniform(-2, 2) + 360) % 360, 1) }),
      altMslM: digits(52 + random.uniform(-1, 1), 1),
      hdop: digits(random.pick([0.6, 0.6, 0.7, 0.7, 0.8]), 1),
      satsUsed: random.integer(18, 20),
      satsSeen: 27,
      fixUtcMs: utcMs - (utcMs % 1000),
    }
  }
}

/** A record of `kind` as the agent drafts it. */
export const draftAt = (
  lane: RecordDraft['lane'],
  kind: string,
  body: unknown,
  now: Now,
  bootId: string,
): RecordDraft => ({
  lane,
  kind,
  occurredAt: now.utcMs,
  monoMs: now.monoMs,
  bootId,
  clockQuality: now.quality,
  body: JSON.stringify(body),
})
