import type { DeviceId } from '#protocols/ids.ts'
import type { LogEntry } from '#protocols/log.ts'
import type { Order } from '#protocols/orders.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Ack, DeviceConfig, UnstoredAck } from '#protocols/session.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import type { BrokerEvent } from '../broker/broker.ts'
import type { IntakeEffect, IntakeEvent } from '../intake/intake-effects.ts'
import type { IntakeState } from '../intake/intake-state.ts'
import { intake } from '../intake/intake.ts'
import type { RecordRow } from '../intake/rows.ts'
import { auditKey, chainAudit } from '../ledger/audit-chain.ts'
import type { AuditTail } from '../ledger/audit-chain.ts'
import type { LedgerOp } from '../ledger/ledger.ts'
import type { Change, CityEffect, CityEvent, Command } from './effects.ts'
import { LanesInDoubt } from './lanes-in-doubt.ts'
import type { LoopParts } from './loop.ts'

/** Last-known unit rows ride on the next synced batch; when none comes they are written unsynced after this long. */
const LAZY_MS_MAX = 5_000
export const LAZY_PREFIX = 'unit/'

/** Rows and city events of the gateway's own side doors (enrolment), committed like everything else. */
export type Submission = {
  readonly ops?: readonly LedgerOp[]
  readonly events?: readonly CityEvent[]
  readonly audit?: {
    readonly action: string
    readonly actor: string
    readonly detail: Record<string, unknown>
  }
}

/** What waits for its turn; `now` is when it came. */
export type Item = { readonly now: Now; readonly bytes: number } & (
  | { readonly type: 'broker'; readonly event: BrokerEvent | Extract<IntakeEvent, { type: 'payload' }> }
  | {
      readonly type: 'command'
      readonly actor: string
      readonly command: Command
      readonly resolve: (result: Result<unknown>) => void
    }
  | {
      readonly type: 'submission'
      readonly submission: Submission
      readonly resolve: (result: Result<void>) => void
    }
  | { readonly type: 'tick' }
)

/** A lane of a device, whichever its epoch; channels without records are lanes of which nothing is ever in doubt. */
const laneOf = ({ deviceId, channel }: Extract<BrokerEvent, { type: 'payload' }>): string =>
  `${deviceId}/${channel}`

/** What one group commit carries, and what leaves after it, in the order it happened. */
export type Turn = {
  readonly ops: Map<string, LedgerOp>
  readonly acks: Map<string, { readonly deviceId: DeviceId; readonly ack: Ack }>
  readonly leaving: (() => void)[]
  readonly changes: Change[]
}

export const newTurn = (): Turn => ({ ops: new Map(), acks: new Map(), leaving: [], changes: [] })

/** What came of reading for an event: it is brought back, or the ledger cannot be read and the loop ends. */
type ReadFor = { readonly again: (item: Item) => void; readonly unreadable: (reason: string) => void }

const NOTHING: readonly Item[] = []

/** Works items into a turn: intake and city are asked, and their effects become rows of its commit or what leaves after it. */
export class TurnWork {
  readonly lazy = new Map<string, LedgerOp>()
  /** What waits behind an event that is away until something was read for it. */
  readonly inDoubt = new LanesInDoubt<Item>()
  private readonly parts: LoopParts
  private readonly intake: IntakeState
  private readonly readFor: ReadFor
  private auditTail: AuditTail
  private lazySinceMonoMs = 0
  private commands = 0

  constructor(parts: LoopParts, state: IntakeState, tail: AuditTail, readFor: ReadFor) {
    this.parts = parts
    this.intake = state
    this.auditTail = tail
    this.readFor = readFor
  }

  /** One item; what follows from it goes into the turn. Returns what waited for it and is to come next. */
  perform(item: Item, turn: Turn): readonly Item[] {
    switch (item.type) {
      case 'broker':
        return this.performEvent(item, turn)
      case 'command':
        this.performCommand(item, turn)
        return NOTHING
      case 'submission':
        this.performSubmission(item, turn)
        return NOTHING
      case 'tick':
        this.apply(intake(this.intake, { type: 'tick' }, item.now), item.now, turn)
        this.tellCity({ type: 'tick' }, item.now, turn)
        if (this.lazy.size > 0 && item.now.monoMs - this.lazySinceMonoMs > LAZY_MS_MAX) this.flushLazy(turn)
        return NOTHING
    }
  }

  private performEvent(item: Extract<Item, { type: 'broker' }>, turn: Turn): readonly Item[] {
    const { event, now } = item
    const lane = event.type === 'payload' ? laneOf(event) : ''
    const isBack = event.type === 'payload' && 'recalled' in event
    if (!isBack && this.inDoubt.keep(lane, item)) return NOTHING
    // Should intake ask once more, they are kept once more.
    const behind = isBack ? this.inDoubt.close(lane) : NOTHING
    this.apply(intake(this.intake, event, now), now, turn)
    return behind
  }

  private performCommand(item: Extract<Item, { type: 'command' }>, turn: Turn): void {
    const commandId = `c${++this.commands}`
    const { actor, command, now, resolve } = item
    let answer: Result<unknown> | undefined
    const onReply = (id: string, result: Result<unknown>): void => {
      if (id === commandId) answer = result
    }
    this.tellCity({ type: 'command', commandId, actor, command }, now, turn, onReply)
    turn.leaving.push(() => resolve(answer ?? fault('NOT_READY', 'the command was not answered')))
  }

  private performSubmission(item: Extract<Item, { type: 'submission' }>, turn: Turn): void {
    const { ops = [], events = [], audit } = item.submission
    for (const op of ops) turn.ops.set(op.key, op)
    for (const event of events) this.tellCity(event, item.now, turn)
    if (audit !== undefined) this.audit(audit, item.now, turn)
    turn.leaving.push(() => item.resolve(ok(undefined)))
  }

  private tellCity(
    event: CityEvent,
    now: Now,
    turn: Turn,
    onReply: (commandId: string, result: Result<unknown>) => void = () => undefined,
  ): void {
    this.apply(this.parts.city.handle(event, now), now, turn, onReply)
  }

  private apply(
    effects: readonly (IntakeEffect | CityEffect)[],
    now: Now,
    turn: Turn,
    onReply: (commandId: string, result: Result<unknown>) => void = () => undefined,
  ): void {
    for (const effect of effects)
      switch (effect.type) {
        case 'put':
        case 'del':
          this.put(effect, now, turn)
          break
        case 'city':
          this.tellCity(effect.event, now, turn)
          break
        case 'ack': {
          // The last of a lane says it all.
          const { deviceId, ack } = effect
          turn.acks.set(`${deviceId}/${ack.epoch}/${ack.lane}`, { deviceId, ack })
          break
        }
        case 'recall':
          this.inDoubt.open(laneOf(effect.event))
          turn.leaving.push(() => void this.recall(effect, now))
          break
        case 'unstored.ack':
          turn.leaving.push(() => this.send(effect.deviceId, 'down/ack', effect.ack))
          break
        case 'order':
          turn.leaving.push(() => this.sendOrder(effect.order))
          break
        case 'config':
          turn.leaving.push(() => this.send(effect.deviceId, 'down/config', effect.config))
          break
        case 'change':
          turn.changes.push(effect.change)
          break
        case 'reply':
          onReply(effect.commandId, effect.result)
          break
        case 'audit':
          this.audit(effect, now, turn)
          break
        case 'log':
          this.parts.log[effect.level]({ event: effect.event, ...effect.detail })
          break
      }
  }

  /** Reads the sums intake asked for and brings the payload again, as of when it came. */
  private async recall({ event, keys }: Extract<IntakeEffect, { type: 'recall' }>, now: Now): Promise<void> {
    const rows = await Promise.all(keys.map(key => this.parts.ledger.get(key))).catch(
      (error: unknown) => error as Error,
    )
    if (rows instanceof Error) return this.readFor.unreadable(`LEDGER_UNREADABLE: ${rows.message}`)
    const sums = rows.map(row => (row as RecordRow | undefined)?.sum ?? null)
    const recalled = new Map(keys.map((key, i) => [key, sums[i]!]))
    this.readFor.again({ type: 'broker', event: { ...event, recalled }, now, bytes: event.payload.length })
  }

  private put(op: LedgerOp, now: Now, turn: Turn): void {
    if (!op.key.startsWith(LAZY_PREFIX)) {
      turn.ops.set(op.key, op)
      return
    }
    if (this.lazy.size === 0) this.lazySinceMonoMs = now.monoMs
    this.lazy.set(op.key, op)
  }

  private audit({ action, actor, detail }: NonNullable<Submission['audit']>, now: Now, turn: Turn): void {
    const row = chainAudit(this.auditTail, { at: rfc3339(now.utcMs), action, actor, detail })
    this.auditTail = row
    turn.ops.set(auditKey(row.n), { type: 'put', key: auditKey(row.n), value: row })
  }

  /** Writes what is lazy with this turn. */
  flushLazy(turn: Turn): void {
    for (const [key, op] of this.lazy) turn.ops.set(key, op)
    this.lazy.clear()
  }

  private send(
    deviceId: DeviceId,
    channel: 'down/ack' | 'down/config',
    body: UnstoredAck | DeviceConfig,
  ): void {
    this.parts.broker.publish(deviceId, channel, Buffer.from(JSON.stringify(body)))
  }

  private sendOrder(order: Order): void {
    const signed = JSON.stringify(this.parts.signOrder(order))
    const sent = this.parts.broker.publish(order.deviceId, 'down/order', Buffer.from(signed))
    const entry: LogEntry = { event: 'order.sent', orderId: order.orderId, kind: order.kind, sent }
    this.parts.log.debug(entry)
  }
}
