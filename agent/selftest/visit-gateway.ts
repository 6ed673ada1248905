import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { signReport } from '#protocols/crypto/report-signature.ts'
import type { ActionResult } from '#protocols/technician.ts'
import { enrol } from '../provisioning/enrol.ts'
import { keepReport } from './report-files.ts'
import { reportHtml } from './report-html.ts'
import { reportOf } from './report.ts'
import type { MadeReport } from './self-test.ts'
import { DONE, NOT_NOW, faultOf, refused } from './visit.ts'
import type { Visit } from './visit.ts'
import { identityShown } from './visit-state.ts'

/** The steps that speak with the gateway: a code becomes an identity, records are proved, the report is delivered. */
export async function enrolDevice(visit: Visit, code: string, url: string): Promise<ActionResult> {
  const { state, publish, parts } = visit
  if (state.identity.state === 'running') return NOT_NOW
  state.mode = 'online'
  state.identity = { ...state.identity, state: 'running', url, phase: 'gateway', fault: null }
  publish()
  const enrolled = await enrol({
    url,
    typedCode: code,
    dir: parts.dir,
    replace: state.identity.notAfterUtcMs !== null,
    onPhase: phase => {
      state.identity = { ...state.identity, phase }
      publish()
    },
  })
  if (enrolled.ok) {
    showIdentity(visit, enrolled.value)
    parts.log.info({ event: 'technician.enrolled', device: enrolled.value.deviceId })
  } else {
    state.identity = { ...state.identity, state: 'failed', phase: null, fault: faultOf(enrolled) }
  }
  publish()
  return enrolled.ok ? DONE : refused(enrolled)
}

export function showIdentity(visit: Visit, known: DeviceIdentity): void {
  visit.identity = known
  visit.privateKey = known.privateKey
  visit.state.identity = identityShown(visit.state.identity, known, visit.parts.clock.now())
}

/** On without a gateway, or with one again. */
export function chooseMode({ state, identity, publish }: Visit, mode: 'bench' | 'online'): ActionResult {
  const step = mode === 'bench' ? 'skipped' : 'waiting'
  state.mode = mode
  state.proof = { state: step, receipts: [], fault: null }
  if (identity === null) state.identity = { ...state.identity, state: step, fault: null }
  publish()
  return DONE
}

/** Two records on the way every record takes; their acknowledgements are the proof. */
export async function proveWay({ state, identity, records, parts, publish }: Visit): Promise<ActionResult> {
  if (state.proof.state === 'running') return NOT_NOW
  if (state.mode === 'bench' || identity === null) return NOT_NOW
  state.proof = { state: 'running', receipts: [], fault: null }
  publish()
  const runId = parts.mint(8)
  const proof = await records.carry(identity, [
    records.draftOf('selftest.probe', { test: true, runId }),
    records.draftOf('panic.test', { test: true, runId }),
  ])
  state.proof = proof.ok
    ? { state: 'passed', receipts: [...proof.value], fault: null }
    : { state: 'failed', receipts: [], fault: faultOf(proof) }
  publish()
  return proof.ok ? DONE : refused(proof)
}

/** Signs what was found, keeps it on the device, and brings it to the gateway where there is one. */
export async function makeReport(
  visit: Visit,
  technician: string,
  onMade: (made: MadeReport) => void,
): Promise<ActionResult> {
  const { state, identity, records, parts, publish } = visit
  if (state.report.state === 'running') return NOT_NOW
  const reportId = `acceptance-${parts.mint(4)}`
  const { startedUtcMs, fittings } = visit
  const report = reportOf(visit.view(), { reportId, technician, startedUtcMs, fittings }, parts.clock.now())
  const made = signReport(report, visit.privateKey, identity?.certificate ?? null)
  const html = reportHtml(report, made)
  const kept = await keepReport(parts.dir, reportId, made, html)
  onMade({ signed: made, html })
  state.report = {
    state: kept.ok ? 'running' : 'failed',
    reportId,
    verdict: report.verdict,
    file: kept.ok ? kept.value : null,
    delivered: false,
    fault: kept.ok ? null : faultOf(kept),
  }
  publish()
  if (!kept.ok) return refused(kept)
  if (state.mode === 'online' && identity !== null) {
    const { signature, keyFingerprint } = made.signature
    const sent = await records.carry(identity, [
      records.draftOf('selftest.report', { report: made.text, signature, keyId: keyFingerprint }),
    ])
    state.report = { ...state.report, delivered: sent.ok, fault: sent.ok ? null : faultOf(sent) }
  }
  state.report = { ...state.report, state: 'passed' }
  publish()
  return DONE
}
