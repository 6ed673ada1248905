import { computed, signal } from '@preact/signals'
import type { CoverageColour, CoverageView, GridCoverage } from '#protocols/coverage.ts'
import { hold, nowMs } from './clock.ts'
import type { Held } from './clock.ts'

/** Who could be where in time, as the gateway last said; null until it has said anything. */
export const coverage = signal<Held<CoverageView> | null>(null)

/** Refreshes come once a second: a picture older than this is no longer called coverage. */
const OLD_MS = 15_000

export const coverageIsOld = computed(
  () => coverage.value !== null && nowMs.value - coverage.value.trueAtMs > OLD_MS,
)

/** City share reached within 300 s over the last minutes, for its trend. */
const TREND_MS = 5 * 60_000
const TREND_STEP_MS = 5_000
const past: { readonly atMs: number; readonly share: number }[] = []

export const trend = signal<readonly { readonly atMs: number; readonly share: number }[]>([])

export function takeCoverage(view: CoverageView, saidAt: string): void {
  const held = hold(view, saidAt)
  coverage.value = held
  const last = past.at(-1)
  if (last !== undefined && held.trueAtMs - last.atMs < TREND_STEP_MS) return
  past.push({ atMs: held.trueAtMs, share: view.city.circles[2] })
  while ((past[0]?.atMs ?? 0) < held.trueAtMs - TREND_MS) past.shift()
  trend.value = [...past]
}

/** What to call the change: the share now less the oldest of the trend; null until there is a minute of it. */
export const trendChange = computed((): number | null => {
  const [first] = trend.value
  const last = trend.value.at(-1)
  if (first === undefined || last === undefined || last.atMs - first.atMs < 60_000) return null
  return last.share - first.share
})

/** An old picture is unknown, never green. */
export const colourOf = (grid: GridCoverage): CoverageColour =>
  coverageIsOld.value ? 'unknown' : grid.colour

const WORST_FIRST: readonly CoverageColour[] = ['black', 'red', 'unknown', 'blue', 'green']

/** Grids that are not green, worst first, unacknowledged before acknowledged, then the longest. */
export const warnings = computed((): readonly GridCoverage[] =>
  (coverage.value?.view.grids ?? [])
    .filter(grid => colourOf(grid) !== 'green')
    .toSorted(
      (a, b) =>
        WORST_FIRST.indexOf(colourOf(a)) - WORST_FIRST.indexOf(colourOf(b)) ||
        Number(a.acknowledged) - Number(b.acknowledged) ||
        b.sinceMs - a.sinceMs,
    ),
)
