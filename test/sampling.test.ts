import { describe, expect, it } from 'vitest'
import { ADAPTIVE, EVERY_SECOND } from '#agent/vehicle/sampling.ts'
import { simulatedCity } from '#sim/city/city.ts'
import { beatOf } from '#sim/traffic/beat.ts'
import { StreetMap } from '#sim/traffic/street-map.ts'
import { judgeShifts } from './oracle/judge-shifts.ts'
import { driveShift } from './oracle/shifts.ts'

/* A seeded sample of `reach5 prove sampling`. */
const SEED = 7
const map = new StreetMap(simulatedCity({ seed: SEED, junctions: 800 }).network)
const street = { map, beat: beatOf(map) }

describe('adaptive sampling', () => {
  it('saves 85 of 100 messages, keeps the track within 10 m and every promise of a word', async () => {
    const shifts = [
      await driveShift({ ...street, seed: SEED, hours: 0.5 }, ADAPTIVE),
      await driveShift({ ...street, seed: SEED + 1, hours: 0.5 }, ADAPTIVE),
    ]
    const { holds, ...counted } = judgeShifts(shifts)
    console.log(JSON.stringify(counted))
    expect(counted.drivenSeconds).toBe(3_600)
    expect(counted.incidents).toBeGreaterThan(0)
    expect(counted.silence.beyondAnnounced).toBe(0)
    expect(holds).toBe(true)
  }, 60_000)

  it('is told from a car that reports every second', async () => {
    const shift = await driveShift({ ...street, seed: SEED, hours: 0.1 }, EVERY_SECOND)
    const { holds, messages } = judgeShifts([shift])
    expect(shift.positions).toBeGreaterThan(0.9 * shift.movingSeconds)
    expect(messages.fewerWhileMoving).toBeLessThan(0.1)
    expect(holds).toBe(false)
  }, 60_000)
})
