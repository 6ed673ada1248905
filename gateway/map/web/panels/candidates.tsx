import type { Candidate, Recommendation } from '#protocols/api.ts'
import { Icon } from '../look/icons.tsx'
import { freshnessNow, lookOf } from '../look/unit-look.ts'
import { UnitMark } from '../look/unit-mark.tsx'
import { nowMs } from '../state/clock.ts'
import { flyTo, focus } from '../state/focus.ts'
import { picked } from '../state/keyboard.ts'
import { units } from '../state/picture.ts'
import { hovered, plannedUnits, together } from '../state/plan.ts'
import { agoWords, clockWords, words } from '../words/words.ts'
import { CostLine, PlanCost } from './plan-cost.tsx'

const TARGET_SECONDS = 300

/** The nearest units with the reasons for their place in the list, and those left out with theirs. */
export function Candidates({
  list,
  onSend,
  sending,
}: {
  list: Recommendation
  /** Absent where nothing can be sent yet: then the list only tells. */
  onSend?: (unitId: string) => void
  sending: string | null
}) {
  const w = words.value
  return (
    <>
      {list.candidates.length === 0 && <p class="empty">{w.none}</p>}
      <ol class="candidates">
        {list.candidates.slice(0, 5).map((candidate, n) => (
          <CandidateRow
            key={candidate.unitId}
            candidate={candidate}
            rank={n + 1}
            isPicked={n === picked.value}
            sending={sending}
            {...(onSend !== undefined && { onSend })}
          />
        ))}
      </ol>
      <PlanCost />
      {list.excluded.length > 0 && (
        <details class="fold">
          <summary>
            <Icon name="chevron" />
            {w.excluded(list.excluded.length)}
          </summary>
          <ul class="excluded">
            {list.excluded.map(one => (
              <li key={one.unitId}>
                <b>{one.callSign}</b>
                <span>{w.exclusions[one.excludedBy]}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}

function CandidateRow({
  candidate,
  rank,
  isPicked,
  onSend,
  sending,
}: {
  candidate: Candidate
  rank: number
  isPicked: boolean
  onSend?: (unitId: string) => void
  sending: string | null
}) {
  const w = words.value
  const held = units.value.get(candidate.unitId)
  const showUnit = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey)
      return void (together.value = toggled(together.value, candidate.unitId))
    picked.value = rank - 1
    if (held?.view.position) flyTo(held.view.position)
  }
  return (
    <li
      class="candidate"
      data-unit={candidate.unitId}
      data-picked={isPicked && onSend !== undefined}
      data-planned={plannedUnits.value.includes(candidate.unitId)}
      onPointerEnter={() => (hovered.value = candidate.unitId)}
      onPointerLeave={() => hovered.value === candidate.unitId && (hovered.value = null)}
    >
      <button type="button" class="candidate-body" onClick={showUnit} title={w.toMap}>
        <span class="rank">{rank}</span>
        <span class="candidate-who">
          <span class="candidate-name">
            {held && (
              <UnitMark look={lookOf(held.view)} stale={freshnessNow(held, nowMs.value) === 'stale'} />
            )}
            <b>{candidate.callSign}</b>
            {candidate.reasons.map(reason => (
              <span class="chip" data-reason={reason} key={reason}>
                {w.reasons[reason]}
              </span>
            ))}
          </span>
          <span class="candidate-why">
            {w.road(clockWords(candidate.roadSeconds))}
            {candidate.turnoutSeconds > 0 && ` · ${w.turnout(clockWords(candidate.turnoutSeconds))}`}
            {` · ${candidate.etaBasis === 'learned' ? w.etaLearned(candidate.etaSamples) : w.etaProfile}`}
            {` · ${w.fixAge(agoWords(candidate.fixAgeMs))}`}
          </span>
          <CostLine cost={candidate.coverageCost} />
          {candidate.warnings.length > 0 && (
            <span class="candidate-warnings">
              {candidate.warnings.map(warning => (
                <span key={warning}>
                  <Icon name="alarm" />
                  {w.warnings[warning]}
                </span>
              ))}
            </span>
          )}
        </span>
        <Eta candidate={candidate} />
      </button>
      {onSend !== undefined && (
        <button
          type="button"
          class={isPicked ? 'button is-primary' : 'button'}
          disabled={sending !== null}
          onClick={() => onSend(candidate.unitId)}
        >
          {sending === candidate.unitId ? w.dispatching : w.dispatch}
          {isPicked && sending === null && <kbd>⏎</kbd>}
        </button>
      )}
    </li>
  )
}

function Eta({ candidate }: { candidate: Candidate }) {
  const w = words.value
  const wide = candidate.etaHighSeconds - candidate.etaLowSeconds >= 5
  return (
    <span class="eta" data-late={candidate.etaSeconds > TARGET_SECONDS}>
      <b>{clockWords(candidate.etaSeconds)}</b>
      <small>
        {candidate.etaSeconds > TARGET_SECONDS
          ? w.beyond
          : wide
            ? `${clockWords(candidate.etaLowSeconds)}–${clockWords(candidate.etaHighSeconds)}`
            : w.eta}
      </small>
    </span>
  )
}

const toggled = (ids: readonly string[], id: string): readonly string[] =>
  ids.includes(id) ? ids.filter(one => one !== id) : [...ids, id]

/** Opens the card of a unit and shows it. */
export const showUnitCard = (unitId: string): void => {
  focus.value = { kind: 'unit', id: unitId }
  const at = units.value.get(unitId)?.view.position
  if (at) flyTo(at)
}
