import { randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { MemoryDisk, openMemoryOutbox } from '#agent/outbox/memory-outbox.ts'
import { SOFTWARE } from '#agent/compose.ts'
import { mqttDial } from '#agent/uplink/mqtt-uplink.ts'
import { composeVehicle } from '#agent/vehicle.ts'
import type { Vehicle } from '#agent/vehicle.ts'
import { SAMPLINGS } from '#agent/vehicle/sampling.ts'
import { factoryProfile } from '#hardware/panel/profile.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { ok } from '#protocols/result.ts'
import { createMemoryLine } from '../line/memory-line.ts'
import { gateDial } from '../link/gated-dial.ts'
import { randomOf } from '../random.ts'
import { attachCarDevices } from './car-devices.ts'
import { controlsOfDevices } from './device-knobs.ts'
import type { House } from './house.ts'
import type { DemoUnit } from './units.ts'
import { VehicleBody } from './vehicle-body.ts'

const DEMO_BAUD = 38_400
/**
 * The panel of a car of memory is asked five times rarer than a real one: 25 polls a second of 255 panels would be half
 * of what this process does. And it is waited for longer, because car and panel share one busy thread: a line that is
 * late here says nothing about a cable.
 */
const FLEET_PANEL = factoryProfile(undefined, {
  pollMs: 200,
  replyMs: 150,
  replyMsMax: 600,
  gapMsMax: 3_000,
  readBackMs: 5_000,
})

/**
 * The units that live in this process: the vehicle code of the real process, lines and store of memory, each with its
 * own certificate and connection. Between two of them everybody else in this process has a turn.
 */
export async function openFleet(
  house: House,
  members: readonly { readonly unit: DemoUnit; readonly identity: DeviceIdentity }[],
): Promise<void> {
  for (const { unit, identity } of members) {
    openFleetVehicle(house, unit, identity)
    await setImmediate()
  }
}

/** A disk that can be full: every write fails until there is room again. */
class FillableDisk extends MemoryDisk {
  full = false

  override write(...args: Parameters<MemoryDisk['write']>): void {
    if (this.full) throw new Error('no space left on the simulated disk')
    super.write(...args)
  }
}

/** Its disk outlives its power, as a real one does; a power cut is a new boot on the old disk. */
function openFleetVehicle(house: House, unit: DemoUnit, identity: DeviceIdentity): void {
  const { clock, pace, world, flags } = house
  const mint = (bytes: number): string => randomBytes(bytes).toString('hex')
  const lines = {
    gnss: createMemoryLine(clock, { path: 'gnss' }),
    panel: createMemoryLine(clock, { path: 'panel' }),
  }
  const disk = new FillableDisk()
  const gate = gateDial(mqttDial(identity, house.urls.mqtt))
  let boots = 0

  const boot = (): Vehicle => {
    const bootId = mint(8)
    boots += 1
    const made = composeVehicle({
      identity,
      clock,
      log: house.logs.quiet,
      outbox: openMemoryOutbox(clock, { bootId, mintEpoch: () => mint(8), health: 'ok' }, disk),
      openPort: (path, options) => (path === 'gnss' ? lines.gnss : lines.panel).open(path, options),
      gnss: { path: 'gnss', baud: DEMO_BAUD },
      panel: { path: 'panel', baud: DEMO_BAUD, profile: FLEET_PANEL },
      dial: gate.dial,
      mint,
      random: Math.random,
      software: SOFTWARE,
      bootId,
      bootCount: boots,
      backoffMaxMs: 5_000,
      sampling: SAMPLINGS[flags.sampling],
    })
    made.runtime.onView(view => body.see(view))
    return made
  }

  const random = randomOf(flags.seed, unit.unitId, 'drive')
  const body = new VehicleBody(
    { map: world.map, beat: world.beatOf(unit.grid), clock, pace, random },
    {
      tap: tap => vehicle?.runtime.tap(tap) ?? Promise.resolve({ accepted: false, code: 'NOT_READY' }),
      lights: on => devices.setChannel('lightbar', on),
      door: open => devices.setChannel('door', open),
      taps: true,
      parked: false,
    },
  )
  const devices = attachCarDevices(
    { gnss: lines.gnss.peer, panel: lines.panel.peer },
    () => body.truth(),
    clock,
    random,
  )
  let vehicle: Vehicle | null = boot()

  /** Without a goodbye: the link goes first, then whatever was not yet written is gone. */
  const powerOff = (): void => {
    const dying = vehicle
    vehicle = null
    const before = gate.state()
    gate.set('reset')
    void dying?.close()
    if (before !== 'reset') gate.set(before)
  }

  house.book.register(unit.unitId, {
    ...controlsOfDevices(devices),
    deviceId: unit.deviceId,
    callSign: unit.callSign,
    kind: 'fleet',
    view: () => vehicle?.runtime.view() ?? null,
    truth: () => body.truth(),
    link: { read: gate.state, turn: to => ok(gate.set(to)) },
    power: {
      read: () => (vehicle === null ? 'off' : 'on'),
      turn: to => {
        if (to === 'off') powerOff()
        else vehicle ??= boot()
        return ok(undefined)
      },
    },
    disk: {
      how: 'outbox',
      read: () => (disk.full ? 'full' : 'ok'),
      turn: to => ok(void (disk.full = to === 'full')),
    },
  })
  house.closers.add('cars', async () => {
    devices.stop()
    body.stop()
    await vehicle?.close()
  })
}
