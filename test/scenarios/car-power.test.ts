import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LedgerRow } from '#protocols/api.ts'
import { LANES } from '#protocols/record.ts'
import { eventually, openRunningHouse } from './running-house.ts'
import type { RunningHouse } from './running-house.ts'

/*
 * The real vehicle process on a simulated battery: an OBD adapter on a pseudo-terminal tells its volts, the panel its
 * ignition. What ends it is its own watch over both; what starts it again is the key.
 */
describe('a car on its battery', { timeout: 90_000 }, () => {
  let house: RunningHouse
  beforeAll(async () => {
    house = await openRunningHouse({
      broker: { name: 'the embedded broker' },
      power: { delayMs: 5_000, lowForMs: 1_000, bootSteadyMs: 500 },
    })
  }, 60_000)
  afterAll(() => house?.close())

  const key = (to: 'on' | 'off') => house.car.controls.ignition!.turn(to)
  const isDark = (): boolean => house.car.process.isCut
  const logged = (event: string): Record<string, unknown>[] =>
    house
      .log('agent')
      .split('\n')
      .filter(line => line.includes(`"${event}"`))
      .map(line => JSON.parse(line) as Record<string, unknown>)
  const kept = (): unknown =>
    JSON.parse(readFileSync(join(house.dir, 'units', house.deviceId, 'power.json'), 'utf8'))
  const powerAtGateway = async () => (await house.unit()).drivers?.power
  const boots = async (): Promise<LedgerRow[]> => (await house.ledger()).filter(row => row.kind === 'boot')

  it('tells the volts of its engine', async () => {
    const power = await eventually('volts of an engine', async () => {
      const now = (await house.terminal()).power
      return (now?.batteryVolts ?? 0) > 13 ? now : null
    })
    expect(power.phase).toBe('running')
    await eventually('a live position', async () => (await house.unit()).freshness === 'live')
  })

  it('counts down when the key is turned, and a touch of the screen begins it anew', async () => {
    await key('off')
    // Five seconds in all: whoever looks twice before the touch may find it over on a crowded machine.
    const counting = await eventually('a countdown', async () => {
      const { power } = await house.terminal()
      return (power?.endsInMs ?? 9e9) < 4_000 ? power : null
    })
    expect(counting).toMatchObject({ phase: 'standby', endsWhy: 'off' })
    expect(await house.tap({ kind: 'stay_on' })).toEqual({ accepted: true, code: null })
    expect((await house.terminal()).power!.endsInMs).toBeGreaterThan(4_000)
  })

  it('ends in order: everything delivered, the last word told, the process gone by itself', async () => {
    await eventually('dark', async () => isDark())
    expect(logged('agent.stopped').at(-1)).toMatchObject({ why: 'off' })
    expect(logged('power.overdue')).toEqual([])
    expect(kept()).toMatchObject({ inOrder: true, brownouts: 0 })
    expect(await powerAtGateway()).toMatchObject({ phase: 'shutting_down' })
    const [begun] = logged('power.phase').filter(entry => entry['phase'] === 'shutting_down')
    const at = (entry: Record<string, unknown> | undefined): number => Date.parse(String(entry?.['time']))
    const tookMs = at(logged('agent.stopped').at(-1)) - at(begun)
    expect(tookMs).toBeGreaterThan(0)
    console.info(`car power: ended in ${tookMs} ms from the first step to the end of the process`)
    expect(await holes()).toEqual([])
  })

  it('starts with the key, after the starter and not under it', async () => {
    await key('on')
    await eventually('the screen', async () => (await house.terminal()).power?.phase === 'running')
    await eventually('two boots in the ledger', async () => (await boots()).length === 2)
    const begun = logged('power.begun').at(-1)
    expect(begun).toMatchObject({ why: 'steady', brownouts: 0 })
    expect((await house.terminal()).power?.brownouts).toBeUndefined()
  })

  it('saves power on a weak battery, and says so to crew and gateway', async () => {
    await house.car.controls.battery!.turn('weak')
    await eventually('survival', async () => (await house.terminal()).power?.phase === 'survival')
    const told = await eventually('told to the gateway', async () => {
      const power = await powerAtGateway()
      return power?.phase === 'survival' ? power : null
    })
    expect(told.batteryVolts).toBeLessThan(11.8)
  })

  it('loses its power under the starter, comes back on the same store, and counts it', async () => {
    await key('off')
    await key('on')
    await eventually('the starter took its power', async () => isDark())
    await eventually('a start that counts', async () => (await house.terminal()).power?.brownouts === 1)
    await eventually('told', async () =>
      (await house.ledger()).some(
        row => row.kind === 'driver.fault' && JSON.stringify(row.body).includes('BROWN_OUT'),
      ),
    )
    await eventually('all delivered', async () => {
      const { queue } = await house.terminal()
      return LANES.every(lane => queue[lane] <= 1)
    })
    expect(await holes()).toEqual([])
  })

  /** Sequence numbers missing at the gateway, lane by lane. */
  async function holes(): Promise<string[]> {
    const rows = await house.ledger()
    return LANES.flatMap(lane => {
      const seqs = rows.filter(row => row.lane === lane).map(row => row.seq)
      const seen = new Set(seqs)
      const missing: string[] = []
      for (let seq = 1; seq <= Math.max(0, ...seqs); seq++) if (!seen.has(seq)) missing.push(`${lane} ${seq}`)
      return missing
    })
  }
})
