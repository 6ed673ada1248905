import { ERROR_CODES } from '#protocols/errors.ts'
import type { ErrorCode } from '#protocols/errors.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import { STEPS } from '#protocols/technician.ts'
import type { AcceptanceReport, StepName, StepState, TechnicianView } from '#protocols/technician.ts'
import type { Fittings } from '../fittings.ts'

export type Visit = {
  readonly reportId: string
  readonly technician: string
  readonly startedUtcMs: number
  readonly fittings: Fittings
}

/** A visit as it stands now, as the report that is signed. Positions and codes only: no secret, no person but the technician. */
export function reportOf(view: TechnicianView, visit: Visit, now: Now): AcceptanceReport {
  const remarks = remarksOf(view)
  const steps = Object.fromEntries(
    STEPS.map(step => [step, step === 'report' ? 'passed' : view[step].state]),
  ) as Record<StepName, StepState>
  const failed = STEPS.some(
    step => steps[step] === 'failed' || steps[step] === 'waiting' || steps[step] === 'running',
  )
  const { gnss, panel } = visit.fittings
  return {
    v: 1,
    kind: 'reach5.acceptance',
    reportId: visit.reportId,
    mode: view.mode,
    verdict: failed ? 'failed' : remarks.length > 0 ? 'remarks' : 'passed',
    remarks,
    technician: visit.technician,
    startedAt: rfc3339(visit.startedUtcMs),
    finishedAt: rfc3339(now.utcMs),
    clockQuality: now.quality,
    software: view.software,
    device: view.identity.device,
    keyFingerprint: view.keyFingerprint,
    certificate:
      view.identity.caFingerprint === null
        ? null
        : {
            caFingerprint: view.identity.caFingerprint,
            notAfter: rfc3339(view.identity.notAfterUtcMs ?? 0),
          },
    steps,
    health: view.health.checks,
    gnss: gnss && { ...gnss, sample: view.signal.sample, reason: view.signal.reason },
    panel: panel && { path: panel.path, baud: panel.baud, address: panel.address, device: panel.device },
    inputs: view.inputs.walk.results,
    receipts: view.proof.receipts,
  }
}

/** What is not as it should be, one row each: a code with its remedy in errors.ts, and what it is about. */
export function remarksOf(view: TechnicianView): AcceptanceReport['remarks'] {
  const remarks: AcceptanceReport['remarks'] = []
  const say = (step: StepName, code: ErrorCode, detail: string): void =>
    void remarks.push({ step, code, detail })
  for (const { name, code, value } of view.health.checks)
    if (code !== null) say('health', code as ErrorCode, `${name}: ${value}`)
  for (const step of ['identity', 'ports', 'signal', 'inputs', 'proof'] as const) {
    const { fault } = view[step]
    if (fault !== null && view[step].state !== 'passed') say(step, fault.code as ErrorCode, fault.detail)
  }
  if (view.mode === 'bench') say('identity', 'NOT_ENROLLED', 'bench: no gateway was asked')
  if (view.signal.state === 'skipped') say('signal', 'NO_FIX', view.signal.reason)
  // Where the walk was never begun, nothing else says why.
  if (view.inputs.state === 'waiting')
    for (const name of view.inputs.silent) say('inputs', 'MODULE_SILENT', `${name} does not answer`)
  for (const result of view.inputs.walk.results) {
    if (result.outcome === 'skipped') say('inputs', 'WALK_UNFINISHED', `${result.channel}: ${result.reason}`)
    else if (result.outcome !== 'right')
      say(
        'inputs',
        'WIRING_DIFFERS',
        `${result.channel}: ${result.outcome}${result.corrected ? ', profile corrected' : ''}`,
      )
  }
  return remarks
}

export const remedyOf = (code: string): string => ERROR_CODES[code as ErrorCode] ?? code
