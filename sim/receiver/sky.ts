import type { SkySatellite } from '#protocols/nmea/encode.ts'

/** Satellites of one system on one kind of orbit, by the numbers NMEA 4.1 gives them. */
type Orbit = {
  readonly system: 'gps' | 'beidou' | 'glonass' | 'galileo'
  readonly numbers: readonly number[]
  /** Time for one turn around the earth; Infinity stands still in the sky. */
  readonly periodMs: number
}

const HOUR_MS = 3_600_000

/** Orbits of the four systems over China. The first five of BeiDou are geostationary. */
const ORBITS: readonly Orbit[] = [
  {
    system: 'gps',
    numbers: [1, 3, 4, 8, 10, 14, 16, 21, 22, 26, 27, 31, 32],
    periodMs: 11.97 * HOUR_MS,
  },
  { system: 'beidou', numbers: [1, 2, 3, 4, 5], periodMs: Infinity },
  { system: 'beidou', numbers: [19, 20, 22, 24, 29, 33, 36, 38, 45], periodMs: 12.89 * HOUR_MS },
  { system: 'glonass', numbers: [65, 67, 70, 73, 76, 79, 82, 85, 88], periodMs: 11.26 * HOUR_MS },
  { system: 'galileo', numbers: [3, 5, 8, 13, 15, 21, 27, 30, 36], periodMs: 14.08 * HOUR_MS },
]

const HORIZON_DEG = 5
const GOLDEN = 0.618033988749895

/**
 * What stands above the horizon at a moment, highest first. Not an almanac: every satellite rises and sets as a circle
 * of its own, so that counts and azimuths drift slowly and the same moment always gives the same sky.
 */
export const skyOver = (system: Orbit['system'], utcMs: number): readonly SkySatellite[] =>
  ORBITS.filter(orbit => orbit.system === system)
    .flatMap(orbit => orbit.numbers.map(number => satelliteAt(orbit, number, utcMs)))
    .filter(s => s.elevationDeg >= HORIZON_DEG)
    .sort((a, b) => b.elevationDeg - a.elevationDeg)

const satelliteAt = (system: Orbit, number: number, utcMs: number): SkySatellite => {
  const place = (number * GOLDEN) % 1
  if (system.periodMs === Infinity) {
    const elevationDeg = 18 + 30 * place
    return { number, elevationDeg, azimuthDeg: 120 + 130 * place, snrDb: snrOf(elevationDeg, number) }
  }
  const turn = (utcMs / system.periodMs + place) % 1
  const elevationDeg = 12 + 76 * Math.sin(2 * Math.PI * turn)
  const azimuthDeg = (360 * (place + turn / 2)) % 360
  return { number, elevationDeg, azimuthDeg, snrDb: snrOf(elevationDeg, number) }
}

/** Low satellites are heard through more air and past more houses. */
const snrOf = (elevationDeg: number, number: number): number => 22 + 0.27 * elevationDeg + (number % 5)
