import type { Outbox } from './outbox/outbox.ts'
import type { Logger } from '#protocols/log.ts'
import { packBatch } from '#protocols/batch.ts'
import { openOrder } from '#protocols/crypto/order-signature.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import type { Output } from '#protocols/equipment.ts'
import { Ack, DeviceConfig } from '#protocols/session.ts'
import type { Hello, Unstored } from '#protocols/session.ts'
import type { Tap, TapResult, TerminalState } from '#protocols/terminal.ts'
import type { Clock } from '#protocols/time.ts'
import type { DownChannel } from '#protocols/topics.ts'
import { backoffMs } from './uplink/backoff.ts'
import { deliver, initialDelivery, queued } from './uplink/delivery.ts'
import type { DeliveryEffect, DeliveryEvent } from './uplink/delivery.ts'
import type { Dial, Link } from './uplink/uplink.ts'
import { step } from './vehicle/core.ts'
import type { VehicleEffect, VehicleEvent } from './vehicle/events.ts'
import { liveOf } from './vehicle/live.ts'
import type { DeliveryFacts } from './vehicle/live.ts'
import { SAMPLING } from './vehicle/sampling.ts'
import { initialState } from './vehicle/state.ts'
import { terminalView } from './vehicle/terminal-view.ts'
import type { LinkFacts } from './vehicle/terminal-view.ts'

const TICK_MS = 200
/** A live slot that changes more often than this is sent as its newest value. */
const LIVE_EVERY_MS_MIN = 200
/** Nothing changed: say so well within the announced silence. */
const LIVE_EVERY_MS_MAX = SAMPLING.announcedMs / 4
/** A PUBACK that does not come in this time means the link is half open. */
const PUBACK_WITHIN_MS = 12_000
const UNSTORED_KEPT_MAX = 32

export type RuntimeParts = {
  readonly identity: Pick<DeviceIdentity, 'deviceId' | 'unitId' | 'callSign' | 'orderKey'>
  readonly clock: Clock
  readonly log: Logger
  readonly outbox: Outbox
  readonly dial: Dial
  /** Switches an output of the panel; a car without one is handed a function that does nothing. */
  readonly setOutput: (output: Output, on: boolean) => void
  /** Hex digits never seen before, and a number in [0, 1). */
  readonly mint: (bytes: number) => string
  readonly random: () => number
  readonly software: string
  readonly bootId: string
  readonly bootCount: number
  readonly backoffMaxMs?: number
}

export type Runtime = {
  /** Feeds one event of the car's hardware. */
  feed(event: VehicleEvent): void
  /** A crew's tap; resolves once the record behind it is stored. */
  tap(tap: Tap): Promise<TapResult>
  view(): TerminalState
  onView(listener: (view: TerminalState) => void): () => void
  stop(): Promise<void>
}

/**
 * The loop at the edge of the two cores: it gives them time, performs their effects and feeds the completions back.
 * The same loop runs in the vehicle process and, for simulated units, in the simulator.
 */
export function startRuntime(parts: RuntimeParts): Runtime {
  const { identity, clock, log, outbox } = parts
  const state = initialState(
    { ...identity, bootId: parts.bootId, bootCount: parts.bootCount },
    outbox.notes(),
  )
  const delivery = initialDelivery(outbox.ranges())
  const taps = new Map<string, (result: TapResult) => void>()
  const listeners = new Set<(view: TerminalState) => void>()
  const unstored: (Omit<Unstored, 'ageMs'> & { readonly monoMs: number })[] = []
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
  let tapCount = 0

  const facts = (): DeliveryFacts => ({
    epoch: outbox.epoch,
    liveSeq: delivery.liveSeq,
    queue: queued(delivery),
    bytes: outbox.bytesUsed(),
    store: outbox.health(),
  })
  const view = (): TerminalState => terminalView(state, facts(), linkFacts, clock.now())

  function feed(event: VehicleEvent): void {
    if (stopped) return
    for (const effect of step(state, event, clock.now(), parts.mint)) perform(effect)
  }

  function perform(effect: VehicleEffect): void {
    switch (effect.type) {
      case 'append':
        void outbox.append(effect.drafts, effect.notes).then(result => {
          if (result.ok) feedDelivery({ type: 'stored', ranges: outbox.ranges() })
          feed({ type: 'appended', ref: effect.ref, result })
        })
        return
      case 'unstored':
        unstored.push({
          v: 1,
          id: effect.id,
          kind: effect.kind,
          occurredAt: effect.occurred.utcMs,
          clockQuality: effect.occurred.quality,
          body: effect.body,
          monoMs: effect.occurred.monoMs,
        })
        if (unstored.length > UNSTORED_KEPT_MAX) unstored.shift()
        sendUnstored()
        return
      case 'live':
        liveDue = true
        sendLive()
        publishView()
        return
      case 'output':
        parts.setOutput(effect.output, effect.on)
        return
      case 'tapped':
        taps.get(effect.tapRef)?.(effect.result)
        taps.delete(effect.tapRef)
        publishView()
        return
      case 'log':
        log[effect.level]({ event: effect.event, ...effect.detail })
        return
    }
  }

  /** A repaired store is another store: nothing that was said about the old one holds, so the connection begins anew. */
  function noticeNewStore(): void {
    if (outbox.epoch === epoch) return
    log.warn({ event: 'outbox.new_epoch', before: epoch, after: outbox.epoch })
    epoch = outbox.epoch
    Object.assign(delivery, { ...initialDelivery(outbox.ranges()), liveSeq: delivery.liveSeq })
    giveUp()
  }

  function feedDelivery(event: DeliveryEvent): void {
    noticeNewStore()
    for (const effect of deliver(delivery, event, clock.now().monoMs, outbox.epoch)) performDelivery(effect)
  }

  function performDelivery(effect: DeliveryEffect): void {
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
          feedDelivery({ type: 'read', lane: effect.lane, records: result.ok ? result.value : [] })
        })
        return
      case 'publish':
        publishRecords(effect)
        return
      case 'free':
        void outbox.free(effect.lane, effect.upTo).then(result => {
          if (!result.ok) log.warn({ event: 'outbox.free', lane: effect.lane, code: result.code })
          feedDelivery({ type: 'stored', ranges: outbox.ranges() })
          feed({ type: 'acked', lane: effect.lane, upTo: effect.upTo })
        })
        return
      case 'log':
        log[effect.level]({ event: effect.event, ...effect.detail })
        return
    }
  }

  function publishRecords({ lane, records, weight }: Extract<DeliveryEffect, { type: 'publish' }>): void {
    const over = link
    const payload = records.length === 1 ? JSON.stringify(records[0]) : packBatch(records)
    const sentMonoMs = clock.now().monoMs
    oldestUnackedMonoMs ??= sentMonoMs
    void over?.publish(`up/${lane}`, payload, 1).then(done => {
      if (link !== over) return
      oldestUnackedMonoMs = null
      if (done) feedDelivery({ type: 'published', weight })
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
    announcedMs: SAMPLING.announcedMs,
  })

  function sendLive(now = false): void {
    const { monoMs } = clock.now()
    if (!link || !liveDue || (!now && monoMs - lastLiveMonoMs < LIVE_EVERY_MS_MIN)) return
    const live = liveOf(state, { ...facts(), liveSeq: delivery.liveSeq + 1 }, clock.now())
    if (!live) return
    delivery.liveSeq++
    liveDue = false
    lastLiveMonoMs = monoMs
    void link.publish('live', JSON.stringify(live), 0)
  }

  function sendUnstored(): void {
    const over = link
    if (!over) return
    for (const alarm of [...unstored]) {
      const { monoMs, ...body } = alarm
      const payload: Unstored = { ...body, ageMs: Math.max(0, clock.now().monoMs - monoMs) }
      void over.publish('up/unstored', JSON.stringify(payload), 1).then(done => {
        if (done && unstored.includes(alarm)) unstored.splice(unstored.indexOf(alarm), 1)
      })
    }
  }

  function connect(): void {
    if (stopped) return
    setLink('connecting')
    giveUp = parts.dial({
      onConnected: made => {
        link = made
        attempt = 0
        oldestUnackedMonoMs = null
        setLink('up')
        log.info({ event: 'uplink.connected' })
        feedDelivery({ type: 'connected' })
      },
      onMessage: (channel, payload) => onMessage(channel, payload),
      onClosed: reason => {
        const afterMs = backoffMs(attempt++, parts.random(), parts.backoffMaxMs)
        if (link) log.warn({ event: 'uplink.lost', reason, retryMs: afterMs })
        else log.debug({ event: 'uplink.unreachable', reason, retryMs: afterMs })
        link = null
        setLink('down')
        feedDelivery({ type: 'disconnected' })
        if (!stopped) cancelRetry = clock.after(afterMs, connect)
      },
    })
  }

  function setLink(next: LinkFacts['state']): void {
    // While it retries, a crew needs one word: down since when.
    if (next === 'connecting' && linkFacts.state === 'down') return
    if (linkFacts.state !== next) linkFacts = { state: next, sinceMonoMs: clock.now().monoMs }
    publishView()
  }

  function onMessage(channel: DownChannel, payload: Uint8Array): void {
    const json = jsonOf(payload)
    switch (channel) {
      case 'down/ack': {
        const ack = Ack.safeParse(json)
        if (ack.success) feedDelivery({ type: 'ack', ack: ack.data })
        else log.warn({ event: 'ack.unreadable' })
        return
      }
      case 'down/order': {
        const order = openOrder(json, identity.orderKey, identity.deviceId)
        if (order.ok) feed({ type: 'order', order: order.value })
        else feed({ type: 'order.rejected', code: order.code, detail: order.detail })
        return
      }
      case 'down/config': {
        const config = DeviceConfig.safeParse(json)
        if (config.success) feed({ type: 'config', config: config.data })
        return
      }
    }
  }

  let cancelTick = (): void => {}
  function tick(): void {
    if (stopped) return
    const { monoMs } = clock.now()
    feed({ type: 'tick' })
    feedDelivery({ type: 'tick' })
    if (monoMs - lastLiveMonoMs >= LIVE_EVERY_MS_MAX) liveDue = true
    sendLive()
    if (monoMs - lastViewMonoMs >= 1_000) publishView()
    if (oldestUnackedMonoMs !== null && monoMs - oldestUnackedMonoMs > PUBACK_WITHIN_MS) {
      oldestUnackedMonoMs = null
      log.warn({ event: 'uplink.half_open' })
      giveUp()
    }
    cancelTick = clock.after(TICK_MS, tick)
  }

  let lastViewMonoMs = -Infinity
  function publishView(): void {
    lastViewMonoMs = clock.now().monoMs
    if (listeners.size === 0) return
    const shown = view()
    for (const listener of listeners) listener(shown)
  }

  tick()
  feed({ type: 'boot', software: parts.software, store: outbox.health() })
  connect()

  return {
    feed,
    tap: tap =>
      new Promise(resolve => {
        if (stopped) return resolve({ accepted: false, code: 'NOT_READY' })
        const tapRef = `t${++tapCount}`
        taps.set(tapRef, resolve)
        feed({ type: 'tap', tapRef, tap })
      }),
    view,
    onView: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop: async () => {
      stopped = true
      cancelTick()
      cancelRetry()
      giveUp()
      await link?.close()
      await outbox.close()
    },
  }
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    return undefined
  }
}
