import type { OrderView } from '#protocols/api.ts'
import type { BodyOf } from '#protocols/bodies.ts'
import type { DeviceId, OrderId } from '#protocols/ids.ts'
import type { Order } from '#protocols/orders.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'

type Receipt = BodyOf<'order.receipt'>

/** `order/{id}`. */
export type OrderRow = {
  readonly v: 1
  readonly order: Order
  readonly issuedBy: string
  readonly outcome: Receipt['outcome'] | null
  readonly receiptUtcMs: number | null
  readonly code: string | null
}

/** An order without a receipt is sent again this often while the device is connected; the nonce makes it harmless. */
const RESEND_EVERY_MS = 5_000
/** An actuation cites a window that dies after 30 s, so later it could only be refused. */
export const ACTUATION_LIFE_MS = 30_000
/** Orders with a receipt kept in memory for GET /v1/orders/{id}; their rows stay. */
const RECEIPTED_KEPT = 2_000

/** Every order and whether the car has answered for it. */
export class OrderBook {
  private readonly rows = new Map<OrderId, OrderRow>()
  /** Per device, in the order they were issued: unreceipted orders and when each was last sent. */
  private readonly waiting = new Map<DeviceId, Map<OrderId, { issuedMonoMs: number; sentMonoMs: number }>>()
  /** Oldest first; what gives way at the bound. */
  private readonly receipted = new Set<OrderId>()

  byId(orderId: OrderId): OrderRow | undefined {
    return this.rows.get(orderId)
  }

  /** Orders no receipt came back for. */
  waitingCount(): number {
    let count = 0
    for (const orders of this.waiting.values()) count += orders.size
    return count
  }

  /** A new order; it waits for its receipt from now on. */
  issue(order: Order, issuedBy: string, now: Now): OrderRow {
    const row: OrderRow = { v: 1, order, issuedBy, outcome: null, receiptUtcMs: null, code: null }
    this.rows.set(order.orderId, row)
    this.wait(order, now.monoMs)
    return row
  }

  restore(row: OrderRow, now: Now): void {
    this.rows.set(row.order.orderId, row)
    if (row.outcome !== null) return this.settle(row.order)
    // When it was issued on the new monotonic clock is unknown; an actuation is certainly too old.
    if (row.order.kind === 'actuate') return
    this.wait(row.order, now.monoMs)
  }

  /**
   * What the car answered. The first answer stays, but for `delivered`, which a later outcome completes. Undefined when
   * the order is unknown, was given to another device, or nothing new was said.
   */
  receipt(deviceId: DeviceId, body: Receipt, utcMs: number): OrderRow | undefined {
    const row = this.rows.get(body.orderId)
    if (row === undefined || row.order.deviceId !== deviceId) return undefined
    if (row.outcome !== null && (row.outcome !== 'delivered' || body.outcome === 'delivered'))
      return undefined
    const receiptUtcMs = row.receiptUtcMs ?? utcMs
    const next: OrderRow = { ...row, outcome: body.outcome, receiptUtcMs, code: body.code ?? null }
    this.rows.set(body.orderId, next)
    this.settle(row.order)
    return next
  }

  /** Everything the device still owes a receipt for: it has just connected. In the order of issue. */
  dueAtHello(deviceId: DeviceId, now: Now): Order[] {
    return this.takeDue(deviceId, now, 0)
  }

  /** What was sent a while ago to a device that is connected and has not answered. */
  dueNow(isUp: (deviceId: DeviceId) => boolean, now: Now): Order[] {
    return [...this.waiting.keys()].filter(isUp).flatMap(id => this.takeDue(id, now, RESEND_EVERY_MS))
  }

  private takeDue(deviceId: DeviceId, now: Now, afterMs: number): Order[] {
    const due: Order[] = []
    for (const [orderId, times] of this.waiting.get(deviceId) ?? []) {
      const row = this.rows.get(orderId)
      if (row === undefined) continue
      const tooOld = row.order.kind === 'actuate' && now.monoMs - times.issuedMonoMs > ACTUATION_LIFE_MS
      if (tooOld || now.monoMs - times.sentMonoMs < afterMs) continue
      times.sentMonoMs = now.monoMs
      due.push(row.order)
    }
    return due
  }

  private wait(order: Order, monoMs: number): void {
    const orders = this.waiting.get(order.deviceId) ?? new Map()
    orders.set(order.orderId, { issuedMonoMs: monoMs, sentMonoMs: monoMs })
    this.waiting.set(order.deviceId, orders)
  }

  private settle(order: Order): void {
    const orders = this.waiting.get(order.deviceId)
    orders?.delete(order.orderId)
    if (orders?.size === 0) this.waiting.delete(order.deviceId)
    this.receipted.add(order.orderId)
    for (const oldest of this.receipted) {
      if (this.receipted.size <= RECEIPTED_KEPT) break
      this.receipted.delete(oldest)
      this.rows.delete(oldest)
    }
  }
}

export function viewOfOrder(row: OrderRow): OrderView {
  const { order, issuedBy, outcome, receiptUtcMs, code } = row
  return {
    id: order.orderId,
    kind: order.kind,
    unitId: order.unitId,
    incidentId: 'incidentId' in order ? order.incidentId : null,
    issuedAt: rfc3339(order.issuedAt),
    issuedBy,
    outcome,
    receiptAt: receiptUtcMs === null ? null : rfc3339(receiptUtcMs),
    code,
  }
}
