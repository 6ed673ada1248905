import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { declarePackets } from './storm/declared.ts'
import { connectAll, openStormHouse, storm } from './storm/storm-run.ts'
import type { StormHouse } from './storm/storm-run.ts'

const DEVICES = 40

/** A sample of `reach5 prove storm`: the gateway that ships and a small fleet; times are for the proof alone. */
describe('a fleet that comes back at once', () => {
  let house: StormHouse
  beforeAll(async () => {
    house = await openStormHouse(DEVICES, 0)
    await connectAll(house)
  }, 120_000)
  afterAll(() => house?.close())

  it('is live again, all of it, after the gateway was killed', async () => {
    await house.crash()
    const found = await storm(house)
    console.log(`storm: ${JSON.stringify(found)}`)
    expect(found).toMatchObject({ allLive: true, unitsLiveByApi: DEVICES, failedDials: 0 })
    expect(found.stream.count).toBeGreaterThanOrEqual(DEVICES)
    expect(Number.isFinite(found.stream.maxMs)).toBe(true)
  }, 120_000)

  it('is cut off where it declares 268 MB, and the audit names each device', async () => {
    const found = await declarePackets(house, 3)
    console.log(`declared: ${JSON.stringify(found)}`)
    expect(found).toMatchObject({ tries: 3, closed: 3, refusalsLogged: 3, devicesAudited: 3 })
    expect(found.takenBytesMax).toBeLessThan(32 * 1024 * 1024)
  }, 120_000)
})
