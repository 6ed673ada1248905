import { randomBytes } from 'node:crypto'
import { printedCode } from '#protocols/enrolment.ts'
import type { SealKey } from '#protocols/sealed.ts'
import type { EnrolmentGrant, EnrolmentRequest } from '#protocols/enrolment.ts'
import type { EnrolmentCreate, EnrolmentIssued } from '#protocols/api.ts'
import type { DeviceId } from '#protocols/ids.ts'
import type { CodeView } from '#protocols/operator.ts'
import type { Logger } from '#protocols/log.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Clock } from '#protocols/time.ts'
import {
  bindingOf,
  deviceKey,
  devicesOf,
  isAdmitted,
  maySpeak,
  retiredBy,
  retiredIn,
} from '../identity/devices.ts'
import type { DeviceRow } from '../identity/devices.ts'
import type { OrderKey } from '../identity/order-key.ts'
import type { Authority, RetiredCertificate } from '../identity/x509-authority.ts'
import type { Row } from '../ledger/ledger.ts'
import type { CityEvent } from '../loop/effects.ts'
import type { Submission } from '../loop/turn.ts'
import {
  codeKey,
  codeViewOf,
  issueCode,
  mayTry,
  newCodeBook,
  noteFailure,
  redeemCode,
  restoreCodes,
  stateOfCode,
} from './codes.ts'
import type { CodeRow } from './codes.ts'

/** Hex digits of a code's hash that name it in lists. */
const CODE_ID_CHARS = 12

export type DeskParts = {
  readonly clock: Clock
  readonly log: Logger
  readonly authority: Authority
  readonly orderKey: Pick<OrderKey, 'keyId' | 'publicKeyPem'>
  readonly sealKey?: SealKey
  /** `device/…` and `code/…` rows as committed. */
  readonly rows: readonly Row[]
  /** Commits rows and tells the city; resolves after the commit. */
  readonly submit: (submission: Submission) => Promise<Result<void>>
  /** Ends the session of a device whose certificate no longer counts. */
  readonly drop?: (deviceId: DeviceId, reason: string) => void
  /** Certificates lost their word: a broker that is not ours is to learn of it. */
  readonly onRetired?: (retired: readonly RetiredCertificate[]) => void
  /** Where devices will find the broker, and where a technician's device finds the enrolment listener. */
  readonly mqttUrl: () => string
  readonly enrolmentUrl: () => string
}

/** Where devices come from: codes are issued here and become certificates here. */
export type EnrolmentDesk = {
  issue(create: EnrolmentCreate, actor: string): Promise<Result<EnrolmentIssued>>
  /** Faults: `CODE_RATE_LIMITED`, `CSR_INVALID`, `CODE_REFUSED`, `NOT_READY`. */
  redeem(request: EnrolmentRequest, address: string): Promise<Result<EnrolmentGrant>>
  /** What does not even parse counts as a failed try too, or trying shapes would be free. */
  noteMalformed(address: string): void
  mayTry(address: string): Result<void>
  /** For the broker: does this certificate still count. */
  admits(deviceId: DeviceId, serial: string): boolean
  /** For a broker that checked the certificate itself: may anything be heard of this device. */
  speaks(deviceId: DeviceId): boolean
  /** Certificates whose time is not over and that must not connect. */
  retired(): readonly RetiredCertificate[]
  /** Every code of the last eight days, newest first; never the code itself. */
  codes(): readonly CodeView[]
  /** An open code is good no longer. Faults: `CODE_UNKNOWN`, `CODE_NOT_OPEN`. */
  withdraw(id: string, actor: string): Promise<Result<CodeView>>
  /** The device's certificate counts no longer and its session ends at once. Faults: `DEVICE_UNKNOWN`, `NOT_READY`. */
  revoke(deviceId: DeviceId, reason: string, actor: string): Promise<Result<void>>
  readonly devices: ReadonlyMap<DeviceId, DeviceRow>
  /** To be told to the city at boot, before anything else. */
  bindings(): readonly CityEvent[]
}

export function openDesk(parts: DeskParts): EnrolmentDesk {
  const { clock, log, authority, orderKey } = parts
  const devices = devicesOf(parts.rows)
  const codes = newCodeBook()
  restoreCodes(codes, parts.rows)

  const issue = async (create: EnrolmentCreate, actor: string): Promise<Result<EnrolmentIssued>> => {
    const facts = { random: randomBytes(10), issuedBy: actor, nowUtcMs: clock.now().utcMs }
    const { code, hash, row, forgotten } = issueCode(
      codes,
      { ...create, station: create.station ?? null },
      facts,
    )
    const { deviceId, unitId } = create
    // A device that works goes on working until its successor has redeemed the code.
    const device = devices.get(deviceId) ?? deviceOf(row)
    devices.set(deviceId, device)
    const stored = await parts.submit({
      ops: [
        { type: 'put', key: codeKey(hash), value: row },
        { type: 'put', key: deviceKey(deviceId), value: device },
        ...forgotten.map(old => ({ type: 'del', key: codeKey(old) }) as const),
      ],
      audit: { action: 'enrolment.issued', actor, detail: { deviceId, unitId } },
    })
    if (!stored.ok) return stored
    log.info({ event: 'enrolment.issued', deviceId, unitId, actor })
    return ok({
      code: `${printedCode(code)}.${authority.fingerprint}`,
      expiresAt: rfc3339(row.expiresUtcMs),
      enrolmentUrl: parts.enrolmentUrl(),
    })
  }

  const redeem = async (request: EnrolmentRequest, address: string): Promise<Result<EnrolmentGrant>> => {
    const { monoMs, utcMs } = clock.now()
    const allowed = mayTry(codes, address, monoMs)
    if (!allowed.ok) return allowed
    const redeemed = redeemCode(codes, request.code, { address, monoMs, utcMs })
    if (!redeemed.ok) return redeemed
    const { hash, row } = redeemed.value
    const signed = await authority.signDevice(request.csr, row.deviceId, utcMs)
    if (!signed.ok) {
      // The code was right and nothing was given away for it: it stays good, but the try counts.
      codes.codes.set(hash, { ...row, usedUtcMs: null })
      noteFailure(codes, address, monoMs)
      return signed
    }
    const { pem, serial, notAfterMs } = signed.value
    const retired = retiredBy(devices.get(row.deviceId), utcMs)
    const device: DeviceRow = { ...deviceOf(row), state: 'active', serials: [serial], notAfterMs, retired }
    devices.set(row.deviceId, device)
    // A unit has one device: after a restart the ledger must name the newest, and the old one must not speak for it.
    const replaced = [...devices.values()]
      .filter(other => other.unitId === device.unitId && other.deviceId !== device.deviceId)
      .filter(other => other.state !== 'revoked')
      .map((other): DeviceRow => ({ ...other, state: 'revoked' }))
    for (const other of replaced) devices.set(other.deviceId, other)
    const { deviceId, unitId, callSign } = device
    const detail = { deviceId, unitId, serial, address, revoked: replaced.map(other => other.deviceId) }
    const stored = await parts.submit({
      ops: [
        { type: 'put', key: codeKey(hash), value: row },
        { type: 'put', key: deviceKey(deviceId), value: device },
        ...replaced.map(other => ({ type: 'put', key: deviceKey(other.deviceId), value: other }) as const),
      ],
      events: [{ type: 'bound', binding: bindingOf(device) }],
      audit: { action: 'enrolment.redeemed', actor: `device:${deviceId}`, detail },
    })
    if (!stored.ok) return stored
    log.info({ event: 'enrolment.redeemed', ...detail })
    parts.onRetired?.(retiredIn(devices))
    for (const other of replaced) parts.drop?.(other.deviceId, `${unitId} was given to ${deviceId}`)
    parts.drop?.(deviceId, 'enrolled anew')
    const { keyId, publicKeyPem } = orderKey
    const { caPem: ca } = authority
    const mqttUrl = parts.mqttUrl()
    return ok({
      deviceId,
      unitId,
      callSign,
      certificate: pem,
      ca,
      orderKey: { keyId, publicKeyPem },
      mqttUrl,
      ...(parts.sealKey && { sealKey: parts.sealKey }),
      station: device.station,
    })
  }

  const listed = (): [string, CodeRow][] =>
    [...codes.codes].toSorted(([, a], [, b]) => b.expiresUtcMs - a.expiresUtcMs)

  const withdraw = async (id: string, actor: string): Promise<Result<CodeView>> => {
    const found = [...codes.codes].find(([hash]) => hash.startsWith(id) && id.length === CODE_ID_CHARS)
    if (found === undefined) return fault('CODE_UNKNOWN', JSON.stringify(id.slice(0, 40)))
    const [hash, row] = found
    const { utcMs } = clock.now()
    const state = stateOfCode(row, utcMs)
    if (state !== 'open') return fault('CODE_NOT_OPEN', `the code of ${row.deviceId} is ${state}`)
    const withdrawn: CodeRow = { ...row, withdrawnUtcMs: utcMs }
    // At once, so that nobody redeems it while it is being written.
    codes.codes.set(hash, withdrawn)
    const { deviceId, unitId } = row
    const stored = await parts.submit({
      ops: [{ type: 'put', key: codeKey(hash), value: withdrawn }],
      audit: { action: 'enrolment.withdrawn', actor, detail: { deviceId, unitId } },
    })
    return stored.ok ? ok(codeViewOf(hash, withdrawn, utcMs)) : stored
  }

  const revoke = async (deviceId: DeviceId, reason: string, actor: string): Promise<Result<void>> => {
    const device = devices.get(deviceId)
    if (device === undefined) return fault('DEVICE_UNKNOWN', JSON.stringify(deviceId.slice(0, 60)))
    const revoked: DeviceRow = { ...device, state: 'revoked' }
    // First refused, then written, then dropped: no moment in which a reconnect would be let in.
    devices.set(deviceId, revoked)
    const stored = await parts.submit({
      ops: [{ type: 'put', key: deviceKey(deviceId), value: revoked }],
      audit: { action: 'device.revoked', actor, detail: { deviceId, unitId: device.unitId, reason } },
    })
    parts.drop?.(deviceId, 'revoked')
    parts.onRetired?.(retiredIn(devices))
    if (!stored.ok) return stored
    log.warn({ event: 'device.revoked', deviceId, unitId: device.unitId, actor })
    return ok(undefined)
  }

  return {
    devices,
    issue,
    redeem,
    withdraw,
    revoke,
    codes: () => listed().map(([hash, row]) => codeViewOf(hash, row, clock.now().utcMs)),
    noteMalformed: address => noteFailure(codes, address, clock.now().monoMs),
    mayTry: address => mayTry(codes, address, clock.now().monoMs),
    admits: (deviceId, serial) => isAdmitted(devices, deviceId, serial),
    speaks: deviceId => maySpeak(devices, deviceId),
    retired: () => retiredIn(devices),
    bindings: () =>
      [...devices.values()]
        .filter(row => row.state === 'active')
        .map(row => ({ type: 'bound', binding: bindingOf(row) })),
  }
}

const deviceOf = ({ deviceId, unitId, callSign, homeGridId, station }: CodeRow): DeviceRow => ({
  v: 1,
  deviceId,
  unitId,
  callSign,
  homeGridId,
  station,
  state: 'preauthorized',
  serials: [],
  notAfterMs: null,
  retired: [],
})
