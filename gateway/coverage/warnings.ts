import type { CoverageColour, CoverageView, GridCoverage } from '#protocols/coverage.ts'

/** What needs a person most comes first; a grid nobody knows about is worse than a thin one. */
const URGENCY: readonly CoverageColour[] = ['black', 'red', 'unknown', 'blue']

/** Every grid that is not green: the worst colour first, inside a colour what nobody acknowledged, then the least covered. */
export function warningsOf(view: CoverageView): GridCoverage[] {
  return view.grids
    .filter(grid => grid.colour !== 'green')
    .sort(
      (a, b) =>
        URGENCY.indexOf(a.colour) - URGENCY.indexOf(b.colour) ||
        Number(a.acknowledged) - Number(b.acknowledged) ||
        a.area.circles[2] - b.area.circles[2] ||
        (a.gridId < b.gridId ? -1 : 1),
    )
}
