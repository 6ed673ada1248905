import type { Drive } from '#protocols/roads/network.ts'
import type { Now } from '#protocols/time.ts'
import { drivesOf, endClosure, isOver, stateOf } from './closure.ts'
import type { Closure } from './closure.ts'

/** Not ended; more is a program that closes roads in a loop. */
export const CLOSURES_MAX = 500
/** Pages show what ended lately; the audit remembers for ever. */
const KEPT_MS = 24 * 3_600_000

/** How many times as long a drive takes; Infinity is closed. Drives that are not in it are as ever. */
export type DriveFactors = ReadonlyMap<Drive, number>

/** All closures, by the clock planned, in force or ended. It knows no roads, only drives. */
export class ClosureBook {
  private readonly closures = new Map<string, Closure>()
  private inForce: readonly Closure[] = []

  byId(id: string): Closure | undefined {
    return this.closures.get(id)
  }

  /** Those that last first, the newest first among them. */
  all(): Closure[] {
    return [...this.closures.values()].sort(
      (a, b) =>
        Number(a.ended !== null) - Number(b.ended !== null) ||
        b.createdUtcMs - a.createdUtcMs ||
        (a.id < b.id ? -1 : 1),
    )
  }

  lastingCount(): number {
    return [...this.closures.values()].filter(({ ended }) => ended === null).length
  }

  put(closure: Closure): void {
    this.closures.set(closure.id, closure)
  }

  /** What the clock changed: closures that began or were over since the last call, and those too old to be kept. */
  tick(now: Now): { readonly changed: readonly Closure[]; readonly forgotten: readonly string[] } {
    const forgotten = [...this.closures.values()]
      .filter(({ ended }) => ended !== null && now.utcMs - ended.utcMs > KEPT_MS)
      .map(({ id }) => id)
    for (const id of forgotten) this.closures.delete(id)
    const over = [...this.closures.values()]
      .filter(closure => isOver(closure, now))
      .map(closure => endClosure(closure, null, '', closure.untilUtcMs ?? now.utcMs))
    for (const closure of over) this.put(closure)
    const begun = this.nowInForce(now).filter(closure => !this.inForce.some(({ id }) => id === closure.id))
    return { changed: [...over, ...begun], forgotten }
  }

  /**
   * What holds now, where it differs from the last answer; undefined when it does not. Closed beats slow, and of two that
   * make a road slow the slower one counts: a car cannot be held up twice by one crash.
   */
  settle(now: Now): DriveFactors | undefined {
    const inForce = this.nowInForce(now)
    const isSame = inForce.length === this.inForce.length && inForce.every((c, i) => c === this.inForce[i])
    if (isSame) return undefined
    this.inForce = inForce
    return factorsOf(inForce)
  }

  /** In force as of the last `settle`. */
  holding(): readonly Closure[] {
    return this.inForce
  }

  private nowInForce(now: Now): Closure[] {
    return [...this.closures.values()].filter(
      closure => stateOf(closure, now) === 'in_force' && !isOver(closure, now),
    )
  }
}

/** A road that nobody may drive as its signs say is closed against its signs too, for whoever a profile lets do that. */
const drivesMeant = (closure: Closure): Drive[] => [
  ...drivesOf(closure),
  ...closure.pieces.flatMap(({ edge, ways, oneWay }) =>
    oneWay || ways === 3 ? [] : [2 * edge + (ways === 1 ? 1 : 0)],
  ),
]

export function factorsOf(closures: readonly Closure[]): DriveFactors {
  const factors = new Map<Drive, number>()
  for (const closure of closures)
    for (const drive of drivesMeant(closure))
      factors.set(drive, Math.max(1 / closure.speedFactor, factors.get(drive) ?? 1))
  return factors
}
