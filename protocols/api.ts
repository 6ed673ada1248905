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
export * from './api/alarms.ts'
export * from './api/devices.ts'
export * from './api/incidents.ts'
export * from './api/maps.ts'
export * from './api/orders.ts'
export * from './api/problem.ts'
export * from './api/recommendations.ts'
export * from './api/stations.ts'
export * from './api/stream.ts'
export * from './api/units.ts'
