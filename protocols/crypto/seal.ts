import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
} from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { fault, ok } from '../result.ts'
import type { Result } from '../result.ts'
import type { Sealed, SealKey } from '../sealed.ts'

const INFO = 'reach5 sealed v1'
/** DER heads before the 32 raw bytes of an X25519 key. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI_HEAD = Buffer.from('302a300506032b656e032100', 'hex')

/**
 * Seals a text for everybody in `recipients`. `aad` names what the envelope belongs to (`station-07/<ref>`), so that it
 * cannot be moved to another record. `random` gives fresh bytes.
 */
export function seal(
  text: string,
  aad: string,
  recipients: readonly SealKey[],
  random: (bytes: number) => Uint8Array,
): Sealed {
  const key = random(32)
  const to = recipients.map(({ keyId, publicKeyPem }) => {
    const secret = createPrivateKey({
      key: Buffer.concat([PKCS8_HEAD, random(32)]),
      format: 'der',
      type: 'pkcs8',
    })
    const ephemeral = rawOf(createPublicKey(secret))
    const wrapping = wrappingKey(secret, createPublicKey(publicKeyPem), ephemeral)
    return { keyId, ephemeral: base64(ephemeral), key: base64(encrypt(key, wrapping, aad, random(12))) }
  })
  return { v: 1, to, text: base64(encrypt(Buffer.from(text, 'utf8'), key, aad, random(12))) }
}

/** Opens an envelope with one recipient's private key (PKCS#8 PEM). Fault `SEALED_UNREADABLE`: not for us, or altered. */
export function unseal(
  sealed: Sealed,
  aad: string,
  recipient: { readonly keyId: string; readonly privateKeyPem: string },
): Result<string> {
  const row = sealed.to.find(to => to.keyId === recipient.keyId)
  if (row === undefined) return fault('SEALED_UNREADABLE', `not sealed for key ${recipient.keyId}`)
  try {
    const ephemeral = Buffer.from(row.ephemeral, 'base64')
    const sender = createPublicKey({
      key: Buffer.concat([SPKI_HEAD, ephemeral]),
      format: 'der',
      type: 'spki',
    })
    const wrapping = wrappingKey(createPrivateKey(recipient.privateKeyPem), sender, ephemeral)
    const key = decrypt(Buffer.from(row.key, 'base64'), wrapping, aad)
    return ok(decrypt(Buffer.from(sealed.text, 'base64'), key, aad).toString('utf8'))
  } catch {
    return fault('SEALED_UNREADABLE', 'altered, or of another record')
  }
}

const wrappingKey = (secret: KeyObject, other: KeyObject, salt: Uint8Array): Uint8Array =>
  Buffer.from(hkdfSync('sha256', diffieHellman({ privateKey: secret, publicKey: other }), salt, INFO, 32))

function encrypt(plain: Uint8Array, key: Uint8Array, aad: string, iv: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(aad, 'utf8'))
  const head = cipher.update(plain)
  return Buffer.concat([iv, head, cipher.final(), cipher.getAuthTag()])
}

function decrypt(packed: Uint8Array, key: Uint8Array, aad: string): Buffer {
  if (packed.length < 28) throw new Error('too short')
  const decipher = createDecipheriv('aes-256-gcm', key, packed.subarray(0, 12), { authTagLength: 16 })
  decipher.setAAD(Buffer.from(aad, 'utf8')).setAuthTag(packed.subarray(packed.length - 16))
  return Buffer.concat([decipher.update(packed.subarray(12, packed.length - 16)), decipher.final()])
}

const rawOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' }).subarray(-32)
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
