import type { Clock } from '#protocols/time.ts'
import { atOnce } from './steps.ts'
import type { InTurns, Steps } from './steps.ts'

export type ReadAhead<T> = {
  /** What was read ahead since the last call; where nothing was, or not yet to its end, it is read at once. */
  read(): T
  close(): void
}

/**
 * Something long that is read again and again, `afterMs` after it was read last and in turns of the event loop, so that it is
 * there when it is asked for and nobody waited for it. What is read so is as old as the asking is later than that.
 */
export function readAhead<T>(
  clock: Clock,
  inTurns: InTurns,
  afterMs: number,
  begin: () => Steps<T>,
): ReadAhead<T> {
  let ready: { readonly value: T } | null = null
  let asked = 0
  let cancel = (): void => {}
  const readOn = async (): Promise<void> => {
    const mine = asked
    const value = await inTurns(begin)
    if (mine === asked) ready = { value }
  }
  return {
    read() {
      const value = ready === null ? atOnce(begin()) : ready.value
      ready = null
      asked++
      cancel()
      cancel = clock.after(afterMs, () => void readOn())
      return value
    },
    close: () => cancel(),
  }
}
