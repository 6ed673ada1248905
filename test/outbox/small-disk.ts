import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type SmallDisk = {
  readonly path: string
  /** Fills it to the last byte, and gives the room back. */
  fill(isFull: boolean): Promise<void>
  remove(): void
}

/** A file system of so many MiB, all to ourselves; null where this process may not mount one. */
export function smallDisk(mebibytes: number): SmallDisk | null {
  const path = mkdtempSync(join(tmpdir(), 'reach5-small-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    rmSync(path, { recursive: true, force: true })
    return null
  }
  const filler = join(path, 'filler')
  return {
    path,
    async fill(isFull) {
      await rm(filler, { force: true })
      if (!isFull) return
      for (let bytes = mebibytes << 20; bytes >= 4096; bytes >>= 1)
        await writeFile(filler, Buffer.alloc(bytes), { flag: 'a' }).catch(() => {})
    },
    remove() {
      execFileSync('umount', ['-l', path], { stdio: 'ignore' })
      rmSync(path, { recursive: true, force: true })
    },
  }
}
