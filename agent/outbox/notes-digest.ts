import { createHash } from 'node:crypto'

/**
 * One sum over a set of notes, in any order: the XOR of SHA-256 over each key and text. Adding and taking away are the
 * same step, so a commit costs as much as it changes, not as much as there is.
 */
export function toggleNote(digest: string, key: string, text: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([key, text]))
    .digest()
  const bytes = Buffer.from(digest, 'hex')
  for (let i = 0; i < bytes.length; i++) bytes[i]! ^= hash[i]!
  return bytes.toString('hex')
}
