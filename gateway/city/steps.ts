import type { Clock } from '#protocols/time.ts'

/** Work that can be put down after every step, a millisecond or so, and taken up again. */
export type Steps<T> = Generator<void, T, void>

/** All steps without a pause. */
export function atOnce<T>(steps: Steps<T>): T {
  let step = steps.next()
  while (!step.done) step = steps.next()
  return step.value
}

/** A turn of the event loop ends with the first step after so long. */
const TURN_MS = 2

/** Works on what it is given turn by turn; whoever comes meanwhile waits. */
export type InTurns = <T>(begin: () => Steps<T>) => Promise<T>

/**
 * One work after the other, each in turns of the event loop, so that sockets and timers have theirs in between. Who waits is
 * a request of a page, and those are bounded by its connections. `breathe` lets the others have their turn.
 */
export function inTurns(clock: Clock, breathe: () => Promise<void>): InTurns {
  let last: Promise<unknown> = Promise.resolve()
  const work = async <T>(begin: () => Steps<T>): Promise<T> => {
    let steps: Steps<T> | undefined
    for (;;) {
      // Before the first turn too: what came before it, the end of another work or of a request, has held the loop already.
      await breathe()
      const startMonoMs = clock.now().monoMs
      steps ??= begin()
      do {
        const step = steps.next()
        if (step.done) return step.value
      } while (clock.now().monoMs - startMonoMs < TURN_MS)
    }
  }
  return begin => {
    const mine = last.then(() => work(begin))
    last = mine.catch(() => {})
    return mine
  }
}
