import type { Now } from '#protocols/time.ts'
import { record } from './appending.ts'
import { bodyCamWaits, hearBodyCam } from './body-cam.ts'
import { onAppended } from './completions.ts'
import type { VehicleEffect, VehicleEvent } from './events.ts'
import { learnGrids } from './grids.ts'
import { onOrder, onRejected } from './order-inbox.ts'
import { WINDOW_EVERY_MS, WINDOW_LIFE_MS, withoutOld } from './orders.ts'
import { onAlarmAcked, onUnstoredAcked, pressPanic } from './panic.ts'
import { onPower, recordBrownouts } from './power.ts'
import { onFix, onInput } from './readings.ts'
import { onReceiver, recordAntenna } from './receiver.ts'
import { forgetEnded } from './sensing.ts'
import { reportNext } from './sampling.ts'
import type { VehicleState } from './state.ts'
import { onTap } from './taps.ts'

/** Randomness, handed in: `mint(16)` is 32 hex digits never seen before. */
export type Mint = (bytes: number) => string

/**
 * One step of a vehicle: what happened in, what to do about it out. Synchronous; `state` is changed here and nowhere
 * else. Nothing waits for the disk or the link before it is shown or switched; what was *promised* to a crew or to the
 * gateway (`tapped`, receipts) waits for the synced write.
 */
export function step(state: VehicleState, event: VehicleEvent, now: Now, mint: Mint): VehicleEffect[] {
  switch (event.type) {
    case 'boot':
      return [
        record(
          state,
          'boot',
          { bootCount: state.bootCount, software: event.software, store: event.store },
          now,
        ),
        record(state, 'unit.status', { availability: state.availability }, now),
        ...recordBrownouts(state, now),
      ]
    case 'fix':
      return onFix(state, event.fix, now)
    case 'gnss':
      state.gnss = event.state
      return [{ type: 'live' }]
    case 'receiver':
      return onReceiver(state, event.health, now)
    case 'input':
      return onInput(state, event.channel, event.value, now, mint)
    case 'gauge':
      state.gauges = { ...state.gauges, [event.gauge]: event.value }
      // The volts are on the terminal, which is told once a second anyway, and in the next live slot.
      return []
    case 'panel':
      state.panel = event.state
      return [{ type: 'live' }]
    case 'power':
      return onPower(state, event, now)
    case 'camera.refused':
      return hearBodyCam(state, { type: 'refused', cameraId: event.cameraId, code: event.code }, now)
    case 'trigger.logged':
      return [record(state, 'bodycam.log', { n: event.n, sum: event.sum }, now)]
    case 'order':
      return onOrder(state, event.order, now)
    case 'order.rejected':
      return onRejected(state, event.code, event.detail, now)
    case 'tap':
      return event.tap.kind === 'panic'
        ? pressPanic(state, 'screen', event.tapRef, now, mint)
        : onTap(state, event.tapRef, event.tap, now)
    case 'config':
      state.config = event.config
      return [...learnGrids(state, event.config.grids), { type: 'live' }]
    case 'link.up':
      // Whoever looks at the map again wants to see where the car is, not where it last had something to report.
      state.sampling = reportNext(state.sampling)
      return []
    case 'appended':
      return onAppended(state, event.ref, event.result)
    case 'acked':
      return onAlarmAcked(state, event.lane, event.upTo)
    case 'unstored.acked':
      return onUnstoredAcked(state, event.id)
    case 'tick':
      return onTick(state, now, mint)
  }
}

function onTick(state: VehicleState, now: Now, mint: Mint): VehicleEffect[] {
  const newest = state.windows.at(-1)
  const minted = !newest || now.monoMs - newest.madeMonoMs >= WINDOW_EVERY_MS
  if (minted) {
    const alive = state.windows.filter(w => now.monoMs - w.madeMonoMs <= WINDOW_LIFE_MS)
    state.windows = [...alive, { nonce: mint(16), madeMonoMs: now.monoMs }]
  }
  const kept = withoutOld(state.orders, now)
  const changed = kept.length !== state.orders.length
  if (changed) {
    state.orders = kept
    forgetEnded(state)
  }
  return [
    ...recordAntenna(state, now),
    ...(bodyCamWaits(state) ? hearBodyCam(state, { type: 'wake' }, now) : []),
    // A new nonce waits for the next live slot, which comes within 10 s; the first one is what live waits for.
    ...(!newest || changed ? [{ type: 'live' } as const] : []),
  ]
}
