import { pino } from 'pino'
import { logLines } from '#protocols/cli/log-line.ts'
import type { LogEntry, Logger } from '#protocols/log.ts'

/** One JSON line per event on stdout; coordinates and narratives never go in. */
export function openLog(level: 'debug' | 'info' | 'warn' | 'error'): Logger {
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, logLines())
  const at = (name: 'debug' | 'info' | 'warn' | 'error') => (entry: LogEntry) => log[name](entry)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
