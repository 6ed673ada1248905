import { signOrder } from '#protocols/crypto/order-signature.ts'
import type { Order, SignedOrder } from '#protocols/orders.ts'
import type { Live } from '#protocols/session.ts'
import type { Random } from '../random.ts'
import { orderKeysOf } from './order-keys.ts'
import type { OrderKeys } from './order-keys.ts'
import { minting } from './world.ts'

/**
 * What somebody who owns the broker can make up: he reads everything, the newest window of a car too, and has every key but
 * the right one.
 */
export function forgery(
  random: Random,
  deviceId: string,
  keys: Pick<OrderKeys, 'keyId'>,
  seen: { readonly live: Uint8Array | null; readonly order: Uint8Array | null },
): Uint8Array {
  const mint = minting(random)
  const head = {
    orderId: `ord-${mint(8)}`,
    deviceId,
    unitId: deviceId,
    nonce: mint(16),
    issuedAt: 1_900_000_000_000,
    revision: 0,
  }
  const window = windowIn(seen.live) ?? mint(16)
  const order: Order = { ...head, kind: 'actuate', window, output: 'camera_trigger', on: random.chance(0.5) }
  const own = signOrder(order, orderKeysOf(random).privateKeyPem, keys.keyId)
  const taken = seen.order === null ? null : (JSON.parse(textOf(seen.order)) as SignedOrder)
  switch (random.integer(0, 2)) {
    case 0:
      return bytesOf(own)
    case 1:
      // A signature that was right, under something else.
      return bytesOf({ ...own, sig: taken?.sig ?? own.sig })
    default:
      return bytesOf({ ...own, keyId: mint(8) })
  }
}

/**
 * A message as a broken link or a bad mind leaves it. One bit of it is changed only where a sum covers it: a hello has none,
 * and whoever may change one on its way can say that a car has lost what it holds.
 */
export function garbled(random: Random, payload: Uint8Array | null, isSummed: boolean): Uint8Array {
  const bytes = Buffer.from(payload ?? '{"v":1}')
  switch (random.integer(0, isSummed ? 3 : 2)) {
    case 0:
      return bytes.subarray(0, random.integer(0, bytes.length - 1))
    case 1:
      return Buffer.from('{"__proto__":{"v":1},"v":1}')
    case 3:
      bytes[random.integer(0, bytes.length - 1)]! ^= 1 << random.integer(0, 7)
      return bytes
    default:
      return Buffer.from(Array.from({ length: random.integer(1, 300) }, () => random.integer(0, 255)))
  }
}

const bytesOf = (envelope: SignedOrder): Uint8Array => Buffer.from(JSON.stringify(envelope))
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

function windowIn(live: Uint8Array | null): string | undefined {
  return live === null ? undefined : (JSON.parse(textOf(live)) as Live).window
}
