import { ADAPTIVE } from '#agent/vehicle/sampling.ts'
import { simulatedCity } from '#sim/city/city.ts'
import { beatOf } from '#sim/traffic/beat.ts'
import { StreetMap } from '#sim/traffic/street-map.ts'
import { judgeShifts } from '../oracle/judge-shifts.ts'
import { driveShift } from '../oracle/shifts.ts'
import type { ShiftCounts } from '../oracle/shifts.ts'
import type { Finding } from './evidence.ts'

const SEED = 2026
const JUNCTIONS = 4_000
const CARS = 24
const HOURS = 2

/** Shifts of patrol and incidents on the simulated city, through the whole agent, against the truth of every second. */
export async function proveSampling(say: (words: string) => void): Promise<Finding> {
  const map = new StreetMap(simulatedCity({ seed: SEED, junctions: JUNCTIONS }).network)
  const beat = beatOf(map)
  const shifts: ShiftCounts[] = []
  for (let car = 0; car < CARS; car += 1) {
    shifts.push(await driveShift({ map, beat, seed: SEED + car, hours: HOURS }, ADAPTIVE))
    say(`car ${car + 1} of ${CARS}`)
  }
  const { holds, ...evidence } = judgeShifts(shifts)
  return { holds, evidence: { seed: SEED, junctions: JUNCTIONS, cars: CARS, hours: HOURS, ...evidence } }
}
