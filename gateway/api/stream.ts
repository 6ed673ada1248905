import type { Snapshot, UnitView } from '#protocols/api.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Clock } from '#protocols/time.ts'
import type { Change } from '../loop/effects.ts'
import type { Metrics } from '../metrics/metrics.ts'

/*
 *     connect -> snapshot (seq 0) -> changes, seq growing by one per message and connection -> heartbeat every 5 s
 *
 * A unit is sent at most four times a second, always its newest view. A client that reads too slowly first gets only the
 * newest view of each unit when it has caught up, then, when even the rest does not fit, is disconnected with a reason.
 * Incidents, alarms and orders are never left out: a page either sees all of them or knows that it does not.
 */
export const HEARTBEAT_MS = 5_000
const UNIT_EVERY_MS = 250
/** Queued bytes from which units are held back for this client. */
const HOLD_BYTES = 256 * 1024
export const QUEUE_BYTES_MAX = 1024 * 1024
/** A client that has not caught up for this long is gone or frozen. */
const STUCK_MS_MAX = 30_000
/** Pages of one command centre; more is a page that reconnects in a loop. */
const CLIENTS_MAX = 64

/** One connection, whatever carries it. */
export type StreamClient = {
  /** Bytes handed over and not yet taken by the other side. */
  readonly bufferedBytes: () => number
  readonly send: (text: string) => void
  readonly close: (code: number, reason: string) => void
}

export type StreamHub = {
  /** Sends the snapshot and, from now on, every change; the returned function ends it. */
  readonly join: (client: StreamClient) => () => void
  /** Changes of one commit, in their order. */
  readonly publish: (changes: readonly Change[]) => void
  readonly count: () => number
  /** Says goodbye to everybody; nothing is sent afterwards. */
  readonly close: () => void
}

type Member = {
  readonly client: StreamClient
  seq: number
  /** Newest view of units held back, by id. */
  readonly held: Map<string, string>
  heldSinceMonoMs: number
  /** The snapshot may be larger than any queue; it does not count until it was taken. */
  snapshotBytes: number
}

/** Fans changes out to pages. Time and the connections are handed in; `snapshot` is the whole picture now. */
export function createStreamHub(parts: {
  readonly clock: Clock
  readonly snapshot: () => Snapshot
  readonly metrics: Pick<Metrics, 'streamClients' | 'streamDropped'>
}): StreamHub {
  const { clock, metrics } = parts
  const members = new Set<Member>()
  const pending = new Map<string, UnitView>()
  const sentMonoMs = new Map<string, number>()
  let flushing = false
  let cancelFlush = (): void => undefined
  let cancelHeartbeat = (): void => undefined

  const queuedOf = (member: Member): number => {
    const buffered = member.client.bufferedBytes()
    if (buffered < HOLD_BYTES) member.snapshotBytes = 0
    return Math.max(0, buffered - member.snapshotBytes)
  }

  const envelope = (member: Member, type: string, data: string): string =>
    `{"v":1,"seq":${member.seq++},"at":"${rfc3339(clock.now().utcMs)}","type":"${type}","data":${data}}`

  const drop = (member: Member, reason: string): void => {
    if (!members.delete(member)) return
    metrics.streamDropped(reason)
    metrics.streamClients(members.size)
    member.client.close(1013, reason)
  }

  const sendTo = (member: Member, type: string, data: string): void => {
    if (queuedOf(member) + data.length > QUEUE_BYTES_MAX) return drop(member, 'queue over 1 MiB')
    member.client.send(envelope(member, type, data))
  }

  const sendUnit = (member: Member, unitId: string, data: string): void => {
    if (member.held.size === 0 && queuedOf(member) < HOLD_BYTES) return sendTo(member, 'unit.changed', data)
    if (member.held.size === 0) member.heldSinceMonoMs = clock.now().monoMs
    member.held.set(unitId, data)
    armFlush()
  }

  const broadcastUnit = (unit: UnitView): void => {
    sentMonoMs.set(unit.id, clock.now().monoMs)
    const data = JSON.stringify(unit)
    for (const member of [...members]) sendUnit(member, unit.id, data)
  }

  const releaseHeld = (member: Member): void => {
    for (const [unitId, data] of member.held) {
      if (queuedOf(member) >= HOLD_BYTES) return
      member.held.delete(unitId)
      sendTo(member, 'unit.changed', data)
    }
  }

  const flush = (): void => {
    flushing = false
    const nowMonoMs = clock.now().monoMs
    for (const [unitId, unit] of pending) {
      if (nowMonoMs - (sentMonoMs.get(unitId) ?? -Infinity) < UNIT_EVERY_MS) continue
      pending.delete(unitId)
      broadcastUnit(unit)
    }
    for (const member of [...members]) {
      releaseHeld(member)
      if (member.held.size > 0 && nowMonoMs - member.heldSinceMonoMs > STUCK_MS_MAX)
        drop(member, 'reads too slowly')
    }
    if (pending.size > 0 || [...members].some(m => m.held.size > 0)) armFlush()
  }

  const armFlush = (): void => {
    if (flushing) return
    flushing = true
    cancelFlush = clock.after(UNIT_EVERY_MS / 5, flush)
  }

  const heartbeat = (): void => {
    for (const member of [...members]) sendTo(member, 'heartbeat', '{}')
    cancelHeartbeat = clock.after(HEARTBEAT_MS, heartbeat)
  }
  cancelHeartbeat = clock.after(HEARTBEAT_MS, heartbeat)

  return {
    join(client) {
      if (members.size >= CLIENTS_MAX) {
        metrics.streamDropped('too many clients')
        client.close(1013, 'too many clients')
        return () => undefined
      }
      const snapshot = JSON.stringify(parts.snapshot())
      const member: Member = {
        client,
        seq: 0,
        held: new Map(),
        heldSinceMonoMs: 0,
        snapshotBytes: snapshot.length,
      }
      members.add(member)
      metrics.streamClients(members.size)
      client.send(envelope(member, 'snapshot', snapshot))
      return () => {
        if (members.delete(member)) metrics.streamClients(members.size)
      }
    },
    publish(changes) {
      for (const change of changes) {
        if (change.type !== 'unit.changed') {
          const data = JSON.stringify(change.data)
          for (const member of [...members]) sendTo(member, change.type, data)
          continue
        }
        const unit = change.data
        pending.delete(unit.id)
        const sinceMs = clock.now().monoMs - (sentMonoMs.get(unit.id) ?? -Infinity)
        if (sinceMs >= UNIT_EVERY_MS) broadcastUnit(unit)
        else {
          pending.set(unit.id, unit)
          armFlush()
        }
      }
    },
    count: () => members.size,
    close() {
      cancelFlush()
      cancelHeartbeat()
      for (const member of members) member.client.close(1001, 'the gateway stops')
      members.clear()
    },
  }
}
