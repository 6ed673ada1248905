import { describe, expect, it } from 'vitest'
import type { Deed } from '#agent/bodycam/log-entry.ts'
import { Fittings, triggerOf } from '#agent/fittings.ts'
import { MemoryDisk, openMemoryOutbox } from '#agent/outbox/memory-outbox.ts'
import { composeVehicle } from '#agent/vehicle.ts'
import type { Vehicle } from '#agent/vehicle.ts'
import { CHANNELS } from '#protocols/equipment.ts'
import type { Channel } from '#protocols/equipment.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import { createCameraBody } from '#sim/camera/camera-body.ts'
import { memoryCameraLine } from '#sim/camera/memory-camera-line.ts'
import { createNetworkCamera } from '#sim/camera/network-camera.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { attachPanel } from '#sim/panel/attach-panel.ts'

const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const FITTED = Fittings.parse({
  v: 1,
  camera: { kind: 'udp', address: '192.168.7.20:4810', cameraIds: ['cam-07'] },
  trigger: { postMs: 5_000 },
})

/** A whole car without a link: its panel, its camera on the network and its disk are simulated, and outlive its process. */
function openCar() {
  const clock = openVirtualClock()
  const line = createMemoryLine(clock, { path: 'panel' })
  const panel = attachPanel(line.peer, clock)
  const body = createCameraBody(clock)
  const network = createNetworkCamera(body, 'cam-07')
  const disk = new (class extends MemoryDisk {
    full = false
    override write(...args: Parameters<MemoryDisk['write']>): void {
      if (this.full) throw new Error('no space')
      super.write(...args)
    }
  })()
  const deeds: Deed[] = []
  let minted = 0
  let boots = 0
  const mint = (bytes: number): string => (++minted).toString(16).padStart(bytes * 2, '0')

  const boot = () => {
    const bootId = mint(8)
    boots += 1
    const outbox = openMemoryOutbox(clock, { bootId, mintEpoch: () => mint(8), health: 'ok' }, disk)
    const vehicle: Vehicle = composeVehicle({
      identity: {
        ...{ deviceId: 'ptu-01', unitId: 'unit-01', callSign: '鼓楼01' },
        orderKey: { keyId: '', publicKeyPem: '' },
      },
      ...{ clock, log: QUIET, outbox, mint, bootId, bootCount: boots, software: 'test', random: () => 0.5 },
      dial: () => () => {},
      openPort: (path, options) => line.open(path, options),
      gnss: null,
      panel: { path: 'panel', baud: 38_400 },
      camera: FITTED.camera!,
      trigger: triggerOf(FITTED),
      openCameraLine: memoryCameraLine(network),
      witness: deed => void deeds.push(deed),
    })
    return { outbox, vehicle }
  }
  let running = boot()
  const records = async (lane: Lane): Promise<readonly WireRecord[]> => {
    const read = await running.outbox.read(lane, 0, 100)
    return read.ok ? read.value : []
  }
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 20) {
      clock.runUntil(clock.now().monoMs + Math.min(20, left))
      await turn()
    }
  }
  return {
    ...{ body, network, disk, deeds, pass },
    set: (channel: Channel, on: boolean) => panel.setContact(CHANNELS.indexOf(channel), on),
    view: () => running.vehicle.runtime.view(),
    kinds: async () =>
      [...(await records('alarm')), ...(await records('event'))]
        .map(record => record.kind)
        .filter(kind => kind.startsWith('bodycam')),
    restart: async () => {
      await running.vehicle.close()
      running = boot()
    },
    close: () => running.vehicle.close(),
  }
}

describe('a car with a camera on its network', () => {
  it('starts it at the lightbar, is confirmed and releases it without stopping it', async () => {
    const car = openCar()
    await car.pass(1_500)
    car.set('lightbar', true)
    await car.pass(1_500)
    expect(car.view().bodycam).toBe('recording')
    expect(car.network.activations).toHaveLength(1)
    car.set('lightbar', false)
    await car.pass(7_000)
    expect(await car.kinds()).toEqual(['bodycam.activated', 'bodycam.confirmed', 'bodycam.released'])
    expect(car.body.recording).toBe(true)
    expect(car.deeds.map(deed => deed.type)).toEqual(['activated', 'camera', 'confirmed', 'released'])
    await car.close()
  })

  it('alarms within two seconds when the camera sleeps, at once when it refuses', async () => {
    for (const [mode, withinMs] of [
      ['asleep', 2_300],
      ['nack', 300],
    ] as const) {
      const car = openCar()
      await car.pass(1_500)
      car.body.setMode(mode)
      car.set('panic', true)
      await car.pass(withinMs)
      expect(await car.kinds()).toContain('bodycam.failed')
      await car.close()
    }
  })

  it('orders it although disk and link are gone', async () => {
    const car = openCar()
    await car.pass(1_500)
    car.disk.full = true
    car.set('siren', true)
    await car.pass(1_500)
    expect(car.body.startedBy).toBe('trigger')
    expect(car.deeds.map(deed => deed.type)).toContain('activated')
    await car.close()
  })

  it('goes on with the same activation after a restart in its middle', async () => {
    const car = openCar()
    await car.pass(1_500)
    car.body.setMode('asleep')
    car.set('siren', true)
    await car.pass(400)
    await car.restart()
    car.body.setMode('normal')
    await car.pass(2_500)
    expect(car.network.activations).toHaveLength(1)
    expect(await car.kinds()).toEqual(['bodycam.activated', 'bodycam.confirmed'])
    await car.close()
  })

  it('leaves the officer his recording and marks it', async () => {
    const car = openCar()
    car.body.press()
    await car.pass(2_000)
    car.set('lightbar', true)
    await car.pass(500)
    car.set('lightbar', false)
    await car.pass(8_000)
    expect(car.network.marks).toHaveLength(1)
    expect(car.body.log).toHaveLength(1)
    await car.close()
  })
})

describe('what a unit’s file says of its cameras', () => {
  it('changes only what it names', () => {
    expect(triggerOf(FITTED)).toMatchObject({
      postMs: 5_000,
      holdOffMs: 3_000,
      actions: ['network', 'marker'],
      output: { pulseMs: 200 },
    })
    expect(triggerOf(Fittings.parse({ v: 1 }))).toMatchObject({ actions: ['contact'], output: 'level' })
  })

  it.each([
    [{ camera: { kind: 'udp', address: '8.8.8.8:1', cameraIds: ['cam-1'] } }, 'address'],
    [{ camera: { kind: 'tcp', address: '10.0.0.2:1', cameraIds: [] } }, 'cameraIds'],
    [{ trigger: { sources: { camera_recording: 'level' } } }, 'camera_recording'],
    [{ trigger: { postMs: -1 } }, 'postMs'],
    [{ trigger: { confirmMs: 9_000 } }, 'confirmMs'],
  ])('refuses %j and names the field', (file, field) => {
    const parsed = Fittings.safeParse({ v: 1, ...file })
    expect(parsed.success).toBe(false)
    expect(JSON.stringify(parsed.error?.issues)).toContain(field)
  })
})
