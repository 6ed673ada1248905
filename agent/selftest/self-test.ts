import { keyFingerprintOf } from '#protocols/crypto/report-signature.ts'
import type { SignedReport } from '#protocols/crypto/report-signature.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import type { Logger } from '#protocols/log.ts'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { ActionResult, TechnicianAction, TechnicianView } from '#protocols/technician.ts'
import type { Clock } from '#protocols/time.ts'
import type { ListPorts } from '#hardware/discovery/serial-names.ts'
import type { OpenPort } from '#hardware/port.ts'
import type { Tools } from '#hardware/tools.ts'
import { loadFittings } from '../fittings-file.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Dial } from '../uplink/uplink.ts'
import { computerHealth } from './computer-health.ts'
import { DONE, NOT_NOW } from './visit.ts'
import type { Visit } from './visit.ts'
import { chooseMode, enrolDevice, makeReport, proveWay, showIdentity } from './visit-gateway.ts'
import { openInputsStep } from './visit-inputs.ts'
import { keyOf } from './visit-key.ts'
import { fitPorts, searchPorts } from './visit-ports.ts'
import { openVisitRecords } from './visit-records.ts'
import { openSignalStep } from './visit-signal.ts'
import { beginningVisit } from './visit-state.ts'

const TICK_MS = 100

export type SelfTestParts = {
  /** Where identity, fittings and reports lie. */
  readonly dir: string
  readonly clock: Clock
  readonly log: Logger
  readonly software: string
  /** Hex digits never seen before. */
  readonly mint: (bytes: number) => string
  readonly openPort: OpenPort
  readonly listPorts: ListPorts
  /** What reads lines of this computer, where some are fitted. */
  readonly tools: Tools
  /** Offered until a person types another one. */
  readonly enrolUrl: string
  /** Where the crew's terminal will be; 0: nobody knows yet. */
  readonly terminalPort: number
  readonly dial: (identity: DeviceIdentity) => Dial
  readonly openOutbox: (bootId: string) => Promise<Result<Outbox>>
}

export type MadeReport = { readonly signed: SignedReport; readonly html: string }

export type SelfTest = {
  view(): TechnicianView
  onView(listener: (view: TechnicianView) => void): () => void
  act(action: TechnicianAction): Promise<ActionResult>
  /** The newest signed report; null before the first. */
  report(): MadeReport | null
  close(): Promise<void>
}

/**
 * A technician's visit: finds out what it can by itself, asks a person for the rest, writes down what came of it. The page
 * and the `selftest` verb drive the same one. Every line it opens is closed again before the agent takes over. The steps
 * are in `visit-*.ts`; here they are put together.
 */
export async function openSelfTest(parts: SelfTestParts): Promise<Result<SelfTest>> {
  const { clock, dir } = parts
  const key = await keyOf(dir)
  if (!key.ok) return key
  const fitted = await loadFittings(dir)
  if (!fitted.ok) return fitted

  const state = beginningVisit(parts.enrolUrl)
  const listeners = new Set<(view: TechnicianView) => void>()
  const visit: Visit = {
    ...{ parts, state },
    records: openVisitRecords(parts, parts.mint(8)),
    startedUtcMs: clock.now().utcMs,
    identity: key.value.identity,
    privateKey: key.value.privateKey,
    fittings: fitted.value,
    view: () => view(),
    publish: () => {
      if (listeners.size === 0) return
      const shown = view()
      for (const listener of listeners) listener(shown)
    },
  }
  const signal = openSignalStep(visit)
  const inputs = openInputsStep(visit)
  let closeLines: (() => Promise<void>)[] = []
  let made: MadeReport | null = null
  let closed = false

  const view = (): TechnicianView => ({
    v: 1,
    software: parts.software,
    terminalUrl: parts.terminalPort === 0 ? null : `http://127.0.0.1:${parts.terminalPort}`,
    utcMs: clock.now().utcMs,
    clockQuality: clock.now().quality,
    mode: state.mode,
    keyFingerprint: keyFingerprintOf(visit.privateKey),
    health: state.health,
    identity: state.identity,
    ports: state.ports,
    signal: { ...state.signal, sample: signal.summary() },
    inputs: { ...state.inputs, ...inputs.view() },
    proof: state.proof,
    report: state.report,
  })

  async function lookAtComputer(): Promise<void> {
    const checks = await computerHealth(dir, clock.now(), parts.software)
    state.health = { state: checks.some(c => c.grade === 'bad') ? 'failed' : 'passed', checks }
    visit.publish()
  }

  async function releaseLines(): Promise<void> {
    const old = closeLines
    closeLines = []
    for (const close of old) await close()
  }

  async function scan(): Promise<ActionResult> {
    if (state.ports.state === 'running') return NOT_NOW
    await releaseLines()
    return searchPorts(visit)
  }

  async function fit(action: Extract<TechnicianAction, { kind: 'fit' }>): Promise<ActionResult> {
    const fitted = await fitPorts(visit, action.gnss, action.panel, action.isIncomplete === true)
    if (!fitted.accepted) return fitted
    await releaseLines()
    closeLines = [signal.open(), inputs.open()]
    visit.publish()
    return fitted
  }

  async function act(action: TechnicianAction): Promise<ActionResult> {
    if (closed) return { accepted: false, code: 'NOT_READY' }
    switch (action.kind) {
      case 'enrol':
        return enrolDevice(visit, action.code, action.url)
      case 'bench':
      case 'online':
        return chooseMode(visit, action.kind)
      case 'scan':
        return scan()
      case 'fit':
        return fit(action)
      case 'signal.accept':
        if (state.signal.state === 'passed') return NOT_NOW
        state.signal = { ...state.signal, state: 'skipped', reason: action.reason, fault: null }
        visit.publish()
        return DONE
      case 'walk.start':
        return inputs.ask({ type: 'start' })
      case 'walk.skip':
        inputs.feed({ type: 'skip', reason: action.reason })
        return DONE
      case 'walk.again':
        return inputs.ask({ type: 'again', channel: action.channel })
      case 'walk.fix':
        return inputs.fix()
      case 'prove':
        return proveWay(visit)
      case 'report':
        return makeReport(visit, action.technician, next => (made = next))
      case 'start':
        return visit.identity === null ? { accepted: false, code: 'NOT_ENROLLED' } : DONE
    }
  }

  let cancelTick = (): void => {}
  let sinceShownMs = 0
  function tick(): void {
    if (closed) return
    inputs.feed({ type: 'tick' })
    signal.tick()
    sinceShownMs += TICK_MS
    if (sinceShownMs >= 1_000) {
      sinceShownMs = 0
      visit.publish()
    }
    cancelTick = clock.after(TICK_MS, tick)
  }

  if (visit.identity !== null) showIdentity(visit, visit.identity)
  tick()
  void lookAtComputer()
  void scan()

  return ok({
    view,
    onView: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    act,
    report: () => made,
    close: async () => {
      closed = true
      cancelTick()
      await releaseLines()
      await visit.records.close()
    },
  })
}
