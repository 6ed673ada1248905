import * as crypto from 'node:crypto'

/** What makes a record this record, whatever it is called in whichever store: a draft and its wire record have the same. */
type Told = {
  readonly lane: string
  readonly kind: string
  readonly bootId: string
  readonly monoMs: number
  readonly occurredAt: number
  readonly clockQuality: string
  readonly body: string
}

/** The checker's own name of a record, by its content alone. */
export function contentOf({ lane, kind, bootId, monoMs, occurredAt, clockQuality, body }: Told): string {
  const text = `${lane}\n${kind}\n${bootId}\n${monoMs}\n${occurredAt}\n${clockQuality}\n${body}`
  return crypto.hash('sha1', text, 'base64')
}

export const nameOf = (epoch: string, lane: string, seq: number): string => `${epoch}/${lane}/${seq}`
