import type { Recommendation } from '#protocols/api.ts'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { CoverageDesk } from '../coverage/coverage-desk.ts'

/**
 * A recommendation with what each candidate would cost the rest of the city; shown, never weighed. A candidate coverage
 * does not count now, and all while it is not known, cost null: nobody waits for a number in an emergency.
 */
export async function withCosts(
  recommended: Result<Recommendation>,
  coverage: Pick<CoverageDesk, 'costs'>,
): Promise<Result<Recommendation>> {
  if (!recommended.ok || recommended.value.candidates.length === 0) return recommended
  const { candidates } = recommended.value
  const costs = await coverage.costs(candidates.map(one => one.unitId))
  const costOf = (unitId: string) => (costs.ok ? (costs.value.get(unitId) ?? null) : null)
  return ok({
    ...recommended.value,
    candidates: candidates.map(one => ({ ...one, coverageCost: costOf(one.unitId) })),
  })
}
