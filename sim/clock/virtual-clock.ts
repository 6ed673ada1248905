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
  const nowOf = (atMs: number): Now => ({ monoMs: atMs, utcMs: atMs + utcOffsetMs, quality })
  let shown = nowOf(monoMs)

  const runNext = (): boolean => {
    const atMs = queue.nextMs()
    if (atMs === undefined) return false
    monoMs = atMs
    queue.take()()
    return true
  }

  return {
    // Asked for several times a moment, and made once.
    now: () => (shown.monoMs === monoMs ? shown : (shown = nowOf(monoMs))),
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

const NOTHING = (): void => {}

/**
 * Binary heap by `(atMs, turn)`. Its places are three columns of numbers, so that a call rises and sinks without being
 * touched: `slots` says where in `runs` the call of a place lies. A cancelled call leaves `runs` at once and its place when it
 * reaches the top, so cancelling is O(1). The columns double when they are full.
 */
class DueQueue {
  waiting = 0
  private atMs = new Float64Array(64)
  private turns = new Float64Array(64)
  private slots = new Uint32Array(64)
  private size = 0
  private turn = 0
  /** By slot; null: cancelled. */
  private readonly runs: ((() => void) | null)[] = []
  /** Whose slot it is now, so that cancelling what has run cancels nobody else. */
  private readonly owners: number[] = []
  private readonly free: number[] = []

  put(atMs: number, run: () => void): () => void {
    const turn = ++this.turn
    const slot = this.free.pop() ?? this.runs.length
    this.runs[slot] = run
    this.owners[slot] = turn
    if (this.size === this.atMs.length) this.grow()
    this.rise(this.size++, atMs, turn, slot)
    this.waiting++
    return () => {
      if (this.owners[slot] !== turn || this.runs[slot] === null) return
      this.runs[slot] = null
      this.waiting--
    }
  }

  nextMs(): number | undefined {
    while (this.size > 0 && this.runs[this.slots[0]!] === null) this.pop()
    return this.size === 0 ? undefined : this.atMs[0]
  }

  /** Right after `nextMs` said that there is one. */
  take(): () => void {
    const run = this.runs[this.slots[0]!]!
    this.pop()
    this.waiting--
    return run
  }

  private pop(): void {
    const slot = this.slots[0]!
    this.runs[slot] = NOTHING
    this.owners[slot] = 0
    this.free.push(slot)
    const last = --this.size
    if (last > 0) this.sink(this.atMs[last]!, this.turns[last]!, this.slots[last]!)
  }

  /** From place `at`, which is free, to where it belongs. */
  private rise(start: number, atMs: number, turn: number, slot: number): void {
    let at = start
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.isBehind(parent, atMs, turn)) break
      this.move(parent, at)
      at = parent
    }
    this.write(at, atMs, turn, slot)
  }

  /** From the top, which is free, to where it belongs. */
  private sink(atMs: number, turn: number, slot: number): void {
    let at = 0
    for (let child = 1; child < this.size; child = 2 * at + 1) {
      const right = child + 1
      if (right < this.size && this.isBehind(child, this.atMs[right]!, this.turns[right]!)) child = right
      if (this.isBehind(child, atMs, turn)) break
      this.move(child, at)
      at = child
    }
    this.write(at, atMs, turn, slot)
  }

  /** Whether the call at a place comes after one of `atMs` and `turn`. */
  private isBehind(place: number, atMs: number, turn: number): boolean {
    const its = this.atMs[place]!
    return its > atMs || (its === atMs && this.turns[place]! > turn)
  }

  private move(from: number, to: number): void {
    this.write(to, this.atMs[from]!, this.turns[from]!, this.slots[from]!)
  }

  private write(place: number, atMs: number, turn: number, slot: number): void {
    this.atMs[place] = atMs
    this.turns[place] = turn
    this.slots[place] = slot
  }

  private grow(): void {
    const longer = <T extends Float64Array | Uint32Array>(column: T, made: T): T => {
      made.set(column)
      return made
    }
    const length = 2 * this.size
    this.atMs = longer(this.atMs, new Float64Array(length))
    this.turns = longer(this.turns, new Float64Array(length))
    this.slots = longer(this.slots, new Uint32Array(length))
  }
}
