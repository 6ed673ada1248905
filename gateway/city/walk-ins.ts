import type { ParsedBody } from '#protocols/bodies.ts'
import type { DeviceId } from '#protocols/ids.ts'
import { localDay } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import { receiveIncident } from '../dispatch/incident.ts'
import type { Incident } from '../dispatch/incident.ts'
import type { CityEffect } from '../loop/effects.ts'
import { putStray } from '../walkins/stray.ts'
import { triageOf, walkInId, withRecord } from '../walkins/walk-in.ts'
import type { WalkInRow } from '../walkins/walk-in.ts'
import type { City } from './city-state.ts'
import { putConsultation, putWalkIn } from './rows.ts'

/**
 * What a record of a kiosk changes: a visit becomes a row, and an incident where somebody may have to go. The incident is
 * made by itself; sending somebody never is. A complaint or a tip-off becomes no incident, so no unit can see it.
 */
export function walkInEffects(
  city: City,
  deviceId: DeviceId,
  body: ParsedBody | null,
  given: { readonly eventId: string; readonly utcMs: number; readonly ageMs: number },
  now: Now,
): CityEffect[] {
  const station = city.stations.byDevice(deviceId)
  if (!isOfVisitor(body)) return []
  if (station === undefined) {
    const said = { type: 'log', level: 'warn', event: 'walkin.no_station', detail: { deviceId } } as const
    // An alarm holds nothing that a visitor said, and is told as every alarm is.
    return body.kind === 'walkin.alarm' ? [said] : [said, putStray(given.eventId)]
  }
  if (body.kind === 'walkin.consultation')
    return [putConsultation(city.walkIns.asked(localDay(given.utcMs), station.id, body.body.topic))]
  const known = city.walkIns.byId(walkInId(deviceId, body.body.ref))
  if (known?.eventIds.includes(given.eventId)) return []
  const told = body.kind === 'walkin.alarm' ? { alarm: body.body } : { report: body.body }
  const row = withRecord(known, told, { ...given, station }, now)
  if (row.route !== 'dispatch') return keep(city, row)
  const incident = incidentOf(city, row, given, now)
  return [...keep(city, { ...row, incidentId: incident.id }), ...city.keepIncident(incident, now)]
}

type OfVisitor = Extract<
  ParsedBody,
  { readonly kind: 'walkin.alarm' | 'walkin.report' | 'walkin.consultation' }
>
const isOfVisitor = (body: ParsedBody | null): body is OfVisitor =>
  body?.kind === 'walkin.alarm' || body?.kind === 'walkin.report' || body?.kind === 'walkin.consultation'

function keep(city: City, row: WalkInRow): CityEffect[] {
  city.walkIns.put(row)
  return [putWalkIn(row)]
}

/** A new incident, received when the visitor pressed; or the one of this visit, told more. */
function incidentOf(city: City, row: WalkInRow, given: { readonly utcMs: number }, now: Now): Incident {
  const known = row.incidentId === null ? undefined : city.incident(row.incidentId)
  const { station, number, emergency, report, place, severity, arrivedAfterMs } = row
  const { incidentClass } = triageOf(report)
  const gridId = city.grids.gridAt(place)
  const walkIn = {
    id: row.id,
    number,
    station: station.name,
    kiosk: station.kiosk,
    emergency,
    words: report?.words ?? 'none',
    contact: report?.contact ?? 'none',
    arrivedAfterMs,
  }
  if (known !== undefined) {
    const told = { class: incidentClass, severity, place, gridId, walkIn, revision: known.revision + 1 }
    // Closed is closed; what came after it is in the walk-in.
    return known.closed ? { ...known, walkIn } : { ...known, ...told }
  }
  const create = { place, class: incidentClass, severity, source: 'kiosk', exercise: false } as const
  const names = {
    id: city.mint.id('inc'),
    number: city.incidents.numbers.next(now.utcMs),
    gridId,
    actor: `device:${row.deviceId}`,
  }
  return { ...receiveIncident(create, names, { ...now, utcMs: given.utcMs }), walkIn }
}
