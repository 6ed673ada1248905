import { createHash } from 'node:crypto'
import type { BodyOf } from '#protocols/bodies.ts'
import { seal } from '#protocols/crypto/seal.ts'
import type { Sealed } from '#protocols/sealed.ts'
import type { Order } from '#protocols/orders.ts'
import type { Now } from '#protocols/time.ts'
import { NAME_CHARS_MAX, NARRATIVE_CHARS_MAX, phoneOf, plainText, triage } from '#protocols/walk-in.ts'
import type { WalkInPrivate } from '#protocols/walk-in.ts'
import type { Note } from '../outbox/outbox.ts'
import { draftOf } from '../vehicle/drafts.ts'
import { answerAgain, forgetNonce, isReplayed, receiptBody, rememberNonce } from '../vehicle/nonces.ts'
import type { Answer } from '../vehicle/nonces.ts'
import { WINDOW_EVERY_MS } from '../vehicle/orders.ts'
import { NONCES_NOTE } from '../vehicle/state.ts'
import { RECEIPTS_NOTE, nextReceipt, numberOf } from './receipts.ts'
import { deskNote, eventIdOf, itemOf, replaced, settle, withItem } from './desk.ts'
import { alarmAnswer, answered, append, log, refused, unstored } from './effects.ts'
import type { Mint } from './effects.ts'
import type { Filed, PendingAppend, StationEffect, StationEvent, StationState } from './state.ts'

/** A hand that plays with the information pages counts once. */
const CONSULTATION_EVERY_MS = 3_000

/**
 * One step of a duty station: what happened in, what to do about it out. Synchronous; `state` is changed here and nowhere
 * else. A receipt number leaves (`answered`) only after the synced write of its report; an alarm is shown to the desk at
 * once, whatever the store does.
 */
export function step(state: StationState, event: StationEvent, now: Now, mint: Mint): StationEffect[] {
  switch (event.type) {
    case 'boot': {
      const body = { bootCount: state.bootCount, software: event.software, store: event.store }
      return [append(state, [draftOf(state, 'boot', body, now)], [], { then: 'nothing' })]
    }
    case 'report':
      return onReport(state, event, now, mint)
    case 'alarm':
      return onAlarm(state, event, now)
    case 'call':
      return onCall(state, now, mint)
    case 'consultation':
      return onConsultation(state, event.topic, now)
    case 'taken':
      return onTaken(state, event.ref, now)
    case 'order':
      return onOrder(state, event.order, now)
    case 'order.rejected':
      return [log('warn', 'order.rejected', { code: event.code, detail: event.detail })]
    case 'config':
    case 'unstored.acked':
      return []
    case 'acked':
      return onAcked(state, event.lane, event.upTo)
    case 'appended':
      return onAppended(state, event.ref, event.result, mint)
    case 'tick':
      return onTick(state, now, mint)
  }
}

/** The name under which the records of one visit travel; the draft's own id stays with the visitor, in the QR. */
export const refOf = (draftId: string): string =>
  createHash('sha256').update(`walk-in ${draftId}`).digest('hex').slice(0, 32)

function onReport(
  state: StationState,
  { askRef, report, receipts, epoch }: Extract<StationEvent, { type: 'report' }>,
  now: Now,
  mint: Mint,
): StationEffect[] {
  const ref = refOf(report.draftId)
  const emergency = triage(report).emergency
  const filed = numberOf(receipts, ref)
  if (filed !== undefined) return [answered(askRef, { accepted: true, code: null, number: filed, emergency })]
  const writing = [...state.pending.values()].find(p => p.then === 'filed')
  if (writing?.ref === ref) {
    writing.askRefs.push(askRef)
    return []
  }
  // One number after the other: the next is known when the one before it is on the disk.
  if (writing !== undefined) return [refused(askRef, 'NOT_READY')]
  const phone = report.contact === 'phone' ? phoneOf(report.phone) : ''
  if (phone === null) return [refused(askRef, 'PHONE_INVALID')]
  const { number: station, kiosk } = state.place
  const next = nextReceipt(receipts, { station, kiosk, epoch, utcMs: now.utcMs }, ref)
  if (next === undefined) return [refused(askRef, 'OUTBOX_FULL')]

  const { number } = next
  const body = bodyOf(state, report, { ref, number, phone }, mint)
  const item = itemOf(
    state,
    {
      ref,
      kind: 'report',
      number,
      class: report.class,
      when: report.when,
      words: report.words,
      contact: report.contact,
      emergency,
    },
    now,
  )
  const alarm = emergency ? draftOf(state, 'walkin.alarm', { ref, source: 'report', number }, now) : null
  // A complaint about police is nobody's business at this desk, and neither is who gave a tip.
  const isForDesk = triage(report).route === 'dispatch'
  if (isForDesk) state.items = withItem(state.items, item)
  const notes: Note[] = [{ key: RECEIPTS_NOTE, value: next.note }, deskNote(state)]
  return [
    append(state, [...(alarm ? [alarm] : []), draftOf(state, 'walkin.report', body, now)], notes, {
      then: 'filed',
      ref,
      number,
      askRefs: [askRef],
      emergency,
      alarmBody: alarm?.body ?? null,
      at: now,
    }),
    log('info', 'walkin.filing', { number, class: report.class }),
  ]
}

function bodyOf(
  state: StationState,
  report: Filed,
  { ref, number, phone }: { ref: string; number: string; phone: string },
  mint: Mint,
): BodyOf<'walkin.report'> {
  const narrative = report.words === 'typed' ? plainText(report.narrative, NARRATIVE_CHARS_MAX) : ''
  const name = report.contact === 'anonymous' ? '' : plainText(report.name, NAME_CHARS_MAX)
  const told: WalkInPrivate = {
    ...(name !== '' && { name }),
    ...(phone !== '' && { phone }),
    ...(narrative !== '' && { narrative }),
  }
  const { when, answers, place, callback, language, contact } = report
  const words = report.words === 'typed' && narrative === '' ? 'none' : report.words
  return {
    ref,
    number,
    class: report.class,
    place,
    when,
    answers,
    words,
    contact,
    callback,
    language,
    sealed: sealedOf(state, ref, told, mint),
  }
}

const sealedOf = (state: StationState, ref: string, told: WalkInPrivate, mint: Mint): Sealed | null =>
  Object.keys(told).length === 0
    ? null
    : seal(JSON.stringify(told), `${state.deviceId}/${ref}`, state.sealTo, bytes =>
        Buffer.from(mint(bytes), 'hex'),
      )

function onAlarm(
  state: StationState,
  { askRef, draftId, source }: Extract<StationEvent, { type: 'alarm' }>,
  now: Now,
): StationEffect[] {
  const ref = refOf(draftId)
  const writing = [...state.pending.values()].find(p => p.then === 'alarmed' && p.ref === ref)
  if (writing?.then === 'alarmed') {
    writing.askRefs.push(askRef)
    return []
  }
  const known = state.items.find(i => i.kind === 'alarm' && i.ref === ref)
  if (known !== undefined && known.record !== null) return [answered(askRef, alarmAnswer(null))]
  const draft = draftOf(state, 'walkin.alarm', { ref, source, number: null }, now)
  const item =
    known ??
    itemOf(
      state,
      {
        ref,
        kind: 'alarm',
        number: null,
        class: null,
        when: null,
        words: null,
        contact: null,
        emergency: true,
      },
      now,
    )
  state.items = withItem(state.items, item)
  return [
    append(state, [draft], [deskNote(state)], {
      then: 'alarmed',
      ref,
      askRefs: [askRef],
      body: draft.body,
      at: now,
    }),
    { type: 'live' },
    { type: 'shown' },
    log('warn', 'walkin.alarm', { source }),
  ]
}

/** Somebody wants to speak to an officer: a matter of this house alone, so nothing is recorded. One call stands for all. */
function onCall(state: StationState, now: Now, mint: Mint): StationEffect[] {
  if (state.items.some(i => i.kind === 'call' && i.takenUtcMs === null)) return []
  const facts = {
    ref: mint(16),
    kind: 'call',
    number: null,
    class: null,
    when: null,
    words: null,
    contact: null,
    emergency: false,
  } as const
  state.items = withItem(
    state.items.filter(i => i.kind !== 'call'),
    itemOf(state, facts, now),
  )
  return [{ type: 'shown' }, log('info', 'walkin.call', {})]
}

function onConsultation(
  state: StationState,
  topic: BodyOf<'walkin.consultation'>['topic'],
  now: Now,
): StationEffect[] {
  if (now.monoMs - state.lastConsultationMonoMs < CONSULTATION_EVERY_MS) return []
  state.lastConsultationMonoMs = now.monoMs
  return [append(state, [draftOf(state, 'walkin.consultation', { topic }, now)], [], { then: 'nothing' })]
}

function onTaken(state: StationState, ref: string, now: Now): StationEffect[] {
  const item = state.items.find(i => i.ref === ref)
  if (item === undefined || item.takenUtcMs !== null) return []
  state.items = replaced(state.items, { ...item, takenUtcMs: now.utcMs })
  return [append(state, [], [deskNote(state)], { then: 'nothing' }), { type: 'live' }, { type: 'shown' }]
}

/** A station is sent nowhere and switches nothing: of all orders only the word that an alarm was seen is for it. */
function onOrder(state: StationState, order: Order, now: Now): StationEffect[] {
  if (isReplayed(state.nonces, order)) return onSeenBefore(state, order, now)
  const isAck = order.kind === 'alarm_ack'
  if (isAck) {
    const item = state.items.find(i => i.record !== null && eventIdOf(state, i.record) === order.alarmId)
    if (item) state.items = replaced(state.items, { ...item, centreKnows: true })
  }
  const answer: Answer = isAck
    ? { outcome: 'executed', utcMs: now.utcMs }
    : { outcome: 'refused', code: 'ORDER_TARGET', utcMs: now.utcMs }
  state.nonces = rememberNonce(state.nonces, order, answer)
  state.lastReceiptMonoMs = now.monoMs
  const body = receiptBody(order, answer, false)
  const notes = [deskNote(state), { key: NONCES_NOTE, value: state.nonces }]
  const receipt = append(state, [draftOf(state, 'order.receipt', body, now)], notes, {
    then: 'receipt',
    nonce: order.nonce,
  })
  return [receipt, { type: 'live' }, { type: 'shown' }]
}

/** The centre goes on asking: what it was answered may be lost. */
function onSeenBefore(state: StationState, order: Order, now: Now): StationEffect[] {
  const again = answerAgain(state.nonces, order, state.lastReceiptMonoMs, now)
  if (again === null) return []
  state.lastReceiptMonoMs = now.monoMs
  return [append(state, [draftOf(state, 'order.receipt', again, now)], [], { then: 'nothing' })]
}

function onAcked(state: StationState, lane: string, upTo: number): StationEffect[] {
  const due = state.items.filter(i => !i.delivered && i.record?.lane === lane && i.record.seq <= upTo)
  if (due.length === 0) return []
  for (const item of due) state.items = replaced(state.items, { ...item, delivered: true })
  return [append(state, [], [deskNote(state)], { then: 'nothing' }), { type: 'shown' }]
}

function onAppended(
  state: StationState,
  ref: string,
  result: Extract<StationEvent, { type: 'appended' }>['result'],
  mint: Mint,
): StationEffect[] {
  const pending = state.pending.get(ref)
  state.pending.delete(ref)
  if (!pending) return []
  switch (pending.then) {
    case 'filed':
      return onFiled(state, pending, result, mint)
    case 'alarmed': {
      const record = result.ok ? result.value[0] : undefined
      if (record) settle(state, pending.ref, 'alarm', record)
      const answers = pending.askRefs.map(ask => answered(ask, alarmAnswer(result.ok ? null : result.code)))
      // Not stored is not silent: it goes out by itself, and the desk has it on the screen already.
      const out = record ? [] : [unstored(pending.body, pending.at, mint)]
      return [...out, ...answers, { type: 'shown' }]
    }
    case 'receipt':
      if (!result.ok) state.nonces = forgetNonce(state.nonces, pending.nonce)
      return []
    case 'nothing':
      return result.ok ? [] : [log('warn', 'record.refused', { code: result.code })]
  }
}

function onFiled(
  state: StationState,
  pending: Extract<PendingAppend, { then: 'filed' }>,
  result: Extract<StationEvent, { type: 'appended' }>['result'],
  mint: Mint,
): StationEffect[] {
  const { ref, number, emergency, askRefs, alarmBody, at } = pending
  if (!result.ok) {
    state.items = state.items.filter(i => !(i.ref === ref && i.kind === 'report'))
    const alarm = alarmBody === null ? [] : [unstored(alarmBody, at, mint)]
    return [
      ...alarm,
      ...askRefs.map(ask => refused(ask, result.code)),
      log('warn', 'walkin.refused', { code: result.code }),
    ]
  }
  // The centre acknowledges the alarm of an emergency, not its report; it is the first of the two.
  const [first] = result.value
  if (first !== undefined) settle(state, ref, 'report', first)
  const answer = { accepted: true, code: null, number, emergency }
  return [
    ...askRefs.map(ask => answered(ask, answer)),
    { type: 'live' },
    { type: 'shown' },
    log('info', 'walkin.filed', { number }),
  ]
}

function onTick(state: StationState, now: Now, mint: Mint): StationEffect[] {
  const fresh = state.window !== null && now.monoMs - state.window.madeMonoMs < WINDOW_EVERY_MS
  if (fresh) return []
  state.window = { nonce: mint(16), madeMonoMs: now.monoMs }
  return [{ type: 'live' }]
}
