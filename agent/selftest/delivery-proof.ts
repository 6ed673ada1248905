import { packBatch } from '#protocols/batch.ts'
import { eventIdOf } from '#protocols/record.ts'
import type { Lane, RecordDraft, WireRecord } from '#protocols/record.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { Ack } from '#protocols/session.ts'
import type { Hello } from '#protocols/session.ts'
import type { ProofReceipt } from '#protocols/technician.ts'
import type { Clock } from '#protocols/time.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { deliver, initialDelivery } from '../uplink/delivery.ts'
import type { DeliveryEffect, DeliveryEvent } from '../uplink/delivery.ts'
import type { Dial, Link } from '../uplink/uplink.ts'

const TICK_MS = 200
const ANSWER_WITHIN_MS = 20_000

export type ProofParts = {
  readonly deviceId: string
  readonly outbox: Outbox
  readonly dial: Dial
  readonly clock: Clock
  readonly hello: () => Hello
}

/**
 * Stores records as any other, carries them to the gateway as any other, and waits until its own acknowledgement covers
 * them: stored, delivered, committed. No live slot is sent, so nobody sees the car on the map. Faults: those of the
 * outbox, `GATEWAY_UNREACHABLE`, `ACK_MISSING`.
 */
export async function proveDelivery(
  parts: ProofParts,
  drafts: readonly RecordDraft[],
  withinMs = ANSWER_WITHIN_MS,
): Promise<Result<readonly ProofReceipt[]>> {
  const { clock, outbox } = parts
  const beganMs = clock.now().monoMs
  const stored = await outbox.append(drafts)
  if (!stored.ok) return stored
  const storedMs = clock.now().monoMs - beganMs
  return carry(parts, stored.value, { beganMs, storedMs, withinMs })
}

type Timing = { readonly beganMs: number; readonly storedMs: number; readonly withinMs: number }

function carry(
  parts: ProofParts,
  records: readonly WireRecord[],
  { beganMs, storedMs, withinMs }: Timing,
): Promise<Result<readonly ProofReceipt[]>> {
  const { clock, outbox, deviceId } = parts
  const delivery = initialDelivery(outbox.ranges(), outbox.acked())
  const receipts = new Map<string, ProofReceipt>()
  let link: Link | null = null
  let connected = false
  let lastReason = 'no answer'

  return new Promise(resolve => {
    let over = false
    let cancelTick = (): void => {}
    let giveUp = (): void => {}
    const finish = (result: Result<readonly ProofReceipt[]>): void => {
      if (over) return
      over = true
      cancelTick()
      cancelEnd()
      // The goodbye may take as long as the link is bad; the result does not wait for it.
      void link?.close()
      if (link === null) giveUp()
      resolve(result)
    }
    const cancelEnd = clock.after(withinMs, () =>
      finish(
        connected
          ? fault('ACK_MISSING', `${records.length - receipts.size} of ${records.length} not acknowledged`)
          : fault('GATEWAY_UNREACHABLE', lastReason),
      ),
    )
    const feed = (event: DeliveryEvent): void => {
      if (over) return
      for (const effect of deliver(delivery, event, clock.now().monoMs, outbox.epoch)) perform(effect)
    }
    const perform = (effect: DeliveryEffect): void => {
      switch (effect.type) {
        case 'hello':
          return void link?.publish('hello', JSON.stringify(parts.hello()), 1)
        case 'read':
          return void outbox
            .read(effect.lane, effect.afterSeq, effect.limit)
            .then(read => feed({ type: 'read', lane: effect.lane, records: read.ok ? read.value : [] }))
        case 'publish': {
          const { lane, records: sent, weight } = effect
          const payload = sent.length === 1 ? JSON.stringify(sent[0]) : packBatch(sent)
          return void link
            ?.publish(`up/${lane}`, payload, 1)
            .then(done => done && feed({ type: 'published', weight }))
        }
        case 'free':
          return void outbox
            .free(effect.lane, effect.upTo, effect.sum)
            .then(() => feed({ type: 'freed', lane: effect.lane, ranges: outbox.ranges() }))
        case 'renew':
          return void outbox
            .renew()
            .then(() => finish(fault('CHAIN_BROKEN', 'this store was put back; try again')))
        case 'live':
        case 'log':
          return
      }
    }
    const hearAck = (ack: Ack): void => {
      for (const record of records) {
        if (record.epoch !== ack.epoch || record.lane !== ack.lane || record.seq > ack.upTo) continue
        const eventId = eventIdOf(deviceId, record)
        if (receipts.has(eventId)) continue
        receipts.set(eventId, {
          kind: record.kind,
          eventId,
          lane: record.lane satisfies Lane,
          seq: record.seq,
          storedMs: Math.round(storedMs),
          ackedMs: Math.round(clock.now().monoMs - beganMs),
          ledgerId: ack.ledgerId,
          generation: ack.generation,
        })
      }
      feed({ type: 'ack', ack })
      if (receipts.size === records.length) finish(ok([...receipts.values()]))
    }
    const tick = (): void => {
      if (over) return
      feed({ type: 'tick' })
      cancelTick = clock.after(TICK_MS, tick)
    }
    const connect = (): void => {
      giveUp = parts.dial({
        onConnected: made => {
          link = made
          connected = true
          feed({ type: 'connected' })
        },
        onMessage: (channel, payload) => {
          const ack = channel === 'down/ack' ? Ack.safeParse(jsonOf(payload)) : undefined
          if (ack?.success === true) hearAck(ack.data)
        },
        onClosed: reason => {
          link = null
          lastReason = reason
          feed({ type: 'disconnected' })
          if (!over) clock.after(1_000, () => void (over || connect()))
        },
      })
    }
    connect()
    tick()
  })
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    return undefined
  }
}
