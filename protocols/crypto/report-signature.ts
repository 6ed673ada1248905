import { createHash, createPrivateKey, createPublicKey, sign, verify, X509Certificate } from 'node:crypto'
import { canonicalJson } from '../canonical-json.ts'
import { deviceUrn } from '../ids.ts'
import { fault, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { AcceptanceReport, ReportSignature } from '../technician.ts'

/** SHA-256 over the SPKI DER of a public key (or of the public half of a private one), 64 hex digits. */
export function keyFingerprintOf(pem: string): string {
  const der = createPublicKey(pem).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('hex')
}

export type SignedReport = { readonly text: string; readonly signature: ReportSignature }

/** The report as its exact bytes, and the device's P-256 signature over them, to be kept beside it. */
export function signReport(
  report: AcceptanceReport,
  privateKeyPem: string,
  certificate: string | null,
): SignedReport {
  const text = canonicalJson(report)
  const publicKeyPem = createPublicKey(privateKeyPem).export({ type: 'spki', format: 'pem' }).toString()
  const signature = sign('sha256', Buffer.from(text, 'utf8'), createPrivateKey(privateKeyPem))
  return {
    text,
    signature: {
      v: 1,
      algorithm: 'ES256',
      keyFingerprint: keyFingerprintOf(publicKeyPem),
      publicKeyPem,
      certificate,
      signature: signature.toString('base64'),
    },
  }
}

export type VerifiedReport = {
  readonly report: AcceptanceReport
  readonly keyFingerprint: string
  /** Whether the signing key is known to be the device's: by a certificate of the CA that was handed in. */
  readonly trusted: boolean
  readonly why: string
}

/**
 * Whether these bytes are what the device signed. Faults: `REPORT_FORMAT` (no such report, or not its canonical text),
 * `REPORT_SIGNATURE` (altered, or signed by another key than the report names), `REPORT_CERTIFICATE` (the certificate is
 * for another key, another device, or of another CA than `caPem`).
 */
export function verifyReport(text: string, signatureText: string, caPem?: string): Result<VerifiedReport> {
  const report = AcceptanceReport.safeParse(jsonOf(text))
  if (!report.success) return fault('REPORT_FORMAT', report.error.issues[0]?.message ?? 'no report')
  const sealed = ReportSignature.safeParse(jsonOf(signatureText))
  if (!sealed.success) return fault('REPORT_FORMAT', 'the signature file is none')
  if (canonicalJson(report.data) !== text) return fault('REPORT_FORMAT', 'the text is not the canonical one')
  const { publicKeyPem, signature, certificate, keyFingerprint } = sealed.data
  const flaw = signatureFlaw(text, publicKeyPem, signature, [keyFingerprint, report.data.keyFingerprint])
  if (flaw !== undefined) return fault('REPORT_SIGNATURE', flaw)
  const verified = { report: report.data, keyFingerprint }
  if (certificate === null)
    return ok({ ...verified, trusted: false, why: 'signed before enrolment, no certificate' })
  const wrong = certificateFlaw(certificate, report.data, keyFingerprint, caPem)
  if (wrong !== undefined) return fault('REPORT_CERTIFICATE', wrong)
  return caPem === undefined
    ? ok({ ...verified, trusted: false, why: 'the certificate was not held against a CA' })
    : ok({ ...verified, trusted: true, why: 'certified by the CA given' })
}

function signatureFlaw(
  text: string,
  publicKeyPem: string,
  signature: string,
  named: readonly string[],
): string | undefined {
  try {
    const key = createPublicKey(publicKeyPem)
    if (key.asymmetricKeyType !== 'ec') return `a key of type ${key.asymmetricKeyType}`
    const own = keyFingerprintOf(publicKeyPem)
    if (named.some(fingerprint => fingerprint !== own)) return 'the report names another key'
    const genuine = verify('sha256', Buffer.from(text, 'utf8'), key, Buffer.from(signature, 'base64'))
    return genuine ? undefined : 'the signature does not match the report: it was altered'
  } catch (error) {
    return String(error)
  }
}

function certificateFlaw(
  pem: string,
  report: AcceptanceReport,
  keyFingerprint: string,
  caPem: string | undefined,
): string | undefined {
  try {
    const leaf = new X509Certificate(pem)
    if (
      keyFingerprintOf(leaf.publicKey.export({ type: 'spki', format: 'pem' }).toString()) !== keyFingerprint
    )
      return 'the certificate is for another key'
    if (report.device === null || leaf.subjectAltName !== `URI:${deviceUrn(report.device.deviceId)}`)
      return `the certificate is for ${leaf.subjectAltName}`
    if (caPem === undefined) return undefined
    const ca = new X509Certificate(caPem)
    return leaf.checkIssued(ca) && leaf.verify(ca.publicKey) ? undefined : 'the certificate is of another CA'
  } catch (error) {
    return String(error)
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
