import { X509Certificate } from 'node:crypto'
import { keyFingerprintOf, signReport } from '#protocols/crypto/report-signature.ts'
import type { SignedReport } from '#protocols/crypto/report-signature.ts'
import { RECORD_KINDS } from '#protocols/bodies.ts'
import type { BodyOf, RecordKind } from '#protocols/bodies.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { CHANNELS } from '#protocols/equipment.ts'
import type { Logger } from '#protocols/log.ts'
import type { RecordDraft } from '#protocols/record.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Fault, Result } from '#protocols/result.ts'
import type {
  ActionResult,
  PortFinding,
  StepFault,
  TechnicianAction,
  TechnicianView,
} from '#protocols/technician.ts'
import type { Clock } from '#protocols/time.ts'
import { clearChoice, findDevices, ranked } from '#hardware/discovery/find-devices.ts'
import type { ListPorts } from '#hardware/discovery/serial-names.ts'
import { openReceiver } from '#hardware/gnss/receiver.ts'
import { openReceiverLine } from '#hardware/gnss/receiver-line.ts'
import { panelDevice } from '#hardware/panel/device-table.ts'
import { openPanel } from '#hardware/panel/open-panel.ts'
import type { Panel } from '#hardware/panel/open-panel.ts'
import { factoryProfile } from '#hardware/panel/profile.ts'
import type { OpenPort } from '#hardware/port.ts'
import { openReopeningPort } from '#hardware/reopening-port.ts'
import type { Fittings } from '../fittings.ts'
import { loadFittings, saveFittings } from '../fittings-file.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { keepPendingKey } from '../provisioning/device-key.ts'
import { enrol, fingerprintOf } from '../provisioning/enrol.ts'
import { loadIdentity } from '../provisioning/load-identity.ts'
import type { Dial } from '../uplink/uplink.ts'
import { computerHealth } from './computer-health.ts'
import { proveDelivery } from './delivery-proof.ts'
import { GOOD_EPOCHS, LiveSignal } from './live-signal.ts'
import { keepReport } from './report-files.ts'
import { reportHtml } from './report-html.ts'
import { reportOf } from './report.ts'
import { foundWiring, initialWalk, isWalked, walk, walkView, wrongChannels } from './walk.ts'
import type { WalkEvent } from './walk.ts'

const TICK_MS = 100
const PANEL_SILENCE_MS_MAX = 3_000
/** A receiver with a view of the sky has a place long before. */
const SIGNAL_WITHIN_MS = 40_000
const ANNOUNCED_MS = 20_000

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
  let outbox: Outbox | null = null
  let closeLines: (() => Promise<void>)[] = []
  let panel: Panel | null = null
  let signed: MadeReport | null = null
  let closed = false
  const listeners = new Set<(view: TechnicianView) => void>()

  const state = {
    mode: 'online' as TechnicianView['mode'],
    health: { state: 'running', checks: [] } as TechnicianView['health'],
    identity: {
      state: 'waiting',
      url: parts.enrolUrl,
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
    inputs: { state: 'waiting', panel: 'no_device', fault: null } as Pick<
      TechnicianView['inputs'],
      'state' | 'panel' | 'fault'
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
  }

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
    const leaf = new X509Certificate(known.certificate)
    const notAfterUtcMs = Date.parse(leaf.validTo)
    const { utcMs, quality } = clock.now()
    const ended = quality !== 'none' && notAfterUtcMs <= utcMs
    state.identity = {
      ...state.identity,
      state: ended ? 'failed' : 'passed',
      phase: null,
      fault: ended ? { code: 'CERTIFICATE_ENDED', detail: leaf.validTo } : null,
      device: { deviceId: known.deviceId, unitId: known.unitId, callSign: known.callSign },
      caFingerprint: fingerprintOf(new X509Certificate(known.ca)),
      notAfterUtcMs,
    }
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
    const gnss = clearChoice(findings, 'gnss')?.path ?? null
    const found = clearChoice(findings, 'panel')?.path ?? null
    const has = (is: PortFinding['is']): boolean => findings.some(f => f.is === is)
    const missing = !has('gnss')
      ? 'NO_RECEIVER'
      : gnss === null
        ? 'CHOICE_UNCLEAR'
        : !has('panel')
          ? 'NO_PANEL'
          : null
    state.ports = {
      state: missing === null ? 'waiting' : 'failed',
      findings: [...findings],
      gnss,
      panel: found,
      fault: missing && { code: missing, detail: paths.length === 1 ? '1 port' : `${paths.length} ports` },
    }
    publish()
    return DONE
  }

  /** A person says what is fitted; only now is anything written down. */
  async function fit(
    gnssPath: string | null,
    panelPath: string | null,
    isIncomplete: boolean,
  ): Promise<ActionResult> {
    const find = (path: string | null, is: PortFinding['is']): PortFinding | undefined =>
      state.ports.findings.find(f => f.path === path && f.is === is)
    const gnss = find(gnssPath, 'gnss')
    const module = find(panelPath, 'panel')
    const panel = module?.panel ?? null
    if ((gnssPath !== null && gnss === undefined) || (panelPath !== null && panel === null))
      return { accepted: false, code: 'BODY_INVALID' }
    const device = panelDevice(panel?.device ?? '')
    const next: Fittings = {
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
    if (fittings.panel !== null) openRawPanel(fittings.panel)
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

  /** The module as its terminals are: closed is on, terminal by terminal, whatever is wired where. */
  function openRawPanel(fitted: NonNullable<Fittings['panel']>): void {
    const device = panelDevice(fitted.device)
    if (device === undefined) return
    const port = openReopeningPort(
      parts.openPort,
      fitted.path,
      { baud: fitted.baud, silenceMsMax: PANEL_SILENCE_MS_MAX },
      clock,
    )
    const raw = factoryProfile(device, { address: fitted.address })
    const profile = { ...raw, inputs: raw.inputs.map(wire => ({ ...wire, releaseMs: 0 })) }
    let contacts: readonly (boolean | null)[] = new Array<null>(profile.inputs.length).fill(null)
    const opened = openPanel(port, clock, profile, {
      onInput: (channel, value) => {
        const at = profile.inputs.findIndex(wire => wire.channel === channel)
        contacts = contacts.map((was, i) => (i === at ? (value === 'unknown' ? null : value === 'on') : was))
        feedWalk({ type: 'contacts', contacts })
      },
      onState: life => {
        state.inputs = { ...state.inputs, panel: life }
        publish()
      },
    })
    panel = opened
    closeLines.push(async () => {
      opened.close()
      await port.close()
    })
  }

  async function releaseLines(): Promise<void> {
    const old = closeLines
    closeLines = []
    panel = null
    for (const close of old) await close()
  }

  function feedWalk(event: WalkEvent): void {
    for (const effect of walk(walkState, event, clock.now()))
      void panel?.setOutput('camera_trigger', effect.on)
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

  const draftOf = <K extends RecordKind>(kind: K, body: BodyOf<K>): RecordDraft => {
    const now = clock.now()
    return {
      lane: RECORD_KINDS[kind].lane,
      kind,
      occurredAt: now.utcMs,
      monoMs: now.monoMs,
      bootId,
      clockQuality: now.quality,
      body: JSON.stringify(body),
    }
  }

  async function carry(drafts: readonly RecordDraft[]) {
    if (identity === null) return fault('NOT_ENROLLED', 'no identity yet')
    const store = outbox === null ? await parts.openOutbox(bootId) : ok(outbox)
    if (!store.ok) return store
    outbox = store.value
    const open = store.value
    return proveDelivery(
      {
        deviceId: identity.deviceId,
        outbox: open,
        dial: parts.dial(identity),
        clock,
        hello: () => ({
          v: 1,
          epoch: open.epoch,
          bootId,
          bootCount: 0,
          lanes: { ...open.ranges() },
          store: open.health(),
          software: parts.software,
          announcedMs: ANNOUNCED_MS,
        }),
      },
      drafts,
    )
  }

  async function prove(): Promise<ActionResult> {
    if (state.proof.state === 'running') return NOT_NOW
    if (state.mode === 'bench' || identity === null) return NOT_NOW
    state.proof = { state: 'running', receipts: [], fault: null }
    publish()
    const runId = parts.mint(8)
    const proof = await carry([
      draftOf('selftest.probe', { test: true, runId }),
      draftOf('panic.test', { test: true, runId }),
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
      const sent = await carry([
        draftOf('selftest.report', { report: made.text, signature, keyId: keyFingerprint }),
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
      await outbox?.close()
    },
  })
}

const DONE: ActionResult = { accepted: true, code: null }
const NOT_NOW: ActionResult = { accepted: false, code: 'NOT_ITS_TURN' }
const refused = ({ code }: Fault): ActionResult => ({ accepted: false, code })
const faultOf = ({ code, detail }: Fault): StepFault => ({ code, detail })

const wiringOf = ({ panel }: Fittings) => panel?.inputs ?? factoryProfile().inputs

const lastBaudOf = ({ gnss, panel }: Fittings, path: string): { readonly lastBaud?: number } => {
  const known = [gnss, panel].find(line => line?.path === path)
  return known ? { lastBaud: known.baud } : {}
}

/** The identity with its key, or the key of a computer that has none yet. */
async function keyOf(
  dir: string,
): Promise<Result<{ readonly identity: DeviceIdentity | null; readonly privateKey: string }>> {
  const known = await loadIdentity(dir)
  if (known.ok) return ok({ identity: known.value, privateKey: known.value.privateKey })
  if (known.code !== 'NOT_ENROLLED') return known
  const pending = await keepPendingKey(dir)
  return pending.ok ? ok({ identity: null, privateKey: pending.value }) : pending
}
