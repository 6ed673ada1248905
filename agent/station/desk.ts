import type { RecordDraft } from '#protocols/record.ts'
import type { Now } from '#protocols/time.ts'
import type { Note } from '../outbox/outbox.ts'
import { DESK_NOTE } from './state.ts'
import type { StationItem, StationState } from './state.ts'

/** Things at the desk remembered; beyond it what was taken goes first, then the oldest report, an open alarm last of all. */
const ITEMS_MAX = 100

/** The record of an item was stored under this name. */
export function settle(
  state: StationState,
  ref: string,
  kind: StationItem['kind'],
  record: { readonly epoch: string; readonly lane: RecordDraft['lane']; readonly seq: number },
): void {
  const { epoch, lane, seq } = record
  state.items = state.items.map(i =>
    i.ref === ref && i.kind === kind ? { ...i, record: { epoch, lane, seq } } : i,
  )
}

export const eventIdOf = (state: StationState, record: NonNullable<StationItem['record']>): string =>
  `${state.deviceId}/${record.epoch}/${record.lane}/${record.seq}`

/** Something new for the desk, raised now. */
export const itemOf = (
  state: StationState,
  facts: Pick<StationItem, 'ref' | 'kind' | 'number' | 'class' | 'when' | 'words' | 'contact' | 'emergency'>,
  now: Now,
): StationItem => ({
  ...facts,
  raisedUtcMs: now.utcMs,
  raisedMonoMs: now.monoMs,
  bootId: state.bootId,
  record: null,
  delivered: false,
  centreKnows: false,
  takenUtcMs: null,
})

/** With the item first, in place of an older one of the same visit and kind. */
export function withItem(items: readonly StationItem[], item: StationItem): readonly StationItem[] {
  const next = [item, ...items.filter(i => i !== item && !(i.ref === item.ref && i.kind === item.kind))]
  if (next.length <= ITEMS_MAX) return next
  const worth = (i: StationItem): number =>
    i.takenUtcMs !== null ? 0 : i.kind === 'alarm' || i.emergency ? 2 : 1
  const least = Math.min(...next.map(worth))
  const out = next.findLastIndex(i => worth(i) === least)
  return next.filter((_, i) => i !== out)
}

export const replaced = (items: readonly StationItem[], item: StationItem): readonly StationItem[] =>
  items.map(i => (i.ref === item.ref && i.kind === item.kind ? item : i))

/** What of the desk outlives a restart: everything but calls. */
export const deskNote = (state: StationState): Note => ({
  key: DESK_NOTE,
  value: state.items.filter(i => i.kind !== 'call'),
})
