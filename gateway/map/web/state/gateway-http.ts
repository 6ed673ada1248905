import { AlarmView, IncidentView, OrderView, Recommendation } from '#protocols/api.ts'
import type { IncidentCreate, OrderCreate } from '#protocols/api.ts'
import { ClosureStretch, ClosureView } from '#protocols/closures.ts'
import type { ClosureCreate, ClosureWhere } from '#protocols/closures.ts'
import { ForeseenView, GridCoverage, MoveUpView } from '#protocols/coverage.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { askGateway, TIMEOUT_MS } from '#protocols/web/ask-gateway.ts'
import { z } from 'zod'

/** The routes of `protocols/api.ts` this page uses. A refusal is data with the gateway's stable code. */
export const nearestTo = (lat: number, lon: number): Promise<Result<Recommendation>> =>
  askGateway(
    `v1/nearest?${new URLSearchParams({ lat: lat.toFixed(6), lon: lon.toFixed(6), n: '5' })}`,
    Recommendation,
  )

export const recommendFor = (incidentId: string): Promise<Result<Recommendation>> =>
  askGateway(`v1/incidents/${encodeURIComponent(incidentId)}/recommendations`, Recommendation, {})

export const createIncident = (incident: IncidentCreate): Promise<Result<IncidentView>> =>
  askGateway('v1/incidents', IncidentView, incident)

export const closeIncident = (
  incidentId: string,
  reason: string,
  duplicate: boolean,
): Promise<Result<IncidentView>> =>
  askGateway(`v1/incidents/${encodeURIComponent(incidentId)}/close`, IncidentView, {
    reason,
    ...(duplicate && { duplicate }),
  })

export const sendOrder = (order: OrderCreate): Promise<Result<OrderView>> =>
  askGateway('v1/orders', OrderView, order)

export const acknowledgeAlarm = (alarmId: string): Promise<Result<AlarmView>> =>
  askGateway(`v1/alarms/${encodeURIComponent(alarmId)}/acknowledge`, AlarmView, {})

export const acknowledgeWarning = (gridId: string): Promise<Result<GridCoverage>> =>
  askGateway(`v1/warnings/${encodeURIComponent(gridId)}/acknowledge`, GridCoverage, {})

export const roadsMeant = (where: ClosureWhere): Promise<Result<ClosureStretch>> =>
  askGateway('v1/closures/preview', ClosureStretch, where)

export const closeRoad = (closure: ClosureCreate): Promise<Result<ClosureView>> =>
  askGateway('v1/closures', ClosureView, closure)

export const endClosure = (closureId: string): Promise<Result<ClosureView>> =>
  askGateway(`v1/closures/${encodeURIComponent(closureId)}/end`, ClosureView, {})

/** What sending these units would uncover. */
export const foreseenFor = (unitIds: readonly string[]): Promise<Result<ForeseenView>> =>
  askGateway(`v1/coverage/foreseen?${new URLSearchParams({ units: unitIds.join() })}`, ForeseenView)

export const acceptMoveUp = (id: string): Promise<Result<MoveUpView>> =>
  askGateway(`v1/moveups/${encodeURIComponent(id)}/accept`, MoveUpView, {})

export const declineMoveUp = (id: string): Promise<Result<MoveUpView>> =>
  askGateway(`v1/moveups/${encodeURIComponent(id)}/decline`, MoveUpView, {})

/** A body of bytes, as it is. */
export async function bytesOf(path: string): Promise<Result<ArrayBuffer>> {
  try {
    const response = await fetch(path, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return response.ok ? ok(await response.arrayBuffer()) : fault('NOT_READY', `${path}: ${response.status}`)
  } catch (error) {
    return fault('GATEWAY_UNREACHABLE', String(error))
  }
}

/** Where the vector tiles are; null when the gateway has none. */
export async function tilesOf(): Promise<Result<TileSource | null>> {
  try {
    const response = await fetch('v1/tiles.json')
    if (response.status === 404) return ok(null)
    const parsed = TileJson.safeParse(await response.json())
    return response.ok && parsed.success ? ok(parsed.data) : fault('NOT_READY', `tiles: ${response.status}`)
  } catch (error) {
    return fault('GATEWAY_UNREACHABLE', String(error))
  }
}
const TileJson = z.object({
  tiles: z.array(z.string()).min(1),
  minzoom: z.number(),
  maxzoom: z.number(),
  attribution: z.string(),
  bounds: z.tuple([z.number(), z.number(), z.number(), z.number()]),
})
export type TileSource = z.infer<typeof TileJson>

/** The roads of a whole city are some megabytes. */
const GEOJSON_TIMEOUT_MS = 30_000

/** GeoJSON of `grids`, `roads` or `city`; drawn as it comes, so only its outline is checked. */
export async function geoJsonOf(
  name: 'grids' | 'roads' | 'city' | 'coldspots',
): Promise<Result<GeoJSON.FeatureCollection>> {
  try {
    const response = await fetch(`v1/${name}`, { signal: AbortSignal.timeout(GEOJSON_TIMEOUT_MS) })
    const body: unknown = await response.json()
    if (response.ok && isCollection(body)) return ok(body)
    return fault('NOT_READY', `${name}: ${response.status}`)
  } catch (error) {
    return fault('GATEWAY_UNREACHABLE', String(error))
  }
}

const isCollection = (body: unknown): body is GeoJSON.FeatureCollection =>
  typeof body === 'object' && body !== null && 'features' in body && Array.isArray(body.features)
