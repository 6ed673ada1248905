import type { AssignmentStep, BodyOf, Position, RecordKind } from '#protocols/bodies.ts'
import type { Channel, ChannelValue, Output } from '#protocols/equipment.ts'
import type { Fix } from '#protocols/fix.ts'
import type { Order } from '#protocols/orders.ts'
import type { RecordDraft } from '#protocols/record.ts'
import type { Tap, TapResult } from '#protocols/terminal.ts'
import type { Now } from '#protocols/time.ts'
import type { Note } from '../outbox/outbox.ts'
import { draftOf } from './drafts.ts'
import type { VehicleEffect, VehicleEvent } from './events.ts'
import {
  CANCELLED_MAX,
  STEP_OF_TAP,
  WINDOW_EVERY_MS,
  WINDOW_LIFE_MS,
  asStored,
  forgetNonce,
  hold,
  isReplayed,
  mayStep,
  rememberNonce,
  replace,
  revisionOf,
  settleStep,
  withoutOld,
} from './orders.ts'
import { isDue } from './sampling.ts'
import { EQUIPMENT_NOTE, NONCES_NOTE, ORDERS_NOTE, TRIGGER_NOTE } from './state.ts'
import type { HeldOrder, PendingAppend, VehicleState } from './state.ts'
import type { TriggerEvent } from '../bodycam/trigger.ts'
import { advanceBodyCam, bodyCamWaits } from './body-cam.ts'

/** Refused orders are recorded at most this often, so that a forger cannot fill the store. */
const REJECTED_RECORD_EVERY_MS = 10_000

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
      ]
    case 'fix':
      return onFix(state, event.fix, now)
    case 'gnss':
      state.gnss = event.state
      return [{ type: 'live' }]
    case 'input':
      return onInput(state, event.channel, event.value, now)
    case 'panel':
      state.panel = event.state
      return [{ type: 'live' }]
    case 'order':
      return onOrder(state, event.order, now)
    case 'order.rejected':
      return onRejected(state, event.code, event.detail, now)
    case 'tap':
      return event.tap.kind === 'panic'
        ? pressPanic(state, 'screen', event.tapRef, now)
        : onTap(state, event.tapRef, event.tap, now)
    case 'config':
      state.config = event.config
      return [{ type: 'live' }]
    case 'appended':
      return onAppended(state, event.ref, event.result, mint)
    case 'acked':
      return onAcked(state, event.lane, event.upTo)
    case 'tick':
      return onTick(state, now, mint)
  }
}

/** Which order the crew works on, newest first: what live and availability show. */
export const activeOrders = (state: VehicleState): readonly HeldOrder[] =>
  state.orders.filter(o => !['cleared', 'refused', 'cancelled'].includes(o.step))

function onFix(state: VehicleState, fix: Fix, now: Now): VehicleEffect[] {
  state.fix = { fix, at: now }
  const had = state.gnss
  state.gnss = fix.mode >= 2 ? 'fix' : 'no_fix'
  const position = positionOf(fix)
  if (!position || !isDue(state.sampling, position, now.monoMs))
    return had === state.gnss ? [] : [{ type: 'live' }]
  state.sampling = { lastSampledMonoMs: now.monoMs, last: position }
  return [
    append(state, [draftOf(state, 'position', position, now)], [], { then: 'sampled', position, at: now }),
  ]
}

function positionOf(fix: Fix): Position | undefined {
  const { mode, lat, lon } = fix
  if (mode === 1 || lat === undefined || lon === undefined) return undefined
  const { timeUtcMs, speedMps, trackDeg, altMslM, hdop, satsUsed, satsSeen } = fix
  return {
    lat,
    lon,
    mode,
    ...(speedMps !== undefined && { speedMps }),
    ...(trackDeg !== undefined && { trackDeg }),
    ...(altMslM !== undefined && { altMslM }),
    ...(hdop !== undefined && { hdop }),
    ...(satsUsed !== undefined && { satsUsed }),
    ...(satsSeen !== undefined && { satsSeen }),
    ...(timeUtcMs !== undefined && { fixUtcMs: timeUtcMs }),
  }
}

function onInput(state: VehicleState, channel: Channel, value: ChannelValue, now: Now): VehicleEffect[] {
  // The trigger hears every reading, the changed and the unchanged, and switches before anything is stored.
  const trigger = bodyCam(state, { type: 'input', channel, value }, now)
  if (state.equipment[channel] === value) return trigger
  const before = state.equipment[channel] ?? state.equipmentBeforeBoot[channel] ?? 'off'
  state.equipment = { ...state.equipment, [channel]: value }
  // The first reading after a boot is an edge only where it differs from what was stored before it.
  if (before === value) return [...trigger, { type: 'live' }]
  const panic = hearPanicButton(state, channel, value) ? pressPanic(state, 'input', null, now) : []
  const edge = draftOf(state, 'equipment.edge', { channel, value, state: state.equipment }, now)
  const note: Note = { key: EQUIPMENT_NOTE, value: { ...state.equipmentBeforeBoot, ...state.equipment } }
  return [...trigger, ...panic, append(state, [edge], [note], { then: 'nothing' }), { type: 'live' }]
}

/** Whether this reading is a press: a button that was down before a gap in the line and is down after it was held. */
function hearPanicButton(state: VehicleState, channel: Channel, value: ChannelValue): boolean {
  if (channel !== 'panic' || value === 'unknown') return false
  const pressed = value === 'on' && !state.panicHeld
  state.panicHeld = value === 'on'
  return pressed
}

function bodyCam(state: VehicleState, event: TriggerEvent, now: Now): VehicleEffect[] {
  const { outputs, drafts } = advanceBodyCam(state, event, now)
  if (drafts.length === 0) return [...outputs]
  const note: Note = { key: TRIGGER_NOTE, value: state.trigger }
  return [...outputs, append(state, drafts, [note], { then: 'nothing' }), { type: 'live' }]
}

function pressPanic(
  state: VehicleState,
  source: 'input' | 'screen',
  tapRef: string | null,
  now: Now,
): VehicleEffect[] {
  const position = state.sampled?.position ?? null
  const positionAgeMs = state.sampled ? now.monoMs - state.sampled.at.monoMs : null
  const draft = draftOf(state, 'panic', { source, position, positionAgeMs }, now)
  state.panic = { pressed: now, eventId: null, seq: null, delivered: false, acknowledged: false }
  return [
    append(state, [draft], [], { then: 'panic', tapRef, body: draft.body, pressed: now }),
    { type: 'live' },
    { type: 'log', level: 'warn', event: 'panic.pressed', detail: { source } },
  ]
}

function onTap(
  state: VehicleState,
  tapRef: string,
  tap: Exclude<Tap, { kind: 'panic' }>,
  now: Now,
): VehicleEffect[] {
  const held = state.orders.find(o => o.order.orderId === tap.orderId)
  if (!held) return [tapped(tapRef, 'ORDER_UNKNOWN')]
  const to: AssignmentStep = STEP_OF_TAP[tap.kind]
  // A finger that bounces on the glass is not an error: it is answered with the tap it repeats.
  if (held.step === to) {
    const writing = writingStep(state, tap.orderId, to)
    if (!writing) return [tapped(tapRef, null)]
    writing.tapRefs.push(tapRef)
    return []
  }
  if (!mayStep(held, to)) return [tapped(tapRef, 'STEP_BACKWARD')]
  const next: HeldOrder = { ...held, step: to, changedUtcMs: now.utcMs }
  state.orders = replace(state.orders, next)
  settleAvailability(state)
  const { orderId, incidentId, revision } = held.order
  const draft = draftOf(
    state,
    'assignment.step',
    { orderId, incidentId, revision, step: to, slot: 'declared' },
    now,
  )
  return [
    append(state, [draft], [ordersNote(state, orderId)], {
      then: 'tapped',
      tapRefs: [tapRef],
      orderId,
      step: to,
    }),
    { type: 'live' },
  ]
}

function onOrder(state: VehicleState, order: Order, now: Now): VehicleEffect[] {
  if (isReplayed(state.nonces, order)) {
    return [{ type: 'log', level: 'debug', event: 'order.seen_before', detail: { orderId: order.orderId } }]
  }
  state.nonces = rememberNonce(state.nonces, order)
  switch (order.kind) {
    case 'dispatch':
      return onDispatch(state, order, now)
    case 'cancel':
      return onCancel(state, order, now)
    case 'actuate':
      return onActuate(state, order, now)
    case 'alarm_ack':
      if (state.panic && state.panic.eventId === order.alarmId) {
        state.panic = { ...state.panic, delivered: true, acknowledged: true }
      }
      return [receipt(state, order, 'executed', now), { type: 'live' }]
  }
}

function onDispatch(
  state: VehicleState,
  order: Extract<Order, { kind: 'dispatch' }>,
  now: Now,
): VehicleEffect[] {
  const late = state.nonces.cancelled.includes(order.orderId)
  if (late || revisionOf(state.orders, order.incidentId) > order.revision) {
    return [receipt(state, order, 'superseded', now, 'ORDER_STALE')]
  }
  const held = state.orders.some(o => o.order.orderId === order.orderId)
  if (!held) state.orders = [hold(order, now), ...withoutOld(state.orders, now)]
  settleAvailability(state)
  return [
    receipt(state, order, 'delivered', now),
    { type: 'live' },
    { type: 'log', level: 'info', event: 'order.received', detail: { orderId: order.orderId } },
  ]
}

function onCancel(state: VehicleState, order: Extract<Order, { kind: 'cancel' }>, now: Now): VehicleEffect[] {
  const held = state.orders.find(o => o.order.orderId === order.cancels)
  // A cancel may overtake its dispatch; remembered, it makes the dispatch arrive as superseded.
  if (!held)
    state.nonces = {
      ...state.nonces,
      cancelled: [...state.nonces.cancelled, order.cancels].slice(-CANCELLED_MAX),
    }
  if (held && !['cleared', 'refused', 'cancelled'].includes(held.step)) {
    const next = {
      ...held,
      step: 'cancelled',
      storedStep: 'cancelled',
      revision: order.revision,
      note: order.reason,
      changedUtcMs: now.utcMs,
    }
    state.orders = replace(state.orders, next as HeldOrder)
    settleAvailability(state)
  }
  return [receipt(state, order, 'executed', now), { type: 'live' }]
}

function onActuate(
  state: VehicleState,
  order: Extract<Order, { kind: 'actuate' }>,
  now: Now,
): VehicleEffect[] {
  const window = state.windows.find(w => w.nonce === order.window)
  const fresh = window !== undefined && now.monoMs - window.madeMonoMs <= WINDOW_LIFE_MS
  if (!fresh) return [receipt(state, order, 'refused', now, 'WINDOW_EXPIRED')]
  // The receipt is synced first: a crash in between may lose the act, never repeat it.
  return [
    receipt(state, order, 'executed', now, undefined, {
      output: order.output,
      on: order.on,
    }),
  ]
}

function receipt(
  state: VehicleState,
  order: Order,
  outcome: BodyOf<'order.receipt'>['outcome'],
  now: Now,
  code?: string,
  actuate?: { readonly output: Output; readonly on: boolean },
): VehicleEffect {
  const incidentId = 'incidentId' in order ? order.incidentId : null
  const body = {
    orderId: order.orderId,
    incidentId,
    revision: order.revision,
    outcome,
    ...(code && { code }),
  }
  const notes = [ordersNote(state), { key: NONCES_NOTE, value: state.nonces }]
  const pending = { then: 'receipt', nonce: order.nonce, actuate: actuate ?? null } as const
  return append(state, [draftOf(state, 'order.receipt', body, now)], notes, pending)
}

function onRejected(state: VehicleState, code: string, detail: string, now: Now): VehicleEffect[] {
  state.rejectedSinceRecord++
  const log: VehicleEffect = { type: 'log', level: 'warn', event: 'order.rejected', detail: { code, detail } }
  if (now.monoMs - state.lastRejectedRecordMonoMs < REJECTED_RECORD_EVERY_MS) return [log]
  const body = {
    code,
    detail: `${detail} (${state.rejectedSinceRecord} since the last such record)`.slice(0, 300),
  }
  state.lastRejectedRecordMonoMs = now.monoMs
  state.rejectedSinceRecord = 0
  return [log, record(state, 'order.rejected', body, now)]
}

function onAppended(
  state: VehicleState,
  ref: string,
  result: Extract<VehicleEvent, { type: 'appended' }>['result'],
  mint: Mint,
): VehicleEffect[] {
  const pending = state.pending.get(ref)
  state.pending.delete(ref)
  if (!pending) return []
  const first = result.ok ? result.value[0] : undefined
  const eventId = first ? `${state.deviceId}/${first.epoch}/${first.lane}/${first.seq}` : null
  switch (pending.then) {
    case 'sampled':
      // Without a store the car stays visible: live goes out with no eventId and the store shown as poisoned.
      state.sampled = { position: pending.position, at: pending.at, eventId }
      return [{ type: 'live' }]
    case 'tapped': {
      const { orderId, step: taken, tapRefs } = pending
      state.orders = state.orders.map(o =>
        o.order.orderId === orderId ? settleStep(o, taken, result.ok) : o,
      )
      settleAvailability(state)
      const code = result.ok ? null : result.code
      return [...tapRefs.map(ref => tapped(ref, code)), { type: 'live' }]
    }
    case 'panic':
      return onPanicStored(state, pending, eventId, first?.seq ?? null, result.ok ? null : result.code, mint)
    case 'receipt':
      // Unreceipted, the order will come again; it must not look like a replay then.
      if (!result.ok) state.nonces = forgetNonce(state.nonces, pending.nonce)
      return result.ok && pending.actuate ? [{ type: 'output', ...pending.actuate }] : []
    case 'nothing':
      return result.ok
        ? []
        : [{ type: 'log', level: 'warn', event: 'record.refused', detail: { code: result.code } }]
  }
}

function onPanicStored(
  state: VehicleState,
  pending: Extract<PendingAppend, { then: 'panic' }>,
  eventId: string | null,
  seq: number | null,
  code: string | null,
  mint: Mint,
): VehicleEffect[] {
  const answer = pending.tapRef === null ? [] : [tapped(pending.tapRef, code)]
  const id = mint(16)
  if (state.panic) state.panic = { ...state.panic, eventId: eventId ?? `unstored/${id}`, seq }
  if (eventId) return answer
  return [{ type: 'unstored', id, kind: 'panic', body: pending.body, occurred: pending.pressed }, ...answer]
}

function onAcked(state: VehicleState, lane: string, upTo: number): VehicleEffect[] {
  const { panic } = state
  if (lane !== 'alarm' || !panic || panic.delivered || panic.seq === null || panic.seq > upTo) return []
  state.panic = { ...panic, delivered: true }
  return [{ type: 'live' }]
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
  if (changed) state.orders = kept
  return [
    ...(bodyCamWaits(state) ? bodyCam(state, { type: 'wake' }, now) : []),
    ...(minted || changed ? [{ type: 'live' } as const] : []),
  ]
}

/** A crew with an open order is `assigned`; only a person moves a car out of service. */
function settleAvailability(state: VehicleState): void {
  if (state.availability !== 'available' && state.availability !== 'assigned') return
  state.availability = activeOrders(state).length > 0 ? 'assigned' : 'available'
}

const tapped = (tapRef: string, code: string | null): VehicleEffect => ({
  type: 'tapped',
  tapRef,
  result: { accepted: code === null, code } satisfies TapResult,
})

const ordersNote = (state: VehicleState, writing?: string): Note => ({
  key: ORDERS_NOTE,
  value: asStored(state.orders, writing),
})

/** The write behind a step that is shown and not stored yet. */
function writingStep(state: VehicleState, orderId: string, step: AssignmentStep) {
  for (const pending of state.pending.values()) {
    if (pending.then === 'tapped' && pending.orderId === orderId && pending.step === step) return pending
  }
  return undefined
}

/** A record nobody waits for. */
const record = <K extends RecordKind>(
  state: VehicleState,
  kind: K,
  body: BodyOf<K>,
  now: Now,
): VehicleEffect => append(state, [draftOf(state, kind, body, now)], [], { then: 'nothing' })

function append(
  state: VehicleState,
  drafts: readonly RecordDraft[],
  notes: readonly Note[],
  pending: PendingAppend,
): VehicleEffect {
  const ref = `a${state.nextRef++}`
  state.pending.set(ref, pending)
  return { type: 'append', ref, drafts, notes }
}
