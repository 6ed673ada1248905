import type { Clock } from '#protocols/time.ts'
import { atOnce } from './steps.ts'
import type { InTurns, Steps } from './steps.ts'

export type ReadAhead<T> = {
  /** What was read ahead since the last call; where nothing was, not yet to its end, or too long ago, it is read at once. */
  read(): T
  close(): void
}

/**
 * Something long that is read again and again, `afterMs` after it was read last and in turns of the event loop, so that it is
 * there when it is asked for and nobody waited for it. Asked for later than `keptMs` after that reading began it is read anew.
 */
export function readAhead<T>(
  clock: Clock,
  inTurns: InTurns,
  { afterMs, keptMs }: { readonly afterMs: number; readonly keptMs: number },
  begin: () => Steps<T>,
): ReadAhead<T> {
  let ready: { readonly value: T; readonly sinceMonoMs: number } | null = null
  let asked = 0
  let cancel = (): void => {}
  const readOn = async (): Promise<void> => {
    const mine = asked
    const sinceMonoMs = clock.now().monoMs
    const value = await inTurns(begin)
    if (mine === asked) ready = { value, sinceMonoMs }
  }
  return {
    read() {
      const isKept = ready !== null && clock.now().monoMs - ready.sinceMonoMs <= keptMs
      const value = ready !== null && isKept ? ready.value : atOnce(begin())
      ready = null
      asked++
      cancel()
      cancel = clock.after(afterMs, () => void readOn())
      return value
    },
    close: () => cancel(),
  }
}
