import type { IncidentView } from '#protocols/api.ts'
import type {
  CoverageCost,
  CoverageReason,
  CoverageView,
  GridCost,
  GridCoverage,
} from '#protocols/coverage.ts'
import type { GridId, IncidentId } from '#protocols/ids.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import type { CoverageDuty } from './coverage-duty.ts'
import type { CoverageMeasured, MeasuredGrid } from './coverage-input.ts'
import { MoveUpBook } from './move-up-book.ts'
import type { GridLoss, MeasuredLoss } from './plans.ts'
import { acknowledged, COLOUR_RULES, gridColour, unknownSince } from './grid-colour.ts'
import type { ColourJudged, ColourRules, GridMeasured } from './grid-colour.ts'

/** A refresh comes every second; after five without one nothing that was measured is believed. */
export const REFRESH_LOST_MS = 5_000

/** Less road than a car is long is nothing anybody would miss. */
const NOTICED_M = 5

export type ClosedByGrid = ReadonlyMap<GridId, readonly CoverageReason[]>

/** One refresh as it comes back: what was measured, and how far it can be trusted. */
export type CoverageRefresh = { readonly measured: CoverageMeasured; readonly duty: CoverageDuty }

/**
 * The colours of the city's grids: one state per grid, changed by refreshes, by their absence, and by a commander. What
 * it says is a value of its own; it knows no clock and no thread.
 */
export class CoverageBook {
  readonly moveUps = new MoveUpBook()
  private readonly rules: ColourRules
  readonly nameOf: (gridId: GridId) => string | null
  /** Roads closed now, by grid: told as a reason wherever something else is wrong too. */
  private closedIn: ClosedByGrid = new Map()
  private readonly judged = new Map<GridId, ColourJudged>()
  private newest: CoverageRefresh | null = null
  private heardMonoMs = 0
  private lost = true

  constructor(nameOf: (gridId: GridId) => string | null, rules: ColourRules = COLOUR_RULES) {
    this.nameOf = nameOf
    this.rules = rules
  }

  /** A refresh came back. `gridOf` tells in which grid an incident lies. */
  refreshed(refresh: CoverageRefresh, gridOf: (id: IncidentId) => IncidentView['gridId'], now: Now): void {
    this.newest = refresh
    this.heardMonoMs = now.monoMs
    this.lost = false
    refresh.measured.grids.forEach((grid, i) => {
      const unreached = refresh.measured.unreached.filter(id => gridOf(id) === grid.gridId)
      const staleShare = refresh.duty.grids[i]?.staleShare ?? null
      this.judge(grid.gridId, { ...measuredOf(grid), unreached, staleShare }, now)
    })
  }

  /** What is closed from now on, and nothing else. */
  roadsClosed(closedIn: ClosedByGrid): void {
    this.closedIn = closedIn
  }

  /** The worker is gone: nothing is known from now on. True when that is news. */
  refreshLost(now: Now): boolean {
    if (this.lost) return false
    this.lost = true
    for (const grid of this.newest?.measured.grids ?? [])
      this.judge(grid.gridId, { ...measuredOf(grid), unreached: [], staleShare: null }, now)
    return true
  }

  /** Once a second: true when refreshes stopped coming. */
  tick(now: Now): boolean {
    return now.monoMs - this.heardMonoMs > REFRESH_LOST_MS && this.refreshLost(now)
  }

  /** A commander has seen a black grid. Anything but black is answered as it is. Fault: GRID_UNKNOWN. */
  acknowledge(gridId: GridId, now: Now): Result<GridCoverage> {
    const judged = this.judged.get(gridId)
    if (judged === undefined) return fault('GRID_UNKNOWN', gridId)
    this.judged.set(gridId, { ...judged, state: acknowledged(judged.state) })
    const view = this.view(now)?.grids.find(grid => grid.gridId === gridId)
    return view === undefined ? fault('GRID_UNKNOWN', gridId) : ok(view)
  }

  /** What sending somebody costs, with the colours the grids would take by the rules of now, once it has lasted. */
  foresee(loss: MeasuredLoss, now: Now): CoverageCost {
    const { roadM, areaM2, roadShare, demandShare } = loss
    const grids = loss.grids
      .map(grid => this.gridCost(grid, now))
      .filter(grid => grid.roadM > NOTICED_M || grid.colourBefore !== grid.colourAfter)
    return { roadM, areaM2, roadShare, demandShare, grids }
  }

  private gridCost(loss: GridLoss, now: Now): GridCost {
    const { gridId, roadM, shareBefore, shareAfter, centreUnits } = loss
    const at = this.newest?.measured.grids.findIndex(grid => grid.gridId === gridId) ?? -1
    const before = this.judged.get(gridId)?.state ?? unknownSince(now.monoMs)
    const coldShare = Math.min(1, (this.newest?.measured.grids[at]?.coldShare ?? 0) + loss.demandShare)
    const staleShare = this.lost ? null : (this.newest?.duty.grids[at]?.staleShare ?? null)
    const measured = { share: shareAfter, centreUnits, coldShare, unreached: before.unreached, staleShare }
    return {
      ...{ gridId, roadM, shareBefore, shareAfter },
      name: this.nameOf(gridId) ?? gridId,
      colourBefore: before.colour,
      colourAfter: gridColour(before, measured, now.monoMs, this.rules).state.colour,
    }
  }

  /** Null before the first refresh. Numbers of a refresh that is too old stay, their grids are unknown. */
  view(now: Now): CoverageView | null {
    if (this.newest === null) return null
    const { measured, duty } = this.newest
    return {
      at: rfc3339(now.utcMs),
      tick: measured.tick,
      tookMs: measured.tookMs,
      unitsCounted: measured.unitsCounted,
      unitsStale: duty.unitsStale,
      busy: duty.busy,
      demand: measured.demand,
      city: measured.city,
      grids: measured.grids.map((grid, i) => this.gridView(grid, duty.grids[i], now)),
      coldSpots: this.lost ? [] : [...measured.coldSpots],
      moveUps: this.lost ? [] : this.moveUps.views(this.nameOf, now),
    }
  }

  private judge(gridId: GridId, measured: GridMeasured, now: Now): void {
    const before = this.judged.get(gridId)?.state ?? unknownSince(now.monoMs)
    this.judged.set(gridId, gridColour(before, measured, now.monoMs, this.rules))
  }

  private gridView(
    grid: MeasuredGrid,
    duty: CoverageDuty['grids'][number] | undefined,
    now: Now,
  ): GridCoverage {
    const { state, reasons } = this.judged.get(grid.gridId) ?? {
      state: unknownSince(now.monoMs),
      reasons: [],
    }
    return {
      gridId: grid.gridId,
      name: this.nameOf(grid.gridId) ?? grid.gridId,
      colour: state.colour,
      sinceMs: Math.max(0, Math.round(now.monoMs - state.sinceMs)),
      reasons: [...reasons, ...(state.colour === 'green' ? [] : (this.closedIn.get(grid.gridId) ?? []))],
      units: duty?.units ?? 0,
      unitsStale: duty?.unitsStale ?? 0,
      centre: grid.centre,
      acknowledged: state.acknowledged,
      area: grid.area,
    }
  }
}

const measuredOf = ({
  area,
  centreUnits,
  coldShare,
}: MeasuredGrid): Omit<GridMeasured, 'unreached' | 'staleShare'> => ({
  share: area.circles[2],
  centreUnits,
  coldShare,
})
