import type { IncidentCreate, OrderCreate, StreamMessage } from '#protocols/api.ts'
import type { ClosureCreate } from '#protocols/closures.ts'
import type { ParsedBody } from '#protocols/bodies.ts'
import type { StationPlace } from '#protocols/enrolment.ts'
import type { DeviceId, GridId, UnitId } from '#protocols/ids.ts'
import type { Order } from '#protocols/orders.ts'
import type { WireRecord } from '#protocols/record.ts'
import type { Result } from '#protocols/result.ts'
import type { DeviceConfig, Hello, Live, Unstored } from '#protocols/session.ts'
import type { MoveUpMeasured } from '../coverage/move-ups.ts'
import type { CoverageRefresh } from '../coverage/coverage-book.ts'

/*
 * The gateway is one loop:
 *
 *     events -> intake -> city -> effects -> one synced batch -> acks, orders, replies, changes
 *
 * Intake turns bytes into records exactly once and in lane order; the city (fleet, incidents, orders, alarms) turns
 * records and commands into rows and messages. Both are synchronous and know no clock, disk or socket. Whatever an
 * effect tells the outside world leaves only after the rows that justify it were committed.
 */

/** Which unit a device serves: gateway data, so a swap needs no new identity scheme. */
export type UnitBinding = {
  readonly deviceId: DeviceId
  readonly unitId: UnitId
  readonly callSign: string
  readonly homeGridId: GridId | null
  /** Of a duty station: where it stands; it is no unit then. */
  readonly station?: StationPlace | null
}

/** What a person or a dispatching system asks for; `actor` is written into the audit. */
export type Command =
  | { readonly kind: 'incident.create'; readonly incident: IncidentCreate }
  | {
      readonly kind: 'incident.close'
      readonly incidentId: string
      readonly reason: string
      /** It had been reported already. */
      readonly duplicate?: boolean
    }
  | { readonly kind: 'order'; readonly order: OrderCreate }
  | { readonly kind: 'alarm.acknowledge'; readonly alarmId: string }
  | { readonly kind: 'closure.create'; readonly closure: ClosureCreate }
  | { readonly kind: 'closure.end'; readonly closureId: string; readonly note: string }
  /** A commander has seen that a grid is black. */
  | { readonly kind: 'warning.acknowledge'; readonly gridId: GridId }
  | { readonly kind: 'moveup.accept' | 'moveup.decline'; readonly moveUpId: string }

export type CityEvent =
  | { readonly type: 'bound'; readonly binding: UnitBinding }
  | { readonly type: 'session'; readonly deviceId: DeviceId; readonly link: 'up' | 'down' }
  | { readonly type: 'hello'; readonly deviceId: DeviceId; readonly hello: Hello }
  /** `latenessMs`: how much longer this message was on the way than the quickest one of its boot. */
  | { readonly type: 'live'; readonly deviceId: DeviceId; readonly live: Live; readonly latenessMs: number }
  /** Exactly once per record. `body` is null where this version cannot read the kind. */
  | {
      readonly type: 'record'
      readonly deviceId: DeviceId
      readonly record: WireRecord
      readonly body: ParsedBody | null
      /** How old it was when it arrived, by the device's monotonic clock when the boot is the current one. */
      readonly ageMs: number
    }
  | { readonly type: 'unstored'; readonly deviceId: DeviceId; readonly alarm: Unstored }
  | {
      readonly type: 'command'
      readonly commandId: string
      readonly actor: string
      readonly command: Command
    }
  /** What a refresh of coverage found; null when the one who computes it is gone. */
  | { readonly type: 'coverage'; readonly refresh: CoverageRefresh | null }
  /** Who should stand where instead, looked for now and then. */
  | { readonly type: 'moveups'; readonly measured: MoveUpMeasured }
  /** Once a second: freshness, re-sending of orders without receipt, shift of ages. */
  | { readonly type: 'tick' }

/** `type` and `data` of a StreamMessage; the stream adds seq and time. */
export type Change = {
  [T in StreamMessage['type']]: {
    readonly type: T
    readonly data: Extract<StreamMessage, { type: T }>['data']
  }
}[StreamMessage['type']]

export type CityEffect =
  | { readonly type: 'put'; readonly key: string; readonly value: unknown; readonly again?: true }
  | { readonly type: 'del'; readonly key: string }
  /** Sign and publish on `down/order`; sent again until receipted, the agent executes it once. */
  | { readonly type: 'order'; readonly order: Order }
  | { readonly type: 'config'; readonly deviceId: DeviceId; readonly config: DeviceConfig }
  | { readonly type: 'change'; readonly change: Change }
  | { readonly type: 'reply'; readonly commandId: string; readonly result: Result<unknown> }
  | {
      readonly type: 'audit'
      readonly action: string
      readonly actor: string
      readonly detail: Record<string, unknown>
    }
  | {
      readonly type: 'log'
      readonly level: 'debug' | 'info' | 'warn'
      readonly event: string
      readonly detail: Record<string, unknown>
    }

/*
 * Rows, one LevelDB, values JSON behind the sum of the row:
 *
 *     record/{deviceId}/{epoch}/{lane}/{seq, 12 digits}    RecordRow; neighbours packed by the store (ledger/packed-records.ts)
 *     watermark/{deviceId}/{epoch}/{lane}                  received ranges            intake
 *     device/{deviceId}                                    binding, certificate       identity
 *     fault/{deviceId}/{driver}                            newest fault of a driver   intake
 *     code/{sha256 of the code}                            enrolment codes            identity
 *     unit/{unitId} incident/{id} order/{id} alarm/{id}    the city                   city
 *     eta/…                                                learned driving times         eta/eta-rows.ts
 *     walkin/{deviceId}/{ref}, consultation/{day}/{stationId}                      city
 *     closure/{id}                                         roads closed or slow            city
 *     retention/{deviceId}/{epoch}                         how far its track was thinned and let go   retention
 *     audit/{n, 12 digits}                                 append-only, hash-chained
 *     meta/{name}                                          format version, ledgerId, generation
 */
/** Format 1 had every record in a row of its own, format 2 no sums of rows (ledger/row-sum.ts); both are read as they are. */
export const ROW_FORMAT = 3
export const ROW_FORMATS_READ: readonly unknown[] = [1, 2, ROW_FORMAT]
