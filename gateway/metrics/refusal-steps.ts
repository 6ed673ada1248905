import type { Metrics } from './metrics.ts'

/** Turns totals that others count (`{ TOPIC_REFUSED: 3 }`) into steps of the refusal counter. */
export function refusalSteps(
  metrics: Pick<Metrics, 'refused'>,
): (totals: Iterable<readonly [string, number]>) => void {
  const seen = new Map<string, number>()
  return totals => {
    for (const [code, total] of totals) {
      for (let n = seen.get(code) ?? 0; n < total; n++) metrics.refused(code)
      seen.set(code, total)
    }
  }
}
