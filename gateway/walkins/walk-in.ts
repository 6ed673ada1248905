import type { WalkInView } from '#protocols/api.ts'
import type { BodyOf } from '#protocols/bodies.ts'
import type { Sealed } from '#protocols/sealed.ts'
import type { DeviceId, IncidentId } from '#protocols/ids.ts'
import type { Place, Severity } from '#protocols/incident.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import { DANGER, triage } from '#protocols/walk-in.ts'
import type { Triage, WalkInRoute } from '#protocols/walk-in.ts'
import type { Station } from '../stations/station-book.ts'

export type ReportBody = BodyOf<'walkin.report'>
export type AlarmBody = BodyOf<'walkin.alarm'>

/** `walkin/{deviceId}/{ref}`: one visit, of an alarm, a report or both. The sealed words stay sealed. */
export type WalkInRow = {
  readonly v: 1
  readonly id: string
  readonly ref: string
  readonly deviceId: DeviceId
  readonly station: WalkInView['station']
  readonly number: string | null
  readonly route: WalkInRoute
  readonly severity: Severity
  readonly emergency: boolean
  readonly report: Omit<ReportBody, 'ref' | 'number' | 'sealed'> | null
  readonly sealed: Sealed | null
  /** When its words were let go; absent while they are there, or never were. */
  readonly removedUtcMs?: number
  readonly place: Place
  /** When the visitor pressed: by the station's clock, and by the gateway's less its true age. */
  readonly filedUtcMs: number
  readonly happenedUtcMs: number
  readonly arrivedAfterMs: number
  readonly incidentId: IncidentId | null
  /** Records that were folded in; one that comes again changes nothing. */
  readonly eventIds: readonly string[]
}

export const walkInId = (deviceId: DeviceId, ref: string): string => `${deviceId}/${ref}`

/** What the record of a visit adds to what was known of it. */
export function withRecord(
  known: WalkInRow | undefined,
  told: { readonly report: ReportBody } | { readonly alarm: AlarmBody },
  given: {
    readonly station: Station
    readonly eventId: string
    readonly utcMs: number
    readonly ageMs: number
  },
  now: Now,
): WalkInRow {
  const { station, eventId, utcMs, ageMs } = given
  const { ref, number } = 'report' in told ? told.report : told.alarm
  const row = known ?? blankRow(station, ref, { utcMs, ageMs }, now)
  const eventIds = [...row.eventIds, eventId]
  if ('alarm' in told) {
    const { severity } = DANGER
    return { ...row, number: row.number ?? number, severity, emergency: true, eventIds }
  }
  const { sealed, ref: _ref, number: _number, ...report } = told.report
  const { route, severity, emergency } = triageOf(report)
  const { removedUtcMs: _removed, ...rest } = row
  return {
    ...rest,
    number,
    report,
    sealed,
    route,
    severity: row.emergency ? row.severity : severity,
    emergency: row.emergency || emergency,
    place: placeOf(report.place, station),
    eventIds,
  }
}

export const triageOf = (report: Pick<ReportBody, 'class' | 'when' | 'answers'> | null): Triage =>
  report === null ? DANGER : triage(report)

function blankRow(
  station: Station,
  ref: string,
  { utcMs, ageMs }: { readonly utcMs: number; readonly ageMs: number },
  now: Now,
): WalkInRow {
  const age = Math.max(0, Math.round(ageMs))
  const { id, name, place, deviceId } = station
  return {
    v: 1,
    id: walkInId(deviceId, ref),
    ref,
    deviceId,
    station: { id, name, kiosk: place.kiosk },
    number: null,
    route: 'dispatch',
    severity: DANGER.severity,
    emergency: false,
    report: null,
    sealed: null,
    place: placeOf({ kind: 'here' }, station),
    filedUtcMs: utcMs,
    happenedUtcMs: now.utcMs - age,
    arrivedAfterMs: age,
    incidentId: null,
    eventIds: [],
  }
}

/** Where somebody has to go. Who does not know where it was is still at the station, and that is where to begin. */
function placeOf(told: ReportBody['place'], { name, place }: Station): Place {
  const { lat, lon, kiosk } = place
  const here = `${name}（自助机${kiosk}）`
  switch (told.kind) {
    case 'here':
      return { lat, lon, text: here }
    case 'landmark':
      return { lat: told.lat, lon: told.lon, text: told.name }
    case 'unknown':
      return { lat, lon, text: `地点不详，报案人在${here}` }
  }
}

export function viewOfWalkIn(row: WalkInRow, now: Now): WalkInView {
  const { id, number, station, route, severity, emergency, report, place, arrivedAfterMs, incidentId } = row
  return {
    id,
    number,
    station,
    route,
    severity,
    emergency,
    report: report && { ...report, place: report.place.kind },
    place,
    hasSealed: row.sealed !== null,
    removedAt: row.removedUtcMs === undefined ? null : rfc3339(row.removedUtcMs),
    filedAt: rfc3339(row.filedUtcMs),
    ageMs: Math.max(0, now.utcMs - row.happenedUtcMs),
    arrivedAfterMs,
    at: rfc3339(now.utcMs),
    incidentId,
  }
}
