import type { BodyOf } from '#protocols/bodies.ts'
import type { Order } from '#protocols/orders.ts'
import type { Now } from '#protocols/time.ts'

/** Remembered nonces; an order issued before the oldest remembered one counts as used. */
const NONCES_MAX = 512

/**
 * A known order is answered again when no receipt was written for this long: the gateway repeats what it has no receipt of
 * every few seconds, so the first one may be gone, and somebody who repeats what he overheard writes a record a minute.
 */
export const ANSWER_AGAIN_AFTER_MS = 60_000

type Receipt = BodyOf<'order.receipt'>

/** What was answered, and when by the clock of then; kept as long as the nonce is. */
export type Answer = Pick<Receipt, 'outcome' | 'code'> & { readonly utcMs: number }

/** Nonces already used, oldest first, with the floor below which every order counts as used. */
export type Nonces = {
  readonly floorIssuedAt: number
  /** Nonce, issue and answer; a note from before answers were kept has none. */
  readonly used: readonly (readonly [nonce: string, issuedAt: number, answer?: Answer])[]
  /** The newest orders that were cancelled, whether the cancel came first or last. */
  readonly cancelled: readonly string[]
}

export const NO_NONCES: Nonces = { floorIssuedAt: 0, used: [], cancelled: [] }

export const isReplayed = (nonces: Nonces, order: Order): boolean =>
  order.issuedAt < nonces.floorIssuedAt || nonces.used.some(([nonce]) => nonce === order.nonce)

export function rememberNonce(nonces: Nonces, order: Order, answer: Answer): Nonces {
  const used = [...nonces.used, [order.nonce, order.issuedAt, answer] as const]
  if (used.length <= NONCES_MAX) return { ...nonces, used }
  const [oldest, ...kept] = used.sort((a, b) => a[1] - b[1])
  return { ...nonces, floorIssuedAt: oldest![1] + 1, used: kept }
}

export const forgetNonce = (nonces: Nonces, nonce: string): Nonces => ({
  ...nonces,
  used: nonces.used.filter(([used]) => used !== nonce),
})

/** The receipt of an order: new, or the answer given before once more. */
export const receiptBody = (order: Order, answer: Answer, isAgain: boolean): Receipt => ({
  orderId: order.orderId,
  incidentId: 'incidentId' in order ? order.incidentId : null,
  revision: order.revision,
  outcome: answer.outcome,
  ...(answer.code !== undefined && { code: answer.code }),
  ...(isAgain && { toldAt: answer.utcMs }),
})

/**
 * The receipt for an order that was answered before, to be written again; null while one may still be on its way, and for
 * an order of which only that it is old is known.
 */
export function answerAgain(
  nonces: Nonces,
  order: Order,
  lastReceiptMonoMs: number,
  now: Now,
): Receipt | null {
  const answer = nonces.used.find(([nonce]) => nonce === order.nonce)?.[2]
  if (answer === undefined || now.monoMs - lastReceiptMonoMs < ANSWER_AGAIN_AFTER_MS) return null
  return receiptBody(order, answer, true)
}
