import { fault } from '../result.ts'
import type { Fault } from '../result.ts'

/**
 * Why a file that was named could not be read, in words instead of a system call's: fault `FILE_ABSENT` or
 * `FILE_UNREADABLE`. `named` is what the person typed, with the flag where there was one: `--grids town.geojson`.
 */
export function fileFault(named: string, error: unknown): Fault {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return fault('FILE_ABSENT', `${named}: no such file`)
  return fault('FILE_UNREADABLE', `${named}: ${WHY[code ?? ''] ?? message}`)
}

const WHY: Readonly<Record<string, string>> = {
  EISDIR: 'this is a directory; name a file',
  ENOTDIR: 'part of the path is a file, not a directory',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ELOOP: 'its links lead in a circle',
}
