import type { Drive, ForbiddenPath, NetworkEdge } from '#protocols/roads/network.ts'
import type { OsmMember } from './osm-pbf-file.ts'

/** Why a restriction is not found on the roads that were kept. */
export type TurnPlaceReason = 'incomplete' | 'notInGraph' | 'notJoined' | 'closed' | 'ambiguous'
export type TurnPlace = { readonly drives: ForbiddenPath } | { readonly reason: TurnPlaceReason }

/** A way between two junctions is cut into few edges; more is a mistake in the map, and a search for ever. */
const VIA_EDGES_MAX = 64
const VIA_STEPS_MAX = 10_000

/**
 * Where restrictions lie on the kept roads. `from` and `to` must touch the via node, or the ends of a path through the via
 * ways; where two roads fit, nobody can know which is meant.
 */
export class TurnPlaces {
  private readonly edges: readonly NetworkEdge[]
  private readonly edgesOfWay = new Map<number, number[]>()
  private readonly junctionOfNode: ReadonlyMap<number, number>

  /** `wayIds`: OSM way of each edge. `junctionOfNode`: junction by OSM node. */
  constructor(
    edges: readonly NetworkEdge[],
    wayIds: readonly number[],
    junctionOfNode: ReadonlyMap<number, number>,
  ) {
    this.edges = edges
    this.junctionOfNode = junctionOfNode
    wayIds.forEach((way, edge) => {
      const known = this.edgesOfWay.get(way)
      if (known === undefined) this.edgesOfWay.set(way, [edge])
      else known.push(edge)
    })
  }

  /** One place per pair of from and to, of which `no_entry` and `no_exit` have several. */
  placesOf(members: readonly OsmMember[]): TurnPlace[] {
    const ways = (role: string): number[] =>
      members.filter(member => member.role === role && member.type === 'way').map(({ ref }) => ref)
    const [froms, tos, viaWays] = [ways('from'), ways('to'), ways('via')]
    const viaNodes = members.filter(({ role, type }) => role === 'via' && type === 'node')
    const via = viaNodes[0]
    const isComplete = froms.length > 0 && tos.length > 0 && (viaWays.length > 0 || viaNodes.length === 1)
    if (!isComplete) return [{ reason: 'incomplete' }]
    return froms.flatMap(from =>
      tos.map(to =>
        viaWays.length > 0 || via === undefined
          ? this.throughWays(from, viaWays, to)
          : this.overNode(from, via.ref, to),
      ),
    )
  }

  private overNode(from: number, via: number, to: number): TurnPlace {
    const [fromDrives, toDrives] = [this.drivesOf(from), this.drivesOf(to)]
    if (fromDrives.length === 0 || toDrives.length === 0) return { reason: 'notInGraph' }
    const junction = this.junctionOfNode.get(via)
    const into = fromDrives.filter(drive => this.headOf(drive) === junction)
    const onto = toDrives.filter(drive => this.headOf(drive ^ 1) === junction)
    if (into.length === 0 || onto.length === 0) return { reason: 'notJoined' }
    const open = (drives: readonly Drive[]): Drive[] => drives.filter(drive => this.isOpen(drive))
    return oneOf(open(into).flatMap(first => open(onto).map(last => [first, last]))) ?? { reason: 'closed' }
  }

  private throughWays(from: number, via: readonly number[], to: number): TurnPlace {
    if ([from, ...via, to].some(way => !this.edgesOfWay.has(way))) return { reason: 'notInGraph' }
    const edgeCount = via.reduce((sum, way) => sum + this.edgesOfWay.get(way)!.length, 0)
    if (edgeCount > VIA_EDGES_MAX) return { reason: 'ambiguous' }
    const found = oneOf(this.pathsThrough(from, via, to, drive => this.isOpen(drive)))
    if (found !== undefined) return found
    return this.pathsThrough(from, via, to, () => true).length > 0
      ? { reason: 'closed' }
      : { reason: 'notJoined' }
  }

  /** Ways from `from` to `to` that use a part of every via way and no junction twice; two are enough to know. */
  private pathsThrough(
    from: number,
    via: readonly number[],
    to: number,
    isOpen: (drive: Drive) => boolean,
  ): ForbiddenPath[] {
    const wayOf = new Map(via.flatMap(way => this.edgesOfWay.get(way)!.map(edge => [edge, way] as const)))
    const inside = [...wayOf.keys()].flatMap(edge => [2 * edge, 2 * edge + 1]).filter(isOpen)
    const [first, last] = [this.drivesOf(from).filter(isOpen), this.drivesOf(to).filter(isOpen)]
    const found: ForbiddenPath[] = []
    const waiting = first.map(drive => [drive])
    for (let steps = 0; steps < VIA_STEPS_MAX && found.length < 2; steps++) {
      const path = waiting.pop()
      if (path === undefined) break
      const here = this.headOf(path[path.length - 1]!)
      const used = new Set(path.slice(1).map(drive => wayOf.get(drive >> 1)))
      if (used.size === new Set(via).size)
        for (const drive of last) if (this.headOf(drive ^ 1) === here) found.push([...path, drive])
      const seen = path.map(drive => this.headOf(drive))
      for (const drive of inside) {
        if (this.headOf(drive ^ 1) !== here || seen.includes(this.headOf(drive))) continue
        if (path[0]! >> 1 !== drive >> 1) waiting.push([...path, drive])
      }
    }
    return found
  }

  private drivesOf(way: number): Drive[] {
    return (this.edgesOfWay.get(way) ?? []).flatMap(edge => [2 * edge, 2 * edge + 1])
  }

  private headOf(drive: Drive): number {
    const edge = this.edges[drive >> 1]!
    return (drive & 1) === 0 ? edge.to : edge.from
  }

  private isOpen(drive: Drive): boolean {
    const edge = this.edges[drive >> 1]!
    return (drive & 1) === 0 ? edge.forward : edge.backward
  }
}

function oneOf(paths: readonly ForbiddenPath[]): TurnPlace | undefined {
  const [drives, another] = paths
  if (drives === undefined) return undefined
  return another === undefined ? { drives } : { reason: 'ambiguous' }
}
