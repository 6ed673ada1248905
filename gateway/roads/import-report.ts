import { shapeLengthM } from '#protocols/roads/pack-graph.ts'
import type { Ground } from './ground-reading.ts'
import type { Kept } from './kept-roads.ts'
import type { WayVerdict } from './road-rules.ts'
import type { SplitResult } from './split-ways.ts'
import type { TurnReport } from './turn-restrictions.ts'

/** Why a road of a drivable class is not in the graph. */
export type LeftReason = Exclude<WayVerdict, 'drivable' | 'notRoad'> | 'tooLong' | 'disconnected'

/** One reason with what it cost, and OSM way ids to look at. */
export type LeftOut = {
  readonly reason: LeftReason
  readonly ways: number
  readonly km: number
  readonly examples: readonly number[]
}

/** What was read, kept and left out. Lengths in kilometres to 0.1. */
export type ImportReport = {
  readonly items: number
  /** Highways by verdict; `notRoad` are footways, tracks and the like. */
  readonly ways: Readonly<Record<WayVerdict, number>>
  readonly nodes: number
  readonly edges: number
  readonly oneWayEdges: number
  readonly lengthKm: number
  /** Share of the length of all roads of a drivable class that is in the graph, 0 to 1. */
  readonly keptShare: number
  readonly left: readonly LeftOut[]
  /** Kept at the border, where the extract cuts roads: what can be reached and not left again, and the other way round. */
  readonly border: Readonly<Record<'outOnly' | 'inOnly', Omit<LeftOut, 'reason'>>>
  readonly dropped: {
    readonly missingNodes: number
    readonly blockedNodes: number
    readonly tooLongEdges: number
    /** Joined to the rest by no road of the extract, in neither direction. */
    readonly disconnectedNodes: number
    readonly disconnectedEdges: number
  }
  readonly turns: TurnReport
  /** What was found beside the roads, for the map. */
  readonly ground: {
    readonly areasAndLines: number
    readonly places: number
    readonly incompleteAreas: number
  }
}

const EXAMPLES_MAX = 5

type Found = {
  readonly items: number
  readonly verdicts: Readonly<Record<WayVerdict, number>>
  readonly refused: readonly {
    readonly id: number
    readonly verdict: WayVerdict
    readonly refs: readonly number[]
  }[]
  readonly lengthM: (refs: readonly number[]) => number
  readonly split: SplitResult
  readonly kept: Kept
  readonly turns: TurnReport
  readonly ground: Ground
}

/** The whole account: everything of a drivable class is either kept or listed under a reason. */
export function reportOf({
  items,
  verdicts,
  refused,
  lengthM,
  split,
  kept,
  turns,
  ground,
}: Found): ImportReport {
  const { missingNodes, blockedNodes, tooLong } = split
  const keptM = kept.edges.reduce((sum, edge) => sum + shapeLengthM(edge.shape), 0)
  const tally = new Tally()
  for (const { id, verdict, refs } of refused) tally.add(verdict as LeftReason, id, lengthM(refs))
  // Not its coordinates' length: a broken coordinate would drown everything else.
  for (const id of tooLong) tally.add('tooLong', id, 0)
  for (const edge of kept.left) {
    tally.add('disconnected', split.wayIds[edge] ?? 0, shapeLengthM(split.edges[edge]?.shape ?? []))
  }
  const left = tally.rows()
  const leftM = tally.totalM()
  return {
    items,
    ways: verdicts,
    nodes: kept.nodes.length,
    edges: kept.edges.length,
    oneWayEdges: kept.edges.filter(edge => edge.forward !== edge.backward).length,
    lengthKm: km(keptM),
    keptShare: Math.round((1000 * keptM) / Math.max(1, keptM + leftM)) / 1000,
    left,
    border: { outOnly: borderOf('outOnly', kept, split), inOnly: borderOf('inOnly', kept, split) },
    dropped: {
      missingNodes,
      blockedNodes,
      tooLongEdges: tooLong.length,
      disconnectedNodes: split.nodes.length - kept.nodes.length,
      disconnectedEdges: kept.left.length,
    },
    turns,
    ground: {
      areasAndLines: ground.features.length - ground.places.length,
      places: ground.places.length,
      incompleteAreas: ground.incompleteAreas,
    },
  }
}

function borderOf(part: 'outOnly' | 'inOnly', kept: Kept, split: SplitResult): Omit<LeftOut, 'reason'> {
  const edges = kept.edges.flatMap((edge, i) => (edge.part === part ? [i] : []))
  const ways = new Set(edges.map(i => split.wayIds[kept.keptEdges[i]!]!))
  return {
    ways: ways.size,
    km: km(edges.reduce((sum, i) => sum + shapeLengthM(kept.edges[i]!.shape), 0)),
    examples: [...ways].slice(0, EXAMPLES_MAX),
  }
}

class Tally {
  private readonly byReason = new Map<LeftReason, { readonly ways: Set<number>; metres: number }>()

  add(reason: LeftReason, way: number, metres: number): void {
    const row = this.byReason.get(reason) ?? { ways: new Set(), metres: 0 }
    this.byReason.set(reason, row)
    row.ways.add(way)
    row.metres += metres
  }

  /** What costs most first. */
  rows(): LeftOut[] {
    return [...this.byReason]
      .sort(([, a], [, b]) => b.metres - a.metres)
      .map(([reason, { ways, metres }]) => ({
        reason,
        ways: ways.size,
        km: km(metres),
        examples: [...ways].slice(0, EXAMPLES_MAX),
      }))
  }

  totalM(): number {
    return [...this.byReason.values()].reduce((sum, { metres }) => sum + metres, 0)
  }
}

const km = (metres: number): number => Math.round(metres / 100) / 10
