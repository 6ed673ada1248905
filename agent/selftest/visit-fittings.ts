import { clearChoice } from '#hardware/discovery/find-devices.ts'
import { panelDevice } from '#hardware/panel/device-table.ts'
import { factoryProfile } from '#hardware/panel/profile.ts'
import type { PortFinding, TechnicianView } from '#protocols/technician.ts'
import type { Fittings } from '../fittings.ts'

/** What a search of `ports` ports came to: the clear choices, and what is missing or not clear. */
export function portsFound(findings: readonly PortFinding[], ports: number): TechnicianView['ports'] {
  const gnss = clearChoice(findings, 'gnss')?.path ?? null
  const panel = clearChoice(findings, 'panel')?.path ?? null
  const has = (is: PortFinding['is']): boolean => findings.some(f => f.is === is)
  const missing =
    ports === 0
      ? 'NO_PORTS'
      : !has('gnss')
        ? 'NO_RECEIVER'
        : gnss === null
          ? 'CHOICE_UNCLEAR'
          : !has('panel')
            ? 'NO_PANEL'
            : null
  return {
    state: missing === null ? 'waiting' : 'failed',
    findings: [...findings],
    gnss,
    panel,
    fault: missing && { code: missing, detail: ports === 1 ? '1 port' : `${ports} ports` },
  }
}

/** The fittings with the devices a person chose among the findings; undefined when a chosen path is none of them. */
export function fittedWith(
  fittings: Fittings,
  findings: readonly PortFinding[],
  gnssPath: string | null,
  panelPath: string | null,
): Fittings | undefined {
  const find = (path: string | null, is: PortFinding['is']): PortFinding | undefined =>
    findings.find(f => f.path === path && f.is === is)
  const gnss = find(gnssPath, 'gnss')
  const module = find(panelPath, 'panel')
  const panel = module?.panel ?? null
  if ((gnssPath !== null && gnss === undefined) || (panelPath !== null && panel === null)) return undefined
  const device = panelDevice(panel?.device ?? '')
  return {
    ...fittings,
    gnss: gnss === undefined ? null : { path: gnss.path, baud: gnss.baud ?? 9_600 },
    panel:
      module === undefined || panel === null || device === undefined
        ? null
        : {
            path: module.path,
            baud: module.baud ?? device.factoryBaud,
            device: device.id,
            address: panel.address,
            inputs: fittings.panel?.inputs ?? factoryProfile(device).inputs.map(wire => ({ ...wire })),
          },
  }
}

/** The speed a line was last fitted at, tried first. */
export const lastBaudOf = ({ gnss, panel }: Fittings, path: string): { readonly lastBaud?: number } => {
  const known = [gnss, panel].find(line => line?.path === path)
  return known ? { lastBaud: known.baud } : {}
}
