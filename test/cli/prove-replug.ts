import { getPriority, loadavg } from 'node:os'
import { replugRun } from '../ports/replug-run.ts'
import type { Held } from '../ports/replug-run.ts'
import type { Finding } from './evidence.ts'

const CYCLES = 1_000
const LOOK_EVERY = 100

/**
 * Of what a thousand cycles may leave behind: nothing that is counted, and less heap than 0.2 KiB a cycle, which is less
 * than the smallest thing an open makes. What is left below that is machine code that V8 still adds and throws away.
 */
const HEAP_KB_PER_CYCLE_MAX = 0.2

/** A thousand times out and in: nothing is left behind, the unplug is noticed, the fix is back. */
export async function proveReplug(say: (words: string) => void): Promise<Finding> {
  const run = await replugRun(CYCLES, { slowEvery: 10, lookEvery: LOOK_EVERY, say })
  const [first, last] = [run.held[0]!, run.held.at(-1)!]
  const grown = (of: keyof Held): number => last[of] - first[of]
  const times = {
    noticedTalkingMs: spread(run.noticedTalkingMs),
    noticedSilentMs: spread(run.noticedSilentMs),
    letGoMs: spread(run.letGoMs),
    fixAt10HzMs: spread(run.fixQuickMs),
    fixAt1HzMs: spread(run.fixSlowMs),
  }
  const holds =
    grown('descriptors') <= 0 &&
    grown('listeners') <= 0 &&
    grown('lines') <= 1 &&
    grown('heapKb') <= HEAP_KB_PER_CYCLE_MAX * (CYCLES - LOOK_EVERY) &&
    times.noticedTalkingMs.max < 100 &&
    times.noticedSilentMs.max < 3_000 &&
    Math.max(times.fixAt10HzMs.max, times.fixAt1HzMs.max) < 2_000
  return {
    holds,
    evidence: { ...machineThen(), cycles: run.cycles, opens: run.opens, times, held: run.held },
  }
}

/** How busy the machine was, and with which priority this ran: the times are those of a process that gets its turn. */
const machineThen = () => ({ load1: loadavg()[0], niceness: getPriority() })

function spread(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number => Math.round(sorted[Math.floor(share * (sorted.length - 1))]! * 10) / 10
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}
