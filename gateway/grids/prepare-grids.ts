import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { byWeight, checkGrids } from './check-grids.ts'
import type { Finding } from './check-grids.ts'
import type { Crs } from './datum.ts'
import { fitToRoads } from './fit-roads.ts'
import type { CrsFit } from './fit-roads.ts'
import { parseGrids } from './grid-geojson.ts'
import type { Grid } from './grid.ts'

export type PreparedGrids = {
  readonly crs: Crs
  /** In WGS-84, closed and wound as RFC 7946 wants it. */
  readonly grids: readonly Grid[]
  /** Refusals first. */
  readonly findings: readonly Finding[]
  /** Only with roads to compare. */
  readonly fit: CrsFit | null
}

/** A grids file read, converted and looked at from every side; refusals are among the findings. Faults: see `parseGrids`. */
export function examineGrids(text: string, crsFlag?: string, graph?: RoadGraph): Result<PreparedGrids> {
  const parsed = parseGrids(text, crsFlag)
  if (!parsed.ok) return parsed
  const { grids, findings } = checkGrids(parsed.value.grids)
  const roads = graph === undefined ? undefined : fitToRoads(parsed.value, graph)
  return ok({
    crs: parsed.value.crs,
    grids,
    findings: [...findings, ...(roads?.findings ?? [])].sort(byWeight),
    fit: roads?.fit ?? null,
  })
}

/** Grids fit to work with, and what people should know about them. Fault GRIDS_INVALID is the first refusal, in words. */
export function prepareGrids(text: string, crsFlag?: string, graph?: RoadGraph): Result<PreparedGrids> {
  const examined = examineGrids(text, crsFlag, graph)
  if (!examined.ok) return examined
  const refusals = examined.value.findings.filter(finding => finding.isRefusal)
  const [first] = refusals
  if (first === undefined) return examined
  const more = refusals.length > 1 ? ` (and ${refusals.length - 1} more: reach5 grids check)` : ''
  return fault('GRIDS_INVALID', `${first.words}${more}`)
}
