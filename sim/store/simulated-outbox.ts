import { openOutbox } from '#agent/outbox/open-outbox.ts'
import type { OutboxOptions } from '#agent/outbox/open-outbox.ts'
import type { Outbox } from '#agent/outbox/outbox.ts'
import type { Clock } from '#protocols/time.ts'
import type { SimulatedDisk } from './simulated-disk.ts'
import { simulatedRoom } from './simulated-room.ts'

/** The agent's outbox, all of it but LevelDB, on a simulated disk. Rejects where the real one would. */
export const openSimulatedOutbox = (
  disk: SimulatedDisk,
  clock: Clock,
  options: OutboxOptions,
): Promise<Outbox> => openOutbox(simulatedRoom(disk), clock, options)
