import type { Clock } from '#protocols/time.ts'
import type { StoreHealth } from '#protocols/session.ts'
import { BootScan } from './boot-scan.ts'
import { GroupCommit } from './group-commit.ts'
import type { Stamp } from './group-plan.ts'
import { MARK_KEY } from './keys.ts'
import { byLane } from './lanes.ts'
import { blankMark, sealMark } from './mark.ts'
import type { Mark } from './mark.ts'
import type { OutboxOptions } from './open-outbox.ts'
import type { Outbox } from './outbox.ts'
import { DEFAULT_BOUNDS } from './shedding.ts'
import { Salvage } from './salvage.ts'
import type { OpenedShelf, OpenShelf, Shelf } from './shelf.ts'

/** `keepAckedMs` is 0 when absent: a fleet in one process would keep its history in one heap. */
export type MemoryOutboxOptions = Omit<OutboxOptions, 'report'> & {
  /** `memory` tells the truth about a real car; a simulated car plays one whose disk is `ok`. */
  readonly health?: StoreHealth
}

/** A disk made of memory. It outlives the outbox, so a simulated car can be switched off and on. */
export class MemoryDisk {
  rows = new Map<string, string>()
  mark: Mark | null = null
  /** Resolves when the disk answers again; a disk that hangs holds it back. */
  ready: Promise<void> = Promise.resolve()
  #failure: { reason: string; keep: boolean } | null = null

  /**
   * The next write fails. With `keep` it is there nevertheless, as after a real write error: "failed" means unknown.
   */
  failNextWrite(reason = 'disk full', keep = false): void {
    this.#failure = { reason, keep }
  }

  /** Every write from now on waits until the returned function is called. */
  hang(): () => void {
    let release = (): void => {}
    this.ready = new Promise(resolve => (release = resolve))
    return release
  }

  write(changes: readonly { key: string; value: string | null }[], mark: Mark): void {
    const failure = this.#failure
    this.#failure = null
    if (failure === null || failure.keep) this.#apply(changes, mark)
    if (failure !== null) throw new Error(failure.reason)
  }

  /** Everything held, under a new epoch. */
  carryOver(epoch: string, stamp: Stamp): void {
    const found = {
      lost: byLane(() => []),
      untold: byLane(() => []),
      losses: this.mark?.losses ?? [],
      carried: this.mark?.carried ?? [],
    }
    const salvage = new Salvage(this.mark, epoch, found)
    for (const [key, value] of this.sorted()) salvage.row(key, value)
    const mark = salvage.finish(stamp)
    this.rows = new Map()
    this.#apply(salvage.takeChanges(), mark)
  }

  sorted(): readonly (readonly [string, string])[] {
    return [...this.rows].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  #apply(changes: readonly { key: string; value: string | null }[], mark: Mark): void {
    for (const { key, value } of changes)
      if (value === null) this.rows.delete(key)
      else this.rows.set(key, value)
    this.rows.set(MARK_KEY, sealMark(mark))
    this.mark = mark
  }
}

/** The outbox without a disk, for simulated units and for tests: the same contract, kept for as long as `disk` lives. */
export function openMemoryOutbox(
  clock: Clock,
  options: MemoryOutboxOptions,
  disk: MemoryDisk = new MemoryDisk(),
): Outbox {
  if (disk.mark === null) disk.write([], blankMark(options.mintEpoch(), 1))
  const { bootId, mintEpoch } = options
  const reopen: OpenShelf = async ({ renew }) => {
    if (renew) disk.carryOver(mintEpoch(), { now: clock.now(), bootId })
    return openShelf(disk)
  }
  return new GroupCommit(openShelf(disk), reopen, clock, {
    bootId: options.bootId,
    bounds: options.bounds ?? DEFAULT_BOUNDS,
    keepAckedMs: options.keepAckedMs ?? 0,
    wellHealth: options.health ?? 'memory',
    report: () => {},
  })
}

function openShelf(disk: MemoryDisk): OpenedShelf {
  const scan = new BootScan(disk.mark)
  for (const [key, value] of disk.sorted()) scan.row(key, value)
  const verdict = scan.finish()
  if (!verdict.whole) throw new Error(`memory does not rot, but: ${verdict.complaints.join('; ')}`)
  return { shelf: memoryShelf(disk), repaired: false, ...verdict }
}

const memoryShelf = (disk: MemoryDisk): Shelf => ({
  async write(changes, mark) {
    await disk.ready
    disk.write(changes, mark)
  },
  async getMany(keys) {
    return keys.map(key => disk.rows.get(key))
  },
  async close() {},
})
