import type { CoverageCost, GridCost } from '#protocols/coverage.ts'
import { coverage } from '../state/coverage.ts'
import { flyTo } from '../state/focus.ts'
import { useHotkey } from '../state/hotkeys.ts'
import { units } from '../state/picture.ts'
import { comparing, foreseen, nextComparing, plannedUnits } from '../state/plan.ts'
import { clockWords, kilometreWords, words } from '../words/words.ts'
import { ColourMark } from './warning-list.tsx'

/** Less of the city's road is nobody's loss. */
const NOTHING_M = 50

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`
const changesColour = (grid: GridCost): boolean => grid.colourBefore !== grid.colourAfter

/** In one line below a candidate: what sending it takes from the rest of the city. */
export function CostLine({ cost }: { cost: CoverageCost | null | undefined }) {
  const w = words.value
  if (cost === undefined || cost === null) return null
  const turned = cost.grids.filter(changesColour)
  if (cost.roadM < NOTHING_M && turned.length === 0)
    return (
      <span class="candidate-cost" data-costs="nothing">
        {w.costsNothing}
      </span>
    )
  return (
    <span class="candidate-cost" data-costs="road">
      <span>{w.costs(kilometreWords(cost.roadM), percent(cost.demandShare))}</span>
      {turned.slice(0, 2).map(grid => (
        <span class="turned" key={grid.gridId}>
          {grid.name}
          <ColourMark colour={grid.colourBefore} />→<ColourMark colour={grid.colourAfter} />
        </span>
      ))}
    </span>
  )
}

/** Below the list: the planned order as the city would feel it, and both pictures of the roads to choose from. */
export function PlanCost() {
  const w = words.value
  const ids = plannedUnits.value
  useHotkey('d', ids.length > 0 ? nextComparing : null)
  useHotkey('Escape', comparing.value === 'off' ? null : () => (comparing.value = 'off'))
  if (ids.length === 0) return null
  const names = ids.map(id => units.value.get(id)?.view.callSign ?? id).join(w.and)
  const answer = foreseen.value
  return (
    <section class="plan-cost" aria-label={w.planTitle(names)}>
      <header>
        <h3>{w.planTitle(names)}</h3>
        <Comparing />
      </header>
      {answer === null && <p class="sub">{w.searching}</p>}
      {answer?.ok === false && <p class="sub">{w.costUnknown}</p>}
      {answer?.ok && <Foreseen />}
    </section>
  )
}

function Comparing() {
  const w = words.value
  return (
    <span class="comparing" role="group" aria-label={w.compare}>
      {(['before', 'after'] as const).map(which => (
        <button
          type="button"
          key={which}
          aria-pressed={comparing.value === which}
          onClick={() => (comparing.value = comparing.value === which ? 'off' : which)}
        >
          {w.compared[which]}
        </button>
      ))}
      <kbd>D</kbd>
    </span>
  )
}

function Foreseen() {
  const w = words.value
  const answer = foreseen.value
  const city = coverage.value?.view.city
  if (answer?.ok !== true) return null
  const { roadM, roadShare, areaM2, demandShare, coldSpots, grids } = answer.value
  const share = city?.circles[2] ?? null
  return (
    <>
      <p class="plan-sum num">
        {share !== null && `${percent(share)} → ${percent(Math.max(0, share - roadShare))}`}
        <span class="sub">
          {w.uncovers(kilometreWords(roadM), (areaM2 / 1e6).toFixed(2), percent(demandShare))}
        </span>
      </p>
      <ul class="plan-spots">
        {grids.filter(changesColour).map(grid => (
          <li key={grid.gridId}>
            {grid.name} <ColourMark colour={grid.colourBefore} />→<ColourMark colour={grid.colourAfter} />
            <span class="sub num">
              {percent(grid.shareBefore)} → {percent(grid.shareAfter)}
            </span>
          </li>
        ))}
        {coldSpots.slice(0, 3).map(spot => (
          <li key={spot.id}>
            <button type="button" class="link" onClick={() => flyTo(spot.centre)} title={w.toMap}>
              {w.coldSpot(kilometreWords(spot.roadM))}
            </button>
            <span class="sub">
              {spot.fillBy === null
                ? w.fillByNobody
                : w.fillBy(spot.fillBy.callSign, clockWords(spot.fillBy.etaSeconds))}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}
