import type { Fault, Result } from '#protocols/result.ts'

/** A program that goes on talking. */
export type Following = {
  /** One line into its ear; dropped when it has ended. */
  say(line: string): void
  stop(): void
}

/**
 * Programs of the system that know a device better than we do (gpiod, can-utils). Faults: `TOOL_ABSENT` when it is not
 * installed, `TOOL_FAILED` with its own words; never throws.
 */
export type Tools = {
  /** Runs it to its end and hands back what it printed. */
  run(name: string, args: readonly string[]): Promise<Result<string>>
  /** Starts it and hears its lines; `onEnd` is called once, not after `stop`. */
  follow(
    name: string,
    args: readonly string[],
    ears: { onLine(line: string): void; onEnd(why: Fault): void },
  ): Following
}
