import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { issueCode } from '#agent/cli/enrol.ts'
import { enrol } from '#agent/provisioning/enrol.ts'
import { identityFile, loadIdentity } from '#agent/provisioning/load-identity.ts'
import type { DeviceView } from '#protocols/api.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { ok } from '#protocols/result.ts'
import type { Fault, Result } from '#protocols/result.ts'
import type { Grid } from '#gateway/grids/grid.ts'

/** One vehicle of the demo before it has an identity. */
export type DemoUnit = {
  readonly deviceId: string
  readonly unitId: string
  readonly callSign: string
  readonly grid: Grid
}

/** Two cars per grid and on, as in the reform text: `鼓楼01`, `鼓楼02`, … */
export function demoUnits(count: number, grids: readonly Grid[]): DemoUnit[] {
  return Array.from({ length: count }, (_, i) => {
    const grid = grids[i % grids.length]!
    const number = String(Math.floor(i / grids.length) + 1).padStart(2, '0')
    const serial = String(i + 1).padStart(2, '0')
    return {
      deviceId: `ptu-${serial}`,
      unitId: `unit-${serial}`,
      callSign: callSignOf(grid.name, number),
      grid,
    }
  })
}

/** `鼓楼网格` gives `鼓楼01`; a grid that has only a number keeps its word: `网格1-01`. */
const callSignOf = (gridName: string, number: string): string =>
  /^网格\d+$/.test(gridName) ? `${gridName}-${number}` : `${gridName.replace('网格', '')}${number}`

/** Certificates that end sooner than this are not begun with. */
const SOON_MS = 24 * 3_600_000
/** Each enrolment is two requests and a key; more at once only wait for the same processors. */
const ENROL_AT_ONCE = 8
const ENROL_TRIES = 4

export type GatewayUrls = { readonly pages: string; readonly enrolment: string }

/**
 * The identities of all units, in their order: those the gateway still knows as they are, new ones for the rest. A demo
 * opened after a month away, or on a new gateway, begins with new certificates.
 */
export async function identitiesOf(
  units: readonly DemoUnit[],
  dir: string,
  gateway: GatewayUrls,
  onDone: (done: number) => void = () => {},
): Promise<Result<DeviceIdentity[]>> {
  const admitted = await admittedDevices(gateway.pages)
  const identities: DeviceIdentity[] = []
  const waiting = units.entries()
  let [done, refused]: [number, Fault | undefined] = [0, undefined]
  const work = async (): Promise<void> => {
    for (const [i, unit] of waiting) {
      const identity = await identityOf(unit, dir, gateway, admitted)
      if (!identity.ok) return void (refused ??= identity)
      identities[i] = identity.value
      onDone(++done)
      if (refused) return
    }
  }
  await Promise.all(Array.from({ length: ENROL_AT_ONCE }, work))
  return refused ?? ok(identities)
}

/** The identity of one unit's device: the one it has while it is admitted, else a new one by a one-time code. */
export async function identityOf(
  unit: DemoUnit,
  dir: string,
  gateway: GatewayUrls,
  admitted?: ReadonlySet<string>,
): Promise<Result<DeviceIdentity>> {
  const home = join(dir, unit.deviceId)
  const known = await loadIdentity(home)
  // Another city gives the same car another call sign: that is another unit.
  const isThis = known.ok && known.value.callSign === unit.callSign
  if (isThis && (admitted ?? (await admittedDevices(gateway.pages))).has(unit.deviceId)) return known
  rmSync(identityFile(home), { force: true })
  let enrolled = await enrolAnew(unit, home, gateway)
  // A gateway that has a whole fleet at its door and two processors may let a caller wait too long.
  for (let again = 1; again < ENROL_TRIES && !enrolled.ok && enrolled.code === 'GATEWAY_UNREACHABLE'; again++)
    enrolled = await enrolAnew(unit, home, gateway)
  return enrolled
}

async function enrolAnew(
  { deviceId, unitId, callSign, grid }: DemoUnit,
  dir: string,
  gateway: GatewayUrls,
): Promise<Result<DeviceIdentity>> {
  const code = await issueCode(gateway.pages, { deviceId, unitId, callSign, homeGridId: grid.id })
  return code.ok ? enrol({ url: gateway.enrolment, typedCode: code.value.code, dir }) : code
}

/** Devices whose certificate the gateway honours today and tomorrow. */
export async function admittedDevices(pages: string): Promise<ReadonlySet<string>> {
  const answer = await fetch(`${pages}/v1/devices`)
  const { devices } = (await answer.json()) as { devices: DeviceView[] }
  const soonMs = Date.now() + SOON_MS
  return new Set(
    devices
      .filter(
        ({ state, certificateNotAfter }) =>
          state === 'active' && Date.parse(certificateNotAfter ?? '') > soonMs,
      )
      .map(({ id }) => id),
  )
}
