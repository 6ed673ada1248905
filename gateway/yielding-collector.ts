import { makeNicer, threadIds } from './niceness.ts'
import { V8_POOL } from './start-flags.ts'

/** A ninth of the loop's weight each. With a third of it, two of them on one processor still had every other slice of 4 ms. */
const NICER_BY = 10

/**
 * V8's own threads, which mark and sweep the old generation and compile, work behind the loop from now on. With a fleet's
 * backlog coming in they held both processors of a machine for up to 12 ms at a time while the loop waited with an alarm in
 * its hands, 28 ms of one of 53. Node starts them first, a clock for them and then `V8_POOL`; where the process was not
 * started with so many, or its threads cannot be told apart by their numbers, nothing is changed.
 */
export function letCollectorYield(): void {
  const [loop, _clock, ...others] = threadIds()
  if (loop !== process.pid || !process.execArgv.includes(`--v8-pool-size=${V8_POOL}`)) return
  for (const thread of others.slice(0, V8_POOL)) makeNicer(thread, NICER_BY)
}
