import { hash } from 'node:crypto'

/**
 * One sum over a set of notes, in any order: the XOR of SHA-256 over each key and text. Adding and taking away are the
 * same step, so a commit costs as much as it changes, not as much as there is.
 */
export function toggleNote(digest: string, key: string, text: string): string {
  const sum = hash('sha256', JSON.stringify([key, text]), 'buffer')
  const bytes = Buffer.from(digest, 'hex')
  for (let i = 0; i < bytes.length; i++) bytes[i]! ^= sum[i]!
  return bytes.toString('hex')
}
