import type { RecordDraft } from '#protocols/record.ts'
import type { SignedOrder } from '#protocols/orders.ts'
import type { Findings } from './findings.ts'

const WINDOW_MS = 30_000
/** From hearing an order to switching lies one synced write; one that takes longer has failed. */
const WRITE_MS_MAX = 12_000

type Told = {
  readonly deviceId: string
  readonly nonce: string
  readonly orderId: string
  readonly kind: string
  readonly window?: string
  readonly on?: boolean
  readonly cancels?: string
}

/** An order of these steps is worked on no more. */
export const ENDED_STEPS: ReadonlySet<string> = new Set(['cleared', 'refused', 'cancelled'])

type Device = {
  /** Windows of this run, and when by the run's own clock. */
  windows: Map<string, number>
  /** Actuations that came rightly, and until when they may be carried out. */
  readonly mayDo: Map<string, { readonly on: boolean; untilMs: number }>
  readonly done: Set<string>
  /** Orders called off, as the car itself has receipted. */
  readonly calledOff: Set<string>
  /** Orders called off, of which its disk knows nothing any more. */
  readonly forgotten: Set<string>
}

type Receipt = { readonly orderId: string; readonly outcome: string; readonly toldAt?: number }

/** What the centre really signed, what reached a car, and what a car then did. */
export class OrderWatch {
  readonly #findings: Findings
  readonly #nowMs: () => number
  readonly #signed = new Map<string, string>()
  readonly #orders = new Map<string, Told>()
  readonly #byNonce = new Map<string, Told>()
  readonly #devices = new Map<string, Device>()
  /** Receipts the outbox accepted, by device and order: how it ended. */
  readonly #receipts = new Map<string, string>()
  /** Every nonce the centre gave away. */
  readonly nonces = new Set<string>()

  constructor(findings: Findings, nowMs: () => number) {
    this.#findings = findings
    this.#nowMs = nowMs
  }

  signed({ payload, sig }: SignedOrder): void {
    this.#signed.set(payload, sig)
    const order = JSON.parse(payload) as Told
    this.nonces.add(order.nonce)
    this.#byNonce.set(order.nonce, order)
    this.#orders.set(order.orderId, order)
  }

  /** The newest numbers a car minted; among them its windows. */
  minted(deviceId: string, hex: string, monoMs: number): void {
    const { windows } = this.#deviceOf(deviceId)
    windows.set(hex, monoMs)
    if (windows.size > 64) windows.delete(windows.keys().next().value!)
  }

  gone(deviceId: string): void {
    this.#deviceOf(deviceId).windows = new Map()
  }

  /** Something called an order reached a car. Returns the order when it is one the car should believe. */
  heard(deviceId: string, payload: Uint8Array, monoMs: number): Told | null {
    const told = this.#genuine(payload)
    if (told === null || told.deviceId !== deviceId) return null
    const device = this.#deviceOf(deviceId)
    if (told.kind !== 'actuate') return told
    const madeMs = device.windows.get(told.window ?? '')
    if (madeMs === undefined || monoMs - madeMs > WINDOW_MS || device.done.has(told.nonce)) return null
    device.mayDo.set(told.nonce, { on: told.on === true, untilMs: this.#nowMs() + WRITE_MS_MAX })
    return told
  }

  /**
   * A disk put back to an earlier state, or one whose notes rotted, has forgotten that these orders were carried out; nobody
   * can promise more of them than of an order that comes for the first time.
   */
  memoryLost(deviceId: string, nonces: readonly string[]): void {
    const { calledOff, forgotten } = this.#deviceOf(deviceId)
    for (const nonce of nonces) {
      const order = this.#byNonce.get(nonce)
      if (order === undefined) continue
      this.#receipts.delete(`${deviceId}/${order.orderId}`)
      if (order.cancels === undefined) continue
      calledOff.delete(order.cancels)
      forgotten.add(order.cancels)
    }
  }

  /** Whether the car once knew that this order was called off, and what befell its disk made it forget. */
  hasForgotten(deviceId: string, orderId: string): boolean {
    return this.#deviceOf(deviceId).forgotten.has(orderId)
  }

  /** Whether `shown` has anything to look for. */
  hasCalledOff(deviceId: string): boolean {
    return this.#deviceOf(deviceId).calledOff.size > 0
  }

  /** What is on the terminal: nobody is to work on what the car has receipted as called off. */
  shown(deviceId: string, orders: readonly { readonly orderId: string; readonly step: string }[]): void {
    const { calledOff } = this.#deviceOf(deviceId)
    for (const { orderId, step } of orders)
      if (calledOff.has(orderId) && !ENDED_STEPS.has(step)) {
        calledOff.delete(orderId)
        this.#findings.add('disagree', deviceId, `${orderId} is ${step}, its cancel was receipted`)
      }
  }

  switched(deviceId: string, on: boolean): void {
    const device = this.#deviceOf(deviceId)
    const nowMs = this.#nowMs()
    for (const [nonce, may] of device.mayDo) {
      if (may.on !== on || may.untilMs < nowMs) continue
      device.mayDo.delete(nonce)
      device.done.add(nonce)
      return
    }
    this.#findings.add('forgedExecuted', deviceId, `the contact was switched ${on ? 'on' : 'off'}`)
  }

  /** A receipt the outbox accepted: an order has one, whatever befell the car; told again, it says the same. */
  receipted(deviceId: string, { kind, body }: RecordDraft): void {
    if (kind !== 'order.receipt') return
    const { orderId, outcome, toldAt } = JSON.parse(body) as Receipt
    const order = this.#orders.get(orderId)
    const key = `${deviceId}/${orderId}`
    const before = this.#receipts.get(key)
    if (before !== undefined && (toldAt === undefined || before !== outcome))
      this.#findings.add('executedTwice', deviceId, `order ${orderId}: ${before}, then ${outcome}`)
    this.#receipts.set(key, outcome)
    if (order?.cancels !== undefined && outcome === 'executed')
      this.#deviceOf(deviceId).calledOff.add(order.cancels)
    if (order?.deviceId !== deviceId)
      this.#findings.add('forgedExecuted', deviceId, `receipt for ${orderId}, which nobody gave`)
  }

  #genuine(payload: Uint8Array): Told | null {
    try {
      const envelope = JSON.parse(Buffer.from(payload).toString('utf8')) as SignedOrder
      if (this.#signed.get(envelope.payload) !== envelope.sig) return null
      return JSON.parse(envelope.payload) as Told
    } catch {
      return null
    }
  }

  #deviceOf(deviceId: string): Device {
    let device = this.#devices.get(deviceId)
    if (device === undefined)
      this.#devices.set(
        deviceId,
        (device = {
          ...{ windows: new Map(), mayDo: new Map(), done: new Set() },
          ...{ calledOff: new Set(), forgotten: new Set() },
        }),
      )
    return device
  }
}
