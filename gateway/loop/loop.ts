import type { Logger } from '#protocols/log.ts'
import type { Order, SignedOrder } from '#protocols/orders.ts'
import { fault } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import type { Broker, BrokerEvent } from '../broker/broker.ts'
import type { IntakeState } from '../intake/intake-state.ts'
import type { AuditTail } from '../ledger/audit-chain.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { ackText } from './ack-text.ts'
import type { City } from './city.ts'
import type { Change, Command } from './effects.ts'
import { readBack } from './read-back.ts'
import { LAZY_PREFIX, newTurn, TurnWork } from './turn.ts'
import type { Item, Submission, Turn } from './turn.ts'
import { isAlarm, placeIn } from './urgent.ts'

/** Beyond this many waiting events the broker stops reading. */
const QUEUE_EVENTS_MAX = 4_096
const QUEUE_BYTES_MAX = 32 * 1024 * 1024
/** It reads again when this share is left, work for two turns: every stop and start goes over all connections. */
const QUEUE_SHARE_LOW = 1 / 8
/** Beyond this many, devices are asked to hold their back-fill for a while; long before reading stops. */
const QUEUE_EVENTS_BUSY = QUEUE_EVENTS_MAX / 4
const PAUSE_MS = 5_000
/** Work behind one commit; a greater one costs less a record, a smaller one answers sooner. */
const TURN_MS_MAX = 8
/** The sockets are looked at this often in the middle of a turn, for an alarm may have come. */
const SLICE_MS_MAX = 2
const TICK_MS = 1_000
export type LoopParts = {
  readonly clock: Clock
  readonly log: Logger
  readonly ledger: Ledger
  readonly city: City
  readonly broker: Pick<Broker, 'publish' | 'pause' | 'resume'>
  readonly signOrder: (order: Order) => SignedOrder
  /** What pages and dispatching systems see; called in order, after the rows behind it were committed. */
  readonly onChanges: (changes: readonly Change[]) => void
  /** A write failed or a core broke: nothing leaves any more. The process is to end so that its supervisor starts it anew. */
  readonly onFatal: (reason: string) => void
  /** The breath between two turns; a simulated city draws it by its own clock. */
  readonly breathe?: () => Promise<void>
}

const breathe = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

export type LoopStats = {
  readonly queued: number
  readonly commits: number
  readonly rows: number
  readonly commitMsMax: number
  readonly paused: boolean
}

export type Loop = {
  /** Sessions and payloads, as the broker hears them. */
  fromBroker(event: BrokerEvent): void
  /** Resolves after the commit; `NOT_READY` when the gateway is stopping or drowning. */
  command(actor: string, command: Command): Promise<Result<unknown>>
  submit(submission: Submission): Promise<Result<void>>
  /** For the pages: where every lane of a device stands. */
  readonly intake: IntakeState
  stats(): LoopStats
  /** Finishes what is queued and writes what is lazy; nothing is taken after the call. */
  stop(): Promise<void>
}

/** Reads the ledger back into the cores and starts the loop. */
export async function openLoop(parts: LoopParts): Promise<Loop> {
  const { intake: state, auditTail, reckoned } = await readBack(parts)
  const loop = new GatewayLoop(parts, state, auditTail)
  if (reckoned !== null)
    void loop.submit({ audit: { action: 'ledger.reckoned', actor: 'gateway', detail: reckoned } })
  return loop
}

class GatewayLoop implements Loop {
  readonly intake: IntakeState
  private readonly parts: LoopParts
  private readonly turns: TurnWork
  private queue: Item[] = []
  private queuedBytes = 0
  private paused = false
  private running: Promise<void> | null = null
  private ended = false
  /** The turn before was one of alarms alone. */
  private hurried = false
  private readonly tallies = { commits: 0, rows: 0, commitMsMax: 0 }
  private cancelTick: () => void = () => undefined

  constructor(parts: LoopParts, state: IntakeState, tail: AuditTail) {
    this.parts = parts
    this.intake = state
    this.turns = new TurnWork(parts, state, tail, {
      again: item => this.enqueue(item),
      unreadable: reason => this.end(reason),
    })
    this.armTick()
  }

  fromBroker(event: BrokerEvent): void {
    const bytes = event.type === 'payload' ? event.payload.length : 0
    this.enqueue({ type: 'broker', event, now: this.parts.clock.now(), bytes })
  }

  command(actor: string, command: Command): Promise<Result<unknown>> {
    if (this.ended || this.paused) return Promise.resolve(notReady())
    const now = this.parts.clock.now()
    return new Promise(resolve => this.enqueue({ type: 'command', actor, command, resolve, now, bytes: 0 }))
  }

  submit(submission: Submission): Promise<Result<void>> {
    if (this.ended) return Promise.resolve(notReady())
    const now = this.parts.clock.now()
    return new Promise(resolve => this.enqueue({ type: 'submission', submission, resolve, now, bytes: 0 }))
  }

  stats(): LoopStats {
    return { queued: this.waiting.events, paused: this.paused, ...this.tallies }
  }

  async stop(): Promise<void> {
    this.ended = true
    this.cancelTick()
    await this.running
    const { lazy } = this.turns
    if (lazy.size > 0) await this.parts.ledger.commit([...lazy.values()], { sync: true })
    lazy.clear()
  }

  private armTick(): void {
    this.cancelTick = this.parts.clock.after(TICK_MS, () => {
      this.enqueue({ type: 'tick', now: this.parts.clock.now(), bytes: 0 })
      this.armTick()
    })
  }

  private enqueue(item: Item): void {
    if (this.ended) return refuse(item)
    this.queue.splice(placeIn(this.queue, item), 0, item)
    this.queuedBytes += item.bytes
    const { events, bytes } = this.waiting
    if (!this.paused && (events > QUEUE_EVENTS_MAX || bytes > QUEUE_BYTES_MAX)) {
      this.paused = true
      this.parts.broker.pause()
      this.parts.log.warn({ event: 'loop.paused', queued: events, bytes })
    }
    this.running ??= this.run()
  }

  /** What came and is not worked on, whether for want of time or of something to be read. */
  private get waiting(): { readonly events: number; readonly bytes: number } {
    const { inDoubt } = this.turns
    return { events: this.queue.length + inDoubt.count, bytes: this.queuedBytes + inDoubt.bytes }
  }

  /** Turn after turn until the queue is empty; what arrives during a commit is the next group. */
  private async run(): Promise<void> {
    try {
      while (this.queue.length > 0) {
        // Lets everything that is ready on the sockets join this turn, and the sockets have theirs in between.
        await (this.parts.breathe ?? breathe)()
        if (!(await this.finish(await this.work()))) return
        this.resumeWhenLow()
      }
    } catch (error) {
      this.end(error instanceof Error ? (error.stack ?? error.message) : String(error))
    } finally {
      this.running = null
    }
  }

  /** Slice after slice, until the turn is long enough, everything is done, or an alarm came that is to wait no longer. */
  private async work(): Promise<Turn> {
    const turn = newTurn()
    let workedMs = this.slice(turn, this.alarmsAhead())
    while (!this.hurried && this.queue.length > 0 && workedMs < TURN_MS_MAX) {
      await (this.parts.breathe ?? breathe)()
      const alarms = this.queue.findIndex(item => !isAlarm(item))
      workedMs += this.slice(turn, alarms > 0 ? alarms : this.queue.length)
      if (alarms !== 0) break
    }
    return turn
  }

  /** Works on so many items, or fewer; how long it took. */
  private slice(turn: Turn, items: number): number {
    const startMonoMs = this.parts.clock.now().monoMs
    let [done, workedMs] = [0, 0]
    while (done < items && workedMs < SLICE_MS_MAX) {
      const item = this.queue[done++]!
      this.queuedBytes -= item.bytes
      const next = this.turns.perform(item, turn)
      if (next.length > 0) this.queue.splice(done, 0, ...next)
      for (const { bytes } of next) this.queuedBytes += bytes
      workedMs = this.parts.clock.now().monoMs - startMonoMs
    }
    this.queue = this.queue.slice(done)
    return workedMs
  }

  /**
   * The alarms at the head of the queue leave with a commit of their own: nobody else's rows are worked on, written and synced
   * before they are told. Every other turn is for all, so that alarms without end hold nobody up.
   */
  private alarmsAhead(): number {
    const firstOther = this.queue.findIndex(item => !isAlarm(item))
    this.hurried = !this.hurried && firstOther > 0
    return this.hurried ? firstOther : this.queue.length
  }

  /** Commits, then lets go. False when the ledger failed: nothing of this turn is ever said to anybody. */
  private async finish(turn: Turn): Promise<boolean> {
    // A turn of lazy rows alone needs no sync: after a power cut a unit is shown stale at an older place.
    const sync = [...turn.ops.keys()].some(key => !key.startsWith(LAZY_PREFIX))
    if (sync && !this.hurried) this.turns.flushLazy(turn)
    if (turn.ops.size > 0) {
      const startMonoMs = this.parts.clock.now().monoMs
      const committed = await this.parts.ledger.commit([...turn.ops.values()], { sync })
      if (!committed.ok) {
        this.end(`${committed.code}: ${committed.detail}`)
        return false
      }
      this.tally(turn.ops.size, this.parts.clock.now().monoMs - startMonoMs)
    }
    const pauseMs = this.queue.length > QUEUE_EVENTS_BUSY ? PAUSE_MS : undefined
    for (const { deviceId, ack } of turn.acks.values())
      this.parts.broker.publish(deviceId, 'down/ack', Buffer.from(ackText(ack, pauseMs)))
    if (turn.changes.length > 0) this.parts.onChanges(turn.changes)
    for (const leave of turn.leaving) leave()
    return true
  }

  private tally(rows: number, tookMs: number): void {
    this.tallies.commits++
    this.tallies.rows += rows
    this.tallies.commitMsMax = Math.max(this.tallies.commitMsMax, tookMs)
  }

  private resumeWhenLow(): void {
    const { events, bytes } = this.waiting
    const low = events < QUEUE_EVENTS_MAX * QUEUE_SHARE_LOW && bytes < QUEUE_BYTES_MAX * QUEUE_SHARE_LOW
    if (!this.paused || !low) return
    this.paused = false
    this.parts.broker.resume()
    this.parts.log.info({ event: 'loop.resumed' })
  }

  private end(reason: string): void {
    this.ended = true
    this.cancelTick()
    for (const item of this.queue.splice(0)) refuse(item)
    this.parts.log.error({ event: 'loop.ended', reason })
    this.parts.onFatal(reason)
  }
}

const notReady = () => fault('NOT_READY', 'the gateway is stopping or overloaded')

function refuse(item: Item): void {
  if (item.type === 'command' || item.type === 'submission') item.resolve(notReady())
}
