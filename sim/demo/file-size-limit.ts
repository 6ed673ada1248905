import { execFile } from 'node:child_process'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

/**
 * Lets a running process write no byte beyond `bytes` of any file, or lifts that again (`null`). To the process this is a
 * disk that refuses: its writes fail with EFBIG (Node ignores the signal that comes with it), its reads go on. Needs no
 * rights beyond owning the process, and util-linux's `prlimit`. Fault: `PROCESS_LIMIT`.
 */
export function limitFileSize(pid: number | undefined, bytes: number | null): Promise<Result<void>> {
  if (pid === undefined) return Promise.resolve(fault('PROCESS_LIMIT', 'the process is not running'))
  const soft = bytes === null ? 'unlimited' : String(bytes)
  return new Promise(resolve => {
    execFile('prlimit', ['--pid', String(pid), `--fsize=${soft}:`], (error, _out, words) =>
      resolve(error ? fault('PROCESS_LIMIT', words.trim() || error.message) : ok(undefined)),
    )
  })
}
