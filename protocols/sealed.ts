import { z } from 'zod'

/*
 * Personal words on their way and at rest. Each text has a key of its own (AES-256-GCM), and that key is wrapped for each
 * recipient by X25519 with an ephemeral key:
 *
 *     text --AES-GCM(record key, aad)--> iv text tag
 *     record key --AES-GCM(HKDF(ephemeral x recipient))--> key, one row in `to` per recipient
 *
 * Whoever sealed it cannot open it again. Forgetting the rows of `to` erases the text, whatever backups hold.
 */
const Base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/)

export const SealKey = z.strictObject({
  /** First 16 hex digits of SHA-256 over the SPKI DER. */
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  /** X25519, SPKI PEM. */
  publicKeyPem: z.string().max(1024),
})
export type SealKey = z.infer<typeof SealKey>

export const Sealed = z.strictObject({
  v: z.literal(1),
  to: z
    .array(
      z.strictObject({
        keyId: SealKey.shape.keyId,
        /** Ephemeral X25519 public key, raw. */
        ephemeral: Base64.max(64),
        /** iv (12), record key (32), tag (16). */
        key: Base64.max(128),
      }),
    )
    .min(1)
    .max(4),
  /** iv (12), text, tag (16). */
  text: Base64.max(8 * 1024),
})
export type Sealed = z.infer<typeof Sealed>
