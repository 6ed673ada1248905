import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { keyIdOf } from '#protocols/crypto/order-signature.ts'
import { unseal } from '#protocols/crypto/seal.ts'
import type { Sealed, SealKey } from '#protocols/sealed.ts'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { keptSecret } from './secret-file.ts'

/** The key visitors' words are sealed for; stations are handed the public half when they enrol. */
export type Unsealer = {
  readonly sealKey: SealKey
  /** Fault `SEALED_UNREADABLE`. */
  unseal(sealed: Sealed, aad: string): Result<string>
}

const KeyFile = z.object({ v: z.literal(1), privateKey: z.string(), publicKey: z.string() })

/** Reads `<dir>/identity/seal-key.json`, or makes an X25519 key at the first boot. */
export async function openSealKey(dir: string): Promise<Result<Unsealer>> {
  const file = join(dir, 'identity', 'seal-key.json')
  const keys = await keptSecret(file, json => KeyFile.safeParse(json).data, makeKeys)
  if (!keys.ok) return keys
  const { publicKey: publicKeyPem, privateKey: privateKeyPem } = keys.value
  const keyId = keyIdOf(publicKeyPem)
  const recipient = { keyId, privateKeyPem }
  return ok({
    sealKey: { keyId, publicKeyPem },
    unseal: (sealed, aad) => unseal(sealed, aad, recipient),
  })
}

function makeKeys(): z.infer<typeof KeyFile> {
  const pair = generateKeyPairSync('x25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { v: 1, ...pair }
}
