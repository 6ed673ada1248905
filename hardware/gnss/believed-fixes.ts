import type { Fix } from '#protocols/fix.ts'
import { judge, openGate } from './plausibility.ts'
import type { Gate } from './plausibility.ts'
import { clamp, openClamp } from './static-clamp.ts'
import { openTwins, pair } from './twins.ts'

/** From what a receiver told to what a vehicle publishes: the gate, the joining of twins, the clamp, in this order. */
export class BelievedFixes {
  #gate = openGate
  #twins = openTwins
  #held = openClamp

  /** The fix as it may be published, or undefined when it cannot be true; `monoMs` is when it was heard. */
  take(fix: Fix, monoMs: number): Fix | undefined {
    const judged = judge(this.#gate, fix, monoMs)
    this.#gate = judged.gate
    if (judged.fix === undefined) return undefined
    const paired = pair(this.#twins, judged.fix)
    this.#twins = paired.state
    const clamped = clamp(this.#held, paired.fix)
    this.#held = clamped.state
    return clamped.fix
  }

  /** What was refused up to now, by reason. */
  refused(): Gate['refused'] {
    return this.#gate.refused
  }
}
