import type { Drive, ForbiddenPath } from '#protocols/roads/network.ts'

/** A restriction on the road network: `no` forbids its drives in a row, `only` leaves no other way on from its first. */
export type TurnRule = { readonly kind: 'no' | 'only'; readonly drives: ForbiddenPath }

/**
 * Rules as what is forbidden, each path once. An `only` forbids, after every beginning of it, each way on but its own, the
 * way back included; where several begin alike, each of their ways on is left open, because a sign with two arrows is
 * mapped as two restrictions.
 */
export function forbiddenBy(
  rules: readonly TurnRule[],
  leavingAfter: (drive: Drive) => readonly Drive[],
): ForbiddenPath[] {
  const onward = new Map<string, { readonly beginning: ForbiddenPath; readonly next: Set<Drive> }>()
  for (const { drives } of rules.filter(rule => rule.kind === 'only')) {
    for (let length = 1; length < drives.length; length++) {
      const beginning = drives.slice(0, length)
      const known = onward.get(beginning.join()) ?? { beginning, next: new Set() }
      onward.set(beginning.join(), known)
      known.next.add(drives[length]!)
    }
  }
  const byOnly = [...onward.values()].flatMap(({ beginning, next }) =>
    leavingAfter(beginning[beginning.length - 1]!)
      .filter(drive => !next.has(drive))
      .map(drive => [...beginning, drive]),
  )
  const byNo = rules.filter(rule => rule.kind === 'no').map(rule => rule.drives)
  return [...new Map([...byNo, ...byOnly].map(path => [path.join(), path])).values()]
}
