import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The list of certificates that lost their word, for a broker that is not ours; `reach5 broker-files` carries it there. */
export const revocationFile = (data: string): string => join(data, 'identity', 'revoked.pem')

/** Beside, then renamed: a reader never sees half of it. No secret. */
export function writeRevocationFile(data: string, pem: string): void {
  const file = revocationFile(data)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.new`, pem, { flush: true })
  renameSync(`${file}.new`, file)
}
