import { randomBytes } from 'node:crypto'
import { openMemoryOutbox } from '#agent/outbox/memory-outbox.ts'
import { SOFTWARE } from '#agent/compose.ts'
import { mqttDial } from '#agent/uplink/mqtt-uplink.ts'
import { composeVehicle } from '#agent/vehicle.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { createMemoryLine } from '../line/memory-line.ts'
import { randomOf } from '../random.ts'
import { attachCarDevices } from './car-devices.ts'
import type { CarDevices } from './car-devices.ts'
import type { House } from './house.ts'
import type { DemoUnit } from './units.ts'
import { VehicleBody } from './vehicle-body.ts'

const DEMO_BAUD = 38_400

/** One unit that lives in this process. */
export type FleetVehicle = { readonly unit: DemoUnit; readonly devices: CarDevices }

/**
 * The units that live in this process: the vehicle code of the real process, lines and store of memory, each with its
 * own certificate and connection.
 */
export function openFleet(
  house: House,
  members: readonly { readonly unit: DemoUnit; readonly identity: DeviceIdentity }[],
): readonly FleetVehicle[] {
  return members.map(({ unit, identity }) => openFleetVehicle(house, unit, identity))
}

function openFleetVehicle(house: House, unit: DemoUnit, identity: DeviceIdentity): FleetVehicle {
  const { clock, world, flags } = house
  const mint = (bytes: number): string => randomBytes(bytes).toString('hex')
  const lines = {
    gnss: createMemoryLine(clock, { path: 'gnss' }),
    panel: createMemoryLine(clock, { path: 'panel' }),
  }
  const bootId = mint(8)
  const vehicle = composeVehicle({
    identity,
    clock,
    log: house.logs.quiet,
    outbox: openMemoryOutbox(clock, { bootId, mintEpoch: () => mint(8), health: 'ok' }),
    openPort: (path, options) => (path === 'gnss' ? lines.gnss : lines.panel).open(path, options),
    gnss: { path: 'gnss', baud: DEMO_BAUD },
    panel: { path: 'panel', baud: DEMO_BAUD },
    dial: mqttDial(identity, house.urls.mqtt),
    mint,
    random: Math.random,
    software: SOFTWARE,
    bootId,
    bootCount: 1,
    backoffMaxMs: 5_000,
  })
  const random = randomOf(flags.seed, unit.unitId, 'drive')
  const body = new VehicleBody(
    { map: world.map, beat: world.beatOf(unit.grid), clock, random },
    {
      tap: tap => vehicle.runtime.tap(tap),
      lights: on => devices.setChannel('lightbar', on),
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
  vehicle.runtime.onView(view => body.see(view))
  house.closers.add('cars', async () => {
    devices.stop()
    body.stop()
    await vehicle.close()
  })
  return { unit, devices }
}
