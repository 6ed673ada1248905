import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { storesIn } from './store-dir.ts'

/*
 * A car with two days of positions must be ready in seconds, so a large store is opened without reading all of it; the rest is
 * read while the car works (`GroupCommit`). Some damage of a table ends the process that reads it. Therefore boots are
 * counted until one of them has read everything: after a few in a row that did not, the store is checked from end to end
 * before it is opened, as a small one always is.
 */
const IN_A_ROW_MAX = 3
const FILE = 'quick-boots'

/** True when the store in `dir` is large and may be opened quickly; then this boot is counted. */
export async function beginQuickBoot(dir: string, fromBytes: number): Promise<boolean> {
  const [store] = await storesIn(dir)
  if (store === undefined || store.bytes < fromBytes) return false
  const before = Number(await readFile(join(dir, FILE), 'utf8').catch(() => '0'))
  if (!(before < IN_A_ROW_MAX)) return false
  try {
    await writeFile(join(dir, FILE), String(before + 1), { flush: true })
    return true
  } catch {
    // A disk that takes no byte is no place to be quick.
    return false
  }
}

/** All of the store was read, or it is none that is opened quickly. */
export const endQuickBoots = (dir: string): Promise<void> => rm(join(dir, FILE), { force: true })
