import { checkCharOf } from './check-char.ts'
import { fault, ok } from './result.ts'
import type { Result } from './result.ts'

/*
 * What a visitor takes home, valid without any network:
 *
 *     K-07A-1123-0042-C
 *       | |  |    |   check character over the ones before it
 *       | |  |    number of the day at this kiosk, contiguous; a new store begins a new block
 *       | |  month and day, local
 *       | kiosk letter
 *       station, two or three digits
 *
 * One wrong character and two swapped ones are always caught. Kiosk letters leave out I, L, O and U, which people misread,
 * and Z, which reads like 2.
 */
export type Receipt = {
  readonly station: string
  readonly kiosk: string
  /** `1123`. */
  readonly day: string
  readonly seq: number
}

export const RECEIPT_SEQ_MAX = 99_999

const PARTS = /^K(\d{2,3})([A-HJKMNP-TV-Y])(\d{4})(\d{4,5})([0-9A-HJKMNP-TV-Z])$/

/** `receiptNumber({ station: '07', kiosk: 'A', day: '1123', seq: 42 })` is `K-07A-1123-0042-` and its check. */
export function receiptNumber({ station, kiosk, day, seq }: Receipt): string {
  const number = String(seq).padStart(4, '0')
  return `K-${station}${kiosk}-${day}-${number}-${checkCharOf(station + kiosk + day + number)}`
}

/**
 * Reads a number as somebody types it: any case, with or without hyphens and spaces, I and L for 1, O for 0. Fault
 * `RECEIPT_MISTYPED` when it has another shape or its check does not fit.
 */
export function parseReceiptNumber(typed: string): Result<Receipt> {
  const bare = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0')
  const match = PARTS.exec(bare)
  if (match === null) return fault('RECEIPT_MISTYPED', 'not of the form K-07A-1123-0042-C')
  const [, station, kiosk, day, number, check] = match as unknown as [string, ...string[]] & string[]
  if (checkCharOf(`${station}${kiosk}${day}${number}`) !== check)
    return fault('RECEIPT_MISTYPED', 'the check character does not fit')
  return ok({ station: station!, kiosk: kiosk!, day: day!, seq: Number(number) })
}
