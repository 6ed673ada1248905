import { z } from 'zod'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

/** Grows when a reader of before would misunderstand a backup. */
export const BACKUP_FORMAT = 1

/** A path below the backup, as the manifest names it: no way out of it. */
const Path = z.string().regex(/^(?!.*\.\.)[\w-][\w.-]*(\/[\w-][\w.-]*)*$/)

/**
 * `backup.json`, the last file of a backup to be written: without it a backup was not finished. It names every other file with
 * its length and SHA-256.
 */
export const Manifest = z.strictObject({
  v: z.literal(BACKUP_FORMAT),
  /** When the copy was made, RFC 3339. */
  at: z.iso.datetime(),
  ledgerId: z.string(),
  generation: z.number().int().nonnegative(),
  /** Rows of the ledger when it was read back from the copy, and how many of them are records of devices. */
  rows: z.number().int().nonnegative(),
  records: z.number().int().nonnegative(),
  files: z
    .array(
      z.strictObject({
        path: Path,
        bytes: z.number().int().nonnegative(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1),
})
export type Manifest = z.infer<typeof Manifest>

export const MANIFEST = 'backup.json'

/** Faults: `FORMAT_UNKNOWN` of another version, `FILE_BROKEN` when it is no manifest. */
export function parseManifest(text: string): Result<Manifest> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return fault('FILE_BROKEN', `${MANIFEST} is no JSON`)
  }
  const version = (json as { v?: unknown } | null)?.v
  if (typeof version === 'number' && version !== BACKUP_FORMAT)
    return fault(
      'FORMAT_UNKNOWN',
      `the backup has format ${version}, this version knows ${BACKUP_FORMAT} only`,
    )
  const parsed = Manifest.safeParse(json)
  if (parsed.success) return ok(parsed.data)
  const [issue] = parsed.error.issues
  return fault('FILE_BROKEN', `${MANIFEST}: ${issue?.path.join('.')}: ${issue?.message}`)
}
