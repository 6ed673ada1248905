import type { Clock } from '#protocols/time.ts'
import { GroupCommit } from './group-commit.ts'
import type { GroupCommitOptions } from './group-commit.ts'
import { openStore } from './open-store.ts'
import type { Outbox } from './outbox.ts'
import { KEEP_ACKED_MS } from './retention.ts'
import { DEFAULT_BOUNDS } from './shedding.ts'
import type { Bounds } from './shedding.ts'
import type { OpenShelf } from './shelf.ts'
import type { StoreRoom } from './store-room.ts'

export type OutboxOptions = {
  /** 16 hex digits, for the gap records the outbox writes itself. */
  readonly bootId: string
  /** 16 hex digits of randomness; asked for with each new store. */
  readonly mintEpoch: () => string
  readonly bounds?: Bounds
  readonly keepAckedMs?: number
  readonly report?: GroupCommitOptions['report']
}

/** The outbox over the stores of a room; `around` adds what a room wants done whenever its store is opened. */
export async function openOutbox(
  room: StoreRoom,
  clock: Clock,
  options: OutboxOptions,
  around: (open: OpenShelf) => OpenShelf = open => open,
): Promise<Outbox> {
  const {
    bounds = DEFAULT_BOUNDS,
    keepAckedMs = KEEP_ACKED_MS,
    report = () => {},
    bootId,
    mintEpoch,
  } = options
  const open = around(how => openStore(room, { clock, bootId, mintEpoch, report }, how))
  return new GroupCommit(await open({ renew: false }), open, clock, {
    ...{ bootId, bounds, keepAckedMs, report },
    wellHealth: 'ok',
  })
}
