import { GroupCommit } from '#agent/outbox/group-commit.ts'
import type { GroupCommitOptions } from '#agent/outbox/group-commit.ts'
import { openStore } from '#agent/outbox/open-store.ts'
import type { Outbox } from '#agent/outbox/outbox.ts'
import { KEEP_ACKED_MS } from '#agent/outbox/retention.ts'
import { DEFAULT_BOUNDS } from '#agent/outbox/shedding.ts'
import type { Bounds } from '#agent/outbox/shedding.ts'
import type { OpenShelf } from '#agent/outbox/shelf.ts'
import type { Clock } from '#protocols/time.ts'
import type { SimulatedDisk } from './simulated-disk.ts'
import { simulatedRoom } from './simulated-room.ts'

export type SimulatedOutboxOptions = {
  readonly bootId: string
  readonly mintEpoch: () => string
  readonly bounds?: Bounds
  readonly keepAckedMs?: number
  readonly report?: GroupCommitOptions['report']
}

/** The agent's outbox, all of it but LevelDB, on a simulated disk. Rejects where the real one would. */
export async function openSimulatedOutbox(
  disk: SimulatedDisk,
  clock: Clock,
  options: SimulatedOutboxOptions,
): Promise<Outbox> {
  const {
    bounds = DEFAULT_BOUNDS,
    keepAckedMs = KEEP_ACKED_MS,
    report = () => {},
    bootId,
    mintEpoch,
  } = options
  const open: OpenShelf = how => openStore(simulatedRoom(disk), { clock, bootId, mintEpoch, report }, how)
  return new GroupCommit(await open({ renew: false }), open, clock, {
    ...{ bootId, bounds, keepAckedMs, report },
    wellHealth: 'ok',
  })
}
