import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'

const STAMP = 'stamp.json'
/** The world as this process knows it; the other files are what the gateway reads. */
const WHOLE = 'world.v8'

/*
 * dir/stamp.json    {"key": "city 3, seed 1, 60000 junctions", "files": {"roads.graph": "<sha-256>", ...}}
 *
 * Written last and under another name first, so a stamp promises that every file it names was written whole.
 */
type Stamp = { readonly key: string; readonly files: Readonly<Record<string, string>> }

/** What was kept in `dir` for this key; undefined when there is nothing, something else, or any file is not as written. */
export async function readCache<T>(dir: string, key: string): Promise<T | undefined> {
  try {
    const stamp = JSON.parse(await readFile(join(dir, STAMP), 'utf8')) as Stamp
    if (stamp.key !== key || stamp.files[WHOLE] === undefined) return undefined
    const contents = await Promise.all(
      Object.entries(stamp.files).map(async ([name, hash]) => {
        const bytes = await readFile(join(dir, name))
        return hashOf(bytes) === hash ? ([name, bytes] as const) : undefined
      }),
    )
    const whole = contents.find(content => content?.[0] === WHOLE)
    if (whole === undefined || contents.includes(undefined)) return undefined
    return deserialize(whole[1]) as T
  } catch {
    return undefined
  }
}

/** Puts the world and the files made of it into `dir`, in the place of whatever was there. */
export async function writeCache(
  dir: string,
  key: string,
  whole: unknown,
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<void> {
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true })
  const hashes: Record<string, string> = {}
  for (const [name, content] of Object.entries({ ...files, [WHOLE]: serialize(whole) })) {
    hashes[name] = hashOf(content)
    await writeFile(join(dir, name), content)
  }
  const stamp: Stamp = { key, files: hashes }
  await writeFile(join(dir, `${STAMP}.new`), `${JSON.stringify(stamp, null, 2)}\n`, { flush: true })
  await rename(join(dir, `${STAMP}.new`), join(dir, STAMP))
}

const hashOf = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex')
