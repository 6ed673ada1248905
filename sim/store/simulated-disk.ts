import { MARK_KEY } from '#agent/outbox/keys.ts'
import { sealMark, unsealMark } from '#agent/outbox/mark.ts'
import type { Mark } from '#agent/outbox/mark.ts'
import type { Change } from '#agent/outbox/shelf.ts'

/**
 * What may befall one step of the disk:
 *
 * - `eio`: it fails and is not there. `eio-landed`: it fails and is there after all.
 * - `enospc`: it fails with half of its bytes there, as on a full disk.
 * - `cut`: the power goes before it; `cut-landed`: after it, before anybody is told.
 */
export type DiskFault = 'eio' | 'eio-landed' | 'enospc' | 'cut' | 'cut-landed'

/** The power is gone: nobody is told anything any more until the disk is started again. */
export class PowerCut extends Error {}

/** One synced batch in a store's log; `null` where its bytes no longer read. */
type Batch = { readonly rows: readonly Change[] } | null

export type SimulatedStore = {
  log: Batch[]
  /** LevelDB's CURRENT: without it a store does not open, and a repair brings it back. */
  hasCurrent: boolean
  /** Its name in the directory was synced; before, a power cut takes the whole store. */
  isNamed: boolean
  isHeld: boolean
}

export type DiskImage = {
  readonly stores: readonly (readonly [epoch: string, store: SimulatedStore])[]
  readonly slots: readonly [string, string]
  readonly quarantine: SimulatedStore | null
}

/**
 * A disk of memory with the manners of the real one, as measured on LevelDB (docs of the conformance suite in
 * `test/contracts/store-room.ts`): a batch is there as a whole or not; after one failed write the same handle acknowledges
 * later ones and loses them; a log with a rotten batch opens without a word and lacks it; what was not synced is gone after
 * a power cut and there after a kill.
 */
export class SimulatedDisk {
  readonly stores = new Map<string, SimulatedStore>()
  /** Sealed text of the two slots; what does not unseal is torn. */
  slots: [string, string] = ['', '']
  quarantine: SimulatedStore | null = null
  /** Steps that can fail, counted since the disk was made. */
  steps = 0
  /** Asked at every step; tests and the simulator's fault list stand here. */
  faultAt: (step: number) => DiskFault | null = () => null
  /** While set every write fails for want of room. */
  isFull = false
  /** How long the next step takes; null: no time at all. */
  pace: () => Promise<void> | null = () => null
  /** Hears the rows of every batch that lies down in a store, whoever is told of it. */
  onLanded: (rows: readonly Change[]) => void = () => {}
  /** What steps that are not over yet would do. */
  readonly #flying = new Set<() => void>()
  #isOff = false
  #power = 0
  /** Null: a step waits for nothing but its own time. */
  #ready: Promise<void> | null = null

  /** Which time the power is on: a handle of an earlier time is dead. */
  get power(): number {
    return this.#power
  }

  /** Every step from now on waits until the returned function is called. */
  hang(): () => void {
    let release = (): void => {}
    this.#ready = new Promise(resolve => (release = resolve))
    return release
  }

  /** One step: `land` puts its effect on the disk, `tear` half of it. Rejects as the fault says. */
  async step(land: () => void, tear: () => void = () => {}): Promise<void> {
    const power = this.#power
    this.#flying.add(land)
    try {
      if (this.#ready !== null) await this.#ready
      const pause = this.pace()
      if (pause !== null) await pause
    } finally {
      this.#flying.delete(land)
    }
    if (this.#isOff || power !== this.#power) throw new PowerCut('the power is gone')
    this.steps++
    const fault = this.isFull ? 'enospc' : this.faultAt(this.steps)
    if (fault === 'enospc') tear()
    if (fault === null || fault === 'eio-landed' || fault === 'cut-landed') land()
    if (fault === 'cut' || fault === 'cut-landed') this.powerCut()
    if (fault === 'enospc') throw new Error('ENOSPC: no space left on device')
    if (fault === 'eio' || fault === 'eio-landed') throw new Error('EIO: i/o error')
    if (this.#isOff) throw new PowerCut('the power is gone')
  }

  /** Steps under way. */
  get inFlight(): number {
    return this.#flying.size
  }

  /** What is under way when a process is killed or the power goes: on the disk after all, or not. */
  landFlying(): void {
    for (const land of this.#flying) land()
  }

  /** Everything unsynced is gone: stores whose names were not synced yet. */
  powerCut(): void {
    this.#isOff = true
    for (const [epoch, store] of this.stores) if (!store.isNamed) this.stores.delete(epoch)
  }

  /** Power on again, or a process killed and started again: all handles are new. */
  restart(): void {
    this.#isOff = false
    this.#power++
    this.#ready = null
    for (const store of this.stores.values()) store.isHeld = false
  }

  /** A batch that no longer reads: gone, with everything after it still there. */
  rotBatch(epoch: string, index: number): void {
    this.stores.get(epoch)!.log[index] = null
  }

  /** The log ends earlier. */
  cutLog(epoch: string, batches: number): void {
    this.stores.get(epoch)!.log.length = batches
  }

  /** Everything that lies on it, as it is now. */
  image(): DiskImage {
    const stores = [...this.stores].map(([epoch, store]): [string, SimulatedStore] => [
      epoch,
      { ...store, log: [...store.log] },
    ])
    return { stores, slots: [...this.slots], quarantine: this.quarantine }
  }

  /** As it was; while nobody holds it. */
  putBack({ stores, slots, quarantine }: DiskImage): void {
    this.stores.clear()
    for (const [epoch, store] of stores)
      this.stores.set(epoch, { ...store, log: [...store.log], isHeld: false, isNamed: true })
    this.slots = [...slots]
    this.quarantine = quarantine
  }

  rotSlot(slot: 0 | 1): void {
    this.slots[slot] = this.slots[slot].replace(/"commit"/, '"Commit"')
  }

  writeSlot(slot: 0 | 1, mark: Mark): void {
    this.slots[slot] = sealMark(mark)
  }

  /** Half a slot written over the old one. */
  tearSlot(slot: 0 | 1, mark: Mark): void {
    const text = sealMark(mark)
    this.slots[slot] = text.slice(0, text.length >> 1)
  }

  newestMark(): Mark | null {
    const marks = this.slots
      .map(text => (text.length < 64 ? 'broken' : unsealOrBroken(text)))
      .filter(mark => typeof mark !== 'string')
    return marks.reduce<Mark | null>((a, b) => (a === null || b.commit > a.commit ? b : a), null)
  }
}

/** Rows of a log, newest value of each key. */
export function rowsOf(log: readonly Batch[]): Map<string, string> {
  const rows = new Map<string, string>()
  for (const batch of log)
    for (const { key, value } of batch?.rows ?? [])
      if (value === null) rows.delete(key)
      else rows.set(key, value)
  return rows
}

export const batchOf = (changes: readonly Change[], mark?: Mark): Batch => ({
  rows: mark === undefined ? changes : [...changes, { key: MARK_KEY, value: sealMark(mark) }],
})

function unsealOrBroken(text: string): Mark | 'broken' {
  const mark = unsealMark(text)
  return mark === 'other-version' ? 'broken' : mark
}
