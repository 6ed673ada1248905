import type { RoadSearch } from '#gateway/reach/search.ts'
import type { Drive } from '#protocols/roads/network.ts'

type RoadPlace = { readonly edge: number; readonly fraction: number }

/** A drive of a way, or the part of it that is driven, and what it takes. */
export type Leg = { readonly drive: Drive; readonly ds: number }

/**
 * The way a unit takes, drive by drive, read out of a search that came back from the place; together the legs take exactly
 * what `nearest` says. Empty when the search has not met the unit. What `WayReader` puts into columns, here as objects.
 */
export function legsTo(search: RoadSearch, unit: RoadPlace, place: RoadPlace): Leg[] {
  const { graph, weights } = search
  let best: { readonly ds: number; readonly first: Leg; readonly node: number } | undefined
  for (const drive of [2 * unit.edge, 2 * unit.edge + 1]) {
    if (!weights.isOpen(drive)) continue
    const isAhead = (drive & 1) === 0 ? unit.fraction <= place.fraction : unit.fraction >= place.fraction
    if (unit.edge === place.edge && isAhead) {
      const ds = weights.alongDs(drive, unit.fraction, place.fraction)
      if (best === undefined || ds < best.ds) best = { ds, first: { drive, ds }, node: -1 }
    }
    const node = graph.driveEnd[drive]!
    const restDs = search.costDs(node)
    const outDs = weights.outDs(drive, unit.fraction)
    if (restDs >= 0 && (best === undefined || outDs + restDs < best.ds))
      best = { ds: outDs + restDs, first: { drive, ds: outDs }, node }
  }
  if (best === undefined) return []
  return best.node < 0 ? [best.first] : [best.first, ...legsFrom(search, best.node, place)]
}

function legsFrom(search: RoadSearch, from: number, place: RoadPlace): Leg[] {
  const { graph, weights } = search
  const legs: Leg[] = []
  let node = from
  for (let arc = search.parents[node]!; arc >= 0; arc = search.parents[node]!) {
    const drive = graph.backDrive[arc]!
    legs.push({ drive, ds: weights.wholeDs(drive) })
    node = graph.arcTo[graph.arcOf(node, drive)]!
  }
  const ahead = 2 * place.edge
  const isAhead =
    weights.isOpen(ahead) &&
    graph.arcOf(node, ahead) >= 0 &&
    search.costs[node] === weights.intoDs(ahead, place.fraction)
  return [...legs, { drive: isAhead ? ahead : ahead + 1, ds: search.costs[node]! }]
}
