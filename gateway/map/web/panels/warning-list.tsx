import { useSignal } from '@preact/signals'
import type { CoverageColour, CoverageView, GridCoverage } from '#protocols/coverage.ts'
import { Icon } from '../look/icons.tsx'
import { COLOUR_SHAPES } from '../look/shapes.ts'
import { colourOf, coverage, coverageIsOld, warnings } from '../state/coverage.ts'
import { countyOf } from '../state/city-data.ts'
import { grown, nowMs } from '../state/clock.ts'
import { flyTo } from '../state/focus.ts'
import { acknowledgeWarning } from '../state/gateway-http.ts'
import { ageWords, clockWords, kilometreWords, refusalWords, words } from '../words/words.ts'
import { MoveUpList } from './move-up-list.tsx'
import { reasonWords } from './reason-words.ts'

/** Where the city is thin, worst first, each with its reasons in a sentence; then the cold spots. */
export function WarningList() {
  const w = words.value
  const held = coverage.value
  if (held === null) return <p class="empty">{w.coverageWaiting}</p>
  const spots = held.view.coldSpots
  return (
    <div class="side-body" tabIndex={0} role="group" aria-label={w.warningsTitle}>
      {coverageIsOld.value && (
        <p class="refusal" role="status">
          <Icon name="clock" />
          {w.coverageOld(ageWords(nowMs.value - held.trueAtMs))}
        </p>
      )}
      <MoveUpList />
      {warnings.value.length === 0 && (
        <div class="empty-state">
          <Icon name="check" />
          <p>{w.noWarnings}</p>
        </div>
      )}
      <ul class="warnings">
        {warnings.value.map(grid => (
          <WarningItem
            key={grid.gridId}
            grid={grid}
            fleet={held.view.busy}
            sinceMs={grown(grid.sinceMs, held, nowMs.value)}
          />
        ))}
      </ul>
      <p class="sub demand-basis">{w.demandBasis(held.view.demand)}</p>
      {spots.length > 0 && <h3 class="side-sub">{w.coldSpots(spots.length)}</h3>}
      <ul class="warnings">
        {spots.map(spot => (
          <li key={spot.id} class="cold-spot">
            <button type="button" class="link" onClick={() => flyTo(spot.centre)} title={w.toMap}>
              <b>{w.coldSpot(kilometreWords(spot.roadM))}</b>
            </button>
            <span class="sub">{w.since(ageWords(grown(spot.sinceMs, held, nowMs.value)))}</span>
            <p>
              {spot.fillBy === null
                ? w.fillByNobody
                : w.fillBy(spot.fillBy.callSign, clockWords(spot.fillBy.etaSeconds))}
            </p>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Shape, letter and colour of a warning, as on the map. */
export function ColourMark({ colour }: { colour: CoverageColour }) {
  return (
    <svg class={`colour-mark colour-${colour}`} viewBox="-1 -1 26 26" aria-hidden="true">
      <path d={COLOUR_SHAPES[colour]} />
      <text x="12" y="12.5" text-anchor="middle" dominant-baseline="central">
        {words.value.colourGlyphs[colour]}
      </text>
    </svg>
  )
}

function WarningItem({
  grid,
  fleet,
  sinceMs,
}: {
  grid: GridCoverage
  fleet: CoverageView['busy']
  sinceMs: number
}) {
  const w = words.value
  const busy = useSignal(false)
  const refused = useSignal<string | null>(null)
  const colour = colourOf(grid)
  const acknowledge = async (): Promise<void> => {
    busy.value = true
    const answer = await acknowledgeWarning(grid.gridId)
    busy.value = false
    refused.value = answer.ok ? null : refusalWords(answer)
  }
  const share = (value: number): string => `${(value * 100).toFixed(0)}%`
  const county = countyOf.value.get(grid.gridId)
  return (
    <li class="warning" data-grid={grid.gridId} data-colour={colour} data-acknowledged={grid.acknowledged}>
      <header>
        <ColourMark colour={colour} />
        <button type="button" class="link" onClick={() => flyTo(grid.centre)} title={w.toMap}>
          <b>{grid.name}</b>
        </button>
        <span class="sub">
          {county !== undefined && `${county} · `}
          {w.colours[colour]} · {w.since(ageWords(sinceMs))}
        </span>
      </header>
      {grid.reasons.map(reason => (
        <p class="warning-why" key={`${reason.code}${reason.incidentId ?? reason.closureId ?? ''}`}>
          {reasonWords(reason)}
        </p>
      ))}
      <footer>
        <details class="fold">
          <summary>
            <Icon name="chevron" />
            {w.why}
          </summary>
          <dl class="facts">
            <div>
              <dt>{w.circles}</dt>
              <dd class="num">{grid.area.circles.map(share).join(' · ')}</dd>
            </div>
            <div>
              <dt>{w.demandCircles}</dt>
              <dd class="num">{grid.area.demandCircles.map(share).join(' · ')}</dd>
            </div>
            <div>
              <dt>{w.atLeast}</dt>
              <dd class="num">{grid.area.atLeast.map(share).join(' · ')}</dd>
            </div>
            <div>
              <dt>{w.demandAtLeast}</dt>
              <dd class="num">{grid.area.demandAtLeast.map(share).join(' · ')}</dd>
            </div>
            <div>
              <dt>{w.areaAtLeast}</dt>
              <dd class="num">{grid.area.areaAtLeast.map(share).join(' · ')}</dd>
            </div>
            <div>
              <dt>{w.expected(share(fleet.share))}</dt>
              <dd class="num">
                {share(grid.area.expected)} · {share(grid.area.expectedDemand)}
              </dd>
            </div>
            <div>
              <dt>{w.unitsThere}</dt>
              <dd class="num">
                {grid.units}
                {grid.unitsStale > 0 && ` (${w.ofThemStale(grid.unitsStale)})`}
              </dd>
            </div>
            <div>
              <dt>{w.roadLength}</dt>
              <dd class="num">{kilometreWords(grid.area.roadM)}</dd>
            </div>
          </dl>
        </details>
        {colour === 'black' &&
          (grid.acknowledged ? (
            <span class="tag">{w.acknowledged}</span>
          ) : (
            <button type="button" class="button" disabled={busy.value} onClick={() => void acknowledge()}>
              <Icon name="check" />
              {w.acknowledge}
            </button>
          ))}
      </footer>
      {refused.value !== null && <p class="refusal">{refused.value}</p>}
    </li>
  )
}
