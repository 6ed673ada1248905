import type { Live } from '#protocols/session.ts'
import type { DeskItem, DeskState, KioskState } from '#protocols/kiosk.ts'
import type { Now } from '#protocols/time.ts'
import type { DeliveryFacts, LinkFacts } from '../uplink/carrier.ts'
import type { StationItem, StationState } from './state.ts'

/** A station says that it is there at least this often. */
export const STATION_ANNOUNCED_MS = 20_000
/** After this long nobody looks at the alarm screen of a kiosk for news any more. */
const ALARM_SHOWN_MS = 30 * 60_000
const CALL_SHOWN_MS = 30_000

/** The live slot of a station: no position and no crew, only that it is there, how it is and whether somebody calls. */
export function liveOf(state: StationState, facts: DeliveryFacts, now: Now): Live | undefined {
  if (state.window === null) return undefined
  return {
    v: 1,
    epoch: facts.epoch,
    bootId: state.bootId,
    bootCount: state.bootCount,
    liveSeq: facts.liveSeq,
    sentMonoMs: now.monoMs,
    sentAt: now.utcMs,
    clockQuality: now.quality,
    window: state.window.nonce,
    announcedMs: STATION_ANNOUNCED_MS,
    position: null,
    equipment: {},
    recording: false,
    emergency: state.items.some(i => i.kind === 'alarm' && !i.centreKnows),
    availability: 'available',
    assignments: [],
    queue: { ...facts.queue, bytes: facts.bytes },
    store: facts.store,
  }
}

/** What the kiosk's page is told: nothing about anybody who stood there before. */
export function kioskView(state: StationState, facts: DeliveryFacts, link: LinkFacts, now: Now): KioskState {
  const alarm = state.items.find(i => i.kind === 'alarm')
  const ageMs = alarm === undefined ? Infinity : ageOf(alarm, state, now)
  return {
    v: 1,
    station: stationOf(state),
    places: state.places,
    link: link.state === 'up' ? 'up' : 'down',
    accepting: facts.store !== 'poisoned',
    alarm:
      alarm === undefined || ageMs > ALARM_SHOWN_MS
        ? null
        : {
            ref: alarm.ref,
            ageMs,
            centreKnows: alarm.delivered || alarm.centreKnows,
            deskKnows: alarm.takenUtcMs !== null,
          },
    call: callOf(state, now),
  }
}

/** An answer is news for whoever called, not for the next visitor. */
function callOf(state: StationState, now: Now): KioskState['call'] {
  const call = state.items.find(i => i.kind === 'call')
  if (call === undefined) return 'none'
  if (call.takenUtcMs === null) return 'waiting'
  return Math.abs(now.utcMs - call.takenUtcMs) < CALL_SHOWN_MS ? 'answered' : 'none'
}

/** What the duty officer sees: who waits longest first, then what was taken, newest first. */
export function deskView(state: StationState, facts: DeliveryFacts, link: LinkFacts, now: Now): DeskState {
  const allDelivered = facts.queue.alarm + facts.queue.event === 0
  const items = state.items.map(item => deskItem(item, state, allDelivered, now))
  const rank = (i: DeskItem): number =>
    i.taken ? 3 : i.kind === 'alarm' || i.emergency ? 0 : i.kind === 'call' ? 1 : 2
  items.sort((a, b) => rank(a) - rank(b) || (a.taken ? a.ageMs - b.ageMs : b.ageMs - a.ageMs))
  return {
    v: 1,
    station: stationOf(state),
    link: link.state,
    linkSinceMs: Math.max(0, now.monoMs - link.sinceMonoMs),
    queue: facts.queue.alarm + facts.queue.event,
    store: facts.store,
    items,
  }
}

function deskItem(item: StationItem, state: StationState, allDelivered: boolean, now: Now): DeskItem {
  const { ref, kind, number, class: about, when, words, contact, emergency, centreKnows } = item
  const facts = { ref, kind, number, class: about, when, words, contact, emergency, centreKnows }
  const delivered = item.delivered || (kind !== 'call' && allDelivered)
  return { ...facts, delivered, ageMs: ageOf(item, state, now), taken: item.takenUtcMs !== null }
}

/** By the monotonic clock within one boot, by the wall clock across boots. */
const ageOf = (item: StationItem, state: StationState, now: Now): number =>
  Math.max(
    0,
    Math.round(item.bootId === state.bootId ? now.monoMs - item.raisedMonoMs : now.utcMs - item.raisedUtcMs),
  )

const stationOf = (state: StationState): KioskState['station'] => ({
  name: state.name,
  number: state.place.number,
  kiosk: state.place.kiosk,
})
