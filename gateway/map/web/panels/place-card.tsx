import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect } from 'preact/hooks'
import type { IncidentCreate } from '#protocols/api.ts'
import { IncidentClass, Severity } from '#protocols/incident.ts'
import { flyTo, focus } from '../state/focus.ts'
import { createIncident, nearestTo } from '../state/gateway-http.ts'
import { primary } from '../state/keyboard.ts'
import { takeIncident } from '../state/picture.ts'
import { refusalWords, words } from '../words/words.ts'
import { closureWords } from '../words/closure-words.ts'
import { Candidates } from './candidates.tsx'
import { Card, Choice, Refusal } from './card.tsx'
import { startClosing } from './closing-card.tsx'
import { useRecommendation } from './recommendation.ts'

/** A clicked place: who could be here and when, and an incident in one more key. */
export function PlaceCard({ lat, lon, name }: { lat: number; lon: number; name?: string }) {
  const w = words.value
  const answer = useRecommendation(`${lat},${lon}`, () => nearestTo(lat, lon))
  const kind = useSignal<IncidentClass>('unknown')
  const severity = useSignal<Severity>('normal')
  const text = useSignal<string | null>(null)
  const busy = useSignal(false)
  const refused = useSignal<string | null>(null)

  const road = answer?.ok ? answer.value.place.road : ''
  const proposed = name ?? (road === '' ? '' : w.nearRoad(road))

  const create = async (): Promise<void> => {
    if (busy.value) return
    busy.value = true
    refused.value = null
    const incident: IncidentCreate = {
      place: { lat, lon, text: text.value ?? proposed },
      class: kind.value,
      severity: severity.value,
      source: 'map',
      exercise: false,
    }
    const created = await createIncident(incident)
    busy.value = false
    if (!created.ok) return void (refused.value = refusalWords(created))
    takeIncident(created.value)
    focus.value = { kind: 'incident', id: created.value.id }
    flyTo(created.value.place)
  }

  useLayoutEffect(() => {
    primary.value = () => void create()
    return () => {
      primary.value = null
    }
  })
  useEffect(() => {
    text.value = null
    refused.value = null
  }, [lat, lon])

  return (
    <Card
      label={w.here}
      head={
        <>
          <h2>{proposed || w.here}</h2>
          <p class="sub">
            <span class="num">
              {lat.toFixed(5)}, {lon.toFixed(5)}
            </span>
            {answer?.ok && answer.value.place.snappedM >= 1 && (
              <span>{w.snapped(w.metres(Math.round(answer.value.place.snappedM)))}</span>
            )}
            {answer?.ok && answer.value.place.closed && (
              <span class="warn">{closureWords.value.placeClosed}</span>
            )}
          </p>
        </>
      }
      foot={
        <>
          <Refusal text={refused.value} />
          <button
            type="button"
            class="button is-primary is-wide"
            disabled={busy.value}
            onClick={() => void create()}
          >
            {busy.value ? w.creating : w.createHere}
            <kbd>⏎</kbd>
          </button>
          <button type="button" class="button is-wide" onClick={() => startClosing({ lat, lon })}>
            {closureWords.value.thisRoad}
          </button>
        </>
      }
    >
      <h3>{w.nearest}</h3>
      {answer === null && <p class="empty">{w.searching}</p>}
      {answer?.ok === false && <Refusal text={refusalWords(answer)} />}
      {answer?.ok && <Candidates list={answer.value} sending={null} />}
      <form
        class="create"
        onSubmit={event => {
          event.preventDefault()
        }}
      >
        <Choice
          label={w.classOf}
          options={IncidentClass.options.map(one => [one, w.classes[one]] as const)}
          value={kind.value}
          onChoose={value => (kind.value = value)}
        />
        <div class="create-row">
          <Choice
            label={w.severityOf}
            options={Severity.options.map(one => [one, w.severities[one]] as const)}
            value={severity.value}
            onChoose={value => (severity.value = value)}
          />
        </div>
        <label class="field">
          <span class="field-label">{w.placeText}</span>
          <input
            type="text"
            maxLength={200}
            value={text.value ?? proposed}
            onInput={event => (text.value = event.currentTarget.value)}
          />
        </label>
      </form>
    </Card>
  )
}
