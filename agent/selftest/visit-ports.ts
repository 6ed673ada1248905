import type { ActionResult } from '#protocols/technician.ts'
import { findDevices, ranked } from '#hardware/discovery/find-devices.ts'
import { DONE, faultOf, keepFittings, refused } from './visit.ts'
import type { Visit } from './visit.ts'
import { fittedWith, lastBaudOf, portsFound } from './visit-fittings.ts'

/** Looks at every line of this computer. Lines in use are closed by the caller before. */
export async function searchPorts({ parts, state, fittings, publish }: Visit): Promise<ActionResult> {
  state.ports = { state: 'running', findings: [], gnss: null, panel: null, fault: null }
  publish()
  const paths = await parts.listPorts()
  const findings = await findDevices(
    parts.openPort,
    paths,
    parts.clock,
    finding => {
      state.ports = { ...state.ports, findings: ranked([...state.ports.findings, finding]) }
      publish()
    },
    path => lastBaudOf(fittings, path),
  )
  state.ports = portsFound(findings, paths.length)
  publish()
  return DONE
}

/** A person says what is fitted; only now is anything written down. */
export async function fitPorts(
  visit: Visit,
  gnssPath: string | null,
  panelPath: string | null,
  isIncomplete: boolean,
): Promise<ActionResult> {
  const { state, fittings, publish } = visit
  const next = fittedWith(fittings, state.ports.findings, gnssPath, panelPath)
  if (next === undefined) return { accepted: false, code: 'BODY_INVALID' }
  const saved = await keepFittings(visit, next)
  if (!saved.ok) {
    state.ports = { ...state.ports, state: 'failed', fault: faultOf(saved) }
    publish()
    return refused(saved)
  }
  const outcome = isIncomplete ? ({ state: 'failed' } as const) : ({ state: 'passed', fault: null } as const)
  state.ports = { ...state.ports, gnss: gnssPath, panel: panelPath, ...outcome }
  return DONE
}
