import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:tls'
import { z } from 'zod'
import { keyIdOf } from '#protocols/crypto/order-signature.ts'
import { crockford, EnrolmentGrant, parseEnrolmentCode } from '#protocols/enrolment.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { deviceUrn } from '#protocols/ids.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { identityFile, isEnrolled, saveIdentity } from './load-identity.ts'
import { forgetPendingKey, pendingKey } from './device-key.ts'
import type { KeyAndRequest } from './x509-request.ts'

const ANSWER_WITHIN_MS = 15_000
const ANSWER_BYTES_MAX = 64 * 1024
/** A chain of ours has two links; whoever sends more is not ours. */
const CHAIN_MAX = 4

/*
 *     parse the code ── CODE_MISTYPED
 *     1st connection, nothing sent: who is there? ── GATEWAY_UNREACHABLE, CA_MISMATCH
 *     2nd connection, verified against that CA: code + CSR ── CODE_REFUSED, CODE_RATE_LIMITED, …
 *     check what came back ── CA_MISMATCH
 *     write identity.json ── DIR_UNWRITABLE
 */

/** The gateway is found, the key made, the certificate asked for, the identity written. */
export type EnrolPhase = 'gateway' | 'key' | 'request' | 'saved'

/** A one-time code becomes this device's identity. Key and request are made here; the code is sent to nobody but its gateway. */
export async function enrol(options: {
  /** `https://127.0.0.1:5111` */
  readonly url: string
  readonly typedCode: string
  readonly dir: string
  /** Takes the place of an identity that ended; the old one stays until the new one is whole. */
  readonly replace?: boolean
  /** What is being done now, for somebody who watches. */
  readonly onPhase?: (phase: EnrolPhase) => void
}): Promise<Result<DeviceIdentity>> {
  const { url, typedCode, dir, onPhase = () => {} } = options
  if (isEnrolled(dir) && options.replace !== true) return fault('ALREADY_ENROLLED', identityFile(dir))
  const code = parseEnrolmentCode(typedCode)
  if (code === undefined) return fault('CODE_MISTYPED', 'the check character does not fit')
  const target = targetOf(url)
  if (!target.ok) return target
  onPhase('gateway')
  const ca = await findAuthority(target.value, code.fingerprint)
  if (!ca.ok) return ca
  onPhase('key')
  // Needed once in a computer's life, and heavy: not in the memory of an agent that runs.
  const { makeRequest } = await import('./x509-request.ts')
  const made = await makeRequest(await pendingKey(dir))
  onPhase('request')
  const answer = await redeem(target.value, ca.value, { code: code.code, csr: made.csrPem })
  if (!answer.ok) return answer
  const identity = identityOf(answer.value, made, code.fingerprint)
  if (!identity.ok) return identity
  const saved = await saveIdentity(dir, identity.value)
  if (!saved.ok) return saved
  onPhase('saved')
  await forgetPendingKey(dir)
  return identity
}

type Target = { readonly host: string; readonly port: number }

function targetOf(url: string): Result<Target> {
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:')
    return fault('GATEWAY_UNREACHABLE', `${url} is no address like https://127.0.0.1:5111`)
  const { hostname, port } = new URL(url)
  return ok({ host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port || 443) })
}

/** Looks at the presented chain and says nothing. The CA whose fingerprint the code carries is the one to trust. */
function findAuthority({ host, port }: Target, fingerprint: string): Promise<Result<string>> {
  return new Promise(resolve => {
    const socket = connect({
      host,
      port,
      minVersion: 'TLSv1.3',
      // Judged below, by fingerprint; the connection that carries the code is verified in full.
      rejectUnauthorized: false,
      servername: /^[\d.]+$|:/.test(host) ? '' : host,
    })
    const finish = (result: Result<string>): void => {
      socket.destroy()
      resolve(result)
    }
    socket.setTimeout(ANSWER_WITHIN_MS, () => finish(fault('GATEWAY_UNREACHABLE', 'no answer')))
    socket.once('error', error => finish(fault('GATEWAY_UNREACHABLE', error.message)))
    socket.once('secureConnect', () => {
      const ca = chainOf(socket.getPeerX509Certificate()).find(c => fingerprintOf(c) === fingerprint)
      finish(
        ca === undefined
          ? fault('CA_MISMATCH', `${host}:${port} does not show the CA of this code`)
          : ok(ca.toString()),
      )
    })
  })
}

function chainOf(leaf: X509Certificate | undefined): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  for (let at = leaf; at !== undefined && chain.length < CHAIN_MAX; at = at.issuerCertificate) {
    if (chain.some(c => c.fingerprint256 === at.fingerprint256)) break
    chain.push(at)
  }
  return chain
}

export const fingerprintOf = (certificate: X509Certificate): string =>
  crockford(createHash('sha256').update(certificate.raw).digest().subarray(0, 20))

function redeem(
  { host, port }: Target,
  ca: string,
  body: { readonly code: string; readonly csr: string },
): Promise<Result<EnrolmentGrant>> {
  return new Promise(resolve => {
    const text = JSON.stringify(body)
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    const request = httpsRequest(
      { host, port, path: '/enrol', method: 'POST', ca, minVersion: 'TLSv1.3', headers, agent: false },
      response => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > ANSWER_BYTES_MAX) request.destroy(new Error('the answer is too long'))
          else chunks.push(chunk)
        })
        response.on('end', () =>
          resolve(grantOf(response.statusCode, Buffer.concat(chunks).toString('utf8'))),
        )
        response.on('error', error => resolve(fault('GATEWAY_UNREACHABLE', error.message)))
      },
    )
    request.setTimeout(ANSWER_WITHIN_MS, () => request.destroy(new Error('no answer')))
    request.once('error', error => resolve(fault(codeOfTls(error), error.message)))
    request.end(text)
  })
}

/** Between the two connections somebody else may have taken the address: verification fails, and the code was not sent. */
const codeOfTls = (error: NodeJS.ErrnoException): string =>
  /CERT|SIGNATURE|ALTNAME|VERIFY|ISSUER/.test(error.code ?? '') ? 'CA_MISMATCH' : 'GATEWAY_UNREACHABLE'

const Refused = z.object({ code: z.string().max(48), detail: z.string() })

function grantOf(status: number | undefined, text: string): Result<EnrolmentGrant> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return fault('GATEWAY_UNREACHABLE', `answered ${status} and no JSON`)
  }
  if (status === 200) {
    const grant = EnrolmentGrant.safeParse(json)
    return grant.success ? ok(grant.data) : fault('CA_MISMATCH', z.prettifyError(grant.error))
  }
  const refused = Refused.safeParse(json)
  return refused.success
    ? fault(refused.data.code, refused.data.detail)
    : fault('GATEWAY_UNREACHABLE', `answered ${status}`)
}

/** The grant must hang together: our CA, a leaf of it for our key and the granted id, an order key with its own id. */
function identityOf(grant: EnrolmentGrant, made: KeyAndRequest, fingerprint: string): Result<DeviceIdentity> {
  const wrong = flawOf(grant, made, fingerprint)
  if (wrong !== undefined) return fault('CA_MISMATCH', wrong)
  return ok({ v: 1, ...grant, privateKey: made.privateKeyPem })
}

function flawOf(grant: EnrolmentGrant, made: KeyAndRequest, fingerprint: string): string | undefined {
  try {
    const ca = new X509Certificate(grant.ca)
    const leaf = new X509Certificate(grant.certificate)
    if (fingerprintOf(ca) !== fingerprint) return 'the CA that came back is not the one of the code'
    if (!leaf.checkIssued(ca) || !leaf.verify(ca.publicKey)) return 'the certificate is not of that CA'
    if (leaf.subjectAltName !== `URI:${deviceUrn(grant.deviceId)}`)
      return `certificate for ${leaf.subjectAltName}`
    const ours = createPublicKey(made.privateKeyPem).export({ type: 'spki', format: 'der' })
    if (!ours.equals(leaf.publicKey.export({ type: 'spki', format: 'der' })))
      return 'certificate for another key'
    if (keyIdOf(grant.orderKey.publicKeyPem) !== grant.orderKey.keyId) return 'the order key has another id'
    return undefined
  } catch (error) {
    return String(error)
  }
}
