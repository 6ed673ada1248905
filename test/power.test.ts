import { describe, expect, it } from 'vitest'
import { MemoryDisk, openMemoryOutbox } from '#agent/outbox/memory-outbox.ts'
import type { Outbox } from '#agent/outbox/outbox.ts'
import { PowerConfig } from '#agent/power/power-config.ts'
import { shutdownMsMax } from '#agent/power/power.ts'
import type { LinkEvents } from '#agent/uplink/uplink.ts'
import { composeVehicle } from '#agent/vehicle.ts'
import { CHANNELS } from '#protocols/equipment.ts'
import { Live } from '#protocols/session.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { attachPanel } from '#sim/panel/attach-panel.ts'
import { createBattery } from '#sim/power/battery.ts'
import type { SimBatteryOptions } from '#sim/power/battery.ts'

const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const MINUTE = 60_000
const CONFIG = PowerConfig.parse({ delayMs: 5 * MINUTE })

/** A car on a battery, with a panel, a disk that may hang and a link that may be down. */
function openCar({
  battery: about,
  link,
  disk,
}: {
  battery?: SimBatteryOptions
  link: 'up' | 'down'
  disk: 'ok' | 'hangs'
}) {
  const clock = openVirtualClock()
  const line = createMemoryLine(clock, { path: 'panel' })
  const panel = attachPanel(line.peer, clock)
  const battery = createBattery(about)
  let minted = 0
  const mint = (bytes: number): string => (++minted).toString(16).padStart(bytes * 2, '0')
  const store = openMemoryOutbox(
    clock,
    { bootId: mint(8), mintEpoch: () => mint(8), health: 'ok' },
    new MemoryDisk(),
  )
  let hangs = false
  const never = <T>(): Promise<T> => new Promise(() => {})
  const outbox: Outbox = {
    get epoch() {
      return store.epoch
    },
    append: (drafts, notes) => (hangs ? never() : store.append(drafts, notes)),
    read: (lane, afterSeq, limit) => store.read(lane, afterSeq, limit),
    free: (lane, upTo, sum) => store.free(lane, upTo, sum),
    ranges: () => store.ranges(),
    acked: () => store.acked(),
    renew: () => store.renew(),
    bytesUsed: () => store.bytesUsed(),
    health: () => store.health(),
    notes: () => store.notes(),
    close: () => (hangs ? never() : store.close()),
  }
  const lives: Live[] = []
  const ends: { readonly how: string; readonly atMs: number }[] = []
  const vehicle = composeVehicle({
    identity: {
      ...{ deviceId: 'ptu-01', unitId: 'unit-01', callSign: '鼓楼01' },
      orderKey: { keyId: '', publicKeyPem: '' },
    },
    ...{
      clock,
      log: QUIET,
      outbox,
      mint,
      bootId: mint(8),
      bootCount: 1,
      software: 'test',
      random: () => 0.5,
    },
    dial: (events: LinkEvents) => {
      if (link === 'up')
        clock.after(10, () =>
          events.onConnected({
            publish: (channel, payload) => {
              if (channel === 'live')
                lives.push(Live.parse(JSON.parse(Buffer.from(payload).toString('utf8'))))
              return Promise.resolve(true)
            },
            close: () => Promise.resolve(),
          }),
        )
      return () => {}
    },
    openPort: (path, options) => line.open(path, options),
    gnss: null,
    panel: { path: 'panel', baud: 38_400 },
    power: {
      config: CONFIG,
      onBattery: listener => {
        let stopped = false
        const read = (): void => {
          if (stopped) return
          listener(battery.volts(clock.now().monoMs))
          clock.after(500, read)
        }
        clock.after(500, read)
        return () => void (stopped = true)
      },
      onEnd: how => ends.push({ how, atMs: clock.now().monoMs }),
    },
  })
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 250) {
      clock.runUntil(clock.now().monoMs + Math.min(250, left))
      await turn()
    }
  }
  const ignition = (on: boolean): void => panel.setContact(CHANNELS.indexOf('ignition'), on)
  return {
    ...{ battery, lives, ends, pass, ignition, clock, vehicle },
    nowMs: () => clock.now().monoMs,
    phase: () => vehicle.runtime.view().power?.phase,
    hang: () => void (hangs = disk === 'hangs'),
    close: async () => {
      hangs = false
      await vehicle.close()
    },
  }
}

describe('a shift on the battery', () => {
  it('starts, stands, starts again through a dip to 7 V, and is closed in order at its end', async () => {
    const car = openCar({ link: 'up', disk: 'ok', battery: { celsius: -20, charge: 0.7 } })
    car.ignition(true)
    await car.pass(2_000)
    car.battery.crank(car.nowMs())
    expect(car.battery.volts(car.nowMs())).toBeLessThan(7)
    await car.pass(2 * MINUTE)
    expect(car.phase()).toBe('running')
    car.ignition(false)
    car.battery.stopEngine(car.nowMs())
    await car.pass(MINUTE)
    expect(car.phase()).toBe('standby')
    car.ignition(true)
    car.battery.crank(car.nowMs())
    await car.pass(MINUTE)
    expect(car.phase()).toBe('running')
    expect(car.ends).toEqual([])
    car.ignition(false)
    car.battery.stopEngine(car.nowMs())
    const offMs = car.nowMs()
    await car.pass(CONFIG.delayMs + shutdownMsMax(CONFIG) + MINUTE)
    expect(car.ends.map(({ how }) => how)).toEqual(['off'])
    expect(car.ends[0]!.atMs - offMs).toBeLessThanOrEqual(CONFIG.delayMs + shutdownMsMax(CONFIG) + 1_000)
    expect(car.lives.at(-1)?.drivers?.power?.phase).toBe('shutting_down')
    await car.close()
  })

  it.each([
    ['the link is down', 'down', 'ok'],
    ['the disk hangs', 'up', 'hangs'],
    ['both', 'down', 'hangs'],
  ] as const)('ends within its bound although %s', async (_what, link, disk) => {
    const car = openCar({ link, disk })
    car.ignition(false)
    await car.pass(MINUTE)
    car.hang()
    await car.pass(CONFIG.delayMs + shutdownMsMax(CONFIG))
    expect(car.ends.map(({ how }) => how)).toEqual(['off'])
  })

  it('goes on when the ignition returns in the midst of the end', async () => {
    const car = openCar({ link: 'down', disk: 'hangs' })
    car.ignition(false)
    await car.pass(MINUTE)
    car.hang()
    await car.pass(CONFIG.delayMs - MINUTE + 5_000)
    expect(car.phase()).toBe('shutting_down')
    car.ignition(true)
    await car.pass(2 * MINUTE)
    expect(car.phase()).toBe('running')
    expect(car.ends).toEqual([])
    await car.close()
  })

  it('saves power on a weak battery, says so, and an alarm still goes out', async () => {
    const car = openCar({ link: 'up', disk: 'ok', battery: { charge: 0.06, loadAmperes: 12 } })
    await car.pass(2 * MINUTE)
    expect(car.phase()).toBe('survival')
    expect(car.lives.at(-1)?.drivers?.power?.batteryVolts).toBeLessThan(11.8)
    expect(await Promise.race([car.vehicle.runtime.tap({ kind: 'panic' }), car.pass(2_000)])).toEqual({
      accepted: true,
      code: null,
    })
    expect(car.lives.at(-1)?.emergency).toBe(true)
    await car.close()
  })
})
