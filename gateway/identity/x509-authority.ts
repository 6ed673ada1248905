import 'reflect-metadata'
import { createHash, webcrypto, X509Certificate as NodeCertificate } from 'node:crypto'
import { isIP } from 'node:net'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { z } from 'zod'
import { crockford } from '#protocols/enrolment.ts'
import { deviceUrn } from '#protocols/ids.ts'
import type { DeviceId } from '#protocols/ids.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { keptSecret } from './secret-file.ts'

x509.cryptoProvider.set(webcrypto)

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000
/** A device whose clock stands at 1970 must still find every certificate valid. */
const NOT_BEFORE = new Date(0)
const CA_DAYS = 30 * 365
/** Made anew at every boot, so it only has to outlive one. */
const SERVER_DAYS = 365
export const BROKER_DAYS = 825
export const DEVICE_DAYS = 30
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

/** Everything a TLS listener needs: the chain carries the CA, so that an enrolling device can compare fingerprints. */
export type ServerCertificate = { readonly key: string; readonly cert: string }

export type DeviceCertificate = {
  readonly pem: string
  /** Upper-case hex, as Node shows it. */
  readonly serial: string
  readonly notAfterMs: number
}

/**
 * The gateway's own certificate authority. `signDevice` takes the key from the request and nothing else: the subject of a
 * CSR is a wish, identity comes from the enrolment code. Fault: `CSR_INVALID`.
 */
export type Authority = {
  readonly caPem: string
  /** 32 Crockford characters: the first 160 bit of SHA-256 over the CA's DER. */
  readonly fingerprint: string
  serverCertificate(names: readonly string[], nowUtcMs: number): Promise<ServerCertificate>
  signDevice(csrPem: string, deviceId: DeviceId, nowUtcMs: number): Promise<Result<DeviceCertificate>>
  /** For the gateway itself as a client of a foreign broker; `name` is the CN and part of the URI. */
  clientCertificate(name: string, nowUtcMs: number): Promise<ServerCertificate>
  /** For a foreign broker, which is given its key as a file and is not restarted every day. */
  brokerCertificate(names: readonly string[], nowUtcMs: number): Promise<ServerCertificate>
  /** PEM. A foreign broker knows nothing of our ledger; this list is all it sees of who lost its word. */
  revocationList(retired: readonly RetiredCertificate[], nowUtcMs: number): Promise<string>
}

/** A certificate that must not connect although its time is not over. */
export type RetiredCertificate = { readonly serial: string; readonly notAfterMs: number }

const CaFile = z.object({ v: z.literal(1), privateKey: z.string(), certificate: z.string() })

/** Reads `<dir>/identity/ca.json`, or makes the CA at the first boot. A broken file is `FILE_BROKEN`, never a new CA. */
export async function openAuthority(dir: string, nowUtcMs: number): Promise<Result<Authority>> {
  const file = join(dir, 'identity', 'ca.json')
  const kept = await keptSecret(
    file,
    json => CaFile.safeParse(json).data,
    () => makeCa(nowUtcMs),
  )
  if (!kept.ok) return kept
  try {
    return ok(await authorityOf(kept.value))
  } catch (error) {
    return fault('FILE_BROKEN', `${file}: ${String(error)}`)
  }
}

async function makeCa(nowUtcMs: number): Promise<z.infer<typeof CaFile>> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: 'CN=reach5 gateway CA',
    notBefore: NOT_BEFORE,
    notAfter: new Date(nowUtcMs + CA_DAYS * DAY_MS),
    signingAlgorithm: P256,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { v: 1, privateKey: await privatePem(keys.privateKey), certificate: certificate.toString('pem') }
}

async function authorityOf(file: z.infer<typeof CaFile>): Promise<Authority> {
  const ca = new x509.X509Certificate(file.certificate)
  const der = x509.PemConverter.decode(file.privateKey)[0]!
  const caKey = await webcrypto.subtle.importKey('pkcs8', der, P256, false, ['sign'])
  const caPem = `${ca.toString('pem')}\n`

  /** Subject, key and purpose differ; the rest is the same for every leaf. */
  const sign = async (leaf: {
    readonly subject: string
    readonly publicKey: x509.PublicKeyType
    readonly days: number
    readonly nowUtcMs: number
    readonly names: x509.JsonGeneralNames
    readonly purpose: string
  }): Promise<x509.X509Certificate> =>
    x509.X509CertificateGenerator.create({
      serialNumber: randomSerial(),
      subject: leaf.subject,
      issuer: ca.subject,
      notBefore: NOT_BEFORE,
      notAfter: new Date(leaf.nowUtcMs + leaf.days * DAY_MS),
      signingAlgorithm: P256,
      publicKey: leaf.publicKey,
      signingKey: caKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([leaf.purpose], true),
        new x509.SubjectAlternativeNameExtension(leaf.names),
        await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
      ],
    })

  /** A leaf whose key is made here: ours, or one we hand to a broker together with it. */
  const ownLeaf = async (leaf: Omit<Parameters<typeof sign>[0], 'publicKey'>): Promise<ServerCertificate> => {
    const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])
    const certificate = await sign({ ...leaf, publicKey: keys.publicKey })
    return { key: await privatePem(keys.privateKey), cert: `${certificate.toString('pem')}\n${caPem}` }
  }
  const hostNames = (names: readonly string[]): x509.JsonGeneralNames =>
    names.map(value => ({ type: isIP(value) ? 'ip' : 'dns', value }))

  return {
    caPem,
    fingerprint: fingerprintOf(new Uint8Array(ca.rawData)),
    serverCertificate: (names, nowUtcMs) =>
      ownLeaf({
        subject: 'CN=reach5 gateway',
        days: SERVER_DAYS,
        nowUtcMs,
        names: hostNames(names),
        purpose: SERVER_AUTH,
      }),
    brokerCertificate: (names, nowUtcMs) =>
      ownLeaf({
        subject: 'CN=reach5 broker',
        days: BROKER_DAYS,
        nowUtcMs,
        names: hostNames(names),
        purpose: SERVER_AUTH,
      }),
    clientCertificate: (name, nowUtcMs) =>
      ownLeaf({
        subject: `CN=${name}`,
        days: DEVICE_DAYS,
        nowUtcMs,
        names: [{ type: 'url', value: `urn:${name.replace('.', ':')}` }],
        purpose: CLIENT_AUTH,
      }),
    async revocationList(retired, nowUtcMs) {
      const list = await x509.X509CrlGenerator.create({
        issuer: ca.subject,
        // A broker whose clock stands at 1970 must still accept the list, and an old list is better than none.
        thisUpdate: NOT_BEFORE,
        nextUpdate: new Date(nowUtcMs + CA_DAYS * DAY_MS),
        entries: retired
          .filter(({ notAfterMs }) => notAfterMs > nowUtcMs)
          .map(({ serial }) => ({
            serialNumber: serial,
            revocationDate: NOT_BEFORE,
            reason: x509.X509CrlReason.superseded,
          })),
        extensions: [await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey)],
        signingAlgorithm: P256,
        signingKey: caKey,
      })
      // The library's own label is CRL, which OpenSSL does not read.
      return `${x509.PemConverter.encode(list.rawData, 'X509 CRL')}\n`
    },
    async signDevice(csrPem, deviceId, nowUtcMs) {
      const request = await openRequest(csrPem)
      if (!request.ok) return request
      const certificate = await sign({
        subject: `CN=${deviceId}`,
        publicKey: request.value.publicKey,
        days: DEVICE_DAYS,
        nowUtcMs,
        names: [{ type: 'url', value: deviceUrn(deviceId) }],
        purpose: CLIENT_AUTH,
      })
      const pem = `${certificate.toString('pem')}\n`
      const { serialNumber } = new NodeCertificate(pem)
      return ok({ pem, serial: serialNumber, notAfterMs: certificate.notAfter.getTime() })
    },
  }
}

/** The request must be signed with its own key (the device really has it), and the key must be P-256. */
async function openRequest(csrPem: string): Promise<Result<x509.Pkcs10CertificateRequest>> {
  try {
    const request = new x509.Pkcs10CertificateRequest(csrPem)
    const { namedCurve } = request.publicKey.algorithm as { namedCurve?: string }
    if (namedCurve !== P256.namedCurve) return fault('CSR_INVALID', 'the key is not P-256')
    return (await request.verify()) ? ok(request) : fault('CSR_INVALID', 'not signed with its own key')
  } catch (error) {
    return fault('CSR_INVALID', String(error).slice(0, 200))
  }
}

/** What an enrolment code carries of a CA certificate. */
export const fingerprintOf = (der: Uint8Array): string =>
  crockford(createHash('sha256').update(der).digest().subarray(0, 20))

/** 127 bit, positive, never beginning with a zero byte. */
function randomSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return Buffer.from(bytes).toString('hex')
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key)
  return `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`
}
