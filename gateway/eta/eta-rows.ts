import { ROAD_CLASSES } from '#protocols/roads/network.ts'
import type { Drive } from '#protocols/roads/network.ts'
import type { EtaLearner } from './learner.ts'
import type { PastRow } from './past-etas.ts'
import { addSums, cellOf, DRIVING_KINDS, HOURS } from './sums.ts'
import type { DrivingKind, Sums } from './sums.ts'

/*
 * eta/cells/{kind}/{class}   sums by hour: [hour, runs, trips, base, seconds, squares], hour 24 is the whole day
 * eta/roads/{chunk}          sums of 64 drives: [drive, kind, passes, seconds, { hour: base }]
 * eta/past                   how past promises fared
 * eta/state                  the day that was forgotten last, and what is known of trips as wholes
 *
 * Each says which roads and which profile it was measured against (`basis`); against others it means nothing and is deleted.
 */
export const ETA_PREFIX = 'eta/'
const CHUNK_DRIVES = 64

type SumsRow = readonly [number, number, number, number, number, number]
export type CellsRow = {
  readonly v: 1
  readonly basis: string
  readonly long: readonly SumsRow[]
  readonly recent: readonly SumsRow[]
}
export type RoadsRow = {
  readonly v: 1
  readonly basis: string
  readonly roads: readonly (readonly [Drive, DrivingKind, number, number, Readonly<Record<string, number>>])[]
}
export type StateRow = {
  readonly v: 1
  readonly basis: string
  readonly day: number
  readonly judged: EtaLearner['judged']
}
export type EtaRow = CellsRow | RoadsRow | StateRow | PastRow

export const PAST_KEY = `${ETA_PREFIX}past`
export const STATE_KEY = `${ETA_PREFIX}state`
export const cellsKey = (kind: DrivingKind, roadClass: string): string =>
  `${ETA_PREFIX}cells/${kind}/${roadClass}`
export const roadsKey = (chunk: number): string => `${ETA_PREFIX}roads/${String(chunk).padStart(7, '0')}`
export const chunkOf = (drive: Drive): number => Math.floor(drive / CHUNK_DRIVES)

/** A thousandth of a second is more than a fix knows. */
const short = (value: number): number => Math.round(value * 1000) / 1000

export function cellsRow(learner: EtaLearner, basis: string, kind: DrivingKind, index: number): CellsRow {
  const roadClass = ROAD_CLASSES[index]!
  const rowsOf = (window: readonly Sums[]): SumsRow[] =>
    Array.from({ length: HOURS + 1 }, (_, hour) => ({ hour, sums: window[cellOf(kind, roadClass, hour)]! }))
      .filter(({ sums }) => sums.base > 0.001)
      .map(({ hour, sums: { runs, trips, base, seconds, squares } }) => [
        hour,
        ...([runs, trips, base, seconds, squares].map(short) as [number, number, number, number, number]),
      ])
  return { v: 1, basis, long: rowsOf(learner.long), recent: rowsOf(learner.recent) }
}

export function restoreCells(learner: EtaLearner, key: string, row: CellsRow): void {
  const [, , kind, name] = key.split('/')
  const roadClass = ROAD_CLASSES.find(one => one === name)
  const driving = DRIVING_KINDS.find(one => one === kind)
  if (roadClass === undefined || driving === undefined) return
  for (const window of ['long', 'recent'] as const)
    for (const [hour, runs, trips, base, seconds, squares] of row[window]) {
      const cell = cellOf(driving, roadClass, hour)
      learner[window][cell] = addSums(learner[window][cell]!, { runs, trips, base, seconds, squares })
    }
}

/** The drives of a chunk, null when none of them is known. */
export function roadsRow(learner: EtaLearner, basis: string, chunk: number): RoadsRow | null {
  const roads: RoadsRow['roads'][number][] = []
  for (let drive = chunk * CHUNK_DRIVES; drive < (chunk + 1) * CHUNK_DRIVES; drive++)
    for (const kind of DRIVING_KINDS) {
      const sums = learner.arcs.of(kind, drive)
      if (sums === undefined || sums.passes < 0.01) continue
      const hours = Array.from(
        { length: HOURS },
        (_, hour) => [String(hour), short(sums.baseByHour[hour]!)] as const,
      )
      const byHour = Object.fromEntries(hours.filter(([, base]) => base > 0))
      roads.push([drive, kind, short(sums.passes), short(sums.seconds), byHour])
    }
  return roads.length === 0 ? null : { v: 1, basis, roads }
}

export function restoreRoads(learner: EtaLearner, row: RoadsRow): void {
  for (const [drive, kind, passes, seconds, byHour] of row.roads) {
    const baseByHour = Array.from({ length: HOURS }, (_, hour) => byHour[hour] ?? 0)
    learner.arcs.add(kind, drive, { passes, seconds, baseByHour })
  }
}
