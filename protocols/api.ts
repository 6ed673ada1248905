import { z } from 'zod'
import { Availability, TimeSlot } from './bodies.ts'
import { CoverageCost, CoverageView } from './coverage.ts'
import { ClosureView } from './closures.ts'
import { DriverStates, EquipmentState } from './equipment.ts'
import { StationPlace } from './enrolment.ts'
import { DeviceId, GridId, IncidentId, OrderId, UnitId } from './ids.ts'
import { AssignmentState, IncidentClass, IncidentState, Moment, Place, Severity } from './incident.ts'
import { StoreHealth } from './session.ts'
import { ConsultTopic, KioskLanguage, WalkInAnswers, WalkInClass, WalkInWhen } from './walk-in.ts'

/*
 * What the gateway's HTTP API and stream speak. Times are RFC 3339 UTC with milliseconds, lengths metres, speeds m/s.
 *
 *     GET  /v1/units                         { units: UnitView[] }
 *     GET  /v1/units/{id}                    UnitView
 *     GET  /v1/incidents                     { incidents: IncidentView[] }           newest first
 *     POST /v1/incidents                     IncidentCreate -> 201 IncidentView
 *     GET  /v1/incidents/{id}                IncidentView
 *     POST /v1/incidents/{id}/recommendations  {} -> Recommendation
 *     POST /v1/incidents/{id}/close          { reason } -> IncidentView
 *     POST /v1/orders                        OrderCreate -> 201 OrderView
 *     GET  /v1/orders/{id}                   OrderView
 *     GET  /v1/nearest?lon=&lat=&n=          Recommendation
 *     GET  /v1/alarms                        { alarms: AlarmView[] }
 *     POST /v1/alarms/{id}/acknowledge       {} -> AlarmView                          (id url-encoded)
 *     GET  /v1/grids, /v1/roads, /v1/city    GeoJSON FeatureCollections; city: waters, railways, posts, named places
 *     GET  /v1/coverage …                     see protocols/coverage.ts
 *     GET  /v1/closures …                     see protocols/closures.ts
 *     GET  /v1/eta                           EtaView, protocols/eta.ts: learned driving times
 *     GET  /v1/tiles.json, /v1/tiles/{z}/{x}/{y}   vector tiles: water, green, rail, roads, places
 *     GET  /v1/stations                      { stations: StationView[] }              duty stations with a kiosk
 *     GET  /v1/walkins                       { walkIns: WalkInView[], consultations }  newest first, no personal words
 *     GET  /v1/complaints                    { walkIns: WalkInView[] }                 about police; supervision only
 *     POST /v1/walkins/{id}/reveal, /v1/complaints/{id}/reveal   { purpose } -> WalkInPrivate, audited first
 *     GET  /v1/devices                       { devices: DeviceView[] }
 *     GET  /v1/devices/{id}/records?lane=&epoch=&after=&limit=   { records: LedgerRow[], next }
 *     POST /v1/enrolments                    EnrolmentCreate -> 201 EnrolmentIssued
 *     GET  /v1/openapi.json                  all of this for machines; docs/openapi.json is the same file
 *     GET  /healthz /readyz /metrics         WebSocket /v1/stream?after=SEQ&compact=1: StreamMessage
 *
 * Failures are RFC 9457 problems: { type, title, status, code, detail }.
 */
const Time = z.iso.datetime({ precision: 3 })

export const Freshness = z.enum(['live', 'ageing', 'stale', 'never'])
export type Freshness = z.infer<typeof Freshness>

export const UnitView = z.object({
  id: UnitId,
  callSign: z.string(),
  deviceId: DeviceId.nullable(),
  type: z.enum(['ptu']),
  homeGridId: GridId.nullable(),
  /** Grid the car is in now, with hysteresis at the border; null outside all of them or without a position. */
  gridId: GridId.nullable(),
  availability: Availability,
  /** Newest incident the unit works on and how far it is. */
  assignment: z.object({ incidentId: IncidentId, orderId: OrderId, state: AssignmentState }).nullable(),
  position: z
    .object({
      lat: z.number(),
      lon: z.number(),
      speedMps: z.number().optional(),
      trackDeg: z.number().optional(),
      satsUsed: z.number().optional(),
      satsSeen: z.number().optional(),
      sats: z.record(z.string(), z.tuple([z.number(), z.number()])).optional(),
      hdop: z.number().optional(),
      mode: z.number(),
      /** Age of the fix at `UnitView.at`, by monotonic clocks alone. */
      ageMs: z.number(),
    })
    .nullable(),
  /** Judged against the announced report interval: two announcements and 10 s missed is stale. */
  freshness: Freshness,
  /** Gateway time of this view; a page adds its own elapsed time to every age. */
  at: Time,
  link: z.enum(['up', 'down']),
  heardAgeMs: z.number().nullable(),
  equipment: EquipmentState,
  /** How receiver and panel are doing; null until the device was heard. */
  drivers: DriverStates.nullable(),
  recording: z.boolean(),
  emergency: z.boolean(),
  queue: z
    .object({ alarm: z.number(), event: z.number(), track: z.number(), diag: z.number(), bytes: z.number() })
    .nullable(),
  store: StoreHealth.nullable(),
})
export type UnitView = z.infer<typeof UnitView>

/** `{ tSigned: { declared: '…Z' } }`: one slot per source, first write stays. */
export const Times = z.partialRecord(Moment, z.partialRecord(TimeSlot, Time))
export type Times = z.infer<typeof Times>

export const AssignmentView = z.object({
  orderId: OrderId,
  unitId: UnitId,
  callSign: z.string(),
  state: AssignmentState,
  times: Times,
  /** Road time promised when the order was given; null when it was given without one. */
  etaSeconds: z.number().nullable(),
  /** The car stands near the place since then, and has not arrived yet as far as it can tell. */
  nearSince: Time.nullable(),
  /** Metres to the place when the crew said it was there, told only beyond 300 m. */
  declaredFarM: z.number().nullable(),
})
export type AssignmentView = z.infer<typeof AssignmentView>

export const IncidentSource = z.enum(['map', 'api', 'kiosk', 'crew', 'simulator'])
export type IncidentSource = z.infer<typeof IncidentSource>

export const IncidentView = z.object({
  id: IncidentId,
  /** For people: `JQ-20261124-0007`. */
  number: z.string(),
  class: IncidentClass,
  severity: Severity,
  state: IncidentState,
  source: IncidentSource,
  place: Place,
  gridId: GridId.nullable(),
  /** Grows with every change; an order cites it. */
  revision: z.number().int(),
  exercise: z.boolean(),
  times: Times,
  /** Milliseconds since received, at `at`. */
  ageMs: z.number(),
  at: Time,
  /** From the zone of the grid; 300 in town. */
  targetSeconds: z.number(),
  assignments: z.array(AssignmentView),
  /** Of an incident that a visitor reported at a kiosk. */
  walkIn: z
    .object({
      id: z.string(),
      /** The receipt the visitor holds; null after a mere press of the emergency button. */
      number: z.string().nullable(),
      station: z.string(),
      kiosk: z.string(),
      emergency: z.boolean(),
      words: z.enum(['none', 'typed', 'officer']),
      contact: z.enum(['phone', 'none', 'anonymous']),
      /** How old the report was when it reached the gateway; large means it was filed offline. */
      arrivedAfterMs: z.number(),
    })
    .optional(),
})
export type IncidentView = z.infer<typeof IncidentView>

export const IncidentCreate = z.strictObject({
  place: z.strictObject({
    lat: z.number().min(-90).max(90),
    lon: z.number().min(-180).max(180),
    text: z.string().max(200).default(''),
  }),
  class: IncidentClass.default('unknown'),
  severity: Severity.default('normal'),
  source: IncidentSource.default('api'),
  exercise: z.boolean().default(false),
})
export type IncidentCreate = z.infer<typeof IncidentCreate>

/** `mutual_aid`: a crew of another county than the one that answers for the place. */
export const Reason = z.enum(['own_grid', 'adjacent_grid', 'nearest_eta', 'mutual_aid'])
export type Reason = z.infer<typeof Reason>
export const Exclusion = z.enum([
  'off_shift',
  'status_not_dispatchable',
  'no_fix',
  'stale_fix',
  'unreachable',
  'off_road',
  'already_assigned',
])
export type Exclusion = z.infer<typeof Exclusion>
export const Warning = z.enum([
  'fix_ageing',
  'equipment_fault',
  'only_unit_in_grid',
  'heading_away',
  'low_battery',
  'emergency',
  /** The place lies on a closed road; the time is to where that begins. */
  'road_closed',
  /** It would leave its own county; the partner is asked first. */
  'cross_border',
])
export type Warning = z.infer<typeof Warning>

export const Candidate = z.object({
  unitId: UnitId,
  callSign: z.string(),
  /** Turnout plus road time, from the unit to the place. */
  etaSeconds: z.number(),
  roadSeconds: z.number(),
  turnoutSeconds: z.number(),
  /** Widened by what an ageing fix leaves open; learned times also from what one in five is quicker than to p80. */
  etaLowSeconds: z.number(),
  etaHighSeconds: z.number(),
  /** `learned`: from what past drives took on such roads at such an hour. `profile`: too few were seen to say more. */
  etaBasis: z.enum(['profile', 'learned']),
  /** The least number of stretches driven behind any class of road that matters on this way. */
  etaSamples: z.number().int(),
  /** Four of five arrive within; null on the profile's basis. */
  etaP80Seconds: z.number().nullable(),
  fixAgeMs: z.number(),
  reasons: z.array(Reason),
  warnings: z.array(Warning),
  /** What sending it takes from the rest of the city; null while coverage is not known. */
  coverageCost: CoverageCost.nullable().optional(),
  /** [lon, lat] pairs along the road, when asked for. */
  route: z.array(z.tuple([z.number(), z.number()])).optional(),
})
export type Candidate = z.infer<typeof Candidate>

export const Recommendation = z.object({
  at: Time,
  place: z.object({
    lat: z.number(),
    lon: z.number(),
    snappedM: z.number(),
    road: z.string(),
    /** It lies on a closed road: times end where the closed road begins. */
    closed: z.boolean(),
  }),
  candidates: z.array(Candidate),
  excluded: z.array(z.object({ unitId: UnitId, callSign: z.string(), excludedBy: Exclusion })),
})
export type Recommendation = z.infer<typeof Recommendation>

export const OrderCreate = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('dispatch'), incidentId: IncidentId, unitId: UnitId }),
  z.strictObject({ kind: z.literal('cancel'), orderId: OrderId, reason: z.string().max(200).default('') }),
  z.strictObject({
    kind: z.literal('actuate'),
    unitId: UnitId,
    output: z.enum(['camera_trigger']),
    on: z.boolean(),
  }),
])
export type OrderCreate = z.infer<typeof OrderCreate>

export const OrderView = z.object({
  id: OrderId,
  kind: z.enum(['dispatch', 'cancel', 'actuate', 'move_up', 'alarm_ack']),
  unitId: UnitId,
  incidentId: IncidentId.nullable(),
  issuedAt: Time,
  issuedBy: z.string(),
  /** null until the device's receipt came back. */
  outcome: z.enum(['delivered', 'executed', 'refused', 'superseded']).nullable(),
  receiptAt: Time.nullable(),
  code: z.string().nullable(),
})
export type OrderView = z.infer<typeof OrderView>

export const AlarmView = z.object({
  /** The eventId of the record, or `unstored/{id}` when the car could not store it. */
  id: z.string(),
  kind: z.enum(['panic', 'crash', 'bodycam.failed', 'walkin', 'device']),
  deviceId: DeviceId,
  unitId: UnitId.nullable(),
  callSign: z.string(),
  occurredAt: Time,
  /** Milliseconds since it happened, at `at`: "pressed 3 min ago". */
  ageMs: z.number(),
  /** How old it already was when it reached the gateway; large means it was pressed offline. */
  arrivedAfterMs: z.number(),
  at: Time,
  position: z.object({ lat: z.number(), lon: z.number(), ageMs: z.number() }).nullable(),
  stored: z.boolean(),
  acknowledgedAt: Time.nullable(),
  acknowledgedBy: z.string().nullable(),
  detail: z.string(),
})
export type AlarmView = z.infer<typeof AlarmView>

export const DeviceView = z.object({
  id: DeviceId,
  unitId: UnitId,
  callSign: z.string(),
  homeGridId: GridId.nullable(),
  state: z.enum(['preauthorized', 'active', 'revoked']),
  certificateNotAfter: Time.nullable(),
  link: z.enum(['up', 'down']),
  software: z.string().nullable(),
  store: StoreHealth.nullable(),
  lanes: z.array(
    z.object({
      epoch: z.string(),
      lane: z.string(),
      upTo: z.number(),
      missing: z.number(),
      records: z.number(),
    }),
  ),
  /** The newest fault of each of its drivers, as the device recorded it; newest first. */
  faults: z.array(
    z.object({
      driver: z.string(),
      code: z.string(),
      detail: z.string(),
      occurredAt: Time,
      receivedAt: Time,
    }),
  ),
})
export type DeviceView = z.infer<typeof DeviceView>

export const LedgerRow = z.object({
  eventId: z.string(),
  lane: z.string(),
  epoch: z.string(),
  seq: z.number(),
  kind: z.string(),
  occurredAt: Time,
  receivedAt: Time,
  clockQuality: z.string(),
  bootId: z.string(),
  body: z.string(),
  sum: z.string(),
})
export type LedgerRow = z.infer<typeof LedgerRow>

export const StationView = z.object({
  id: UnitId,
  name: z.string(),
  ...StationPlace.shape,
  /** The circle it answers for. */
  radiusM: z.number(),
  deviceId: DeviceId,
  link: z.enum(['up', 'down']),
  heardAgeMs: z.number().nullable(),
  queue: UnitView.shape.queue,
  store: StoreHealth.nullable(),
  at: Time,
})
export type StationView = z.infer<typeof StationView>

/** One visit at a kiosk. What names the visitor or tells their story is not in it: `…/reveal`. */
export const WalkInView = z.object({
  id: z.string(),
  number: z.string().nullable(),
  station: z.object({ id: UnitId, name: z.string(), kiosk: z.string() }),
  route: z.enum(['dispatch', 'supervision', 'intelligence']),
  severity: Severity,
  emergency: z.boolean(),
  /** null while only the emergency button was pressed. */
  report: z
    .object({
      class: WalkInClass,
      place: z.enum(['here', 'landmark', 'unknown']),
      when: WalkInWhen,
      answers: WalkInAnswers,
      words: z.enum(['none', 'typed', 'officer']),
      contact: z.enum(['phone', 'none', 'anonymous']),
      callback: z.boolean(),
      language: KioskLanguage,
    })
    .nullable(),
  place: Place,
  hasSealed: z.boolean(),
  filedAt: Time,
  ageMs: z.number(),
  arrivedAfterMs: z.number(),
  at: Time,
  incidentId: IncidentId.nullable(),
})
export type WalkInView = z.infer<typeof WalkInView>

/** How often each topic was asked about at a station on one day; nothing about who asked. */
export const ConsultationCount = z.object({
  v: z.literal(1),
  /** `20261124`, local. */
  day: z.string(),
  stationId: UnitId,
  topics: z.partialRecord(ConsultTopic, z.number()),
})
export type ConsultationCount = z.infer<typeof ConsultationCount>

/** Why somebody looks at what a visitor told; written into the audit before anything is shown. */
export const Reveal = z.strictObject({ purpose: z.string().trim().min(1).max(200) })

export const EnrolmentCreate = z.strictObject({
  deviceId: DeviceId,
  unitId: UnitId,
  callSign: z.string().min(1).max(32),
  homeGridId: GridId.nullable().default(null),
  /** Of a duty station; `callSign` is its name then. */
  station: StationPlace.nullable().optional(),
})
export type EnrolmentCreate = z.infer<typeof EnrolmentCreate>

export const EnrolmentIssued = z.object({
  /** As a technician types it, fingerprint included: `7K3QM-X9RTB-W.5N2C…`. */
  code: z.string(),
  expiresAt: Time,
  enrolmentUrl: z.string(),
})
export type EnrolmentIssued = z.infer<typeof EnrolmentIssued>

/** Everything a page needs to start; changes follow with `seq` growing by one. */
export const Snapshot = z.object({
  units: z.array(UnitView),
  incidents: z.array(IncidentView),
  alarms: z.array(AlarmView),
  /** Roads closed or slow: in force, to come, and what ended lately. */
  closures: z.array(ClosureView).default([]),
  /** null until the first refresh after a start. */
  coverage: CoverageView.nullable().default(null),
})
export type Snapshot = z.infer<typeof Snapshot>

/**
 * Units that only moved, one column per value, for pages that ask with `compact=1`: 5,000 units a second are then a third of
 * a megabyte and not five. Everything else about a unit, a new grid or state for example, comes as `unit.changed`; what only
 * a unit's card shows (satellites, queue) may be up to 2 s late with 250 units and 20 s with 5,000.
 */
const Column = z.array(z.number())
const GappyColumn = z.array(z.number().nullable())
export const UnitMoves = z.object({
  ids: z.array(UnitId),
  lat: Column,
  lon: Column,
  speedMps: GappyColumn,
  trackDeg: GappyColumn,
  fixAgeMs: Column,
  heardAgeMs: GappyColumn,
})
export type UnitMoves = z.infer<typeof UnitMoves>

/*
 * `seq` numbers what happened: incidents, alarms, orders, closures. Such a message has the number after the one before it; units,
 * coverage and heartbeats repeat the newest number, so a page that misses something sees it within a heartbeat.
 *
 *     connect              -> snapshot
 *     connect ?after=SEQ   -> what happened after SEQ, the newest of everything else, resumed
 *                          or resync (why that cannot be done), snapshot
 */
const envelope = { seq: z.number().int(), at: Time, v: z.literal(1) }
export const StreamMessage = z.discriminatedUnion('type', [
  z.object({ ...envelope, type: z.literal('snapshot'), data: Snapshot }),
  z.object({
    ...envelope,
    type: z.literal('resync'),
    data: z.object({ reason: z.enum(['too_old', 'unknown']) }),
  }),
  z.object({ ...envelope, type: z.literal('resumed'), data: z.object({ missed: z.number().int() }) }),
  z.object({ ...envelope, type: z.literal('unit.changed'), data: UnitView }),
  z.object({ ...envelope, type: z.literal('units.moved'), data: UnitMoves }),
  z.object({ ...envelope, type: z.literal('incident.changed'), data: IncidentView }),
  z.object({ ...envelope, type: z.literal('alarm.changed'), data: AlarmView }),
  z.object({ ...envelope, type: z.literal('order.changed'), data: OrderView }),
  z.object({ ...envelope, type: z.literal('closure.changed'), data: ClosureView }),
  z.object({ ...envelope, type: z.literal('coverage.changed'), data: CoverageView }),
  z.object({ ...envelope, type: z.literal('system.degraded'), data: z.object({ reason: z.string() }) }),
  z.object({ ...envelope, type: z.literal('heartbeat'), data: z.object({}) }),
])
export type StreamMessage = z.infer<typeof StreamMessage>

/** GeoJSON as maps read it; what the features mean is in the words of each route. */
export const FeatureCollection = z.looseObject({
  type: z.literal('FeatureCollection'),
  features: z.array(
    z.looseObject({
      type: z.literal('Feature'),
      properties: z.record(z.string(), z.unknown()).nullable(),
      geometry: z.looseObject({ type: z.string(), coordinates: z.array(z.unknown()) }),
    }),
  ),
})
export type FeatureCollection = z.infer<typeof FeatureCollection>

/** TileJSON 3.0; the address carries the version of the import, so a tile may be kept for ever. */
export const TileJson = z.object({
  tilejson: z.literal('3.0.0'),
  name: z.string(),
  scheme: z.literal('xyz'),
  tiles: z.array(z.string()),
  attribution: z.string(),
  bounds: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  center: z.tuple([z.number(), z.number(), z.number()]),
  minzoom: z.number(),
  maxzoom: z.number(),
  version: z.string(),
  vector_layers: z.array(
    z.object({
      id: z.string(),
      fields: z.record(z.string(), z.string()),
      minzoom: z.number(),
      maxzoom: z.number(),
    }),
  ),
})
export type TileJson = z.infer<typeof TileJson>

export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.string(),
  detail: z.string(),
})
export type Problem = z.infer<typeof Problem>
