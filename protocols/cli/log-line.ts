import { writeSync } from 'node:fs'

/** A log that is full for a moment is waited for this many times. */
const TRIES_MAX = 20

/**
 * Where a process prints its log. A line that cannot be written (a full disk) is dropped and counted, and the next one that
 * can says how many were: the process a log belongs to must not stop, or hang in its retries, because nobody can read it.
 */
export function logLines(file = 1): { write(line: string): void } {
  let dropped = 0
  const put = (line: string): boolean => {
    const bytes = Buffer.from(line)
    let done = 0
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      try {
        done += writeSync(file, bytes, done)
        if (done === bytes.length) return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return false
      }
    }
    return false
  }
  return {
    write: line => {
      if (dropped > 0 && put(`{"level":40,"event":"log.lines_dropped","count":${dropped}}\n`)) dropped = 0
      if (!put(line)) dropped += 1
    },
  }
}
