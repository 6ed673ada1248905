import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { keyIdOf, signOrder } from '#protocols/crypto/order-signature.ts'
import type { Order, SignedOrder } from '#protocols/orders.ts'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { keptSecret } from './secret-file.ts'

/** The key every order is signed with; devices are handed the public half when they enrol. */
export type OrderKey = {
  readonly keyId: string
  readonly publicKeyPem: string
  sign(order: Order): SignedOrder
}

const KeyFile = z.object({ v: z.literal(1), privateKey: z.string(), publicKey: z.string() })

/** Reads `<dir>/identity/order-key.json`, or makes an Ed25519 key at the first boot. */
export async function openOrderKey(dir: string): Promise<Result<OrderKey>> {
  const file = join(dir, 'identity', 'order-key.json')
  const keys = await keptSecret(file, json => KeyFile.safeParse(json).data, makeKeys)
  if (!keys.ok) return keys
  const { publicKey: publicKeyPem, privateKey } = keys.value
  const keyId = keyIdOf(publicKeyPem)
  return ok({ keyId, publicKeyPem, sign: order => signOrder(order, privateKey, keyId) })
}

function makeKeys(): z.infer<typeof KeyFile> {
  const pair = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { v: 1, ...pair }
}
