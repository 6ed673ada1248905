import { describe, expect, it } from 'vitest'
import { MemoryDisk, openMemoryOutbox } from '#agent/outbox/memory-outbox.ts'
import type { LinkEvents } from '#agent/uplink/uplink.ts'
import { composeVehicle } from '#agent/vehicle.ts'
import type { VehicleParts } from '#agent/vehicle.ts'
import { conditionsOf } from '#gateway/operator/conditions.ts'
import type { DeviceFacts, GatewayFacts } from '#gateway/operator/conditions.ts'
import { parseBody } from '#protocols/bodies.ts'
import { CHANNELS } from '#protocols/equipment.ts'
import { encodeDtm, encodeGga, encodeRmc } from '#protocols/nmea/encode.ts'
import { Live } from '#protocols/session.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { attachCarDevices } from '#sim/demo/car-devices.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { randomOf } from '#sim/random.ts'

/*
 * What the drivers know, from the bytes on a line to the live slot, the records, the crew's screen and the list of the
 * operator: a whole car on lines in memory and a clock of its own.
 */
const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const START_UTC_MS = Date.UTC(2026, 10, 28, 3)
const HERE = { lat: 35.6, lon: 116.98, speedMps: 0, trackDeg: 0 }

function openCar(change: Partial<VehicleParts> = {}) {
  const virtual = openVirtualClock({ utcMs: START_UTC_MS })
  // As a system's clock does: whole milliseconds.
  const now = () => ({ ...virtual.now(), utcMs: Math.floor(virtual.now().utcMs) })
  const clock = { ...virtual, now }
  const gnss = createMemoryLine(clock, { path: 'gnss', baud: 9600 })
  const panel = createMemoryLine(clock, { path: 'panel', baud: 38_400 })
  let minted = 0
  const mint = (bytes: number): string => (++minted).toString(16).padStart(bytes * 2, '0')
  const bootId = mint(8)
  const options = { bootId, mintEpoch: () => mint(8), health: 'ok' as const }
  const outbox = openMemoryOutbox(clock, options, new MemoryDisk())
  const lives: Live[] = []
  const vehicle = composeVehicle({
    identity: {
      ...{ deviceId: 'ptu-01', unitId: 'unit-01', callSign: '鼓楼01' },
      orderKey: { keyId: '', publicKeyPem: '' },
    },
    ...{ clock, log: QUIET, outbox, mint, bootId, bootCount: 1, software: 'test', random: () => 0.5 },
    dial: (events: LinkEvents) => {
      clock.after(10, () =>
        events.onConnected({
          publish: (channel, payload) => {
            if (channel === 'live') lives.push(Live.parse(JSON.parse(Buffer.from(payload).toString('utf8'))))
            return Promise.resolve(true)
          },
          close: () => Promise.resolve(),
        }),
      )
      return () => {}
    },
    openPort: (path, options) => (path === 'gnss' ? gnss : panel).open(path, options),
    gnss: { path: 'gnss', baud: 9600 },
    panel: { path: 'panel', baud: 38_400 },
    ...change,
  })
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 250) {
      clock.runUntil(clock.now().monoMs + Math.min(250, left))
      await turn()
    }
  }
  const faults = async (): Promise<string[]> => {
    const read = await outbox.read('diag', 0, 100)
    if (!read.ok) throw new Error(read.detail)
    return read.value.flatMap(({ kind, body }) => {
      const parsed = parseBody(kind, body)
      return parsed.ok && parsed.value.kind === 'driver.fault' ? [parsed.value.body.code] : []
    })
  }
  return {
    ...{ clock, gnss, panel, lives, vehicle, pass, faults },
    live: () => lives.at(-1)!,
    receiver: () => lives.at(-1)!.drivers?.receiver,
    view: () => vehicle.runtime.view(),
  }
}
type Car = ReturnType<typeof openCar>

const withDevices = (car: Car) =>
  attachCarDevices(
    { gnss: car.gnss.peer, panel: car.panel.peer },
    () => ({ ...HERE, utcMs: car.clock.now().utcMs, fix: true }),
    car.clock,
    randomOf(1, 'car', 'test'),
  )

describe('a cut antenna', () => {
  it("is on the terminal, in the records and on the operator's page, and goes away when it is mended", async () => {
    const car = openCar()
    const devices = withDevices(car)
    await car.pass(5_000)
    expect(car.view().gnss).toBe('fix')
    expect(car.receiver()?.antenna).toBeUndefined()
    expect(await told(car)).toEqual([])

    devices.receiver.mode = 'open'
    await car.pass(3_000)
    expect(car.view()).toMatchObject({ gnss: 'no_fix', receiver: { antenna: 'open' } })
    expect(car.receiver()?.antenna).toBe('open')
    expect(await car.faults()).toEqual(['ANTENNA_OPEN'])
    expect(await told(car)).toEqual(['antenna_open'])

    devices.receiver.mode = 'on'
    await car.pass(12_000)
    expect(car.view()).toMatchObject({ gnss: 'fix', receiver: { antenna: 'ok' } })
    expect(await car.faults()).toEqual(['ANTENNA_OPEN', 'ANTENNA_OK'])
    expect(await told(car)).toEqual([])
    devices.stop()
    await car.vehicle.close()
  })

  it('is forgotten with the receiver that told it', async () => {
    const car = openCar()
    const devices = withDevices(car)
    devices.receiver.mode = 'short'
    await car.pass(3_000)
    expect(car.receiver()?.antenna).toBe('short')
    car.gnss.unplug()
    await car.pass(1_000)
    expect(car.view().gnss).toBe('no_device')
    expect(car.receiver()).toEqual({ hints: [], refused: {} })
    devices.stop()
    await car.vehicle.close()
  })
})

describe('places in another datum', () => {
  it('are told by the decoder and published by nobody, and the operator reads why', async () => {
    const car = openCar()
    await car.pass(500)
    const say = async (datum: string, second: number): Promise<void> => {
      const about = { talker: 'GP', place: { lat: 35.6, lon: 116.98 }, timeMs: (3 * 3600 + second) * 1000 }
      const date = { year: 2026, month: 11, day: 28 }
      const lines = [
        encodeRmc({ ...about, valid: true, date, speedKn: 0 }),
        encodeGga({ ...about, quality: 1, satsUsed: 9, hdop: 0.9, altMslM: 60 }),
        encodeDtm('GP', datum),
      ]
      await car.gnss.peer.write(new TextEncoder().encode(lines.join('')), 900)
      await car.pass(1_000)
    }
    for (let s = 1; s <= 14; s++) await say('P90', s)
    expect(car.view()).toMatchObject({ gnss: 'no_fix', position: null })
    expect(car.live().position).toBeNull()
    expect(car.receiver()?.datum).toBe('P90')
    expect(car.receiver()?.refused.datum).toBeGreaterThanOrEqual(9)
    expect(await told(car)).toContain('datum_foreign')

    for (let s = 15; s <= 18; s++) await say('W84', s)
    expect(car.view().gnss).toBe('fix')
    expect(car.receiver()?.datum).toBeUndefined()
    expect(car.live().position).toMatchObject({ lat: expect.closeTo(35.6, 5) as number })
    await car.vehicle.close()
  })
})

describe('a panel that is dead after a reboot', () => {
  it('leaves every channel the car is fitted with unknown, not absent', async () => {
    const car = openCar({
      sources: [{ name: 'gpio', channels: ['crash'], open: () => ({ close: () => Promise.resolve() }) }],
    })
    await car.pass(2_000)
    const unknown = Object.fromEntries(CHANNELS.map(channel => [channel, 'unknown']))
    expect(car.live().equipment).toEqual(unknown)
    expect(car.view().equipment).toEqual(unknown)
    const devices = withDevices(car)
    await car.pass(3_000)
    expect(car.live().equipment).toMatchObject({ ignition: 'on', door: 'off', crash: 'unknown' })
    devices.stop()
    await car.vehicle.close()
  })
})

describe("the volts of the car's own bus", () => {
  it('are told to crew and gateway where nobody watches over the battery', async () => {
    const car = openCar()
    await car.pass(500)
    expect(car.view().power).toBeUndefined()
    car.vehicle.runtime.feed({ type: 'gauge', gauge: 'batteryVolts', value: 12.64 })
    await car.pass(10_500)
    expect(car.view().power).toEqual({ phase: null, batteryVolts: 12.64 })
    expect(car.live().drivers?.power).toEqual({ phase: null, batteryVolts: 12.64 })
    await car.vehicle.close()
  })
})

/** What an operator is told of this car, its link up and its fix as the terminal says it. */
async function told(car: Car): Promise<string[]> {
  const faults = await car.faults()
  const device: DeviceFacts = {
    ...{ id: 'ptu-01', state: 'active', certificateLeftMs: 29 * 86_400_000, codeAgeMs: null, link: 'up' },
    ...{ heardAgeMs: 0, hasReceiver: true, fixAgeMs: 0, onShift: true, queued: 0, bytes: 0, store: 'ok' },
    ...{ missing: 0, inputsUnknown: 0, software: 'test' },
    faults: faults.slice(-1).map(code => ({ driver: 'antenna', code, ageMs: 0 })),
    freshness: 'live',
    gnss: car.view().gnss,
    receiver: car.receiver() ?? null,
    power: car.view().power ?? null,
  }
  const gateway: GatewayFacts = {
    ...{ software: 'test', uptimeSeconds: 3_600, diskFreeBytes: null, diskTotalBytes: null },
    ...{ commitP99Seconds: 0, loopLagP99Seconds: 0, loopQueued: 0, oldestAlarmMs: null, ordersWaiting: 0 },
    ...{ refusedLately: {}, streamDroppedLately: 0, lost: 0, coverageAgeSeconds: 0 },
  }
  return conditionsOf(gateway, [device]).map(({ code }) => code)
}
