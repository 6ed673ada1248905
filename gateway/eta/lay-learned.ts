import type { Layer } from '../reach/conditions.ts'
import type { RoadConditions } from '../reach/road-conditions.ts'

const CLASSES = 'learned, classes'
const ROADS = 'learned, roads'

/**
 * What was learned becomes part of the conditions. A city that learned nothing yet has no such part. The roads are copied:
 * they go on changing where they are learned, and everything that searches has to agree on one state.
 */
export function layLearned(conditions: Pick<RoadConditions, 'put'>, layers: readonly Layer[]): void {
  for (const layer of layers)
    if (layer.by === 'class') conditions.put(CLASSES, layer)
    else conditions.put(ROADS, { by: 'drive', factors: new Map(layer.factors) })
}
