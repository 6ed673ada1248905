import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

x509.cryptoProvider.set(webcrypto)

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

export type KeyAndRequest = { readonly privateKeyPem: string; readonly csrPem: string }

/** A new P-256 key, which never leaves the device, and the request for its certificate. The subject is ignored. */
export async function makeRequest(): Promise<KeyAndRequest> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=reach5 device',
    keys,
    signingAlgorithm: P256,
  })
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return {
    privateKeyPem: `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`,
    csrPem: csr.toString('pem'),
  }
}
