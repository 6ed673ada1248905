import { forbiddenBy } from '#gateway/roads/only-turns.ts'
import type { NetworkEdge, RoadNetwork } from '#protocols/roads/network.ts'
import type { TurnLaw } from './line-graph.ts'

/** Drives that leave each junction of a network. */
function leavingOf({ nodes, edges }: RoadNetwork): number[][] {
  const leaving: number[][] = nodes.map(() => [])
  edges.forEach(({ from, to, forward, backward }: NetworkEdge, edge) => {
    if (forward) leaving[from]!.push(2 * edge)
    if (backward) leaving[to]!.push(2 * edge + 1)
  })
  return leaving
}

const headOf = ({ edges }: RoadNetwork, drive: number): number =>
  (drive & 1) === 0 ? edges[drive >> 1]!.to : edges[drive >> 1]!.from

/**
 * Restrictions put anywhere: single turns and ways through up to four roads, both kinds, forbidden U-turns, some that begin
 * like one before (so they overlap or contradict it), some that go round in circles. Dense on purpose.
 */
export function plantedLaws(network: RoadNetwork, count: number, random: () => number): TurnLaw[] {
  const leaving = leavingOf(network)
  const all = leaving.flat()
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)]
  const laws: TurnLaw[] = []
  for (let tries = 0; laws.length < count && tries < 20 * count; tries++) {
    const like = random() < 0.3 ? pick(laws)?.drives : undefined
    const drives =
      like === undefined ? [pick(all) ?? 0] : like.slice(0, 1 + Math.floor(random() * (like.length - 1)))
    const length = random() < 0.5 ? 2 : 3 + Math.floor(random() * 3)
    while (drives.length < Math.max(length, 2)) {
      const last = drives[drives.length - 1]!
      const ways = leaving[headOf(network, last)]!
      const next = random() < 0.1 && ways.includes(last ^ 1) ? last ^ 1 : pick(ways)
      if (next === undefined) break
      drives.push(next)
    }
    if (drives.length >= 2) laws.push({ kind: random() < 0.3 ? 'only' : 'no', drives })
  }
  return laws
}

/** The network under laws, as an import would hand it on. */
export function underLaws(network: RoadNetwork, laws: readonly TurnLaw[]): RoadNetwork {
  const leaving = leavingOf(network)
  return { ...network, forbidden: forbiddenBy(laws, drive => leaving[headOf(network, drive)]!) }
}
