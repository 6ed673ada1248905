import type { Drive } from '#protocols/roads/network.ts'

/** A part of a drive, as shares of it in the direction driven; equal shares are standing. */
export type Part = { readonly drive: Drive; readonly from: number; readonly to: number }

/** What was driven between two fixes. */
export type Step = {
  readonly fromMs: number
  readonly toMs: number
  readonly parts: readonly Part[]
  /** No other way is about as good. */
  readonly isClear: boolean
}

/** How a guess came to be: the newest step and those before it, back to what was told already (`step` null). */
export type Trail = { before: Trail | null; step: Step | null; readonly depth: number }

/** Steps that may wait to become certain: a minute of fixes once a second. */
const LONG = 60

/** The newest point all trails lead over; null when there is none but the start. */
export function commonTrail(trails: readonly (Trail | null)[]): Trail | null {
  let common = trails[0] ?? null
  for (const trail of trails) {
    let other = trail
    while (common !== other) {
      if (common === null || other === null) return null
      if (common.depth >= other.depth) common = common.before
      else other = other.before
    }
  }
  return common
}

/** The steps up to this point that were not told yet, oldest first. */
export function stepsOf(trail: Trail | null): Step[] {
  const steps: Step[] = []
  for (let at = trail; at !== null && at.step !== null; at = at.before) steps.push(at.step)
  return steps.reverse()
}

export function isLong(trail: Trail | null): boolean {
  let count = 0
  for (let at = trail; at !== null && at.step !== null; at = at.before) if (++count >= LONG) return true
  return false
}
