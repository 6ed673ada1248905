import type { OsmItem, OsmNode, OsmRelation, OsmWay } from './osm-pbf-file.ts'

/** What is handed on again and again would be counted twice: named places and the like. */
type Kept = OsmWay | OsmRelation

/**
 * Several extracts as one: what lies in the overlap of two of them is told once, and a way that was cut off at the border of
 * each is put together again. Nodes go on at once, ways and relations wait until all files were read: memory for every
 * reference, which a single file, that never comes here, does not need.
 */
export class JoinedExtracts {
  private readonly ways = new Map<number, OsmWay>()
  private readonly relations = new Map<number, OsmRelation>()
  private readonly namedNodes = new Set<number>()

  take(item: OsmItem, tellNode: (node: OsmNode) => void): void {
    switch (item.type) {
      case 'node':
        return this.takeNode(item, tellNode)
      case 'way':
        return this.takeWay(item)
      case 'relation':
        return this.takeRelation(item)
    }
  }

  /** All ways, then all relations, each once, in the order of their ids. */
  finish(tell: (item: Kept) => void): void {
    for (const way of inOrder(this.ways)) tell(way)
    for (const relation of inOrder(this.relations)) tell(relation)
  }

  private takeWay(way: OsmWay): void {
    const known = this.ways.get(way.id)
    this.ways.set(way.id, known === undefined ? way : { ...known, refs: joinedRefs(known.refs, way.refs) })
  }

  private takeRelation(relation: OsmRelation): void {
    const known = this.relations.get(relation.id)
    if (known === undefined || known.members.length < relation.members.length)
      this.relations.set(relation.id, relation)
  }

  /** The store of coordinates sees to doubles itself; only what stands on a node must not stand there twice. */
  private takeNode(node: OsmNode, tell: (node: OsmNode) => void): void {
    if (node.tags === undefined) return tell(node)
    const isNew = !this.namedNodes.has(node.id)
    this.namedNodes.add(node.id)
    if (isNew) tell(node)
  }
}

/**
 * One way out of what two extracts hold of it: the longer one, or both end to end where the end of one is the beginning of
 * the other. `joinedRefs([1, 2, 3], [2, 3, 4])` is `[1, 2, 3, 4]`.
 */
export function joinedRefs(one: readonly number[], other: readonly number[]): readonly number[] {
  const [long, short] = one.length >= other.length ? [one, other] : [other, one]
  if (isWithin(short, long)) return long
  return endToEnd(one, other) ?? endToEnd(other, one) ?? long
}

const isWithin = (short: readonly number[], long: readonly number[]): boolean =>
  long.some((_, at) => short.every((ref, i) => long[at + i] === ref))

function endToEnd(first: readonly number[], second: readonly number[]): readonly number[] | undefined {
  for (let shared = Math.min(first.length, second.length) - 1; shared > 0; shared--)
    if (second.slice(0, shared).every((ref, i) => ref === first[first.length - shared + i]))
      return [...first, ...second.slice(shared)]
  return undefined
}

const inOrder = <T extends Kept>(kept: ReadonlyMap<number, T>): T[] =>
  [...kept.values()].sort((a, b) => a.id - b.id)
