import { RECEIPT_SEQ_MAX, receiptNumber } from '#protocols/receipt-number.ts'
import { localDay, localMinute } from '#protocols/time.ts'

/*
 * Receipt numbers of one kiosk. The counter is a note of the outbox, written in the same synced batch as the report it
 * numbers, so a number is never given twice by one store and never given for nothing.
 *
 * A store that was lost or mended begins a new block, so that it cannot give again what it may have forgotten: at least a
 * hundred further than it remembers, and not before the quarter of an hour it is (96 blocks of 100). A kiosk would have to
 * take a report every nine seconds since midnight to reach a block of the same day.
 */
export type ReceiptsNote = {
  readonly epoch: string
  /** Newest days with the last number given; a clock that is set back finds its day again. */
  readonly days: readonly { readonly day: string; readonly last: number }[]
  /** Reports filed last, so that one sent again gets the number it has. */
  readonly recent: readonly { readonly ref: string; readonly number: string }[]
}

export const RECEIPTS_NOTE = 'receipts'

const DAYS_KEPT = 14
const RECENT_KEPT = 32
const BLOCK = 100
const BLOCK_MINUTES = 15

/** The next number and the note to store with its report; undefined when a kiosk gave all it can give in a day. */
export function nextReceipt(
  note: ReceiptsNote | undefined,
  at: { readonly station: string; readonly kiosk: string; readonly epoch: string; readonly utcMs: number },
  ref: string,
): { readonly number: string; readonly note: ReceiptsNote } | undefined {
  const day = localDay(at.utcMs)
  const last = note?.days.find(d => d.day === day)?.last ?? 0
  const seq = note?.epoch === at.epoch ? last + 1 : blockAfter(last, at.utcMs)
  if (seq > RECEIPT_SEQ_MAX) return undefined
  const number = receiptNumber({ station: at.station, kiosk: at.kiosk, day: day.slice(4), seq })
  const days = [{ day, last: seq }, ...(note?.days ?? []).filter(d => d.day !== day)].slice(0, DAYS_KEPT)
  const recent = [{ ref, number }, ...(note?.recent ?? [])].slice(0, RECENT_KEPT)
  return { number, note: { epoch: at.epoch, days, recent } }
}

function blockAfter(last: number, utcMs: number): number {
  const ofTheHour = Math.floor(localMinute(utcMs) / BLOCK_MINUTES)
  const ofTheNote = Math.ceil(last / BLOCK)
  return Math.max(ofTheHour, ofTheNote) * BLOCK + 1
}

/** The number a report already has, when it was filed before. */
export const numberOf = (note: ReceiptsNote | undefined, ref: string): string | undefined =>
  note?.recent.find(filed => filed.ref === ref)?.number
