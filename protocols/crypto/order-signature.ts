import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { Order, SignedOrder } from '../orders.ts'
import { fault, ok } from '../result.ts'
import type { Result } from '../result.ts'

/** First 16 hex digits of SHA-256 over the SPKI DER of an Ed25519 public key. */
export function keyIdOf(publicKeyPem: string): string {
  const der = createPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('hex').slice(0, 16)
}

/** Signs an order with the gateway's Ed25519 key (PKCS#8 PEM). */
export function signOrder(order: Order, privateKeyPem: string, keyId: string): SignedOrder {
  const payload = JSON.stringify(order)
  const sig = sign(null, Buffer.from(payload, 'utf8'), privateKeyOf(privateKeyPem)).toString('base64')
  return { payload, keyId, sig }
}

/**
 * Opens what arrived on `down/order`. Faults: `ORDER_SCHEMA`, `ORDER_KEY` (signed by a key we do not trust),
 * `ORDER_SIGNATURE`, `ORDER_TARGET` (rightly signed, for somebody else).
 */
export function openOrder(
  json: unknown,
  trusted: { readonly keyId: string; readonly publicKeyPem: string },
  deviceId: string,
): Result<Order> {
  const envelope = SignedOrder.safeParse(json)
  if (!envelope.success) return fault('ORDER_SCHEMA', 'not a signed order')
  const { payload, keyId, sig } = envelope.data
  if (keyId !== trusted.keyId) return fault('ORDER_KEY', `signed with key ${keyId}`)
  const genuine = verify(
    null,
    Buffer.from(payload, 'utf8'),
    publicKeyOf(trusted.publicKeyPem),
    Buffer.from(sig, 'base64'),
  )
  if (!genuine) return fault('ORDER_SIGNATURE', 'signature does not match the payload')
  return checkTarget(payload, deviceId)
}

/** A process has one key to sign with and one to check with; reading it takes as long as using it. */
const KEYS_KEPT = 4
const kept = <T>(read: (pem: string) => T): ((pem: string) => T) => {
  const keys = new Map<string, T>()
  return pem => {
    let key = keys.get(pem)
    if (key === undefined) {
      if (keys.size >= KEYS_KEPT) keys.clear()
      keys.set(pem, (key = read(pem)))
    }
    return key
  }
}
const privateKeyOf = kept(pem => createPrivateKey(pem))
const publicKeyOf = kept(pem => createPublicKey(pem))

function checkTarget(payload: string, deviceId: string): Result<Order> {
  try {
    const order = Order.safeParse(JSON.parse(payload))
    if (!order.success) return fault('ORDER_SCHEMA', 'rightly signed, but not an order this version knows')
    if (order.data.deviceId !== deviceId) return fault('ORDER_TARGET', `meant for ${order.data.deviceId}`)
    return ok(order.data)
  } catch {
    return fault('ORDER_SCHEMA', 'rightly signed, but not JSON')
  }
}
