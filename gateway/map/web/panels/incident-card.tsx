import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect } from 'preact/hooks'
import type { AssignmentView, IncidentView, Recommendation } from '#protocols/api.ts'
import type { Result } from '#protocols/result.ts'
import { clockCaption, clockFace, toneOf } from '../city/pins.ts'
import { Icon } from '../look/icons.tsx'
import { lookOf } from '../look/unit-look.ts'
import { UnitMark } from '../look/unit-mark.tsx'
import { gatewayMs, grown, nowMs } from '../state/clock.ts'
import type { Held } from '../state/clock.ts'
import { gridNames } from '../state/city-data.ts'
import { flyTo, inSight } from '../state/focus.ts'
import { closeIncident, recommendFor, sendOrder } from '../state/gateway-http.ts'
import { incidentClock, momentOf, unsignedSeconds } from '../state/incident-clock.ts'
import { useHotkey } from '../state/hotkeys.ts'
import { choices, picked, primary } from '../state/keyboard.ts'
import { isOpen, takeIncident, units } from '../state/picture.ts'
import { agoWords, clockWords, refusalWords, timeWords, words, yearDateWords } from '../words/words.ts'
import { ByDistance } from './by-distance.tsx'
import { SourceTag } from './source-tag.tsx'
import { Candidates, showUnitCard } from './candidates.tsx'
import { Card, Refusal } from './card.tsx'
import { Progress } from './progress.tsx'
import { useRecommendation } from './recommendation.ts'

/** Which of the reasons to close says that it had been reported already. */
const DUPLICATE = 2
/** Longer than any order takes to come back on the stream. */
const ORDER_SEEN_WITHIN_MS = 5_000

const isEnded = ({ state }: AssignmentView): boolean =>
  state === 'refused' || state === 'cancelled' || state === 'cleared'

/** One incident: its clock, who was sent and how far they are, who else could go. */
export function IncidentCard({ held }: { held: Held<IncidentView> }) {
  const w = words.value
  const { view } = held
  const now = nowMs.value
  const clock = incidentClock(view, grown(view.ageMs, held, now), gatewayMs(held, now))
  const open = isOpen(held)
  const active = view.assignments.filter(one => !isEnded(one))
  const adding = useSignal(false)
  const choosing = open && (active.length === 0 || adding.value)
  const answer = useRecommendation(choosing ? view.id : null, () => recommendFor(view.id))
  const sending = useSignal<string | null>(null)
  const refused = useSignal<string | null>(null)
  const said = async (request: Promise<Result<unknown>>): Promise<boolean> => {
    refused.value = null
    const result = await request
    if (!result.ok) refused.value = refusalWords(result)
    return result.ok
  }

  // Held until the order is seen on the incident: a second Enter in between would send a second car.
  const send = async (unitId: string): Promise<void> => {
    if (sending.value !== null) return
    sending.value = unitId
    if (await said(sendOrder({ kind: 'dispatch', incidentId: view.id, unitId }))) {
      adding.value = false
      setTimeout(() => sending.value === unitId && (sending.value = null), ORDER_SEEN_WITHIN_MS)
    } else sending.value = null
  }
  const isSeen = active.some(one => one.unitId === sending.value)
  useEffect(() => {
    if (isSeen) sending.value = null
  }, [isSeen])
  const close = async (reason: string): Promise<void> => {
    refused.value = null
    const closed = await closeIncident(view.id, reason, reason === w.closeReasons[DUPLICATE])
    if (closed.ok) takeIncident(closed.value)
    else refused.value = refusalWords(closed)
  }

  const best = choosing && answer?.ok ? answer.value.candidates[picked.value] : undefined
  useLayoutEffect(() => {
    primary.value = best === undefined ? null : () => void send(best.unitId)
    return () => {
      primary.value = null
    }
  })
  useEffect(() => {
    adding.value = false
    refused.value = null
    sending.value = null
  }, [view.id])

  const answered = answer?.ok === true
  useEffect(() => {
    if (answer?.ok) showTogether(view, answer.value)
  }, [view.id, answered])

  useHotkey('e', open && active.length > 0 ? () => (adding.value = !adding.value) : null)
  const received = momentOf(view.times, 'tReceived')
  return (
    <Card
      label={view.number}
      tone={toneOf(clock)}
      head={
        <>
          <div class="incident-line">
            <h2>{w.classes[view.class]}</h2>
            {view.severity !== 'normal' && (
              <span class="tag" data-severity={view.severity}>
                {w.severities[view.severity]}
              </span>
            )}
            {view.exercise && <span class="tag">{w.exercise}</span>}
            <SourceTag source={view.source} />
            <span class="tag" data-state={view.state}>
              {w.incidentStates[view.state]}
            </span>
          </div>
          <button type="button" class="link place-link" onClick={() => flyTo(view.place)} title={w.toMap}>
            <Icon name="target" />
            {view.place.text || `${view.place.lat.toFixed(5)}, ${view.place.lon.toFixed(5)}`}
          </button>
          <p class="sub">
            <span class="num">{view.number}</span>
            <span>
              {view.gridId === null ? w.outsideGrids : (gridNames.value.get(view.gridId) ?? view.gridId)}
            </span>
            <span>
              {w.received} <time class="num">{received === null ? '—' : timeWords(received.at)}</time>
            </span>
          </p>
          {view.walkIn !== undefined && (
            <p class="sub">
              <span>{w.filedAt(view.walkIn.station, view.walkIn.kiosk)}</span>
              {view.walkIn.number !== null && (
                <span>
                  {w.receiptNumber} <span class="num">{view.walkIn.number}</span>
                </span>
              )}
            </p>
          )}
          {view.walkIn?.removedAt !== undefined && (
            <p class="sub" data-removed>
              {w.reporterRemoved(yearDateWords(Date.parse(view.walkIn.removedAt)))}
            </p>
          )}
        </>
      }
    >
      {clock.phase !== 'closed' && (
        <div class="big-clock" data-tone={toneOf(clock)}>
          <span>
            <b class="num">{clockFace(clock)}</b>
            <small>{clockCaption(clock)}</small>
          </span>
          {clock.phase === 'running' && <TargetBar share={clock.remainingSeconds / view.targetSeconds} />}
          {clock.phase === 'running' && clock.breach === 'predicted' && <span class="late">{w.late}</span>}
        </div>
      )}
      <Refusal text={refused.value} />
      {[...view.assignments].reverse().map(assignment => (
        <AssignmentRow
          key={assignment.orderId}
          assignment={assignment}
          nowUtcMs={gatewayMs(held, now)}
          onCancel={reason => said(sendOrder({ kind: 'cancel', orderId: assignment.orderId, reason }))}
        />
      ))}
      {choosing && <h3>{active.length > 0 ? w.addMore : w.recommended}</h3>}
      {choosing && answer === null && <p class="empty">{w.searching}</p>}
      {choosing && answer?.ok === false && (
        <Refusal text={answer.code === 'PLACE_OFF_ROAD' ? w.offRoad : refusalWords(answer)} />
      )}
      {choosing && answer?.ok === false && answer.code === 'PLACE_OFF_ROAD' && (
        <ByDistance place={view.place} sending={sending.value} onSend={unitId => void send(unitId)} />
      )}
      {choosing && answer?.ok && (
        <Candidates list={answer.value} sending={sending.value} onSend={unitId => void send(unitId)} />
      )}
      {open && (
        <footer class="card-actions">
          {active.length > 0 && (
            <button type="button" class="button" onClick={() => (adding.value = !adding.value)}>
              {adding.value ? w.back : w.addMore}
              <kbd>E</kbd>
            </button>
          )}
          <WithReason
            label={w.close}
            hotkey="c"
            question={w.closeWhy}
            reasons={w.closeReasons}
            onReason={close}
          />
        </footer>
      )}
    </Card>
  )
}

/** The place and the first three who could go, once, when the list arrives. */
function showTogether({ place }: IncidentView, { candidates }: Recommendation): void {
  const best = candidates.slice(0, 3).flatMap(one => {
    const at = units.value.get(one.unitId)?.view.position
    return at ? [[at.lon, at.lat] as const] : []
  })
  inSight.value = [[place.lon, place.lat], ...best]
}

function TargetBar({ share }: { share: number }) {
  const left = Math.max(0, Math.min(1, share))
  return (
    <span class="target-bar">
      <span style={{ transform: `scaleX(${left.toFixed(3)})` }} />
    </span>
  )
}

function AssignmentRow({
  assignment,
  nowUtcMs,
  onCancel,
}: {
  assignment: AssignmentView
  nowUtcMs: number
  onCancel: (reason: string) => Promise<unknown>
}) {
  const w = words.value
  const unit = units.value.get(assignment.unitId)
  const unsigned = unsignedSeconds(assignment, nowUtcMs)
  const mayCancel = !isEnded(assignment) && assignment.state !== 'on_scene'
  return (
    <article class="assignment" data-order={assignment.orderId} data-state={assignment.state}>
      <header>
        <button type="button" class="link" onClick={() => showUnitCard(assignment.unitId)}>
          {unit && <UnitMark look={lookOf(unit.view)} />}
          <b>{assignment.callSign}</b>
        </button>
        <span class="assignment-state">
          {isSelfArrived(assignment) ? w.arrivedBySelf : w.steps[assignment.state]}
        </span>
        {assignment.etaSeconds !== null && !isEnded(assignment) && (
          <span class="sub">{w.promised(clockWords(assignment.etaSeconds))}</span>
        )}
        {mayCancel && (
          <WithReason
            label={w.cancel}
            hotkey="r"
            question={w.cancelWhy}
            reasons={w.cancelReasons}
            onReason={reason => void onCancel(reason)}
          />
        )}
      </header>
      {assignment.state !== 'refused' && assignment.state !== 'cancelled' && (
        <Progress assignment={assignment} />
      )}
      {assignment.nearSince !== null && <p class="sub">{w.arriving(timeWords(assignment.nearSince))}</p>}
      {assignment.declaredFarM !== null && (
        <p class="sub warn">{w.declaredFar(Math.round(assignment.declaredFarM))}</p>
      )}
      {unsigned !== null && unsigned >= 15 && (
        <p class="unsigned" data-urgent={unsigned >= 30}>
          <Icon name="clock" />
          {unsigned >= 30 ? w.unsigned30(Math.floor(unsigned)) : w.unsigned15(Math.floor(unsigned))}
        </p>
      )}
      {unit?.view.position && !isEnded(assignment) && (
        <p class="sub">
          {w.fix} {agoWords(grown(unit.view.position.ageMs, unit, nowMs.value))}
          {unit.view.link === 'down' && <span class="warn"> · {w.linkDown}</span>}
        </p>
      )}
    </article>
  )
}

/** The car says it is there and the crew has not said so yet. */
const isSelfArrived = ({ state, times }: AssignmentView): boolean =>
  state === 'on_scene' && times.tArrived?.sensed !== undefined && times.tArrived.declared === undefined

/** A second press with a reason: one tap more, and never by accident. */
function WithReason({
  label,
  hotkey,
  question,
  reasons,
  onReason,
}: {
  label: string
  hotkey: string
  question: string
  reasons: readonly string[]
  onReason: (reason: string) => unknown
}) {
  const asking = useSignal(false)
  useHotkey(hotkey, () => (asking.value = true))
  useHotkey('Escape', asking.value ? () => (asking.value = false) : null)
  // In the same breath as the question appears: a digit typed at once must not be lost.
  useLayoutEffect(() => {
    if (!asking.value) return
    const choose = (n: number): void => {
      const reason = reasons[n]
      if (reason === undefined) return
      asking.value = false
      onReason(reason)
    }
    choices.value = choose
    return () => {
      if (choices.value === choose) choices.value = null
    }
  }, [asking.value])
  if (!asking.value)
    return (
      <button type="button" class="button is-quiet" onClick={() => (asking.value = true)}>
        {label}
        <kbd>{hotkey.toUpperCase()}</kbd>
      </button>
    )
  return (
    <span class="with-reason" role="group" aria-label={question}>
      <span class="field-label">{question}</span>
      {reasons.map((reason, n) => (
        <button
          type="button"
          class="button is-danger"
          key={reason}
          onClick={() => {
            asking.value = false
            onReason(reason)
          }}
        >
          {reason}
          <kbd>{n + 1}</kbd>
        </button>
      ))}
      <button type="button" class="button is-quiet" onClick={() => (asking.value = false)}>
        {words.value.back}
      </button>
    </span>
  )
}
