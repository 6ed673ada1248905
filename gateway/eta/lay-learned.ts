import type { Drive, RoadClass } from '#protocols/roads/network.ts'
import type { Layer } from '../reach/conditions.ts'
import type { RoadConditions } from '../reach/road-conditions.ts'

const CLASSES = 'learned, classes'
const ROADS = 'learned, roads'
/** A class that moved by less is left as it was laid: nobody would see it, and all roads would be laid anew for it. */
const CLASS_MOVED = 0.02
/** A road has moved by so much, and so many of the roads that speak for themselves must have. */
const ROAD_MOVED = 0.05
const ROADS_MOVED_SHARE = 0.02

type ClassFactors = Readonly<Partial<Record<RoadClass, number>>>
type RoadFactors = ReadonlyMap<Drive, number>

/**
 * What was learned becomes part of the conditions, when it moved far enough to be worth laying all roads anew. A city that
 * learned nothing has no such part. Roads are copied: they go on changing where they are learned, and everything that searches
 * has to agree on one state.
 */
export class LearnedRoads {
  private readonly conditions: Pick<RoadConditions, 'putAll'>
  private classes: ClassFactors = {}
  private roads: RoadFactors = new Map()

  constructor(conditions: Pick<RoadConditions, 'putAll'>) {
    this.conditions = conditions
  }

  /** Whether the roads were laid anew. */
  lay(layers: readonly Layer[]): boolean {
    const classes = layers.find(layer => layer.by === 'class')?.factors ?? {}
    const roads = layers.find(layer => layer.by === 'drive')?.factors ?? new Map<Drive, number>()
    if (!classesMoved(this.classes, classes) && !roadsMoved(this.roads, roads)) return false
    this.classes = classes
    this.roads = new Map(roads)
    this.conditions.putAll([
      [CLASSES, { by: 'class', factors: this.classes }],
      [ROADS, { by: 'drive', factors: this.roads }],
    ])
    return true
  }
}

function classesMoved(laid: ClassFactors, now: ClassFactors): boolean {
  const names = Object.keys(now) as RoadClass[]
  return names.some(name => Math.abs(Math.log((now[name] ?? 1) / (laid[name] ?? 1))) > CLASS_MOVED)
}

function roadsMoved(laid: RoadFactors, now: RoadFactors): boolean {
  let moved = 0
  for (const [drive, factor] of now)
    if (Math.abs(Math.log(factor / (laid.get(drive) ?? 1))) > ROAD_MOVED) moved += 1
  return moved > ROADS_MOVED_SHARE * now.size
}
