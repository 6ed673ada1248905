import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * What a proof of hours has done so far, part by part, so that it may be broken off and go on. A part counts only for the
 * code it was done on.
 */
export type Progress<T> = {
  /** What is known of a part; undefined when it was never done, or on other code. */
  of(part: string, code: string): T | undefined
  keep(part: string, code: string, done: T): void
  /** The proof is complete: the next one begins anew. */
  drop(): void
}

export function openProgress<T>(name: string, dir = '.reach5'): Progress<T> {
  const file = join(dir, `prove-${name}.json`)
  const parts = read<T>(file)
  return {
    of: (part, code) => (parts[part]?.code === code ? parts[part].done : undefined),
    keep: (part, code, done) => {
      parts[part] = { code, done }
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, JSON.stringify(parts))
    },
    drop: () => rmSync(file, { force: true }),
  }
}

function read<T>(file: string): Record<string, { readonly code: string; readonly done: T }> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, { code: string; done: T }>
  } catch {
    return {}
  }
}

/** Says whether somebody asked the proof to end (Ctrl-C): what is under way is finished, and what was found is written. */
export function untilAsked(): () => boolean {
  let isAsked = false
  process.once('SIGINT', () => (isAsked = true))
  return () => isAsked
}
