import { ROAD_CLASSES } from '#protocols/roads/network.ts'
import type { Drive, RoadClass } from '#protocols/roads/network.ts'
import type { Now } from '#protocols/time.ts'
import {
  cellsKey,
  cellsRow,
  chunkOf,
  ETA_PREFIX,
  PAST_KEY,
  restoreCells,
  restoreRoads,
  roadsKey,
  roadsRow,
  STATE_KEY,
} from './eta-rows.ts'
import type { CellsRow, EtaRow, RoadsRow, StateRow } from './eta-rows.ts'
import type { EtaLearner } from './learner.ts'
import type { Pass } from './passes.ts'
import type { PastEtas, PastRow } from './past-etas.ts'
import { DRIVING_KINDS } from './sums.ts'
import type { DrivingKind } from './sums.ts'

export type EtaStoreEffect =
  | { readonly type: 'put'; readonly key: string; readonly value: EtaRow }
  | { readonly type: 'del'; readonly key: string }

/** A crash costs at most so much of what was learned. */
const WRITE_AFTER_MS = 600_000
/** Rows per second at most: about 20 kB. */
const WRITES_PER_TICK = 2

/** Which rows of what was learned are due. Rows are written long after the change, a few at a time. */
export class EtaStore {
  private readonly learner: EtaLearner
  private readonly past: PastEtas
  private readonly basis: string
  /** Changed rows, oldest change first; the time is set by the first tick after it. */
  private readonly changed = new Map<
    string,
    { dueMonoMs: number | null; readonly row: () => EtaRow | null }
  >()
  private readonly foreign: string[] = []
  private day: number | null = null

  constructor(learner: EtaLearner, past: PastEtas, basis: string) {
    this.learner = learner
    this.past = past
    this.basis = basis
  }

  learned(kind: DrivingKind, passes: readonly Pass[], classOf: (drive: Drive) => RoadClass): void {
    for (const { drive, isWhole } of passes) {
      this.cellsChanged(kind, ROAD_CLASSES.indexOf(classOf(drive)))
      if (isWhole) this.roadsChanged(chunkOf(drive))
    }
    this.stateChanged()
  }

  pastChanged(): void {
    this.note(PAST_KEY, () => this.past.row())
  }

  /** Days that went by since the last were forgotten, 0 on the same one; the caller forgets them. */
  daysSince(today: number): number {
    const days = this.day === null ? 0 : Math.max(0, today - this.day)
    this.day = today
    if (days > 0) {
      this.stateChanged()
      for (const kind of DRIVING_KINDS) ROAD_CLASSES.forEach((_, i) => this.cellsChanged(kind, i))
      for (const chunk of new Set(Array.from(this.learner.arcs.drives(), chunkOf))) this.roadsChanged(chunk)
      this.pastChanged()
    }
    return days
  }

  due(now: Now): EtaStoreEffect[] {
    const effects: EtaStoreEffect[] = this.foreign
      .splice(0, WRITES_PER_TICK)
      .map(key => ({ type: 'del', key }))
    for (const [key, change] of this.changed) {
      if (effects.length >= WRITES_PER_TICK) break
      change.dueMonoMs ??= now.monoMs + WRITE_AFTER_MS
      if (change.dueMonoMs > now.monoMs) continue
      this.changed.delete(key)
      const value = change.row()
      if (value !== null) effects.push({ type: 'put', key, value })
    }
    return effects
  }

  /** A row of before; one that was measured against other roads or another profile is deleted with the next ticks. */
  restore(key: string, value: unknown): void {
    if (key === PAST_KEY) return this.past.restore(value as PastRow)
    const row = value as CellsRow | RoadsRow | StateRow
    if (row.basis !== this.basis) this.foreign.push(key)
    else if ('roads' in row) restoreRoads(this.learner, row)
    else if ('long' in row) restoreCells(this.learner, key, row)
    else {
      this.day = row.day
      for (const kind of DRIVING_KINDS) this.learner.judged[kind] = row.judged[kind]
    }
  }

  private cellsChanged(kind: DrivingKind, index: number): void {
    this.note(cellsKey(kind, ROAD_CLASSES[index]!), () => cellsRow(this.learner, this.basis, kind, index))
  }

  private roadsChanged(chunk: number): void {
    this.note(roadsKey(chunk), () => roadsRow(this.learner, this.basis, chunk))
  }

  private stateChanged(): void {
    this.note(STATE_KEY, () => ({ v: 1, basis: this.basis, day: this.day ?? 0, judged: this.learner.judged }))
  }

  private note(key: string, row: () => EtaRow | null): void {
    if (!this.changed.has(key)) this.changed.set(key, { dueMonoMs: null, row })
  }
}

export const isEtaKey = (key: string): boolean => key.startsWith(ETA_PREFIX)
