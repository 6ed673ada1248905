import { writeSync } from 'node:fs'
import type { LogEntry, Logger } from '#protocols/log.ts'

const RANK = { debug: 0, info: 1, warn: 2, error: 3 } as const

/** One JSON line per event into an open file; entries below `least` are dropped. */
export function fileLog(file: number, least: keyof typeof RANK): Logger {
  const at = (level: keyof typeof RANK) => (entry: LogEntry) => {
    if (RANK[level] < RANK[least]) return
    writeSync(file, `${JSON.stringify({ time: new Date().toISOString(), level, ...entry })}\n`)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
