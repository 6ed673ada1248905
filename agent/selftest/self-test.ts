import { keyFingerprintOf, signReport } from '#protocols/crypto/report-signature.ts'
import type { SignedReport } from '#protocols/crypto/report-signature.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { CHANNELS } from '#protocols/equipment.ts'
import type { Logger } from '#protocols/log.ts'
import { ok } from '#protocols/result.ts'
import type { Fault, Result } from '#protocols/result.ts'
import type { ActionResult, StepFault, TechnicianAction, TechnicianView } from '#protocols/technician.ts'
import type { Clock } from '#protocols/time.ts'
import { findDevices, ranked } from '#hardware/discovery/find-devices.ts'
import type { ListPorts } from '#hardware/discovery/serial-names.ts'
import { openReceiver } from '#hardware/gnss/receiver.ts'
import { openReceiverLine } from '#hardware/gnss/receiver-line.ts'
import type { OpenPort } from '#hardware/port.ts'
import type { Fittings } from '../fittings.ts'
import { loadFittings, saveFittings } from '../fittings-file.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { enrol } from '../provisioning/enrol.ts'
import type { Dial } from '../uplink/uplink.ts'
import { computerHealth } from './computer-health.ts'
import { GOOD_EPOCHS, LiveSignal } from './live-signal.ts'
import { keepReport } from './report-files.ts'
import { openRawPanel } from './raw-panel.ts'
import type { RawPanel } from './raw-panel.ts'
import { reportHtml } from './report-html.ts'
import { reportOf } from './report.ts'
import { keyOf } from './visit-key.ts'
import { openVisitRecords } from './visit-records.ts'
import { fittedWith, lastBaudOf, portsFound, wiringOf } from './visit-fittings.ts'
import { beginningVisit, identityShown } from './visit-state.ts'
import { foundWiring, initialWalk, isWalked, walk, walkView, wrongChannels } from './walk.ts'
import type { WalkEvent } from './walk.ts'

const TICK_MS = 100
/** A receiver with a view of the sky has a place long before. */
const SIGNAL_WITHIN_MS = 40_000

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
 * and the `selftest` verb drive the same one. Every line it opens is closed again before the agent takes over.
 */
export async function openSelfTest(parts: SelfTestParts): Promise<Result<SelfTest>> {
  const { clock, dir, log } = parts
  const bootId = parts.mint(8)
  const startedUtcMs = clock.now().utcMs
  const key = await keyOf(dir)
  if (!key.ok) return key
  const fitted = await loadFittings(dir)
  if (!fitted.ok) return fitted

  let identity: DeviceIdentity | null = key.value.identity
  let privateKey = key.value.privateKey
  let fittings = fitted.value
  let walkState = initialWalk(wiringOf(fittings), CHANNELS.length)
  let signal = new LiveSignal()
  let signalSinceMs = 0
  let closeLines: (() => Promise<void>)[] = []
  let panel: RawPanel | null = null
  let signed: MadeReport | null = null
  let closed = false
  const records = openVisitRecords(parts, bootId)
  const listeners = new Set<(view: TechnicianView) => void>()

  const state = beginningVisit(parts.enrolUrl)

  const view = (): TechnicianView => ({
    v: 1,
    software: parts.software,
    terminalUrl: parts.terminalPort === 0 ? null : `http://127.0.0.1:${parts.terminalPort}`,
    utcMs: clock.now().utcMs,
    clockQuality: clock.now().quality,
    mode: state.mode,
    keyFingerprint: keyFingerprintOf(privateKey),
    health: state.health,
    identity: state.identity,
    ports: state.ports,
    signal: { ...state.signal, sample: signal.summary() },
    inputs: { ...state.inputs, contacts: [...walkState.contacts], walk: walkView(walkState) },
    proof: state.proof,
    report: state.report,
  })
  function publish(): void {
    if (listeners.size === 0) return
    const shown = view()
    for (const listener of listeners) listener(shown)
  }

  function showIdentity(known: DeviceIdentity): void {
    identity = known
    privateKey = known.privateKey
    state.identity = identityShown(state.identity, known, clock.now())
  }

  async function lookAtComputer(): Promise<void> {
    const checks = await computerHealth(dir, clock.now(), parts.software)
    state.health = { state: checks.some(c => c.grade === 'bad') ? 'failed' : 'passed', checks }
    publish()
  }

  async function doEnrol(code: string, url: string): Promise<ActionResult> {
    if (state.identity.state === 'running') return NOT_NOW
    state.mode = 'online'
    state.identity = { ...state.identity, state: 'running', url, phase: 'gateway', fault: null }
    publish()
    const enrolled = await enrol({
      url,
      typedCode: code,
      dir,
      replace: state.identity.notAfterUtcMs !== null,
      onPhase: phase => {
        state.identity = { ...state.identity, phase }
        publish()
      },
    })
    if (enrolled.ok) {
      showIdentity(enrolled.value)
      log.info({ event: 'technician.enrolled', device: enrolled.value.deviceId })
    } else {
      state.identity = { ...state.identity, state: 'failed', phase: null, fault: faultOf(enrolled) }
    }
    publish()
    return enrolled.ok ? DONE : refused(enrolled)
  }

  async function scan(): Promise<ActionResult> {
    if (state.ports.state === 'running') return NOT_NOW
    await releaseLines()
    state.ports = { state: 'running', findings: [], gnss: null, panel: null, fault: null }
    publish()
    const paths = await parts.listPorts()
    const findings = await findDevices(
      parts.openPort,
      paths,
      clock,
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
  async function fit(
    gnssPath: string | null,
    panelPath: string | null,
    isIncomplete: boolean,
  ): Promise<ActionResult> {
    const next = fittedWith(fittings, state.ports.findings, gnssPath, panelPath)
    if (next === undefined) return { accepted: false, code: 'BODY_INVALID' }
    const saved = await keep(next)
    if (!saved.ok) {
      state.ports = { ...state.ports, state: 'failed', fault: faultOf(saved) }
      publish()
      return refused(saved)
    }
    const outcome = isIncomplete
      ? ({ state: 'failed' } as const)
      : ({ state: 'passed', fault: null } as const)
    state.ports = { ...state.ports, gnss: gnssPath, panel: panelPath, ...outcome }
    await releaseLines()
    openLines()
    publish()
    return DONE
  }

  async function keep(next: Fittings): Promise<Result<void>> {
    const saved = await saveFittings(dir, next)
    if (saved.ok) fittings = next
    return saved
  }

  function openLines(): void {
    signal = new LiveSignal()
    signalSinceMs = clock.now().monoMs
    walkState = initialWalk(wiringOf(fittings), CHANNELS.length)
    state.signal = {
      state: fittings.gnss === null ? 'skipped' : 'running',
      gnss: 'no_device',
      reason: '',
      fault: null,
    }
    state.inputs = { state: fittings.panel === null ? 'skipped' : 'waiting', panel: 'no_device', fault: null }
    if (fittings.gnss !== null) openGnss(fittings.gnss)
    if (fittings.panel !== null) openModule(fittings.panel)
  }

  function openGnss({ path, baud }: NonNullable<Fittings['gnss']>): void {
    const port = openReceiverLine(parts.openPort, { path, baud, isProved: true }, clock)
    port.onState(line => {
      if (line !== 'open')
        state.signal = { ...state.signal, gnss: line === 'no_device' ? 'no_device' : 'silent' }
      publish()
    })
    const receiver = openReceiver(port, clock, {
      onFix: (fix, now) => {
        signal.hear(fix, now)
        const good = signal.isGood()
        const wasDone = state.signal.state === 'passed' || state.signal.state === 'skipped'
        state.signal = {
          ...state.signal,
          gnss: fix.mode >= 2 ? 'fix' : 'no_fix',
          ...(good && !wasDone && { state: 'passed', fault: null }),
        }
        publish()
      },
    })
    closeLines.push(() => receiver.close())
  }

  function openModule(fitted: NonNullable<Fittings['panel']>): void {
    panel = openRawPanel(parts.openPort, fitted, clock, {
      onContacts: contacts => feedWalk({ type: 'contacts', contacts }),
      onLife: life => {
        state.inputs = { ...state.inputs, panel: life }
        publish()
      },
    })
    if (panel !== null) closeLines.push(panel.close)
  }

  async function releaseLines(): Promise<void> {
    const old = closeLines
    closeLines = []
    panel = null
    for (const close of old) await close()
  }

  function feedWalk(event: WalkEvent): void {
    for (const effect of walk(walkState, event, clock.now())) panel?.trigger(effect.on)
    judgeInputs()
    if (event.type !== 'tick') publish()
  }

  function judgeInputs(): void {
    if (state.inputs.state === 'skipped') return
    const wrong = wrongChannels(walkState)
    const walking = walkState.at !== null
    const next = walking
      ? 'running'
      : !isWalked(walkState)
        ? 'waiting'
        : wrong.length > 0
          ? 'failed'
          : 'passed'
    if (next === state.inputs.state) return
    const why = next === 'failed' ? { code: 'WIRING_DIFFERS', detail: wrong.join(', ') } : null
    state.inputs = { ...state.inputs, state: next, fault: why }
    publish()
  }

  async function fixWiring(): Promise<ActionResult> {
    if (!walkView(walkState).fixable || fittings.panel === null) return NOT_NOW
    const inputs = [...foundWiring(walkState)]
    const saved = await keep({ ...fittings, panel: { ...fittings.panel, inputs } })
    if (!saved.ok) return refused(saved)
    feedWalk({ type: 'fix' })
    return DONE
  }

  async function prove(): Promise<ActionResult> {
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

  async function makeReport(technician: string): Promise<ActionResult> {
    if (state.report.state === 'running') return NOT_NOW
    const reportId = `acceptance-${parts.mint(4)}`
    const report = reportOf(view(), { reportId, technician, startedUtcMs, fittings }, clock.now())
    const made = signReport(report, privateKey, identity?.certificate ?? null)
    const html = reportHtml(report, made)
    const kept = await keepReport(dir, reportId, made, html)
    signed = { signed: made, html }
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

  async function act(action: TechnicianAction): Promise<ActionResult> {
    if (closed) return { accepted: false, code: 'NOT_READY' }
    switch (action.kind) {
      case 'enrol':
        return doEnrol(action.code, action.url)
      case 'bench':
      case 'online':
        state.mode = action.kind
        state.proof = {
          state: action.kind === 'bench' ? 'skipped' : 'waiting',
          receipts: [],
          fault: null,
        }
        if (identity === null)
          state.identity = {
            ...state.identity,
            state: action.kind === 'bench' ? 'skipped' : 'waiting',
            fault: null,
          }
        publish()
        return DONE
      case 'scan':
        return scan()
      case 'fit':
        return fit(action.gnss, action.panel, action.isIncomplete === true)
      case 'signal.accept':
        if (state.signal.state === 'passed') return NOT_NOW
        state.signal = { ...state.signal, state: 'skipped', reason: action.reason, fault: null }
        publish()
        return DONE
      case 'walk.start':
        if (panel === null) return NOT_NOW
        feedWalk({ type: 'start' })
        return DONE
      case 'walk.skip':
        feedWalk({ type: 'skip', reason: action.reason })
        return DONE
      case 'walk.again':
        if (panel === null) return NOT_NOW
        feedWalk({ type: 'again', channel: action.channel })
        return DONE
      case 'walk.fix':
        return fixWiring()
      case 'prove':
        return prove()
      case 'report':
        return makeReport(action.technician)
      case 'start':
        return identity === null ? { accepted: false, code: 'NOT_ENROLLED' } : DONE
    }
  }

  let cancelTick = (): void => {}
  let sinceShownMs = 0
  function tick(): void {
    if (closed) return
    feedWalk({ type: 'tick' })
    const { monoMs } = clock.now()
    const running = state.signal.state === 'running'
    if (running && monoMs - signalSinceMs > SIGNAL_WITHIN_MS)
      state.signal = {
        ...state.signal,
        state: 'failed',
        fault: {
          code: signal.summary() === null ? 'PORT_SILENT' : 'NO_FIX',
          detail: `${GOOD_EPOCHS} good epochs in a row did not come`,
        },
      }
    sinceShownMs += TICK_MS
    if (sinceShownMs >= 1_000) {
      sinceShownMs = 0
      publish()
    }
    cancelTick = clock.after(TICK_MS, tick)
  }

  if (identity !== null) showIdentity(identity)
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
    report: () => signed,
    close: async () => {
      closed = true
      cancelTick()
      await releaseLines()
      await records.close()
    },
  })
}

const DONE: ActionResult = { accepted: true, code: null }
const NOT_NOW: ActionResult = { accepted: false, code: 'NOT_ITS_TURN' }
const refused = ({ code }: Fault): ActionResult => ({ accepted: false, code })
const faultOf = ({ code, detail }: Fault): StepFault => ({ code, detail })
