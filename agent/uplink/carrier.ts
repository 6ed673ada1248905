import { packBatch } from '#protocols/batch.ts'
import { openOrder } from '#protocols/crypto/order-signature.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import type { Logger } from '#protocols/log.ts'
import type { Order } from '#protocols/orders.ts'
import type { Lane, RecordDraft, WireRecord } from '#protocols/record.ts'
import type { Result } from '#protocols/result.ts'
import { quickParse } from '#protocols/quick-parse.ts'
import { Ack, DeviceConfig, UnstoredAck } from '#protocols/session.ts'
import type { Hello, Live, StoreHealth } from '#protocols/session.ts'
import type { Clock, Now } from '#protocols/time.ts'
import type { DownChannel } from '#protocols/topics.ts'
import type { Note, Outbox } from '../outbox/outbox.ts'
import { backoffMs } from './backoff.ts'
import { deliver, initialDelivery, queued } from './delivery.ts'
import type { DeliveryEffect, DeliveryEvent, DeliveryState } from './delivery.ts'
import { UnstoredBook } from './unstored.ts'
import type { UnstoredAlarm } from './unstored.ts'
import type { Dial, Link } from './uplink.ts'

/** A live slot that changes more often than this is sent as its newest value. */
const LIVE_EVERY_MS_MIN = 200
const LIVE_EVERY_MS_MAX = 12_000
/** A PUBACK that does not come in this time means the link is half open. */
const PUBACK_WITHIN_MS = 12_000

/** What only the store and the uplink know. */
export type DeliveryFacts = {
  readonly epoch: string
  readonly liveSeq: number
  readonly queue: Readonly<Record<Lane, number>>
  readonly bytes: number
  readonly store: StoreHealth
}

export type LinkFacts = { readonly state: 'up' | 'connecting' | 'down'; readonly sinceMonoMs: number }

/** What comes down the link, opened and checked, and what became of records sent up. */
export type News =
  | { readonly type: 'order'; readonly order: Order }
  | { readonly type: 'order.rejected'; readonly code: string; readonly detail: string }
  | { readonly type: 'config'; readonly config: DeviceConfig }
  | { readonly type: 'acked'; readonly lane: Lane; readonly upTo: number }
  | { readonly type: 'unstored.acked'; readonly id: string }

export type CarrierParts = {
  readonly identity: Pick<DeviceIdentity, 'deviceId' | 'orderKey'>
  readonly clock: Clock
  readonly log: Logger
  readonly outbox: Outbox
  readonly dial: Dial
  /** A number in [0, 1). */
  readonly random: () => number
  readonly software: string
  readonly bootId: string
  readonly bootCount: number
  /** The longest silence the gateway is told to expect, as things stand. */
  readonly announcedMs: () => number
  readonly backoffMaxMs?: number | undefined
  /** How fast a backlog may leave. */
  readonly backfillBytesPerS?: number | undefined
  /** The live slot as of now; undefined while there is nothing to say yet. */
  readonly live: (facts: DeliveryFacts, now: Now) => Live | undefined
  readonly onNews: (news: News) => void
  readonly onLink: () => void
}

export type Carrier = {
  /** Into the outbox and, once synced, on its way. */
  append(drafts: readonly RecordDraft[], notes: readonly Note[]): Promise<Result<readonly WireRecord[]>>
  /** An alarm the store refused: sent at once, and again until the gateway says that it holds it. */
  unstored(alarm: UnstoredAlarm): void
  /** The live slot changed; its newest value is sent when the link allows. */
  live(): void
  facts(): DeliveryFacts
  link(): LinkFacts
  /** Begins to connect; it goes on for ever. */
  open(): void
  /** Several times a second. */
  tick(): void
  stop(): Promise<void>
}

/**
 * The edge of delivery: it gives `delivery.ts` time, carries out its effects and feeds the completions back. Every profile
 * of the agent has one, so a vehicle and a duty station keep one contract by one code.
 */
export function startCarrier(parts: CarrierParts): Carrier {
  const { identity, clock, log, outbox } = parts
  /** Nothing changed: say so within the announced silence, and often enough that a window nonce is never too old. */
  const liveEveryMsMax = (): number => Math.min(LIVE_EVERY_MS_MAX, 0.9 * parts.announcedMs())
  const fresh = (): DeliveryState => initialDelivery(outbox.ranges(), outbox.acked(), parts.backfillBytesPerS)
  const delivery = fresh()
  const unstored = new UnstoredBook()
  let link: Link | null = null
  let linkFacts: LinkFacts = { state: 'connecting', sinceMonoMs: clock.now().monoMs }
  let stopped = false
  let attempt = 0
  let giveUp = (): void => {}
  let cancelRetry = (): void => {}
  let epoch = outbox.epoch
  let liveDue = false
  let lastLiveMonoMs = -Infinity
  let oldestUnackedMonoMs: number | null = null

  const facts = (): DeliveryFacts => ({
    epoch: outbox.epoch,
    liveSeq: delivery.liveSeq,
    queue: queued(delivery),
    bytes: outbox.bytesUsed(),
    store: outbox.health(),
  })

  /** A repaired store is another store: nothing that was said about the old one holds, so the connection begins anew. */
  function noticeNewStore(): void {
    if (outbox.epoch === epoch) return
    log.warn({ event: 'outbox.new_epoch', before: epoch, after: outbox.epoch })
    epoch = outbox.epoch
    Object.assign(delivery, { ...fresh(), liveSeq: delivery.liveSeq })
    giveUp()
  }

  function feed(event: DeliveryEvent): void {
    noticeNewStore()
    for (const effect of deliver(delivery, event, clock.now().monoMs, outbox.epoch)) perform(effect)
  }

  function perform(effect: DeliveryEffect): void {
    switch (effect.type) {
      case 'hello':
        void link?.publish('hello', JSON.stringify(hello()), 1)
        return
      case 'live':
        liveDue = true
        sendLive(true)
        sendUnstored()
        return
      case 'read':
        void outbox.read(effect.lane, effect.afterSeq, effect.limit).then(result => {
          feed({ type: 'read', lane: effect.lane, records: result.ok ? result.value : [] })
        })
        return
      case 'publish':
        publishRecords(effect)
        return
      case 'free':
        freeRecords(effect)
        return
      case 'renew':
        void outbox.renew().then(result => {
          if (!result.ok) {
            log.warn({ event: 'outbox.renew', code: result.code, detail: result.detail })
            giveUp()
          }
          feed({ type: 'stored', ranges: outbox.ranges() })
        })
        return
      case 'log':
        log[effect.level]({ event: effect.event, ...effect.detail })
        return
    }
  }

  function freeRecords({ lane, upTo, sum }: Extract<DeliveryEffect, { type: 'free' }>): void {
    const of = outbox.epoch
    void outbox.free(lane, upTo, sum).then(result => {
      // Of a store that was carried over meanwhile; what is said of the new one is another ack.
      if (outbox.epoch !== of) return
      if (!result.ok) log.warn({ event: 'outbox.free', lane, code: result.code, detail: result.detail })
      if (!result.ok && result.code === 'CHAIN_BROKEN') return feed({ type: 'diverged', lane, upTo })
      if (result.ok) feed({ type: 'freed', lane, ranges: outbox.ranges() })
      else feed({ type: 'unfreed', lane, upTo, sum })
      parts.onNews({ type: 'acked', lane, upTo })
    })
  }

  function publishRecords({ lane, records, weight }: Extract<DeliveryEffect, { type: 'publish' }>): void {
    const over = link
    const payload = records.length === 1 ? JSON.stringify(records[0]) : packBatch(records)
    const sentMonoMs = clock.now().monoMs
    oldestUnackedMonoMs ??= sentMonoMs
    feed({ type: 'sent', bytes: payload.length })
    void over?.publish(`up/${lane}`, payload, 1).then(done => {
      if (link !== over) return
      oldestUnackedMonoMs = null
      if (done) feed({ type: 'published', weight })
    })
  }

  const hello = (): Hello => ({
    v: 1,
    epoch: outbox.epoch,
    bootId: parts.bootId,
    bootCount: parts.bootCount,
    lanes: { ...outbox.ranges() },
    store: outbox.health(),
    software: parts.software,
    announcedMs: parts.announcedMs(),
  })

  function sendLive(now = false): void {
    const { monoMs } = clock.now()
    if (!link || !liveDue || (!now && monoMs - lastLiveMonoMs < LIVE_EVERY_MS_MIN)) return
    const live = parts.live({ ...facts(), liveSeq: delivery.liveSeq + 1 }, clock.now())
    if (!live) return
    delivery.liveSeq++
    liveDue = false
    lastLiveMonoMs = monoMs
    void link.publish('live', JSON.stringify(live), 0)
  }

  function sendUnstored(): void {
    if (!link) return
    for (const alarm of unstored.due(clock.now().monoMs))
      void link.publish('up/unstored', JSON.stringify(alarm), 1)
  }

  function connect(): void {
    if (stopped) return
    setLink('connecting')
    giveUp = parts.dial({
      onConnected: made => {
        link = made
        attempt = 0
        oldestUnackedMonoMs = null
        unstored.connected()
        setLink('up')
        log.info({ event: 'uplink.connected' })
        feed({ type: 'connected' })
      },
      onMessage: (channel, payload) => onMessage(channel, payload),
      onClosed: reason => {
        const afterMs = backoffMs(attempt++, parts.random(), parts.backoffMaxMs)
        if (link) log.warn({ event: 'uplink.lost', reason, retryMs: afterMs })
        else log.debug({ event: 'uplink.unreachable', reason, retryMs: afterMs })
        link = null
        setLink('down')
        feed({ type: 'disconnected' })
        if (!stopped) cancelRetry = clock.after(afterMs, connect)
      },
    })
  }

  function setLink(next: LinkFacts['state']): void {
    // While it retries, people need one word: down since when.
    if (next === 'connecting' && linkFacts.state === 'down') return
    if (linkFacts.state !== next) linkFacts = { state: next, sinceMonoMs: clock.now().monoMs }
    parts.onLink()
  }

  function onMessage(channel: DownChannel, payload: Uint8Array): void {
    const json = jsonOf(payload)
    switch (channel) {
      case 'down/ack':
        onAck(json)
        return
      case 'down/order': {
        const order = openOrder(json, identity.orderKey, identity.deviceId)
        if (order.ok) parts.onNews({ type: 'order', order: order.value })
        else parts.onNews({ type: 'order.rejected', code: order.code, detail: order.detail })
        return
      }
      case 'down/config': {
        const config = DeviceConfig.safeParse(json)
        if (config.success) parts.onNews({ type: 'config', config: config.data })
        return
      }
    }
  }

  function onAck(json: unknown): void {
    const ack = readAck(json)
    if (ack.success) {
      unstored.speaks(ledgerOf(ack.data))
      sendUnstored()
      return feed({ type: 'ack', ack: ack.data })
    }
    const held = UnstoredAck.safeParse(json)
    if (!held.success) return log.warn({ event: 'ack.unreadable' })
    const { unstored: id } = held.data
    if (unstored.heard(id, ledgerOf(held.data))) parts.onNews({ type: 'unstored.acked', id })
  }

  return {
    append: async (drafts, notes) => {
      const result = await outbox.append(drafts, notes)
      if (!result.ok) return result
      if (result.value.length > 0)
        log.debug({ event: 'outbox.accepted', records: result.value.map(receiptOf) })
      feed({ type: 'stored', ranges: outbox.ranges() })
      return result
    },
    unstored: alarm => {
      const shed = unstored.add(alarm)
      if (shed !== null) log.error({ event: 'unstored.given_up', id: shed })
      sendUnstored()
    },
    live: () => {
      liveDue = true
      sendLive()
    },
    facts,
    link: () => linkFacts,
    open: connect,
    tick: () => {
      const { monoMs } = clock.now()
      // A write given up as hanging may have been done after all.
      feed({ type: 'stored', ranges: outbox.ranges() })
      feed({ type: 'tick' })
      if (monoMs - lastLiveMonoMs >= liveEveryMsMax()) liveDue = true
      sendLive()
      sendUnstored()
      if (oldestUnackedMonoMs !== null && monoMs - oldestUnackedMonoMs > PUBACK_WITHIN_MS) {
        oldestUnackedMonoMs = null
        log.warn({ event: 'uplink.half_open' })
        giveUp()
      }
    },
    stop: async () => {
      stopped = true
      cancelRetry()
      giveUp()
      await link?.close()
      await outbox.close()
    },
  }
}

const readAck = quickParse(Ack)

const ledgerOf = ({ ledgerId, generation }: Pick<Ack, 'ledgerId' | 'generation'>): string =>
  `${ledgerId}/${generation}`

/** What a witness outside needs to look for a record in the ledger: its name and its content. */
const receiptOf = ({ epoch, lane, seq, sum }: WireRecord): string => `${epoch}/${lane}/${seq}/${sum}`

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'))
  } catch {
    return undefined
  }
}
