import { readdirSync } from 'node:fs'
import { constants, getPriority, setPriority } from 'node:os'

/**
 * Makes a thread of this process nicer than the process: by 5 it has a third of the weight, by 10 a ninth. Linux keeps a
 * niceness for each thread; elsewhere nothing is changed.
 */
export function makeNicer(threadId: number, by: number): void {
  try {
    setPriority(threadId, Math.min(getPriority() + by, constants.priority.PRIORITY_LOW))
  } catch {
    // Where a process may not even step back, both stay equals.
  }
}

/** The threads of this process by their numbers, which grow as they start until the machine begins anew; none where it has no /proc. */
export function threadIds(): number[] {
  try {
    return readdirSync('/proc/self/task')
      .map(Number)
      .toSorted((a, b) => a - b)
  } catch {
    return []
  }
}
