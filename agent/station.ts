import type { SealKey } from '#protocols/sealed.ts'
import type { DeviceIdentity, StationPlace } from '#protocols/enrolment.ts'
import type { DeskState, KioskAnswer, KioskState } from '#protocols/kiosk.ts'
import { RECEIPTS_NOTE } from './station/receipts.ts'
import type { ReceiptsNote } from './station/receipts.ts'
import { step } from './station/core.ts'
import { initialStation } from './station/state.ts'
import type { StationEffect, StationEvent } from './station/state.ts'
import { STATION_ANNOUNCED_MS, deskView, kioskView, liveOf } from './station/views.ts'
import { startCarrier } from './uplink/carrier.ts'
import type { CarrierParts } from './uplink/carrier.ts'
import { NONCES_NOTE } from './vehicle/state.ts'

const TICK_MS = 200
const VIEW_EVERY_MS = 1_000

export type StationParts = Omit<CarrierParts, 'identity' | 'announcedMs' | 'live' | 'onNews' | 'onLink'> & {
  readonly identity: Pick<DeviceIdentity, 'deviceId' | 'callSign' | 'orderKey'>
  readonly place: StationPlace
  readonly places: KioskState['places']
  readonly sealTo: readonly SealKey[]
  /** Hex digits never seen before. */
  readonly mint: (bytes: number) => string
}

type Asking = Extract<StationEvent, { type: 'report' | 'alarm' }>
/** What a visitor wants, without what the station adds. */
export type Wish =
  | Omit<Extract<Asking, { type: 'report' }>, 'askRef' | 'receipts' | 'epoch'>
  | Omit<Extract<Asking, { type: 'alarm' }>, 'askRef'>

export type Station = {
  /** Resolves once the record behind the answer is stored, or could not be. */
  ask(wish: Wish): Promise<KioskAnswer>
  feed(event: Extract<StationEvent, { type: 'call' | 'consultation' | 'taken' }>): void
  kiosk(): KioskState
  desk(): DeskState
  /** Called at every change and once a second. */
  onView(listener: () => void): () => void
  close(): Promise<void>
}

/**
 * A duty station: the same outbox and the same carrier as a vehicle, with a kiosk and a desk instead of receiver and panel.
 * The loop gives the core time, performs its effects and feeds the completions back.
 */
export function composeStation(parts: StationParts): Station {
  const { identity, clock, log, outbox, mint } = parts
  const { place, places, sealTo, bootId, bootCount } = parts
  const { deviceId, callSign: name } = identity
  const known = { deviceId, name, place, places, sealTo, bootId, bootCount }
  const state = initialStation(known, outbox.notes(), NONCES_NOTE)
  const carrier = startCarrier({
    ...parts,
    announcedMs: () => STATION_ANNOUNCED_MS,
    live: (facts, now) => liveOf(state, facts, now),
    onNews: news => feed(news),
    onLink: () => publishView(),
  })
  const asks = new Map<string, (answer: KioskAnswer) => void>()
  const listeners = new Set<() => void>()
  let stopped = false
  let askCount = 0
  let lastViewMonoMs = -Infinity
  let cancelTick = (): void => {}

  function feed(event: StationEvent): void {
    if (stopped) return
    for (const effect of step(state, event, clock.now(), mint)) perform(effect)
  }

  function perform(effect: StationEffect): void {
    switch (effect.type) {
      case 'append':
        void carrier
          .append(effect.drafts, effect.notes)
          .then(result => feed({ type: 'appended', ref: effect.ref, result }))
        return
      case 'unstored':
        carrier.unstored(effect)
        return
      case 'live':
        carrier.live()
        return
      case 'shown':
        publishView()
        return
      case 'answered':
        asks.get(effect.askRef)?.(effect.answer)
        asks.delete(effect.askRef)
        return
      case 'log':
        log[effect.level]({ event: effect.event, ...effect.detail })
        return
    }
  }

  function publishView(): void {
    lastViewMonoMs = clock.now().monoMs
    for (const listener of listeners) listener()
  }

  function tick(): void {
    if (stopped) return
    feed({ type: 'tick' })
    carrier.tick()
    if (clock.now().monoMs - lastViewMonoMs >= VIEW_EVERY_MS) publishView()
    cancelTick = clock.after(TICK_MS, tick)
  }

  tick()
  feed({ type: 'boot', software: parts.software, store: outbox.health() })
  carrier.open()

  return {
    ask: wish =>
      new Promise(resolve => {
        if (stopped) return resolve({ accepted: false, code: 'NOT_READY', number: null, emergency: false })
        const askRef = `k${++askCount}`
        asks.set(askRef, resolve)
        if (wish.type === 'alarm') return feed({ ...wish, askRef })
        const receipts = outbox.notes().get(RECEIPTS_NOTE) as ReceiptsNote | undefined
        feed({ ...wish, askRef, receipts, epoch: outbox.epoch })
      }),
    feed,
    kiosk: () => kioskView(state, carrier.facts(), carrier.link(), clock.now()),
    desk: () => deskView(state, carrier.facts(), carrier.link(), clock.now()),
    onView: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => {
      stopped = true
      cancelTick()
      await carrier.stop()
    },
  }
}
