import { z } from 'zod'
import { checkCharOf, CROCKFORD } from './check-char.ts'
import { SealKey } from './sealed.ts'
import { DeviceId, UnitId } from './ids.ts'

/*
 * What a technician types or scans:
 *
 *     7K3QM-X9RTB-W.5N2CVD8HJK4PQRST6WXYZ0A1B2C3D4EF
 *     code 10 + check  fingerprint of the gateway's CA, 160 bit of SHA-256, Crockford base 32
 *
 * The fingerprint lets a bare device know the gateway before it trusts it; the code lets the gateway know the device.
 */
/** Upper case, hyphens dropped, I and L read as 1, O as 0: what people type is what was meant. */
export const normaliseCode = (typed: string): string =>
  typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0')

const CODE = /^[0-9A-HJKMNP-TV-Z]{11}$/

export type EnrolmentCode = { readonly code: string; readonly fingerprint: string }

/** Parses a full code; `undefined` when a character is wrong, which is told apart from refusal by the gateway. */
export function parseEnrolmentCode(typed: string): EnrolmentCode | undefined {
  const [code, fingerprint, ...rest] = normaliseCode(typed).split('.')
  if (code === undefined || fingerprint === undefined || rest.length > 0) return undefined
  if (!CODE.test(code) || !/^[0-9A-HJKMNP-TV-Z]{32}$/.test(fingerprint)) return undefined
  return checkCharOf(code.slice(0, 10)) === code[10] ? { code, fingerprint } : undefined
}

/** Bytes as Crockford base 32, most significant bit first; 20 bytes give 32 characters. */
export function crockford(bytes: Uint8Array): string {
  let bits = 0
  let value = 0
  let text = ''
  for (const byte of bytes) {
    value = (value << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += CROCKFORD[(value >>> (bits - 5)) & 31]
    value &= (1 << bits) - 1
  }
  return bits > 0 ? text + CROCKFORD[(value << (5 - bits)) & 31] : text
}

/** `7K3QMX9RTBW` is printed `7K3QM-X9RTB-W`. */
export const printedCode = (code: string): string =>
  `${code.slice(0, 5)}-${code.slice(5, 10)}-${code.slice(10)}`

/** POST /enrol on the enrolment listener. The subject of the CSR is ignored: identity comes from the code. */
export const EnrolmentRequest = z.strictObject({
  code: z.string().regex(CODE),
  csr: z.string().max(4096),
})
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>

/** Where a duty station is and how its receipts begin; the device of a vehicle has none. */
export const StationPlace = z.strictObject({
  /** `07`, as it stands on receipts. */
  number: z.string().regex(/^\d{2,3}$/, 'two or three digits, such as 07'),
  kiosk: z.string().regex(/^[A-HJKMNP-TV-Y]$/, 'one capital letter but I, L, O, U and Z'),
  lat: z.number().min(-90).max(90),
  lon: z.number().min(-180).max(180),
})
export type StationPlace = z.infer<typeof StationPlace>

export const EnrolmentGrant = z.object({
  deviceId: DeviceId,
  unitId: UnitId,
  callSign: z.string().max(32),
  /** PEM. */
  certificate: z.string(),
  ca: z.string(),
  orderKey: z.object({ keyId: z.string(), publicKeyPem: z.string() }),
  /** `mqtts://127.0.0.1:8883`. */
  mqttUrl: z.string(),
  /** What visitors tell is sealed for this key of the gateway. */
  sealKey: SealKey.optional(),
  station: StationPlace.nullable().optional(),
})
export type EnrolmentGrant = z.infer<typeof EnrolmentGrant>

/** What a device keeps (0600) after enrolment, one JSON file beside the key. */
export const DeviceIdentity = EnrolmentGrant.extend({ v: z.literal(1), privateKey: z.string() })
export type DeviceIdentity = z.infer<typeof DeviceIdentity>
