import { LANES } from '#protocols/record.ts'
import type { Lane } from '#protocols/record.ts'

/** Bytes held, or asked for, per lane and for notes. */
export type Load = Readonly<Record<Lane, number>> & { readonly notes: number }

export type Bounds = {
  /** Everything together. */
  readonly bytesMax: number
  /** Kept free for lane `alarm`; nobody else may use it. */
  readonly alarmReserveBytes: number
}

export const DEFAULT_BOUNDS: Bounds = { bytesMax: 512 * 1024 * 1024, alarmReserveBytes: 16 * 1024 * 1024 }

/** No gap record of one shedding is longer; room for two is always kept, one for each lane that can be shed. */
export const GAP_BYTES_MAX = 1024
const RECEIPT_ROOM_BYTES = 2 * GAP_BYTES_MAX

/** Least useful first. `alarm` and `event` are never here. */
export const SHEDDABLE = ['diag', 'track'] as const satisfies readonly Lane[]

/** Highest lane of a call; a call with an alarm in it is let in as an alarm, because it is written whole or not at all. */
export const highestOf = (lanes: readonly Lane[]): Lane => LANES.find(lane => lanes.includes(lane)) ?? 'event'

/**
 * May a call asking for `demand` bytes come in?
 *
 *     |<--------------------------- bytesMax --------------------------->|
 *     | alarm reserve | event and notes ->   | spare | <- track and diag |
 *
 * Lane `event` stops at the spare (1/32), so positions and gap receipts keep a little room even when the event lane is
 * full. Alarms stop only at the very end. A position is refused only when the bytes that are never shed leave no room.
 */
export function admits(held: Load, demand: Load, highest: Lane, bounds: Bounds): boolean {
  const after = sumOfLoads(held, demand)
  switch (highest) {
    case 'alarm':
      return after.alarm + after.event + after.notes + RECEIPT_ROOM_BYTES <= bounds.bytesMax
    case 'event':
      return unsheddable(after, bounds) + bounds.bytesMax / 32 <= bounds.bytesMax
    case 'track':
    case 'diag':
      return unsheddable(after, bounds) + demand.track + demand.diag + RECEIPT_ROOM_BYTES <= bounds.bytesMax
  }
}

/**
 * How many bytes to shed so that an admitted call fits: none, or at least 1/256 of the bound (2 MiB of 512, about an hour
 * of positions), so that receipts stay rare: one gap record explains thousands of positions.
 */
export function bytesToShed(held: Load, demand: Load, bounds: Bounds): number {
  const after = sumOfLoads(held, demand)
  const over = unsheddable(after, bounds) + after.track + after.diag + RECEIPT_ROOM_BYTES - bounds.bytesMax
  return over <= 0 ? 0 : Math.max(over, bounds.bytesMax / 256, 16 * GAP_BYTES_MAX)
}

const unsheddable = (load: Load, bounds: Bounds): number =>
  Math.max(load.alarm, bounds.alarmReserveBytes) + load.event + load.notes

const sumOfLoads = (a: Load, b: Load): Load => ({
  alarm: a.alarm + b.alarm,
  event: a.event + b.event,
  track: a.track + b.track,
  diag: a.diag + b.diag,
  notes: a.notes + b.notes,
})
