import type { DeviceId } from '#protocols/ids.ts'
import { countOf } from '#protocols/ranges.ts'
import { CHAIN_START, eventIdOf, LANES } from '#protocols/record.ts'
import type { Lane } from '#protocols/record.ts'
import type { Ack } from '#protocols/session.ts'
import { chainAudit } from './intake-effects.ts'
import type { IntakeEffect } from './intake-effects.ts'
import { bookOf, count, deviceBookOf } from './intake-state.ts'
import type { IntakeState, LaneRef } from './intake-state.ts'
import {
  excuse,
  isWaiting,
  passHole,
  release,
  unexplainedUpTo,
  watermarkOf,
  watermarkRowOf,
} from './lane-book.ts'
import type { Arrival, LaneBook } from './lane-book.ts'
import { recordKey, recordRowOf, SEQ_MAX, watermarkKey } from './rows.ts'

/*
 * What the book of a lane says to the world once something in it changed: to the city what is next in order, to the ledger
 * where the lane stands, to the device up to where it may forget.
 */

/** After arrivals: tell what is next in order, write the watermark, remember whether somebody still waits. */
export function settle(state: IntakeState, ref: LaneRef, book: LaneBook): IntakeEffect[] {
  const effects = tellReleased(state, ref, book)
  effects.push(putWatermark(ref, book))
  if (isWaiting(book)) state.waiting.set(book, ref)
  else state.waiting.delete(book)
  if (ref.lane === 'event') effects.push(...settleLosses(state, ref))
  return effects
}

export function tellReleased(state: IntakeState, ref: LaneRef, book: LaneBook): IntakeEffect[] {
  const effects: IntakeEffect[] = []
  for (const { arrival, chainBroken } of release(book)) {
    if (chainBroken) effects.push(...flagBroken(state, ref, arrival))
    if (arrival.known !== true) effects.push(tellCity(ref.deviceId, arrival))
  }
  return effects
}

/** Accepted all the same: the record is true, the order before it is in doubt. */
function flagBroken(state: IntakeState, ref: LaneRef, arrival: Arrival): IntakeEffect[] {
  const { record, ageMs, receivedAt } = arrival
  const key = recordKey(ref.deviceId, ref.epoch, ref.lane, record.seq)
  const value = recordRowOf(record, { ageMs, receivedAt, code: 'CHAIN_BROKEN' })
  const detail = { eventId: eventIdOf(ref.deviceId, record), what: 'prev_differs', prev: record.prev }
  return [{ type: 'put', key, value, again: true }, chainAudit(state, ref, detail)]
}

export const tellCity = (
  deviceId: DeviceId,
  { record, body, ageMs }: Pick<Arrival, 'record' | 'body' | 'ageMs'>,
): IntakeEffect => ({
  type: 'city',
  event: { type: 'record', deviceId, record, body, ageMs },
})

export function passAndTell(state: IntakeState, ref: LaneRef, book: LaneBook): IntakeEffect[] {
  const hole = passHole(book)
  if (hole === undefined) return []
  count(state, 'holes_passed')
  const detail = { ...ref, hole }
  return [
    { type: 'log', level: 'warn', event: 'intake.hole_passed', detail },
    ...tellReleased(state, ref, book),
  ]
}

/**
 * A device says in its hello what it still holds. What it neither holds nor delivered is lost; saying so lets the lane go
 * on. Other lanes wait until the events of that hello are in, for the gap receipt that explains the hole may be among them.
 */
export function settleLosses(state: IntakeState, ref: LaneRef): IntakeEffect[] {
  const device = deviceBookOf(state, ref.deviceId)
  const { hello } = device
  if (hello === null || hello.epoch !== ref.epoch || device.unsettled.size === 0) return []
  const effects: IntakeEffect[] = []
  const settleLane = (lane: Lane): void => {
    if (!device.unsettled.delete(lane)) return
    effects.push(...declareLost(state, { ...ref, lane }, hello.lanes[lane].first - 1))
  }
  settleLane('event')
  const events = bookOf(state, ref.deviceId, ref.epoch, 'event')
  if (watermarkOf(events) >= hello.lanes.event.last) for (const lane of LANES) settleLane(lane)
  return effects
}

function declareLost(state: IntakeState, ref: LaneRef, upTo: number): IntakeEffect[] {
  const book = bookOf(state, ref.deviceId, ref.epoch, ref.lane)
  const holes = unexplainedUpTo(book, upTo)
  if (holes.length === 0 || upTo > SEQ_MAX || !excuse(book, holes)) return []
  count(state, 'lost', countOf(holes))
  const detail = { ...ref, holes: holes.slice(0, 16), count: countOf(holes) }
  const effects: IntakeEffect[] = [
    { type: 'audit', action: 'intake.lost', actor: `device:${ref.deviceId}`, detail },
    { type: 'log', level: 'warn', event: 'intake.lost', detail },
  ]
  const told = tellReleased(state, ref, book)
  return [...effects, ...told, putWatermark(ref, book), ackOf(state, ref, book)]
}

export const putWatermark = (ref: LaneRef, book: LaneBook): IntakeEffect => ({
  type: 'put',
  key: watermarkKey(ref.deviceId, ref.epoch, ref.lane),
  value: watermarkRowOf(book),
})

export const ackOf = (
  state: IntakeState,
  { deviceId, epoch, lane }: LaneRef,
  book: LaneBook,
): IntakeEffect => {
  const { ledgerId, generation } = state
  const { contested } = book
  const upTo = contested === null ? watermarkOf(book) : contested.seq
  const ack: Ack = { v: 1, ledgerId, generation, epoch, lane, upTo }
  if (contested !== null) ack.sum = contested.sum
  // By this the device knows whether its record of that name is the one we have. Who holds one where we have none, for it was
  // receipted as gone or came under another name, is a store that was put back: its other names are in doubt as well.
  else if (book.told > 0 && book.told === upTo) ack.sum = book.toldSum ?? CHAIN_START
  return { type: 'ack', deviceId, ack }
}
