import type { LatLon } from '#protocols/geo/sphere.ts'
import { localMinute } from '#protocols/time.ts'

/** Cells of history, in degrees: some 550 m by 450 m here. Fixed to the earth, so that counts outlive every road network. */
const CELL_DEG = 0.005
const HOURS = 24

/** All that leaves the ledger: how many incidents each cell had, of the whole day and around one hour. */
export type DemandCounts = {
  /** Of the local day, 0 to 23. */
  readonly hour: number
  readonly incidents: number
  /** Around the hour: the hour itself counts half, those beside it a quarter each. */
  readonly incidentsNow: number
  readonly cells: readonly { readonly cell: string; readonly all: number; readonly now: number }[]
}

export const NO_HISTORY: DemandCounts = { hour: 0, incidents: 0, incidentsNow: 0, cells: [] }

/** The cell of a place. */
export const cellOf = ({ lat, lon }: LatLon): string =>
  `${Math.floor(lat / CELL_DEG)} ${Math.floor(lon / CELL_DEG)}`

/** The eight cells around one. */
export function cellsAround(cell: string): string[] {
  const [row = 0, column = 0] = cell.split(' ').map(Number)
  const near: string[] = []
  for (const r of [row - 1, row, row + 1])
    for (const c of [column - 1, column, column + 1]) if (r !== row || c !== column) near.push(`${r} ${c}`)
  return near
}

/** What of an incident is counted. */
export type Counted = {
  readonly place: LatLon
  readonly receivedUtcMs: number
  readonly exercise: boolean
  readonly closed: { readonly duplicate?: boolean } | null
}

/** Exercises never happened, and a duplicate happened once already. */
export const countsAsDemand = ({ exercise, closed }: Counted): boolean =>
  !exercise && closed?.duplicate !== true

/**
 * How many incidents every cell had in every hour of the day. Made anew from the rows of the incidents at a start, kept up
 * with every incident afterwards; who called, what happened and where exactly is not in it.
 */
export class DemandHistory {
  private readonly cells = new Map<string, Uint32Array>()
  private readonly hours = new Uint32Array(HOURS)
  private incidents = 0
  /** Grows with every change. */
  version = 0

  /** An incident is what it is now, and was something else before: null for not there. */
  changed(before: Counted | null, after: Counted): void {
    const [was, is] = [before !== null && countsAsDemand(before), countsAsDemand(after)]
    if (was !== is) this.count(after, is ? 1 : -1)
  }

  counts(utcMs: number): DemandCounts {
    const hour = hourOf(utcMs)
    return {
      hour,
      incidents: this.incidents,
      incidentsNow: around(this.hours, hour),
      cells: [...this.cells]
        .map(([cell, hours]) => ({
          cell,
          all: hours.reduce((sum, count) => sum + count, 0),
          now: around(hours, hour),
        }))
        .filter(({ all }) => all > 0),
    }
  }

  private count({ place, receivedUtcMs }: Counted, by: 1 | -1): void {
    const cell = cellOf(place)
    let hours = this.cells.get(cell)
    if (hours === undefined) this.cells.set(cell, (hours = new Uint32Array(HOURS)))
    const hour = hourOf(receivedUtcMs)
    hours[hour] = hours[hour]! + by
    this.hours[hour] = this.hours[hour]! + by
    this.incidents += by
    this.version++
  }
}

/** Of the local day. */
export const hourOf = (utcMs: number): number => Math.floor(localMinute(utcMs) / 60)

const around = (hours: Uint32Array, hour: number): number =>
  hours[hour]! / 2 + hours[(hour + HOURS - 1) % HOURS]! / 4 + hours[(hour + 1) % HOURS]! / 4
