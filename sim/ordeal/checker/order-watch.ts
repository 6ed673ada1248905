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
}

type Device = {
  /** Windows of this run, and when by the run's own clock. */
  windows: Map<string, number>
  /** Actuations that came rightly, and until when they may be carried out. */
  readonly mayDo: Map<string, { readonly on: boolean; untilMs: number }>
  readonly done: Set<string>
}

/** What the centre really signed, what reached a car, and what a car then did. */
export class OrderWatch {
  readonly #findings: Findings
  readonly #nowMs: () => number
  readonly #signed = new Map<string, string>()
  readonly #orderIds = new Map<string, string>()
  readonly #devices = new Map<string, Device>()
  /** Receipts the outbox accepted, by device, order and outcome. */
  readonly #receipts = new Map<string, number>()
  /** Every nonce the centre gave away. */
  readonly nonces = new Set<string>()

  constructor(findings: Findings, nowMs: () => number) {
    this.#findings = findings
    this.#nowMs = nowMs
  }

  signed({ payload, sig }: SignedOrder): void {
    this.#signed.set(payload, sig)
    const { nonce, orderId, deviceId } = JSON.parse(payload) as Told
    this.nonces.add(nonce)
    this.#orderIds.set(orderId, deviceId)
  }

  /** The newest numbers a car minted; among them its windows. */
  minted(deviceId: string, hex: string, monoMs: number): void {
    const { windows } = this.#deviceOf(deviceId)
    windows.set(hex, monoMs)
    if (windows.size > 64) windows.delete([...windows.keys()][0]!)
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

  /** A disk put back to an earlier state, or one whose notes rotted, has forgotten what was carried out; nobody can promise more. */
  memoryLost(deviceId: string): void {
    for (const key of this.#receipts.keys()) if (key.startsWith(`${deviceId}/`)) this.#receipts.delete(key)
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

  /** A receipt the outbox accepted: an order has one, whatever befell the car. */
  receipted(deviceId: string, { kind, body }: RecordDraft): void {
    if (kind !== 'order.receipt') return
    const { orderId } = JSON.parse(body) as { readonly orderId: string }
    const key = `${deviceId}/${orderId}`
    const count = (this.#receipts.get(key) ?? 0) + 1
    this.#receipts.set(key, count)
    if (count > 1) this.#findings.add('executedTwice', deviceId, `order ${orderId}`)
    if (this.#orderIds.get(orderId) !== deviceId)
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
      this.#devices.set(deviceId, (device = { windows: new Map(), mayDo: new Map(), done: new Set() }))
    return device
  }
}
