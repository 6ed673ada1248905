import { createPrivateKey, createPublicKey } from 'node:crypto'
import { keyIdOf } from '#protocols/crypto/order-signature.ts'
import type { Random } from '../random.ts'

export type OrderKeys = {
  readonly keyId: string
  readonly publicKeyPem: string
  readonly privateKeyPem: string
}

/** PKCS#8 of an Ed25519 key up to its 32 secret bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

/** An Ed25519 pair out of a stream of chance, so that the same seed signs with the same key. */
export function orderKeysOf(random: Random): OrderKeys {
  const secret = Buffer.from(Array.from({ length: 32 }, () => random.integer(0, 255)))
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, secret]),
    format: 'der',
    type: 'pkcs8',
  })
  const publicKeyPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  return { keyId: keyIdOf(publicKeyPem), publicKeyPem, privateKeyPem }
}
