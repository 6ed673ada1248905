import type { PortFinding } from '#protocols/technician.ts'
import type { Clock } from '#protocols/time.ts'
import type { OpenPort } from '../port.ts'
import { probePort } from './probe-port.ts'
import type { ProbeOptions } from './probe-port.ts'
import { PORTS_MAX } from './serial-names.ts'

/** All ports at once, each told as soon as it is known; the surest first when all are. */
export async function findDevices(
  open: OpenPort,
  paths: readonly string[],
  clock: Clock,
  onFinding: (finding: PortFinding) => void = () => {},
  options: (path: string) => ProbeOptions = () => ({}),
): Promise<readonly PortFinding[]> {
  const findings = await Promise.all(
    paths.slice(0, PORTS_MAX).map(async path => {
      const finding = await probePort(open, path, clock, options(path))
      onFinding(finding)
      return finding
    }),
  )
  return ranked(findings)
}

export const ranked = (findings: readonly PortFinding[]): PortFinding[] =>
  [...findings].sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1))

/** The one port of a kind that is surely it; undefined when there is none, or when two could be. */
export function clearChoice(findings: readonly PortFinding[], is: 'gnss' | 'panel'): PortFinding | undefined {
  const [best, next] = ranked(findings.filter(f => f.is === is))
  return best !== undefined && best.score >= 75 && next === undefined ? best : undefined
}
