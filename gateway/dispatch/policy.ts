/**
 * Who is proposed first is a named policy (DOMAIN.md 5), because own-grid-first and nearest-first disagree. The faster
 * alternative stays in the list right behind, so a dispatcher always sees what the policy costs.
 */
export type DispatchPolicy =
  | { readonly name: 'nearest' }
  | { readonly name: 'own_grid_first' }
  | { readonly name: 'hybrid'; readonly deltaSeconds: number; readonly targetSeconds: number }

/** Keep the own-grid unit unless another is 45 s faster, or only the other makes five minutes. */
export const HYBRID: DispatchPolicy = { name: 'hybrid', deltaSeconds: 45, targetSeconds: 300 }

type Ranked = { readonly etaSeconds: number; readonly isOwnGrid: boolean }

/** Puts the policy's choice first; `byEta` is sorted by rising ETA and the rest keeps that order. */
export function ranked<T extends Ranked>(byEta: readonly T[], policy: DispatchPolicy): readonly T[] {
  const own = byEta.find(c => c.isOwnGrid)
  const fastest = byEta[0]
  if (own === undefined || fastest === undefined || own === fastest || !keepsOwn(own, fastest, policy)) {
    return byEta
  }
  return [own, ...byEta.filter(c => c !== own)]
}

function keepsOwn(own: Ranked, fastest: Ranked, policy: DispatchPolicy): boolean {
  switch (policy.name) {
    case 'nearest':
      return false
    case 'own_grid_first':
      return true
    case 'hybrid': {
      const muchFaster = own.etaSeconds - fastest.etaSeconds >= policy.deltaSeconds
      const onlyOtherInTime =
        own.etaSeconds > policy.targetSeconds && fastest.etaSeconds <= policy.targetSeconds
      return !muchFaster && !onlyOtherInTime
    }
  }
}
