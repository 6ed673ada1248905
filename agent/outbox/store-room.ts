import type { Mark } from './mark.ts'
import type { Change } from './shelf.ts'

/** The mark outside the store. */
export type HighWater = {
  /** The newest mark that can be read; null when there is none. */
  readonly mark: Mark | null
  /** True while its first write was never finished. */
  readonly isBlank: boolean
  /** Resolves when the mark would survive a power cut. */
  write(mark: Mark): Promise<void>
  /** In every place it has: for a new epoch, where the older mark must not come back when the newer one rots. */
  writeBoth(mark: Mark): Promise<void>
  close(): Promise<void>
}

/** One open store. Every method rejects on any error, after which it must only be closed. */
export type Store = {
  /**
   * Said of a store that opens and may not be believed: a lookup in it may miss what a walk from end to end still finds. It
   * is carried over.
   */
  readonly rot?: string
  /** Every row in key order; `between` runs now and then on the way. */
  walk(row: (key: string, value: string) => unknown, between?: () => Promise<void>): Promise<void>
  /** All changes, in order, and the mark, if any, or none of them. Resolves only when they would survive a power cut. */
  write(changes: readonly Change[], mark?: Mark): Promise<void>
  getMany(keys: readonly string[]): Promise<readonly (string | undefined)[]>
  close(): Promise<void>
}

/**
 * What an outbox asks of the place where its stores lie. Two of them: a directory with LevelDB in it, and a disk of memory
 * that loses, refuses and rots as the real one was measured to (`sim/store/`).
 */
export type StoreRoom = {
  openHighWater(): Promise<HighWater>
  /** Epochs of the stores there, the one with most bytes first: with the mark gone, that is the one to believe. */
  stores(): Promise<readonly string[]>
  /**
   * The store, or in words what is damaged. Rejects when another process holds it or the disk fails. Never makes one. With
   * `quick` its tables are not read from end to end before.
   */
  open(epoch: string, how?: { readonly quick: boolean }): Promise<Store | string>
  create(epoch: string): Promise<Store>
  /** Lets the store mend itself as well as it can; what is wrong in words when it cannot. */
  repair(epoch: string): Promise<string | null>
  /** Copies a damaged store to quarantine, replacing the copy before it. False when there is no room for that. */
  copyAside(epoch: string): Promise<boolean>
  openAside(): Promise<Store | string>
  /** Takes a half-made store out of the way. */
  moveAside(epoch: string): Promise<void>
  /** Removes every store but this one: what an interrupted repair left behind. */
  discardBut(epoch: string): Promise<void>
  /** Makes names survive a power cut. */
  sync(): Promise<void>
}
