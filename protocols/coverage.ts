import { z } from 'zod'
import { GridId, Id, IncidentId, OrderId, UnitId } from './ids.ts'

/*
 * Who could be where in time, once a second for the whole city (DOMAIN 9.3, 9.4). Shares are 0 to 1 of road length unless
 * the name says demand; times are road time plus turnout, in seconds.
 *
 *     GET  /v1/coverage                    CoverageView
 *     GET  /v1/coverage/roads?without=ID,ID   CoverageRoads, binary (see below), now or had these units been sent
 *     GET  /v1/coverage/foreseen?units=ID,ID  ForeseenView: what sending them would uncover
 *     GET  /v1/coldspots                   GeoJSON: MultiLineString features whose properties are ColdSpotView
 *     GET  /v1/warnings                    { warnings: GridCoverage[] }             worst first, never green
 *     POST /v1/warnings/{gridId}/acknowledge  {} -> GridCoverage
 *     GET  /v1/moveups                     { moveUps: MoveUpView[] }
 *     POST /v1/moveups/{id}/accept         {} -> MoveUpView: the unit is ordered there
 *     POST /v1/moveups/{id}/decline        {} -> MoveUpView: not proposed again for a while
 *     GET  /v1/reach?unit=ID | lon=&lat=   GeoJSON: one MultiLineString per circle, properties { tau }
 *     GET  /v1/reach/roads?unit=ID         binary like /v1/coverage/roads, of this unit alone
 *     stream: `coverage.changed` with a CoverageView
 */
export const CIRCLE_SECONDS = [60, 180, 300] as const

/** How a grid is judged; `unknown` is drawn hatched and never as green: too many of its units are stale. */
export const CoverageColour = z.enum(['green', 'blue', 'red', 'black', 'unknown'])
export type CoverageColour = z.infer<typeof CoverageColour>

/** Why a grid has its colour; `value` and `limit` are what was compared, in the unit the code implies. */
export const CoverageReason = z.object({
  code: z.enum([
    /** Share of road reached within 300 s: value, limit. */
    'share_low',
    /** Only `value` units reach the demand centre in 300 s, `limit` are wanted. */
    'thin',
    /** Share of the grid's demand that lies in cold spots, for at least the time of a cold spot. */
    'cold_spot',
    /** No unit on shift reaches any road of the grid in 300 s. */
    'nobody_reaches',
    /** An open urgent incident that no free unit reaches within its target. */
    'incident_unreachable',
    /** Share of the units this grid depends on that are stale: value, limit. */
    'data_stale',
    /** Nothing is known: just started, no unit heard yet, or no refresh for too long. */
    'no_data',
    /** Already better, but a colour is left only after `limit` seconds; `value` of them have passed. */
    'held',
    /** Beside another cause: so many metres of the grid's roads are closed by this closure. */
    'road_closed',
    'covered',
  ]),
  value: z.number().nullable(),
  limit: z.number().nullable(),
  incidentId: IncidentId.optional(),
  closureId: Id.optional(),
})
export type CoverageReason = z.infer<typeof CoverageReason>

const Share = z.number().min(0).max(1)
export const AreaCoverage = z.object({
  roadM: z.number(),
  /** Area of its 100 m cells with a road. */
  areaM2: z.number(),
  /** Share of road length some unit reaches within 60, 180 and 300 s; partly reached roads count by their reached part. */
  circles: z.tuple([Share, Share, Share]),
  /** The same, weighted by demand. */
  demandCircles: z.tuple([Share, Share, Share]),
  /** Share reached within 300 s by at least one, two and three units. */
  atLeast: z.tuple([Share, Share, Share]),
  /** The same, weighted by demand and by the area of the 100 m cells the road is in. */
  demandAtLeast: z.tuple([Share, Share, Share]),
  areaAtLeast: z.tuple([Share, Share, Share]),
  /** Share of length, and of demand, that finds a free unit within 300 s when each is busy with `CoverageView.busy`. */
  expected: Share,
  expectedDemand: Share,
})
export type AreaCoverage = z.infer<typeof AreaCoverage>

export const GridCoverage = z.object({
  gridId: GridId,
  name: z.string(),
  colour: CoverageColour,
  /** How long it has had this colour, milliseconds at `CoverageView.at`. */
  sinceMs: z.number(),
  reasons: z.array(CoverageReason),
  /** Units free to go that are in the grid now, and those last seen there whose position is stale. */
  units: z.number().int(),
  unitsStale: z.number().int(),
  /** Centre of the grid's demand, where "two can be there" is judged. */
  centre: z.object({ lat: z.number(), lon: z.number() }),
  /** Black and seen: it no longer asks for attention, and it leaves black as soon as its cause is gone. */
  acknowledged: z.boolean(),
  area: AreaCoverage,
})
export type GridCoverage = z.infer<typeof GridCoverage>

/** Connected road that nobody reaches in 300 s, for at least the time a cold spot needs (120 s). */
export const ColdSpotView = z.object({
  id: z.string(),
  gridIds: z.array(GridId),
  centre: z.object({ lat: z.number(), lon: z.number() }),
  roadM: z.number(),
  /** Area of the 100 m cells it touches. */
  areaM2: z.number(),
  /** How long the oldest part of it has been out of reach, milliseconds. */
  sinceMs: z.number(),
  /** Of the demand of the whole city. */
  demandShare: Share,
  /** Who could be at its centre soonest; null when nobody can within an hour. */
  fillBy: z.object({ unitId: UnitId, callSign: z.string(), etaSeconds: z.number() }).nullable(),
})
export type ColdSpotView = z.infer<typeof ColdSpotView>

/** What a grid loses when somebody is sent away, and the colour it takes once that has lasted the time of a cold spot. */
export const GridCost = z.object({
  gridId: GridId,
  name: z.string(),
  roadM: z.number(),
  /** Of its road, within 300 s. */
  shareBefore: Share,
  shareAfter: Share,
  colourBefore: CoverageColour,
  colourAfter: CoverageColour,
})
export type GridCost = z.infer<typeof GridCost>

/** What sending a unit, or several, takes from the rest of the city: road nobody else reaches within 300 s. */
export const CoverageCost = z.object({
  roadM: z.number(),
  areaM2: z.number(),
  /** Of the road and of the demand of the whole city. */
  roadShare: Share,
  demandShare: Share,
  /** Grids that lose road or change colour, the greatest loss first. */
  grids: z.array(GridCost),
})
export type CoverageCost = z.infer<typeof CoverageCost>

/** A planned order before it is given: its cost, the road it uncovers, and the holes that appear or grow. */
export const ForeseenView = CoverageCost.extend({
  unitIds: z.array(UnitId),
  coldSpots: z.array(ColdSpotView),
  /** `[lon, lat]` lines. */
  lines: z.array(z.array(z.tuple([z.number(), z.number()]))),
})
export type ForeseenView = z.infer<typeof ForeseenView>

/** Where a unit could stand by: the centre of a grid's demand, a post, or the middle of a hole. */
export const MoveUpPlace = z.object({
  kind: z.enum(['centre', 'post', 'cold_spot']),
  lat: z.number(),
  lon: z.number(),
  gridId: GridId.nullable(),
  /** Of the post; '' else. */
  name: z.string(),
  road: z.string(),
})
export type MoveUpPlace = z.infer<typeof MoveUpPlace>

/** An idle unit that would raise the demand reached in 300 s most by standing somewhere else. */
export const MoveUpView = z.object({
  id: z.string(),
  unitId: UnitId,
  callSign: z.string(),
  /** `accepted`: the order was given and the unit is not there yet. */
  state: z.enum(['proposed', 'accepted']),
  orderId: OrderId.nullable(),
  place: MoveUpPlace,
  /** The place in words: `鼓楼网格 大成路`. */
  text: z.string(),
  /** Of the city's demand, after what it leaves: more reached with the unit there. */
  gainShare: z.number(),
  reachedBefore: Share,
  reachedAfter: Share,
  etaSeconds: z.number(),
  /** What it alone reaches from where it is. */
  leaves: z.object({ roadM: z.number(), demandShare: Share, gridIds: z.array(GridId) }),
  sinceMs: z.number(),
})
export type MoveUpView = z.infer<typeof MoveUpView>

export const CoverageView = z.object({
  at: z.iso.datetime({ precision: 3 }),
  /** Grows by one with every refresh. */
  tick: z.number().int(),
  tookMs: z.number(),
  unitsCounted: z.number().int(),
  unitsStale: z.number().int(),
  /** How often a unit is busy when it is needed, for `expected`: told by configuration, or measured in this fleet. */
  busy: z.object({
    share: z.number().min(0).max(1),
    basis: z.enum(['configured', 'measured']),
    /** How long it was measured, as a whole; the share is of the last hour, mostly. */
    measuredSeconds: z.number(),
  }),
  /** What demand rests on: incidents of this hour and place, or the roads alone while there are too few. */
  demand: z.object({
    basis: z.enum(['roads', 'history']),
    /** Counted, without exercises and duplicates. */
    incidents: z.number().int(),
    /** Of the local day. */
    hour: z.number().int().min(0).max(23),
  }),
  city: AreaCoverage,
  grids: z.array(GridCoverage),
  coldSpots: z.array(ColdSpotView),
  /** Proposed and under way, in the order they were found. */
  moveUps: z.array(MoveUpView).default([]),
})
export type CoverageView = z.infer<typeof CoverageView>

/*
 * Coverage as the map colours it, little-endian, edges in the order of the graph (the order of /v1/roads/lines):
 *
 *     0   u32  0x56433552 'R5CV'
 *     4   u32  format 1
 *     8   u32  tick
 *     12  u32  edges E
 *     16  u8 x E   seconds to the edge's first end, in steps of 2 s rounded up; 255: 508 s or more, or never
 *     16+E  u8 x E   the same to its last end
 *     16+2E u8 x E   units that reach the middle of the edge within 300 s, 4 for more; 255: unknown, a grid without fresh data
 *
 * A point in between is reached after min(first + drive from there, last + drive from there).
 */
export const COVERAGE_ROADS_MAGIC = 0x56433552
export const COVERAGE_ROADS_FORMAT = 1
export const COVERAGE_STEP_SECONDS = 2
export const COVERAGE_BEYOND = 255

/*
 * The roads themselves, fetched once (GET /v1/roads/lines), little-endian:
 *
 *     0   u32  0x4c523552 'R5RL'
 *     4   u32  format 1
 *     8   u32  edges E
 *     12  u32  points P
 *     16  u32 x (E+1)  first point of each edge; the last is P
 *     .   i32 x 2P     lon, lat in 1e-7 degrees
 *     .   u16 x E      seconds x 10 to drive it forward, 65535: closed that way
 *     .   u16 x E      and backward
 *     .   u8 x E       road class, as in protocols/roads
 */
export const ROAD_LINES_MAGIC = 0x4c523552
export const ROAD_LINES_FORMAT = 1
