import { z } from 'zod'
import {
  AlarmView,
  DeviceView,
  EnrolmentCreate,
  EnrolmentIssued,
  FeatureCollection,
  IncidentCreate,
  IncidentView,
  LedgerRow,
  OrderCreate,
  OrderView,
  Recommendation,
  TileJson,
  UnitView,
} from '#protocols/api.ts'
import { Epoch, Lane } from '#protocols/record.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { OPERATOR_ROUTES } from '../operator/routes.ts'
import { tileAnswer, tileJson } from '../tiles/tile-routes.ts'
import type { ApiParts } from './api.ts'
import { withCosts } from './with-costs.ts'
import { CLOSURE_ROUTES } from './closure-routes.ts'
import { COVERAGE_ROUTES } from './coverage-routes.ts'
import { ETA_ROUTES } from './eta-routes.ts'
import { openApiOf } from './openapi.ts'
import { get, Nothing, post } from './route.ts'
import type { Asked, Route } from './route.ts'
import { WALK_IN_ROUTES } from './walk-in-routes.ts'

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
  /** `newest` answers one page from the end. */
  order: z.enum(['oldest', 'newest']).optional(),
  /** Why somebody looks; it goes into the audit. */
  purpose: z.string().trim().min(3).max(200).optional(),
})
/** `v` is the version of the import, as `/v1/tiles.json` writes it into the address. */
const TileQuery = z.strictObject({ v: z.string().max(64).optional() })
const GEO_JSON = { contentType: 'application/geo+json', schema: FeatureCollection }

/** The whole API. `openapi.ts` writes it down from here, so what is not described here cannot be added. */
export const ROUTES: readonly Route[] = [
  get(
    '/v1/units',
    'unit.read',
    { summary: 'Every unit as it is known now', response: z.object({ units: z.array(UnitView) }) },
    ({ views, clock }) => ok({ units: views.units(clock.now()) }),
  ),
  get(
    '/v1/units/:id',
    'unit.read',
    { summary: 'One unit', response: UnitView, problems: ['UNIT_UNKNOWN'] },
    ({ views, clock }, a) => found(views.unit(idOf(a), clock.now()), 'UNIT_UNKNOWN', idOf(a)),
  ),
  get(
    '/v1/incidents',
    'incident.read',
    { summary: 'Incidents, newest first', response: z.object({ incidents: z.array(IncidentView) }) },
    ({ views, clock }) => ok({ incidents: views.incidents(clock.now()) }),
  ),
  get(
    '/v1/incidents/:id',
    'incident.read',
    { summary: 'One incident', response: IncidentView, problems: ['INCIDENT_UNKNOWN'] },
    ({ views, clock }, a) => found(views.incident(idOf(a), clock.now()), 'INCIDENT_UNKNOWN', idOf(a)),
  ),
  post(
    '/v1/incidents',
    'incident.create',
    { summary: 'Open an incident', body: IncidentCreate, status: 201, response: IncidentView },
    (parts, incident, { actor }) => parts.submit({ kind: 'incident.create', incident }, actor.name),
  ),
  post(
    '/v1/incidents/:id/recommendations',
    'dispatch.recommend',
    {
      summary: 'Who can be there, by road time; changes nothing',
      body: Nothing,
      response: Recommendation,
      problems: ['INCIDENT_UNKNOWN', 'PLACE_OFF_ROAD'],
      readsOnly: true,
    },
    (parts, _, a) => recommendFor(parts, idOf(a)),
  ),
  post(
    '/v1/incidents/:id/close',
    'incident.close',
    {
      summary: 'Close an incident; its orders are taken back',
      body: z.strictObject({
        reason: z.string().max(200).default(''),
        /** It had been reported already; demand learns nothing from it. */
        duplicate: z.boolean().default(false),
      }),
      response: IncidentView,
      problems: ['INCIDENT_UNKNOWN', 'INCIDENT_CLOSED'],
    },
    (parts, { reason, duplicate }, a) =>
      parts.submit({ kind: 'incident.close', incidentId: idOf(a), reason, duplicate }, a.actor.name),
  ),
  post(
    '/v1/orders',
    'order.create',
    {
      summary: 'Send a unit, take it back, or switch an output of its car',
      body: OrderCreate,
      status: 201,
      response: OrderView,
      problems: [
        'UNIT_UNKNOWN',
        'INCIDENT_UNKNOWN',
        'INCIDENT_CLOSED',
        'ALREADY_ASSIGNED',
        'ORDER_UNKNOWN',
        'ASSIGNMENT_ENDED',
        'WINDOW_EXPIRED',
      ],
    },
    (parts, order, { actor }) => parts.submit({ kind: 'order', order }, actor.name),
  ),
  get(
    '/v1/orders/:id',
    'order.read',
    { summary: 'One order and what became of it', response: OrderView, problems: ['ORDER_UNKNOWN'] },
    ({ views }, a) => found(views.order(idOf(a)), 'ORDER_UNKNOWN', idOf(a)),
  ),
  get(
    '/v1/nearest',
    'dispatch.recommend',
    {
      summary: 'Who can be at a place, by road time',
      query: NearestQuery,
      response: Recommendation,
      problems: ['PLACE_OFF_ROAD'],
    },
    async ({ recommend, coverage }, _, { lat, lon, n }) =>
      withCosts(await recommend({ lat, lon }, { limit: n }), coverage),
  ),
  get(
    '/v1/alarms',
    'alarm.read',
    { summary: 'Alarms, newest first', response: z.object({ alarms: z.array(AlarmView) }) },
    ({ views, clock }) => ok({ alarms: views.alarms(clock.now()) }),
  ),
  post(
    '/v1/alarms/:id/acknowledge',
    'alarm.acknowledge',
    {
      summary: 'A person has seen this alarm; the crew is told',
      body: Nothing,
      response: AlarmView,
      problems: ['ALARM_UNKNOWN'],
    },
    (parts, _, a) => parts.submit({ kind: 'alarm.acknowledge', alarmId: idOf(a) }, a.actor.name),
  ),
  ...WALK_IN_ROUTES,
  get('/v1/grids', 'map.read', { summary: 'The grids', response: GEO_JSON }, ({ geo }) => ok(geo.grids)),
  get(
    '/v1/roads',
    'map.read',
    { summary: 'The roads', response: GEO_JSON, problems: ['ROADS_TILED'] },
    ({ geo }) =>
      geo.roads === undefined ? fault('ROADS_TILED', '/v1/tiles.json says where') : ok(geo.roads),
  ),
  get(
    '/v1/city',
    'map.read',
    { summary: 'Waters, railways, posts and named places', response: GEO_JSON },
    ({ geo }) => ok(geo.city),
  ),
  get(
    '/v1/tiles.json',
    'map.read',
    { summary: 'Where the tiles of the base map are', response: TileJson, problems: ['NOT_FOUND'] },
    ({ tiles }, { headers }) => (tiles === null ? noTiles : ok(tileJson(tiles, String(headers['host'])))),
  ),
  get(
    '/v1/tiles/:z/:x/:y',
    'map.read',
    {
      summary: 'One tile of the base map',
      query: TileQuery,
      response: {
        contentType: 'application/vnd.mapbox-vector-tile',
        bytes: 'layers and fields as /v1/tiles.json names them',
        whole: [204, 304],
      },
      problems: ['NOT_FOUND', 'TILES_BROKEN'],
    },
    ({ tiles }, asked) => (tiles === null ? noTiles : tileAnswer(tiles, asked)),
  ),
  get(
    '/v1/roads/lines',
    'map.read',
    {
      summary: 'The roads as flat arrays',
      response: { contentType: 'application/octet-stream', bytes: 'R5RL, protocols/coverage.ts' },
    },
    ({ geo }) => ok(geo.roadLines),
  ),
  ...CLOSURE_ROUTES,
  ...COVERAGE_ROUTES,
  ...ETA_ROUTES,
  get(
    '/v1/devices',
    'device.read',
    { summary: 'Every enrolled or expected device', response: z.object({ devices: z.array(DeviceView) }) },
    async parts => ok({ devices: await parts.devices() }),
  ),
  get(
    '/v1/devices/:id/records',
    'track.read',
    {
      summary: 'Records of a device page by page; that somebody looked is audited first',
      query: RecordsQuery,
      response: z.object({ records: z.array(LedgerRow), next: z.string().nullable() }),
    },
    readRecords,
  ),
  post(
    '/v1/enrolments',
    'enrolment.create',
    {
      summary: 'A one-time code that makes a device ours',
      body: EnrolmentCreate,
      status: 201,
      response: EnrolmentIssued,
    },
    (parts, create, { actor }) => parts.issueCode(create, actor.name),
  ),
  ...OPERATOR_ROUTES,
  get(
    '/v1/openapi.json',
    'api.read',
    { summary: 'This description', response: z.looseObject({ openapi: z.string() }) },
    () => ok(openApiOf(ROUTES)),
  ),
]

async function recommendFor(
  { views, clock, recommend, coverage }: ApiParts,
  incidentId: string,
): Promise<Result<unknown>> {
  const incident = views.incident(incidentId, clock.now())
  if (incident === undefined) return fault('INCIDENT_UNKNOWN', incidentId)
  return withCosts(await recommend(incident.place), coverage)
}

/** Where a car was is where its crew was: who looked is written down before anything is shown. */
async function readRecords(
  parts: ApiParts,
  asked: Asked,
  query: z.output<typeof RecordsQuery>,
): Promise<Result<unknown>> {
  const deviceId = idOf(asked)
  const noted = await parts.audit('records.read', asked.actor.name, { deviceId, ...query })
  return noted.ok ? parts.readRecords({ deviceId, ...query }) : noted
}

const idOf = (asked: Asked): string => asked.params['id'] ?? ''

const found = <T>(value: T | undefined, code: string, id: string): Result<T> =>
  value === undefined ? fault(code, JSON.stringify(id.slice(0, 80))) : ok(value)

const noTiles = fault('NOT_FOUND', 'this gateway has no map tiles: import the extract again, or give --tiles')
