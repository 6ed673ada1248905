import 'reflect-metadata'
import { createPublicKey, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

x509.cryptoProvider.set(webcrypto)

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

export type KeyAndRequest = { readonly privateKeyPem: string; readonly csrPem: string }

/** A new P-256 key as PKCS#8 PEM. It never leaves the device. */
export async function makeKey(): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`
}

/** The request for a certificate of that key, or of a new one. The subject is ignored: identity comes from the code. */
export async function makeRequest(key?: string): Promise<KeyAndRequest> {
  const privateKeyPem = key ?? (await makeKey())
  const [der] = x509.PemConverter.decode(privateKeyPem)
  const spki = createPublicKey(privateKeyPem).export({ type: 'spki', format: 'der' })
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=reach5 device',
    keys: {
      privateKey: await webcrypto.subtle.importKey('pkcs8', der!, P256, true, ['sign']),
      publicKey: await webcrypto.subtle.importKey('spki', spki, P256, true, ['verify']),
    },
    signingAlgorithm: P256,
  })
  return { privateKeyPem, csrPem: csr.toString('pem') }
}
