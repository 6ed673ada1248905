import type { AlarmView } from '#protocols/api.ts'
import { parseBody } from '#protocols/bodies.ts'
import type { ParsedBody } from '#protocols/bodies.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { DeviceId, UnitId } from '#protocols/ids.ts'
import { eventIdOf } from '#protocols/record.ts'
import type { WireRecord } from '#protocols/record.ts'
import type { Unstored } from '#protocols/session.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'

/** `alarm/{id}`. */
export type AlarmRow = {
  readonly v: 1
  readonly id: string
  readonly kind: AlarmView['kind']
  readonly deviceId: DeviceId
  readonly unitId: UnitId | null
  readonly callSign: string
  readonly occurredUtcMs: number
  /** The same moment by the gateway's clock: receipt less true age. What ages count from after a restart. */
  readonly happenedUtcMs: number
  readonly arrivedAfterMs: number
  readonly position: { readonly lat: number; readonly lon: number; readonly ageAtAlarmMs: number } | null
  readonly stored: boolean
  /** What the alarm is known by whether it came stored, unstored or both; absent where the device gave it no such name. */
  readonly pressId?: string
  readonly acknowledgedUtcMs: number | null
  readonly acknowledgedBy: string | null
  readonly detail: string
}

type Held = { readonly row: AlarmRow; readonly happenedMonoMs: number }

/** Acknowledged alarms kept in memory for the list; their rows stay. An alarm nobody acknowledged never gives way. */
const ACKNOWLEDGED_KEPT = 200

/** Whose device it is, as far as known: an alarm of a device nobody bound still alarms. */
export type AlarmSource = {
  readonly deviceId: DeviceId
  readonly unitId: UnitId | null
  readonly callSign: string
}

/** Where the device stands, of one that does not move. */
type Stands = LatLon | undefined

/** Alarms always alarm, however late, with their true age, until a person acknowledges. */
export class AlarmBook {
  /** Alarm by `device/press`. */
  private readonly byPress = new Map<string, string>()
  private readonly held = new Map<string, Held>()
  /** In the order of their acknowledgement; only a restart needs the wall clock for it. */
  private readonly acknowledged = new Set<string>()
  /** How many alarms make a unit show an emergency; asked for every unit, every second. */
  private readonly openPanics = new Map<UnitId, number>()

  /** Newest first. */
  all(now: Now): AlarmView[] {
    const sorted = [...this.held.values()].sort((a, b) => b.happenedMonoMs - a.happenedMonoMs)
    return sorted.map(held => viewOfAlarm(held, now))
  }

  row(alarmId: string): AlarmRow | undefined {
    return this.held.get(alarmId)?.row
  }

  view(alarmId: string, now: Now): AlarmView | undefined {
    const held = this.held.get(alarmId)
    return held && viewOfAlarm(held, now)
  }

  /** An alarm of this unit waits for somebody: the unit shows an emergency. */
  hasOpenPanic(unitId: UnitId): boolean {
    return this.openPanics.has(unitId)
  }

  openCount(): number {
    return this.held.size - this.acknowledged.size
  }

  /**
   * Raises the alarm of a record in lane `alarm`; undefined when it was raised before. One press that came unstored first
   * is the same alarm, acknowledged or not, and from now on stored.
   */
  raise(
    source: AlarmSource,
    record: WireRecord,
    body: ParsedBody | null,
    times: { ageMs: number; utcMs: number },
    now: Now,
    stands?: Stands,
  ): AlarmRow | undefined {
    const id = eventIdOf(source.deviceId, record)
    const told = describe(body, record.kind, stands)
    const { ageMs, utcMs } = times
    const known = this.samePress(source, told)
    if (known !== undefined) return known.row.stored ? undefined : this.nowStored(known)
    return this.add({ id, ...told, stored: true, occurredUtcMs: utcMs }, source, ageMs, now)
  }

  /** Raises an alarm the car could not store; its random id makes repeats harmless. */
  raiseUnstored(
    source: AlarmSource,
    alarm: Unstored,
    times: { ageMs: number; utcMs: number },
    now: Now,
    stands?: Stands,
  ): AlarmRow | undefined {
    const parsed = parseBody(alarm.kind, alarm.body)
    const told = describe(parsed.ok ? parsed.value : null, alarm.kind, stands)
    const { ageMs, utcMs } = times
    const id = `unstored/${alarm.id}`
    if (this.samePress(source, told) !== undefined) return undefined
    return this.add({ id, ...told, stored: false, occurredUtcMs: utcMs }, source, ageMs, now)
  }

  /** Undefined when there is no such alarm; the row as it was when somebody acknowledged it before. */
  acknowledge(alarmId: string, by: string, now: Now): { row: AlarmRow; isNew: boolean } | undefined {
    const held = this.held.get(alarmId)
    if (held === undefined) return undefined
    if (held.row.acknowledgedUtcMs !== null) return { row: held.row, isNew: false }
    const row = { ...held.row, acknowledgedUtcMs: now.utcMs, acknowledgedBy: by }
    this.hold({ ...held, row })
    this.forgetLongestAcknowledged()
    return { row, isNew: true }
  }

  /** All rows at boot. */
  restore(rows: readonly AlarmRow[], now: Now): void {
    for (const row of rows.toSorted((a, b) => (a.acknowledgedUtcMs ?? 0) - (b.acknowledgedUtcMs ?? 0))) {
      const sinceMs = Math.max(row.arrivedAfterMs, now.utcMs - row.happenedUtcMs)
      this.hold({ row, happenedMonoMs: now.monoMs - sinceMs })
    }
    this.forgetLongestAcknowledged()
  }

  private add(told: Told, source: AlarmSource, ageMs: number, now: Now): AlarmRow | undefined {
    if (this.held.has(told.id)) return undefined
    const age = Math.max(0, Math.round(ageMs))
    const row: AlarmRow = {
      v: 1,
      ...source,
      ...told,
      happenedUtcMs: now.utcMs - age,
      arrivedAfterMs: age,
      acknowledgedUtcMs: null,
      acknowledgedBy: null,
    }
    this.hold({ row, happenedMonoMs: now.monoMs - age })
    return row
  }

  private hold(held: Held): void {
    const { row } = held
    this.countPanic(this.held.get(row.id)?.row, -1)
    this.countPanic(row, 1)
    this.held.set(row.id, held)
    if (row.acknowledgedUtcMs !== null) this.acknowledged.add(row.id)
    if (row.pressId !== undefined) this.byPress.set(`${row.deviceId}/${row.pressId}`, row.id)
  }

  private countPanic(row: AlarmRow | undefined, by: 1 | -1): void {
    if (row === undefined || row.unitId === null || row.acknowledgedUtcMs !== null) return
    if (row.kind !== 'panic' && row.kind !== 'crash') return
    const count = (this.openPanics.get(row.unitId) ?? 0) + by
    if (count === 0) this.openPanics.delete(row.unitId)
    else this.openPanics.set(row.unitId, count)
  }

  private samePress({ deviceId }: AlarmSource, { pressId }: Pick<AlarmRow, 'pressId'>): Held | undefined {
    const id = pressId === undefined ? undefined : this.byPress.get(`${deviceId}/${pressId}`)
    return id === undefined ? undefined : this.held.get(id)
  }

  private nowStored({ row, happenedMonoMs }: Held): AlarmRow {
    const stored = { ...row, stored: true }
    this.hold({ row: stored, happenedMonoMs })
    return stored
  }

  private forgetLongestAcknowledged(): void {
    for (const id of this.acknowledged) {
      if (this.acknowledged.size <= ACKNOWLEDGED_KEPT) return
      const { pressId, deviceId } = this.held.get(id)!.row
      this.acknowledged.delete(id)
      this.held.delete(id)
      if (pressId !== undefined) this.byPress.delete(`${deviceId}/${pressId}`)
    }
  }
}

type Told = Pick<AlarmRow, 'id' | 'kind' | 'detail' | 'position' | 'stored' | 'pressId' | 'occurredUtcMs'>

/** What the body says to a dispatcher. A body this version cannot read still alarms, under the name of its kind. */
function describe(
  parsed: ParsedBody | null,
  kind: string,
  stands: Stands,
): Pick<AlarmRow, 'kind' | 'detail' | 'position' | 'pressId'> {
  switch (parsed?.kind) {
    case 'panic': {
      const { source, position, positionAgeMs, pressId } = parsed.body
      const place = position && { lat: position.lat, lon: position.lon, ageAtAlarmMs: positionAgeMs ?? 0 }
      return { kind: 'panic', detail: source, position: place, ...(pressId !== undefined && { pressId }) }
    }
    case 'crash': {
      const { position, positionAgeMs, pressId } = parsed.body
      const place = position && { lat: position.lat, lon: position.lon, ageAtAlarmMs: positionAgeMs ?? 0 }
      return { kind: 'crash', detail: 'crash', position: place, pressId }
    }
    case 'bodycam.failed': {
      const { reason, sources } = parsed.body
      return { kind: 'bodycam.failed', detail: `${reason} (${sources.join(', ')})`, position: null }
    }
    case 'walkin.alarm': {
      const position = stands ? { lat: stands.lat, lon: stands.lon, ageAtAlarmMs: 0 } : null
      // A visit alarms once for each reason it has.
      const pressId = `${parsed.body.ref}/${parsed.body.source}`
      return { kind: 'walkin', detail: parsed.body.number ?? '', position, pressId }
    }
    default:
      return { kind: kind === 'panic' ? 'panic' : 'device', detail: kind, position: null }
  }
}

function viewOfAlarm({ row, happenedMonoMs }: Held, now: Now): AlarmView {
  const { id, kind, deviceId, unitId, callSign, arrivedAfterMs, stored, acknowledgedBy, detail } = row
  const ageMs = Math.max(0, Math.round(now.monoMs - happenedMonoMs))
  const { position } = row
  return {
    id,
    kind,
    deviceId,
    unitId,
    callSign,
    occurredAt: rfc3339(row.occurredUtcMs),
    ageMs,
    arrivedAfterMs,
    at: rfc3339(now.utcMs),
    position: position && {
      lat: position.lat,
      lon: position.lon,
      ageMs: ageMs + Math.round(position.ageAtAlarmMs),
    },
    stored,
    acknowledgedAt: row.acknowledgedUtcMs === null ? null : rfc3339(row.acknowledgedUtcMs),
    acknowledgedBy,
    detail,
  }
}
