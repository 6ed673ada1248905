import type { Snapshot, UnitView } from '#protocols/api.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Clock } from '#protocols/time.ts'
import type { Change } from '../loop/effects.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { EventRing } from './event-ring.ts'
import { movesOf, nextTurnMs, onlyMoved, quietEveryMs, sameQuiet } from './unit-moves.ts'

/*
 *     connect -> snapshot -> changes -> heartbeat every 5 s
 *     connect, after=SEQ -> the events missed, the newest of everything else, resumed (or: resync, snapshot)
 *
 * Incidents, alarms and orders are events: numbered, kept for pages that come back, never left out. Units and coverage are
 * a state: only the newest matters. A unit is sent at most four times a second; to a page that asked for it compact, those
 * that only moved go together. A client that reads too slowly, or no longer answers, first gets only the newest state when it
 * has caught up, then, when even the events do not fit, is disconnected with a reason: a page either sees all of them or
 * knows that it does not.
 */
export const HEARTBEAT_MS = 5_000
const UNIT_EVERY_MS = 250
/** Queued bytes from which state is held back for this client. */
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
  /** No answer to our pings: what is sent now lies in the buffers on the way, and is old when it is read. */
  readonly isSilent: () => boolean
  readonly send: (text: string) => void
  readonly close: (code: number, reason: string) => void
}

/** What a page asks for when it connects. */
export type StreamWish = {
  /** The newest `seq` it has; null starts with a snapshot. */
  readonly after: number | null
  /** Units that only moved as `units.moved`. */
  readonly compact: boolean
}
const EVERYTHING: StreamWish = { after: null, compact: false }

export type StreamHub = {
  /** Sends the snapshot, or what was missed, and from now on every change; the returned function ends it. */
  readonly join: (client: StreamClient, wish?: StreamWish) => () => void
  /** Changes of one commit, in their order. */
  readonly publish: (changes: readonly Change[]) => void
  readonly count: () => number
  /** Says goodbye to everybody; nothing is sent afterwards. */
  readonly close: () => void
}

type State = Extract<Change, { type: 'unit.changed' | 'coverage.changed' }>

/** The n-th unit as compact pages have it whole, and since when. */
type Told = { readonly view: UnitView; readonly n: number; readonly monoMs: number }

type Member = {
  readonly client: StreamClient
  readonly compact: boolean
  /** Newest state held back: by unit id, coverage under its own name. */
  readonly held: Map<string, State>
  /** Of a compact page: units that only moved meanwhile; none of them is in `held`. */
  readonly heldMoves: Map<string, UnitView>
  heldSinceMonoMs: number
  /** The first picture may be larger than any queue; it does not count until it was taken. */
  pictureBytes: number
}

/** Fans changes out to pages. Time and the connections are handed in; `snapshot` is the whole picture now. */
export function createStreamHub(parts: {
  readonly clock: Clock
  readonly snapshot: () => Snapshot
  readonly metrics: Pick<Metrics, 'streamClients' | 'streamDropped'>
  /** Where `seq` starts: another number in every process, so that a page of the one before is told to start anew. */
  readonly firstSeq?: number
}): StreamHub {
  const { clock, metrics } = parts
  const ring = new EventRing(parts.firstSeq ?? 0)
  const members = new Set<Member>()
  /** Views waiting for their turn, and when each unit was last sent. */
  const pending = new Map<string, UnitView>()
  const sentMonoMs = new Map<string, number>()
  /** What compact pages have whole, and which of those moved since. */
  const whole = new Map<string, Told>()
  const moved = new Map<string, UnitView>()
  let flushing = false
  let cancelFlush = (): void => undefined
  let cancelHeartbeat = (): void => undefined

  const queuedOf = (member: Member): number => {
    const buffered = member.client.bufferedBytes()
    if (buffered < HOLD_BYTES) member.pictureBytes = 0
    return Math.max(0, buffered - member.pictureBytes)
  }

  /** `at` is when it is sent: a page that gets an event late sees by the event's own time how late. */
  const envelope = (type: string, data: string, seq = ring.seq): string =>
    `{"v":1,"seq":${seq},"at":"${rfc3339(clock.now().utcMs)}","type":"${type}","data":${data}}`

  const drop = (member: Member, reason: string): void => {
    if (!members.delete(member)) return
    metrics.streamDropped(reason)
    metrics.streamClients(members.size)
    member.client.close(1013, reason)
  }

  const sendTo = (member: Member, text: string): void => {
    if (queuedOf(member) + text.length > QUEUE_BYTES_MAX) return drop(member, 'queue over 1 MiB')
    member.client.send(text)
  }

  const isHeldBack = ({ held, heldMoves }: Member): boolean => held.size > 0 || heldMoves.size > 0

  const takesState = (member: Member): boolean => !member.client.isSilent() && queuedOf(member) < HOLD_BYTES

  const hasRoom = (member: Member): boolean => !isHeldBack(member) && takesState(member)

  const hold = (member: Member, key: string, state: State): void => {
    if (!isHeldBack(member)) member.heldSinceMonoMs = clock.now().monoMs
    member.heldMoves.delete(key)
    member.held.set(key, state)
    armFlush()
  }

  /** A view that waits whole becomes the newer one; the others wait together. */
  const holdMoves = (member: Member): void => {
    if (!isHeldBack(member)) member.heldSinceMonoMs = clock.now().monoMs
    for (const [id, data] of moved) {
      if (member.held.has(id)) member.held.set(id, { type: 'unit.changed', data })
      else member.heldMoves.set(id, data)
    }
    armFlush()
  }

  /** To everybody who is meant: now where there is room, newest only where there is not. */
  const sendState = (key: string, state: State, isMeant: (member: Member) => boolean): void => {
    let text: string | undefined
    for (const member of [...members]) {
      if (!isMeant(member)) continue
      if (!hasRoom(member)) hold(member, key, state)
      else sendTo(member, (text ??= envelope(state.type, JSON.stringify(state.data))))
    }
  }

  const sendEvent = (change: Change): void => {
    const event = ring.add(change.type, JSON.stringify(change.data))
    const text = envelope(event.type, event.data, event.seq)
    for (const member of [...members]) sendTo(member, text)
  }

  const sendUnit = (view: UnitView): void => {
    const nowMonoMs = clock.now().monoMs
    sentMonoMs.set(view.id, nowMonoMs)
    const known = whole.get(view.id)
    const isMove =
      known !== undefined &&
      onlyMoved(known.view, view) &&
      (sameQuiet(known.view, view) || nowMonoMs < nextTurnMs(known.n, known.monoMs, quietEveryMs(whole.size)))
    if (isMove) {
      moved.set(view.id, view)
      armFlush()
    } else {
      moved.delete(view.id)
      whole.set(view.id, { view, n: known?.n ?? whole.size, monoMs: nowMonoMs })
    }
    sendState(view.id, { type: 'unit.changed', data: view }, member => !member.compact || !isMove)
  }

  const movesText = (views: Iterable<UnitView>): string =>
    envelope('units.moved', JSON.stringify(movesOf(views)))

  const sendMoves = (): void => {
    if (moved.size === 0) return
    let text: string | undefined
    for (const member of [...members]) {
      if (!member.compact) continue
      if (hasRoom(member)) sendTo(member, (text ??= movesText(moved.values())))
      else holdMoves(member)
    }
    moved.clear()
  }

  const releaseHeld = (member: Member): void => {
    for (const [key, state] of member.held) {
      if (!takesState(member)) return
      member.held.delete(key)
      sendTo(member, envelope(state.type, JSON.stringify(state.data)))
    }
    if (member.heldMoves.size === 0 || !takesState(member)) return
    sendTo(member, movesText(member.heldMoves.values()))
    member.heldMoves.clear()
  }

  const flush = (): void => {
    flushing = false
    const nowMonoMs = clock.now().monoMs
    for (const [unitId, unit] of pending) {
      if (nowMonoMs - (sentMonoMs.get(unitId) ?? -Infinity) < UNIT_EVERY_MS) continue
      pending.delete(unitId)
      sendUnit(unit)
    }
    sendMoves()
    for (const member of [...members]) {
      releaseHeld(member)
      if (isHeldBack(member) && nowMonoMs - member.heldSinceMonoMs > STUCK_MS_MAX)
        drop(member, 'reads too slowly')
    }
    if (pending.size > 0 || [...members].some(isHeldBack)) armFlush()
  }

  const armFlush = (): void => {
    if (flushing) return
    flushing = true
    cancelFlush = clock.after(UNIT_EVERY_MS, flush)
  }

  const heartbeat = (): void => {
    const text = envelope('heartbeat', '{}')
    for (const member of [...members]) sendTo(member, text)
    cancelHeartbeat = clock.after(HEARTBEAT_MS, heartbeat)
  }
  cancelHeartbeat = clock.after(HEARTBEAT_MS, heartbeat)

  /** The messages a page starts with. */
  const picture = ({ after }: StreamWish): string[] => {
    const now = parts.snapshot()
    const missed = after === null ? null : ring.after(after)
    if (missed === null) return [envelope('snapshot', JSON.stringify(now))]
    if (typeof missed === 'string')
      return [
        envelope('resync', JSON.stringify({ reason: missed })),
        envelope('snapshot', JSON.stringify(now)),
      ]
    return [
      ...missed.map(event => envelope(event.type, event.data, event.seq)),
      ...now.units.map(unit => envelope('unit.changed', JSON.stringify(unit))),
      ...(now.coverage === null ? [] : [envelope('coverage.changed', JSON.stringify(now.coverage))]),
      envelope('resumed', JSON.stringify({ missed: missed.length })),
    ]
  }

  return {
    join(client, wish = EVERYTHING) {
      if (members.size >= CLIENTS_MAX) {
        metrics.streamDropped('too many clients')
        client.close(1013, 'too many clients')
        return () => undefined
      }
      // The picture is newer than a view that waits; what changes back meanwhile must still be told whole.
      for (const unitId of pending.keys()) whole.delete(unitId)
      const texts = picture(wish)
      const member: Member = {
        client,
        compact: wish.compact,
        held: new Map(),
        heldMoves: new Map(),
        heldSinceMonoMs: 0,
        pictureBytes: texts.reduce((sum, text) => sum + text.length, 0),
      }
      members.add(member)
      metrics.streamClients(members.size)
      for (const text of texts) client.send(text)
      return () => {
        if (members.delete(member)) metrics.streamClients(members.size)
      }
    },
    publish(changes) {
      for (const change of changes) {
        if (change.type === 'coverage.changed') {
          sendState('coverage.changed', change, () => true)
        } else if (change.type !== 'unit.changed') {
          sendEvent(change)
        } else {
          const sinceMs = clock.now().monoMs - (sentMonoMs.get(change.data.id) ?? -Infinity)
          pending.delete(change.data.id)
          if (sinceMs >= UNIT_EVERY_MS) sendUnit(change.data)
          else {
            pending.set(change.data.id, change.data)
            armFlush()
          }
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
