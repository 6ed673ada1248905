import { z } from 'zod'
import { Channel, GnssState, PanelLife } from './equipment.ts'
import { ClockQuality } from './time.ts'

/*
 * What the technician's page shows and can ask of a bare vehicle computer. Loopback only.
 *
 *     GET  /v1/state            TechnicianView
 *     GET  /v1/stream           WebSocket: TechnicianView at every change, at least once a second
 *     POST /v1/actions          TechnicianAction -> 202 ActionResult, 409 when it is not its turn
 *     GET  /v1/report.json      the acceptance report, its exact bytes   /v1/report.sig   /v1/report.html
 *
 * health -> identity -> ports -> signal -> inputs -> proof -> report, each on its own; what failed says one sentence.
 */
export const StepState = z.enum(['waiting', 'running', 'passed', 'failed', 'skipped'])
export type StepState = z.infer<typeof StepState>
export const STEPS = ['health', 'identity', 'ports', 'signal', 'inputs', 'proof', 'report'] as const
export type StepName = (typeof STEPS)[number]

/** `code` is a row of errors.ts: the page prints its remedy in the technician's language. */
export const StepFault = z.object({ code: z.string(), detail: z.string() })
export type StepFault = z.infer<typeof StepFault>

export const HealthCheck = z.object({
  name: z.enum(['clock', 'disk', 'memory', 'version', 'data']),
  grade: z.enum(['good', 'poor', 'bad']),
  /** For people, in digits and units: `2026-11-24 03:20:11 UTC`, `41.2 GB`. */
  value: z.string(),
  code: z.string().nullable(),
})
export type HealthCheck = z.infer<typeof HealthCheck>

/** What a port turned out to be. Nothing of it is fitted before a person says so. */
export const PortFinding = z.object({
  path: z.string(),
  /** `unclear`: it talks, and at no speed does it make sense. */
  is: z.enum(['gnss', 'panel', 'silent', 'unclear', 'refused']),
  baud: z.number().nullable(),
  /** 0 to 100: how sure. */
  score: z.number().int().min(0).max(100),
  gnss: z
    .object({ validPerSecond: z.number(), invalidPerSecond: z.number(), talkers: z.array(z.string()) })
    .nullable(),
  panel: z
    .object({
      address: z.number().int(),
      device: z.string(),
      title: z.string(),
      /** Modules that would have answered the same. */
      alternatives: z.array(z.string()),
      contacts: z.array(z.boolean()),
    })
    .nullable(),
  fault: StepFault.nullable(),
})
export type PortFinding = z.infer<typeof PortFinding>

const Satellites = z.record(z.string(), z.tuple([z.number(), z.number()]))

/** A sample of the live signal; medians over the newest `seconds`. */
export const SignalSummary = z.object({
  seconds: z.number(),
  epochs: z.number().int(),
  fixes: z.number().int(),
  mode: z.number().int(),
  satsUsed: z.number().nullable(),
  satsSeen: z.number().nullable(),
  hdop: z.number().nullable(),
  sats: Satellites.nullable(),
  lat: z.number().nullable(),
  lon: z.number().nullable(),
  /** The computer's clock minus the receiver's, median; positive: the computer is ahead. */
  clockOffsetMs: z.number().nullable(),
})
export type SignalSummary = z.infer<typeof SignalSummary>

export const WalkOutcome = z.enum(['right', 'swapped', 'inverted', 'swapped_inverted', 'skipped'])
export type WalkOutcome = z.infer<typeof WalkOutcome>

export const WalkResult = z.object({
  channel: Channel,
  outcome: WalkOutcome,
  /** Place in the row of all terminals it was found at, 0 is the first; null when skipped. */
  input: z.number().int().nullable(),
  expectedInput: z.number().int().nullable(),
  /** Their names: `3`, with several modules `2:3`, a line of the computer `gpiochip0:17`. Absent in reports of before. */
  terminal: z.string().nullable().default(null),
  expectedTerminal: z.string().nullable().default(null),
  activeWhen: z.enum(['closed', 'open']).nullable(),
  /** UTC of both edges. */
  onAt: z.number().nullable(),
  offAt: z.number().nullable(),
  reason: z.string(),
  /** The profile was put right for it. */
  corrected: z.boolean(),
})
export type WalkResult = z.infer<typeof WalkResult>

export const WalkView = z.object({
  phase: z.enum(['idle', 'first', 'back', 'done']),
  channel: Channel.nullable(),
  /** What the person is asked for now. */
  ask: z.enum(['on', 'off']).nullable(),
  by: z.enum(['hand', 'computer']).nullable(),
  /** Where the profile has what is asked for: its place in the row of terminals. */
  expectedInput: z.number().int().nullable(),
  /** Why the last movement was not taken: several terminals moved, or one that another channel already has. */
  puzzle: z
    .object({ is: z.enum(['several', 'taken', 'slow']), inputs: z.array(z.number().int()) })
    .nullable(),
  order: z.array(Channel),
  results: z.array(WalkResult),
  /** A corrected profile is ready to be taken. */
  fixable: z.boolean(),
})
export type WalkView = z.infer<typeof WalkView>

/** One record the gateway committed, by its own acknowledgement. */
export const ProofReceipt = z.object({
  kind: z.string(),
  eventId: z.string(),
  lane: z.string(),
  seq: z.number().int(),
  storedMs: z.number(),
  ackedMs: z.number(),
  ledgerId: z.string(),
  generation: z.number().int(),
})
export type ProofReceipt = z.infer<typeof ProofReceipt>

export const TechnicianView = z.object({
  v: z.literal(1),
  software: z.string(),
  /** Where the crew's page will be once the agent runs. */
  terminalUrl: z.string().nullable(),
  utcMs: z.number(),
  clockQuality: ClockQuality,
  /** `bench`: no gateway was asked for anything. */
  mode: z.enum(['online', 'bench']),
  keyFingerprint: z.string(),
  health: z.object({ state: StepState, checks: z.array(HealthCheck) }),
  identity: z.object({
    state: StepState,
    url: z.string(),
    phase: z.enum(['gateway', 'key', 'request', 'saved']).nullable(),
    fault: StepFault.nullable(),
    device: z.object({ deviceId: z.string(), unitId: z.string(), callSign: z.string() }).nullable(),
    caFingerprint: z.string().nullable(),
    notAfterUtcMs: z.number().nullable(),
  }),
  ports: z.object({
    state: StepState,
    findings: z.array(PortFinding),
    gnss: z.string().nullable(),
    panel: z.string().nullable(),
    fault: StepFault.nullable(),
  }),
  signal: z.object({
    state: StepState,
    gnss: GnssState,
    sample: SignalSummary.nullable(),
    reason: z.string(),
    fault: StepFault.nullable(),
  }),
  inputs: z.object({
    state: StepState,
    panel: PanelLife,
    /** What does not answer, by name, where something does not. */
    silent: z.array(z.string()),
    /** All terminals in one row, and their names. */
    contacts: z.array(z.boolean().nullable()),
    terminals: z.array(z.string()),
    walk: WalkView,
    fault: StepFault.nullable(),
  }),
  proof: z.object({
    state: StepState,
    receipts: z.array(ProofReceipt),
    fault: StepFault.nullable(),
  }),
  report: z.object({
    state: StepState,
    reportId: z.string().nullable(),
    verdict: z.enum(['passed', 'remarks', 'failed']).nullable(),
    file: z.string().nullable(),
    delivered: z.boolean(),
    fault: StepFault.nullable(),
  }),
})
export type TechnicianView = z.infer<typeof TechnicianView>

const Reason = z.string().trim().min(1).max(120)
export const TechnicianAction = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('enrol'), code: z.string().max(120), url: z.string().max(200) }),
  /** On without a gateway; `online` takes it back. */
  z.strictObject({ kind: z.literal('bench') }),
  z.strictObject({ kind: z.literal('online') }),
  z.strictObject({ kind: z.literal('scan') }),
  /** Fits the ports found; null: this vehicle has none. */
  z.strictObject({
    kind: z.literal('fit'),
    gnss: z.string().max(300).nullable(),
    panel: z.string().max(300).nullable(),
    /** What is null was looked for and not found; the step stays failed. */
    isIncomplete: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal('signal.accept'), reason: Reason }),
  z.strictObject({ kind: z.literal('walk.start') }),
  z.strictObject({ kind: z.literal('walk.skip'), reason: Reason }),
  z.strictObject({ kind: z.literal('walk.again'), channel: Channel }),
  z.strictObject({ kind: z.literal('walk.fix') }),
  z.strictObject({ kind: z.literal('prove') }),
  z.strictObject({ kind: z.literal('report'), technician: z.string().trim().max(64) }),
  /** Ends the visit: this process goes on as the vehicle's agent. */
  z.strictObject({ kind: z.literal('start') }),
])
export type TechnicianAction = z.infer<typeof TechnicianAction>

export const ActionResult = z.object({ accepted: z.boolean(), code: z.string().nullable() })
export type ActionResult = z.infer<typeof ActionResult>

/** What remains of a visit: canonical JSON, signed by the device's own key. */
export const AcceptanceReport = z.strictObject({
  v: z.literal(1),
  kind: z.literal('reach5.acceptance'),
  reportId: z.string(),
  mode: z.enum(['online', 'bench']),
  verdict: z.enum(['passed', 'remarks', 'failed']),
  /** One sentence each, as codes with details. */
  remarks: z.array(z.object({ step: z.enum(STEPS), code: z.string(), detail: z.string() })),
  technician: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
  clockQuality: ClockQuality,
  software: z.string(),
  device: z.object({ deviceId: z.string(), unitId: z.string(), callSign: z.string() }).nullable(),
  keyFingerprint: z.string(),
  certificate: z.object({ caFingerprint: z.string(), notAfter: z.string() }).nullable(),
  steps: z.record(z.enum(STEPS), StepState),
  health: z.array(HealthCheck),
  gnss: z
    .object({ path: z.string(), baud: z.number(), sample: SignalSummary.nullable(), reason: z.string() })
    .nullable(),
  panel: z.object({ path: z.string(), baud: z.number(), address: z.number(), device: z.string() }).nullable(),
  inputs: z.array(WalkResult),
  receipts: z.array(ProofReceipt),
})
export type AcceptanceReport = z.infer<typeof AcceptanceReport>

/** Beside the report: who signed its exact bytes. */
export const ReportSignature = z.strictObject({
  v: z.literal(1),
  algorithm: z.literal('ES256'),
  /** SHA-256 of the public key, as everywhere. */
  keyFingerprint: z.string(),
  publicKeyPem: z.string().max(1024),
  /** The device's certificate when it had one. */
  certificate: z.string().max(8192).nullable(),
  signature: z.string().max(200),
})
export type ReportSignature = z.infer<typeof ReportSignature>
