import { readdirSync } from 'node:fs'
import { constants, getPriority, setPriority } from 'node:os'

/** So much nicer than the loop, which has three times the weight of it then and takes a processor from it at once. */
const NICER_BY = 5

/** Makes a thread of this process nicer than the process. Linux keeps a niceness for each thread; elsewhere nothing is changed. */
export function makeNicer(threadId: number): void {
  try {
    setPriority(threadId, Math.min(getPriority() + NICER_BY, constants.priority.PRIORITY_LOW))
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
