import { open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isRottenLog } from '#protocols/leveldb/log-check.ts'
import { checkTable } from '#protocols/leveldb/table-check.ts'
import { mendTable } from '#protocols/leveldb/table-mend.ts'
import { hasSum, isSoundRow } from './row-sum.ts'

/*
 * LevelDB believes what it reads: it passes over the rotten middle of a log without a word, and keys of a table that come out of
 * order end the process by an assertion, at every start anew. So its files are looked at before it sees them.
 */

/**
 * What in the store's files is not what was written, in words; null when nothing is. Logs are short and always looked at, tables
 * where `tables` asks for it: that reads the whole store.
 */
export async function damageInFiles(place: string, tables: boolean): Promise<string | null> {
  for (const file of await filesIn(place, LOG))
    if (isRottenLog(await readFile(file))) return `the middle of ${basename(file)} is not what was written`
  for (const file of tables ? await filesIn(place, TABLE) : [])
    if (!checkTable(await readFile(file)).isIntact) return `${basename(file)} is not what was written`
  return null
}

/**
 * Takes out of the tables what is not what was written, so that a repair may read them: row by row where rows have sums, or the whole
 * table where nothing in it can be told. Returns their names. Throws what the file system throws.
 */
export async function mendTables(place: string): Promise<readonly string[]> {
  const names: string[] = []
  for (const file of await filesIn(place, TABLE)) {
    const table = await readFile(file)
    if (checkTable(table).isIntact) continue
    const mended = mendTable(table, isSoundEntry)
    if (mended === null) await rm(file)
    else await replace(file, mended)
    names.push(basename(file))
  }
  if (names.length > 0) await syncDir(place)
  return names
}

/** A repair leaves beside the store what it replaced. There is nothing in it that it did not take over, and tracks nobody would delete. */
export const forgetReplaced = (place: string): Promise<void> =>
  rm(join(place, 'lost'), { recursive: true, force: true })

const isSoundEntry = (key: Buffer, value: Buffer): boolean =>
  hasSum(value.toString()) && isSoundRow(key.toString(), value.toString())

const LOG = /^\d+\.log$/
const TABLE = /^\d+\.(ldb|sst)$/

async function filesIn(place: string, name: RegExp): Promise<readonly string[]> {
  const names = await readdir(place).catch(() => [])
  return names
    .filter(file => name.test(file))
    .sort()
    .map(file => join(place, file))
}

/** The old one or the new one, whole; what a repair does not know by name it leaves alone. */
async function replace(file: string, bytes: Buffer): Promise<void> {
  await writeFile(`${file}.new`, bytes, { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
}

async function syncDir(place: string): Promise<void> {
  const handle = await open(place)
  await handle.sync()
  await handle.close()
}
