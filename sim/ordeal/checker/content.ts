import { crc32 } from 'node:zlib'

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

/**
 * The checker's own name of a record, by its content alone. Its head is in it as it is; of its body a sum of 32 bits, which
 * has to tell it from others of the same boot, millisecond and kind only, and finds every single bit that changed.
 */
export const contentOf = ({ lane, kind, bootId, monoMs, occurredAt, clockQuality, body }: Told): string =>
  `${bootId} ${monoMs} ${occurredAt} ${clockQuality} ${lane} ${kind} ${crc32(body)}`

export const nameOf = (epoch: string, lane: string, seq: number): string => `${epoch}/${lane}/${seq}`
