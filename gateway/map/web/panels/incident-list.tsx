import { signal } from '@preact/signals'
import type { IncidentView } from '#protocols/api.ts'
import { clockCaption, clockFace, toneOf } from '../city/pins.ts'
import { Icon } from '../look/icons.tsx'
import { lookOf } from '../look/unit-look.ts'
import { UnitMark } from '../look/unit-mark.tsx'
import { gatewayMs, grown, nowMs } from '../state/clock.ts'
import type { Held } from '../state/clock.ts'
import { flyTo, focus } from '../state/focus.ts'
import { incidentClock, momentOf } from '../state/incident-clock.ts'
import { incidentsNewestFirst, isOpen, units } from '../state/picture.ts'
import { SourceTag } from './source-tag.tsx'
import { timeWords, words } from '../words/words.ts'
import { fitsSearch, search } from '../state/unit-filter.ts'

/** Closed ones beyond this many are history, not the list of the desk. */
const CLOSED_SHOWN = 30

/** What needs a hand now: nobody sent yet, too late, on its way, being attended. */
type Kind = 'waiting' | 'late' | 'running' | 'attended'
const KINDS: readonly Kind[] = ['waiting', 'late', 'running', 'attended']
const only = signal<Kind | null>(null)

function kindOf(held: Held<IncidentView>): Kind {
  const { view } = held
  const now = nowMs.value
  const clock = incidentClock(view, grown(view.ageMs, held, now), gatewayMs(held, now))
  switch (clock.phase) {
    case 'waiting':
      return 'waiting'
    case 'running':
      return clock.breach === 'none' ? 'running' : 'late'
    case 'arrived':
    case 'closed':
      return 'attended'
  }
}

/** Left of the map: newest first, each with its clock and who is on it. */
export function IncidentList() {
  const w = words.value
  const all = incidentsNewestFirst.value
  const open = all.filter(isOpen)
  const fits = ({ view }: Held<IncidentView>): boolean =>
    fitsSearch(
      view.number,
      view.place.text,
      w.classes[view.class],
      ...view.assignments.map(one => one.callSign),
    )
  const kinds = open.map(kindOf)
  const count = (kind: Kind): number => kinds.filter(one => one === kind).length
  const shown = open.filter((held, n) => fits(held) && (only.value === null || kinds[n] === only.value))
  const closed = all.filter(one => !isOpen(one) && fits(one)).slice(0, CLOSED_SHOWN)
  return (
    <aside class="side side-left" aria-label={w.incidents}>
      <header class="side-head">
        <h1>{w.incidents}</h1>
        <span class="sub">{w.incidentsOpen(open.length)}</span>
      </header>
      <div class="filter-groups" role="group" aria-label={w.filterState}>
        {KINDS.map(kind => (
          <button
            type="button"
            key={kind}
            data-kind={kind}
            aria-pressed={only.value === kind}
            onClick={() => (only.value = only.value === kind ? null : kind)}
          >
            <b class="num">{count(kind)}</b>
            {w.incidentKinds[kind]}
          </button>
        ))}
      </div>
      <div class="side-body" tabIndex={0} role="group" aria-label={w.incidents}>
        {open.length === 0 && (
          <div class="empty-state">
            <Icon name="check" />
            <p>{w.noIncidents}</p>
            <p class="sub">{w.noIncidentsHint}</p>
          </div>
        )}
        {open.length > 0 && shown.length === 0 && (search.value !== '' || only.value !== null) && (
          <p class="empty">{w.nobodyFits}</p>
        )}
        <ul class="incidents">
          {shown.map(held => (
            <IncidentItem key={held.view.id} held={held} />
          ))}
        </ul>
        {closed.length > 0 && (
          <details class="fold closed">
            <summary>
              <Icon name="chevron" />
              {w.closed(closed.length)}
            </summary>
            <ul class="incidents">
              {closed.map(held => (
                <IncidentItem key={held.view.id} held={held} />
              ))}
            </ul>
          </details>
        )}
      </div>
    </aside>
  )
}

function IncidentItem({ held }: { held: Held<IncidentView> }) {
  const w = words.value
  const { view } = held
  const now = nowMs.value
  const clock = incidentClock(view, grown(view.ageMs, held, now), gatewayMs(held, now))
  const chosen = focus.value.kind === 'incident' && focus.value.id === view.id
  const received = momentOf(view.times, 'tReceived')
  const open = (): void => {
    focus.value = { kind: 'incident', id: view.id }
    flyTo(view.place)
  }
  return (
    <li>
      <button
        type="button"
        class="incident"
        data-incident={view.id}
        data-state={view.state}
        data-tone={toneOf(clock)}
        aria-pressed={chosen}
        onClick={open}
      >
        <span class="incident-main">
          <span class="incident-line">
            <b>{w.classes[view.class]}</b>
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
          </span>
          <span class="incident-place">{view.place.text || view.number}</span>
          <span class="sub num">
            {view.number.split('-').at(-1)} · {received === null ? '' : timeWords(received.at)}
          </span>
        </span>
        <span class="incident-clock" data-tone={toneOf(clock)}>
          <b class="num">{clockFace(clock)}</b>
          <small>
            {clock.phase === 'running' && clock.breach === 'predicted' ? w.late : clockCaption(clock)}
          </small>
        </span>
        {view.assignments.length > 0 && (
          <span class="incident-units">
            {view.assignments.map(one => {
              const unit = units.value.get(one.unitId)
              const ended = one.state === 'cancelled' || one.state === 'refused' || one.state === 'cleared'
              const look = unit && !ended ? lookOf(unit.view) : 'out'
              return (
                <span key={one.orderId} data-state={one.state}>
                  {!ended && <UnitMark look={look} />}
                  {one.callSign} {w.steps[one.state]}
                </span>
              )
            })}
          </span>
        )}
      </button>
    </li>
  )
}
