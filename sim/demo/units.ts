import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { issueCode } from '#agent/cli/enrol.ts'
import { enrol } from '#agent/provisioning/enrol.ts'
import { identityFile, loadIdentity } from '#agent/provisioning/load-identity.ts'
import type { DeviceView } from '#protocols/api.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
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

/**
 * The identity of a unit's device: the one it has while the gateway still knows it, or a new one by the way every device
 * goes, with a one-time code. A demo opened after a month away, or on a new gateway, begins with new certificates.
 */
export async function identityOf(
  unit: DemoUnit,
  dir: string,
  gateway: { readonly pages: string; readonly enrolment: string },
): Promise<Result<DeviceIdentity>> {
  const home = join(dir, unit.deviceId)
  const known = await loadIdentity(home)
  if (known.ok && (await isAdmitted(unit.deviceId, gateway.pages))) return known
  rmSync(identityFile(home), { force: true })
  const code = await issueCode(gateway.pages, {
    deviceId: unit.deviceId,
    unitId: unit.unitId,
    callSign: unit.callSign,
    homeGridId: unit.grid.id,
  })
  if (!code.ok) return code
  const enrolled = await enrol({ url: gateway.enrolment, typedCode: code.value.code, dir: home })
  return enrolled.ok ? ok(enrolled.value) : enrolled
}

async function isAdmitted(deviceId: string, pages: string): Promise<boolean> {
  const answer = await fetch(`${pages}/v1/devices`)
  const { devices } = (await answer.json()) as { devices: DeviceView[] }
  const device = devices.find(d => d.id === deviceId)
  const endsMs = Date.parse(device?.certificateNotAfter ?? '')
  return device?.state === 'active' && endsMs > Date.now() + SOON_MS
}
