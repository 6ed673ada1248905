import type { Clock, ClockQuality, Now } from '#protocols/time.ts'

/**
 * Time that moves only when told: the simulator's second hand. Everything due at the same millisecond runs in the
 * order it was asked for, so a run is one list of calls and replays exactly.
 */
export type VirtualClock = Clock & {
  /** Runs everything due up to and including `monoMs`, then stands at `monoMs`. Returns how many calls ran. */
  runUntil(monoMs: number): number
  /** Runs the next due call, wherever it is; false when nothing waits. */
  step(): boolean
  /** How many calls wait. */
  pending(): number
}

export type VirtualClockOptions = {
  readonly utcMs?: number
  readonly monoMs?: number
  readonly quality?: ClockQuality
}

/** 2026-06-01 08:00 in Jining: a weekday morning shift. */
const DEFAULT_START_UTC_MS = Date.UTC(2026, 5, 1, 0, 0, 0)

/** `openVirtualClock()` stands still at mono 0; `clock.runUntil(60_000)` lets a minute pass. */
export function openVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  const quality = options.quality ?? 'ntp'
  let monoMs = options.monoMs ?? 0
  const utcOffsetMs = (options.utcMs ?? DEFAULT_START_UTC_MS) - monoMs
  const queue = new DueQueue()

  const runNext = (): boolean => {
    const due = queue.take()
    if (due === undefined) return false
    monoMs = due.atMs
    due.run()
    return true
  }

  return {
    now: (): Now => ({ monoMs, utcMs: monoMs + utcOffsetMs, quality }),
    after: (ms, run) => queue.put(monoMs + Math.max(0, ms), run),
    step: runNext,
    pending: () => queue.waiting,
    runUntil: untilMs => {
      let count = 0
      for (let next = queue.nextMs(); next !== undefined && next <= untilMs; next = queue.nextMs()) {
        if (runNext()) count += 1
      }
      monoMs = Math.max(monoMs, untilMs)
      return count
    },
  }
}

type Due = { readonly atMs: number; readonly turn: number; run: () => void; cancelled: boolean; ran: boolean }

/** Binary heap by `(atMs, turn)`; a cancelled call stays inside until it reaches the top, so cancelling is O(1). */
class DueQueue {
  waiting = 0
  private readonly heap: Due[] = []
  private turn = 0

  put(atMs: number, run: () => void): () => void {
    this.turn += 1
    const due: Due = { atMs, turn: this.turn, run, cancelled: false, ran: false }
    this.heap.push(due)
    this.rise(this.heap.length - 1)
    this.waiting += 1
    return () => {
      if (due.cancelled || due.ran) return
      due.cancelled = true
      this.waiting -= 1
    }
  }

  nextMs(): number | undefined {
    while (this.heap[0]?.cancelled === true) this.pop()
    return this.heap[0]?.atMs
  }

  take(): Due | undefined {
    if (this.nextMs() === undefined) return undefined
    const due = this.pop()
    due.ran = true
    this.waiting -= 1
    return due
  }

  private pop(): Due {
    const top = this.heap[0]!
    const last = this.heap.pop()!
    if (this.heap.length > 0) {
      this.heap[0] = last
      this.sink(0)
    }
    return top
  }

  private rise(start: number): void {
    let at = start
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!earlier(this.heap[at]!, this.heap[parent]!)) return
      this.swap(at, parent)
      at = parent
    }
  }

  private sink(start: number): void {
    let at = start
    for (;;) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.heap.length && earlier(this.heap[child]!, this.heap[least]!)) least = child
      }
      if (least === at) return
      this.swap(at, least)
      at = least
    }
  }

  private swap(a: number, b: number): void {
    const held = this.heap[a]!
    this.heap[a] = this.heap[b]!
    this.heap[b] = held
  }
}

const earlier = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.turn < b.turn)
