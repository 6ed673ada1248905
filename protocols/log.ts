/** One event per line, as an object with a stable `event` name; the shape pino has, without pino. */
export type Logger = {
  debug(entry: LogEntry): void
  info(entry: LogEntry): void
  warn(entry: LogEntry): void
  error(entry: LogEntry): void
}
export type LogEntry = { readonly event: string } & Readonly<Record<string, unknown>>
