import type { Clock } from '#protocols/time.ts'
import { BootScan } from './boot-scan.ts'
import type { Verdict } from './boot-scan.ts'
import type { GroupCommitOptions } from './group-commit.ts'
import { byLane } from './lanes.ts'
import { blankMark } from './mark.ts'
import type { Mark } from './mark.ts'
import { Salvage } from './salvage.ts'
import type { Found } from './salvage.ts'
import type { OpenedShelf, Shelf } from './shelf.ts'
import type { HighWater, Store, StoreRoom } from './store-room.ts'

export type StoreSettings = {
  readonly clock: Clock
  /** 16 hex digits, for the gap records of a repair. */
  readonly bootId: string
  /** 16 hex digits of randomness; asked for with each new store. */
  readonly mintEpoch: () => string
  readonly report: GroupCommitOptions['report']
}

/**
 * Opens the store that counts: made on the first call ever, judged by the boot scan, mended when it is damaged, carried over
 * into a new epoch when `renew` asks for it. Whatever step a power cut ends, the next call begins again from what counts.
 */
export async function openStore(
  room: StoreRoom,
  settings: StoreSettings,
  how: { readonly renew: boolean; readonly quick?: boolean },
): Promise<OpenedShelf> {
  const file = await room.openHighWater()
  try {
    const stores = await room.stores()
    const neverMade = (file.isBlank && stores.length === 0) || file.mark?.commit === 0
    if (neverMade) return await makeStore(room, settings, file, stores)
    const epoch = file.mark?.epoch ?? stores[0] ?? null
    const found = epoch === null ? null : await judgeFound(room, epoch, file.mark, how.quick === true)
    if (!found?.verdict?.whole) return await mend(room, settings, file, epoch, found)
    if (how.renew) {
      await found.store?.close()
      return await renew(room, settings, file, epoch!)
    }
    await room.discardBut(epoch!)
    await catchUp(file, found.verdict)
    return opened(found.store!, file, found.verdict, false)
  } catch (error) {
    await file.close().catch(() => {})
    throw error
  }
}

/**
 * The mark outside may be a commit behind: a power cut between the two, or its newer half rotted. Should the store rot next,
 * nobody would know of that commit, so it is told here before anything else.
 */
async function catchUp(file: HighWater, { mark }: Verdict): Promise<void> {
  if (mark !== null && mark.commit !== file.mark?.commit) await file.writeBoth(mark)
}

/** The only place that may create a store. A half-made one (power cut in here) never accepted anything. */
async function makeStore(
  room: StoreRoom,
  settings: StoreSettings,
  file: HighWater,
  halfMade: readonly string[],
): Promise<OpenedShelf> {
  for (const epoch of halfMade) await room.moveAside(epoch)
  const epoch = settings.mintEpoch()
  await file.writeBoth(blankMark(epoch, 0))
  await room.sync()
  const mark = blankMark(epoch, 1)
  const store = await room.create(epoch)
  await store.write([], mark)
  await store.close()
  await room.sync()
  const written = await judgeWritten(room, mark)
  await file.writeBoth(mark)
  return opened(written.store, file, written.verdict, false)
}

/**
 * Damage: keep the store as found in quarantine, let it repair itself, judge again. Whole now: same epoch. Else every good
 * record is carried into a new store, in order and without a hole, behind it a gap record for each lane that lost some.
 */
async function mend(
  room: StoreRoom,
  settings: StoreSettings,
  file: HighWater,
  epoch: string | null,
  found: Judged | null,
): Promise<OpenedShelf> {
  await found?.store?.close()
  const complaints = found?.verdict?.complaints ?? [found?.reason ?? 'the store is gone']
  settings.report({ event: 'outbox.damaged', epoch, complaints })
  const hasCopy = epoch !== null && (await room.copyAside(epoch))
  const repaired = epoch === null ? null : await repair(room, epoch, file.mark)
  if (repaired?.verdict?.whole) {
    settings.report({ event: 'outbox.repaired', epoch, lost: {} })
    await catchUp(file, repaired.verdict)
    return opened(repaired.store!, file, repaired.verdict, true)
  }
  await repaired?.store?.close()
  // Repair may keep less than was readable before it.
  const useCopy = hasCopy && (found?.verdict?.held ?? 0) > (repaired?.verdict?.held ?? 0)
  const verdict = (useCopy ? found?.verdict : repaired?.verdict) ?? new BootScan(file.mark).finish()
  const source = useCopy ? await room.openAside() : epoch === null ? null : await room.open(epoch)
  return carryOver(room, settings, file, source, verdict)
}

/** The gateway knows a past this store does not: it goes on under a new name, so that no name means two records. */
async function renew(
  room: StoreRoom,
  settings: StoreSettings,
  file: HighWater,
  epoch: string,
): Promise<OpenedShelf> {
  settings.report({ event: 'outbox.rolled_back', epoch })
  return carryOver(room, settings, file, await room.open(epoch), {
    lost: byLane(() => []),
    untold: byLane(() => []),
    losses: file.mark?.losses ?? [],
    carried: file.mark?.carried ?? [],
  })
}

/**
 * Copies what is good at `source` into a new store of a new epoch; `found` is what the scan of `source` missed. The mark
 * outside switches from the old store to the new one in a single write, so a crash in here begins again.
 */
async function carryOver(
  room: StoreRoom,
  settings: StoreSettings,
  file: HighWater,
  source: Store | string | null,
  found: Found,
): Promise<OpenedShelf> {
  const epoch = settings.mintEpoch()
  const salvage = new Salvage(file.mark, epoch, found)
  const store = await room.create(epoch)
  if (source !== null && typeof source !== 'string') await copyRows(source, store, salvage)
  const mark = salvage.finish({ now: settings.clock.now(), bootId: settings.bootId })
  await store.write(salvage.takeChanges(), mark)
  await store.close()
  await room.sync()
  // The old store is given up only for a new one that was read back and found whole.
  const written = await judgeWritten(room, mark)
  settings.report({ event: 'outbox.repaired', epoch, lost: found.lost })
  await file.writeBoth(mark)
  await room.discardBut(epoch)
  return opened(written.store, file, written.verdict, true)
}

/** Where the source cannot be read any further that is a loss; where the copy cannot be written it is the end of this try. */
async function copyRows(source: Store, copy: Store, salvage: Salvage): Promise<void> {
  let failed: { readonly error: unknown } | null = null
  const write = async (): Promise<void> => {
    try {
      await copy.write(salvage.takeChanges())
    } catch (error) {
      failed = { error }
      throw error
    }
  }
  try {
    await source.walk((key, value) => salvage.row(key, value), write)
  } catch (error) {
    if (failed !== null) throw error
    salvage.broke(String(error))
  } finally {
    await source.close()
    if (failed !== null) await copy.close().catch(() => {})
  }
}

async function judgeWritten(
  room: StoreRoom,
  mark: Mark,
): Promise<{ readonly store: Store; readonly verdict: Verdict }> {
  const { store, verdict, reason } = await judge(await room.open(mark.epoch), mark)
  if (store !== null && verdict?.whole) return { store, verdict }
  await store?.close()
  throw new Error(`a store just written is not whole: ${verdict?.complaints.join('; ') ?? reason}`)
}

const opened = (store: Store, file: HighWater, verdict: Verdict, repaired: boolean): OpenedShelf => ({
  ...verdict,
  repaired,
  shelf: shelfOf(store, file),
})

/** First the store, then the mark outside: the mark must never promise what the store does not have. */
const shelfOf = (store: Store, file: HighWater): Shelf => ({
  async write(changes, mark) {
    await store.write(changes, mark)
    await file.write(mark)
  },
  getMany: keys => store.getMany(keys),
  async close() {
    await store.close().finally(() => file.close())
  },
})

type Judged = { readonly store: Store | null; readonly verdict: Verdict | null; readonly reason: string }

/** A quick look is believed when it finds nothing; anything odd is looked into. */
async function judgeFound(
  room: StoreRoom,
  epoch: string,
  highWater: Mark | null,
  quick: boolean,
): Promise<Judged> {
  if (quick) {
    const found = await judge(await room.open(epoch, { quick }), highWater, quick)
    if (found.verdict?.whole) return found
    await found.store?.close()
  }
  return judge(await room.open(epoch), highWater)
}

/** Scans an open store. Damage is a verdict. */
async function judge(store: Store | string, highWater: Mark | null, quick = false): Promise<Judged> {
  if (typeof store === 'string') return { store: null, verdict: null, reason: store }
  const scan = new BootScan(highWater, { quick })
  if (store.rot !== undefined) scan.broke(store.rot)
  await store.walk((key, value) => scan.row(key, value)).catch((error: unknown) => scan.broke(String(error)))
  return { store, verdict: scan.finish(), reason: '' }
}

async function repair(room: StoreRoom, epoch: string, highWater: Mark | null): Promise<Judged> {
  const words = await room.repair(epoch)
  if (words !== null) return { store: null, verdict: null, reason: words }
  return judge(await room.open(epoch), highWater)
}
