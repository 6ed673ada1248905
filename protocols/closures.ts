import { z } from 'zod'
import { Id } from './ids.ts'

/*
 * Roads that are closed, or slower than they look on the map, for some time: a crash, a flood, a fair. What is in force
 * counts in the next question about the roads; nothing is built anew.
 *
 *     GET  /v1/closures                   { closures: ClosureView[] }        in force and to come, then what ended lately
 *     POST /v1/closures                   ClosureCreate -> 201 ClosureView
 *     POST /v1/closures/preview           ClosureWhere -> ClosureStretch     which roads these would be; changes nothing
 *     POST /v1/closures/{id}/end          { note } -> ClosureView
 *     stream: `closure.changed` with a ClosureView
 *
 * `{ "where": { "kind": "point", "lat": 35.59, "lon": 116.98 }, "speedFactor": 0, "reason": "burst main",
 *    "until": "2026-11-24T12:00:00.000Z" }` closes the road at a point, both ways, between the junctions on either side.
 */
export const ClosureId = Id
export type ClosureId = z.infer<typeof ClosureId>

/** Edges of one closure; a closed old town has a few hundred. */
export const CLOSURE_EDGES_MAX = 2_000
/** A closed area or a drawn line has a hand's worth of corners, a traced one some hundred. */
const CORNERS_MAX = 500
const RADIUS_M_MAX = 5_000
/** Slower than this is closed. */
const FACTOR_MIN = 0.05
/** What is hardly slower is not worth a dispatcher's glance. */
const FACTOR_MAX = 0.95

const Lat = z.number().min(-90).max(90)
const Lon = z.number().min(-180).max(180)
const Corner = z.tuple([Lon, Lat])
/** With it only the carriageway or the way towards this bearing (degrees true) is meant; without it both ways. */
const Towards = z.number().min(0).lt(360).optional()
/** As `roads edges` lists an edge, or as a line was drawn: `forward` is from its beginning to its end. */
const Direction = z.enum(['both', 'forward', 'backward']).default('both')

/** Which roads are meant. */
export const ClosureWhere = z.discriminatedUnion('kind', [
  /** By number, as `roads edges` prints them; they are those of one graph file. */
  z.strictObject({
    kind: z.literal('edges'),
    edges: z.array(z.number().int().min(0)).min(1).max(CLOSURE_EDGES_MAX),
    direction: Direction,
  }),
  /** The road nearest to a point, as far as the junctions on either side of it. */
  z.strictObject({ kind: z.literal('point'), lat: Lat, lon: Lon, towardsDeg: Towards }),
  /** The road at a point as far as it keeps its name and stays within the radius. */
  z.strictObject({
    kind: z.literal('road'),
    ...{ lat: Lat, lon: Lon },
    radiusM: z.number().min(1).max(RADIUS_M_MAX),
    towardsDeg: Towards,
  }),
  /** The roads a drawn line follows; those it merely crosses stay open. */
  z.strictObject({
    kind: z.literal('line'),
    line: z.array(Corner).min(2).max(CORNERS_MAX),
    direction: Direction,
  }),
  /** Every road that touches an area. */
  z.strictObject({ kind: z.literal('area'), polygon: z.array(Corner).min(3).max(CORNERS_MAX) }),
])
export type ClosureWhere = z.infer<typeof ClosureWhere>

const Time = z.iso.datetime({ precision: 3 })
/** From people: any precision, any offset. */
const TimeGiven = z.iso.datetime({ offset: true, error: 'a time such as 2026-11-24T12:00:00Z' })

export const ClosureCreate = z.strictObject({
  where: ClosureWhere,
  /** Share of its speed that is left: 0 is closed. */
  speedFactor: z
    .number()
    .min(0, { abort: true })
    .max(FACTOR_MAX, { abort: true })
    .refine(factor => factor === 0 || factor >= FACTOR_MIN, `0 for closed, or ${FACTOR_MIN} to ${FACTOR_MAX}`)
    .default(0),
  reason: z.string().trim().min(1).max(200),
  /** Now when absent. */
  from: TimeGiven.optional(),
  /** It ends by itself then; null: until somebody ends it. */
  until: TimeGiven.nullable().default(null),
})
export type ClosureCreate = z.infer<typeof ClosureCreate>

/** As `reach5 nearest|reach --closures FILE` reads them. */
export const ClosureFile = z.strictObject({ closures: z.array(ClosureCreate).max(1_000) })

/** Which roads they are, as a person recognises them. */
export const ClosureStretch = z.object({
  /** Names of the roads, the longest stretch first; '' for one without. */
  roads: z.array(z.string()),
  /** Of all ways closed, both ways counted once. */
  lengthM: z.number(),
  /** Numbers of the edges in the graph at hand. */
  edges: z.array(z.number().int()),
  /** Some of the roads stay open the other way. */
  oneWay: z.boolean(),
  /** `[lon, lat]` along the roads, in the direction that is meant where it is one. */
  lines: z.array(z.array(Corner)),
})
export type ClosureStretch = z.infer<typeof ClosureStretch>

export const ClosureView = z.object({
  id: ClosureId,
  state: z.enum(['planned', 'in_force', 'ended']),
  ...ClosureStretch.shape,
  speedFactor: z.number(),
  reason: z.string(),
  from: Time,
  until: Time.nullable(),
  createdAt: Time,
  createdBy: z.string(),
  endedAt: Time.nullable(),
  /** Whoever ended it; null while it lasts and when its time was over. */
  endedBy: z.string().nullable(),
  note: z.string(),
  /** Stretches that a newer import of the roads no longer has: nothing is closed there any more. */
  lost: z.number().int(),
  at: Time,
})
export type ClosureView = z.infer<typeof ClosureView>

export const ClosureEnd = z.strictObject({ note: z.string().trim().max(200).default('') })
