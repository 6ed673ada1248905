import { z } from 'zod'
import { EnrolmentCreate, IncidentCreate, OrderCreate } from '#protocols/api.ts'
import { Epoch, Lane } from '#protocols/record.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Now } from '#protocols/time.ts'
import { tileAnswer, tileJson } from '../tiles/tile-routes.ts'
import type { ApiParts } from './api.ts'
import type { Actor, Verb } from './authorise.ts'

/** One route: what it is called, what it takes, what one must be allowed to do, and how it is answered. */
export type Route = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly verb: Verb
  /** 201 where something came to be. */
  readonly status: 200 | 201
  /** GeoJSON and the like: the value is the body itself, text or bytes. */
  readonly contentType?: string
  /** The value is the answer as it goes out, status and headers included. */
  readonly whole?: true
  /** A POST that changes nothing is not remembered under its Idempotency-Key. */
  readonly readsOnly: boolean
  readonly answer: (asked: Asked) => Promise<Result<unknown>>
}

/** A body made once, with its packed twin for those who can unpack it. */
export type PackedBody = { readonly plain: Uint8Array; readonly gzip: Uint8Array }

export type Asked = {
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
  readonly body: unknown
  readonly actor: Actor
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

const Nothing = z.strictObject({})
const Close = z.strictObject({ reason: z.string().max(200).default('') })
/** A plain decimal; Number('') would be the equator. */
const Decimal = z
  .string()
  .regex(/^-?\d{1,3}(\.\d{1,15})?$/, 'a number in degrees')
  .transform(Number)
const Count = z
  .string()
  .regex(/^\d{1,4}$/, 'a whole number')
  .transform(Number)
const NearestQuery = z.strictObject({
  lon: Decimal.pipe(z.number().min(-180).max(180)),
  lat: Decimal.pipe(z.number().min(-90).max(90)),
  n: Count.pipe(z.number().min(1).max(255)).default(5),
})
const RecordsQuery = z.strictObject({
  lane: Lane.optional(),
  epoch: Epoch.optional(),
  after: z.string().max(200).optional(),
  limit: Count.pipe(z.number().min(1).max(1_000)).default(100),
})

/** The whole API, as `protocols/api.ts` lists it. */
export function routesOf(parts: ApiParts): readonly Route[] {
  const { views, clock } = parts
  const now = (): Now => clock.now()
  return [
    get('/v1/units', 'unit.read', () => ok({ units: views.units(now()) })),
    get('/v1/units/:id', 'unit.read', a => found(views.unit(idOf(a), now()), 'UNIT_UNKNOWN', idOf(a))),
    get('/v1/incidents', 'incident.read', () => ok({ incidents: views.incidents(now()) })),
    get('/v1/incidents/:id', 'incident.read', a =>
      found(views.incident(idOf(a), now()), 'INCIDENT_UNKNOWN', idOf(a)),
    ),
    post('/v1/incidents', 'incident.create', IncidentCreate, 201, (incident, { actor }) =>
      parts.submit({ kind: 'incident.create', incident }, actor.name),
    ),
    {
      ...post('/v1/incidents/:id/recommendations', 'dispatch.recommend', Nothing, 200, (_, a) =>
        Promise.resolve(recommendFor(parts, idOf(a))),
      ),
      readsOnly: true,
    },
    post('/v1/incidents/:id/close', 'incident.close', Close, 200, ({ reason }, a) =>
      parts.submit({ kind: 'incident.close', incidentId: idOf(a), reason }, a.actor.name),
    ),
    post('/v1/orders', 'order.create', OrderCreate, 201, (order, { actor }) =>
      parts.submit({ kind: 'order', order }, actor.name),
    ),
    get('/v1/orders/:id', 'order.read', a => found(views.order(idOf(a)), 'ORDER_UNKNOWN', idOf(a))),
    get('/v1/nearest', 'dispatch.recommend', a => {
      const query = parsed(NearestQuery, a.query, 'QUERY_INVALID')
      if (!query.ok) return query
      const { lat, lon, n } = query.value
      return views.recommend({ lat, lon }, now(), { limit: n })
    }),
    get('/v1/alarms', 'alarm.read', () => ok({ alarms: views.alarms(now()) })),
    post('/v1/alarms/:id/acknowledge', 'alarm.acknowledge', Nothing, 200, (_, a) =>
      parts.submit({ kind: 'alarm.acknowledge', alarmId: idOf(a) }, a.actor.name),
    ),
    ...(['grids', 'roads', 'city'] as const).map(name => ({
      ...get(`/v1/${name}`, 'map.read', () => {
        const text = parts.geo[name]
        return text === undefined ? fault('ROADS_TILED', '/v1/tiles.json says where') : ok(text)
      }),
      contentType: 'application/geo+json',
    })),
    get('/v1/tiles.json', 'map.read', ({ headers }) =>
      parts.tiles === null ? noTiles : ok(tileJson(parts.tiles, String(headers['host']))),
    ),
    {
      ...get('/v1/tiles/:z/:x/:y', 'map.read', asked =>
        parts.tiles === null ? noTiles : tileAnswer(parts.tiles, asked),
      ),
      whole: true,
    },
    {
      ...get('/v1/roads/lines', 'map.read', () => ok(parts.geo.roadLines)),
      contentType: 'application/octet-stream',
    },
    get('/v1/devices', 'device.read', async () => ok({ devices: await parts.devices() })),
    get('/v1/devices/:id/records', 'track.read', a => readRecords(parts, a)),
    post('/v1/enrolments', 'enrolment.create', EnrolmentCreate, 201, (create, { actor }) =>
      parts.issueCode(create, actor.name),
    ),
  ]
}

function recommendFor({ views, clock }: ApiParts, incidentId: string): Result<unknown> {
  const now = clock.now()
  const incident = views.incident(incidentId, now)
  if (incident === undefined) return fault('INCIDENT_UNKNOWN', incidentId)
  return views.recommend(incident.place, now)
}

/** Where a car was is where its crew was: who looked is written down before anything is shown. */
async function readRecords(parts: ApiParts, asked: Asked): Promise<Result<unknown>> {
  const query = parsed(RecordsQuery, asked.query, 'QUERY_INVALID')
  if (!query.ok) return query
  const deviceId = idOf(asked)
  const noted = await parts.audit('records.read', asked.actor.name, { deviceId, ...query.value })
  return noted.ok ? parts.readRecords({ deviceId, ...query.value }) : noted
}

const noTiles = fault('NOT_FOUND', 'this gateway has no map tiles: import the extract again, or give --tiles')

const idOf = (asked: Asked): string => asked.params['id'] ?? ''

function get(
  path: string,
  verb: Verb,
  answer: (asked: Asked) => Promise<Result<unknown>> | Result<unknown>,
): Route {
  return { method: 'GET', path, verb, status: 200, readsOnly: true, answer: async asked => answer(asked) }
}

function post<T>(
  path: string,
  verb: Verb,
  schema: z.ZodType<T>,
  status: 200 | 201,
  carryOut: (body: T, asked: Asked) => Promise<Result<unknown>>,
): Route {
  const answer = async (asked: Asked): Promise<Result<unknown>> => {
    const body = parsed(schema, asked.body ?? {}, 'BODY_INVALID')
    return body.ok ? carryOut(body.value, asked) : body
  }
  return { method: 'POST', path, verb, status, readsOnly: false, answer }
}

/** Parsed once, at the door; the fault names the field, what fits and the value seen. */
function parsed<T>(schema: z.ZodType<T>, value: unknown, code: 'BODY_INVALID' | 'QUERY_INVALID'): Result<T> {
  const result = schema.safeParse(value)
  if (result.success) return ok(result.data)
  const issues = result.error.issues.slice(0, 5).map(issue => {
    const seen = issue.path.reduce<unknown>(
      (at, key) => (at as Record<PropertyKey, unknown> | null)?.[key],
      value,
    )
    const shown = (JSON.stringify(seen) ?? 'nothing').slice(0, 60)
    return `${issue.path.join('.') || 'the whole'}: ${issue.message} (seen: ${shown})`
  })
  return fault(code, issues.join('; '))
}

const found = <T>(value: T | undefined, code: string, id: string): Result<T> =>
  value === undefined ? fault(code, JSON.stringify(id.slice(0, 80))) : ok(value)
