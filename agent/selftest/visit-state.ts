import { X509Certificate } from 'node:crypto'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import type { Now } from '#protocols/time.ts'
import { fingerprintOf } from '../provisioning/enrol.ts'
import type { StepFault, TechnicianView } from '#protocols/technician.ts'

/** Where every step stands when a visit begins. */
export const beginningVisit = (enrolUrl: string) => ({
  mode: 'online' as TechnicianView['mode'],
  health: { state: 'running', checks: [] } as TechnicianView['health'],
  identity: {
    state: 'waiting',
    url: enrolUrl,
    phase: null,
    fault: null,
    device: null,
    caFingerprint: null,
    notAfterUtcMs: null,
  } as TechnicianView['identity'],
  ports: {
    state: 'waiting',
    findings: [],
    gnss: null,
    panel: null,
    fault: null,
  } as TechnicianView['ports'],
  signal: {
    state: 'waiting',
    gnss: 'no_device',
    reason: '',
    fault: null as StepFault | null,
  } as Omit<TechnicianView['signal'], 'sample'>,
  inputs: { state: 'waiting', panel: 'no_device', silent: [], fault: null } as Pick<
    TechnicianView['inputs'],
    'state' | 'panel' | 'silent' | 'fault'
  >,
  proof: { state: 'waiting', receipts: [], fault: null } as TechnicianView['proof'],
  report: {
    state: 'waiting',
    reportId: null,
    verdict: null,
    file: null,
    delivered: false,
    fault: null,
  } as TechnicianView['report'],
})

/** The step of a device that is known: passed, unless its certificate has ended by a clock that knows the date. */
export function identityShown(
  before: TechnicianView['identity'],
  known: DeviceIdentity,
  { utcMs, quality }: Now,
): TechnicianView['identity'] {
  const leaf = new X509Certificate(known.certificate)
  const notAfterUtcMs = Date.parse(leaf.validTo)
  const ended = quality !== 'none' && notAfterUtcMs <= utcMs
  return {
    ...before,
    state: ended ? 'failed' : 'passed',
    phase: null,
    fault: ended ? { code: 'CERTIFICATE_ENDED', detail: leaf.validTo } : null,
    device: { deviceId: known.deviceId, unitId: known.unitId, callSign: known.callSign },
    caFingerprint: fingerprintOf(new X509Certificate(known.ca)),
    notAfterUtcMs,
  }
}
