import { useSignal } from '@preact/signals'
import type { AlarmView } from '#protocols/api.ts'
import { Icon } from '../look/icons.tsx'
import { grown, nowMs } from '../state/clock.ts'
import type { Held } from '../state/clock.ts'
import { flyTo, focus } from '../state/focus.ts'
import { useHotkey } from '../state/hotkeys.ts'
import { acknowledgeAlarm } from '../state/gateway-http.ts'
import { ringing, takeAlarm, units } from '../state/picture.ts'
import { alarmDetailWords } from '../words/alarm-words.ts'
import { ageWords, refusalWords, timeWords, words } from '../words/words.ts'

/** Rows for people in danger, and for devices that did not do their work: the map must stay in sight. */
const PANICS_SHOWN = 3
const OTHERS_SHOWN = 1
/** A press this much older than its arrival was made without a link. */
const LATE_MS = 10_000

/** The top of the screen belongs to alarms until a person has acknowledged each of them. */
export function AlarmStrip() {
  const all = ringing.value
  if (all.length === 0) return null
  const panics = all.filter(({ view }) => view.kind === 'panic')
  const others = all.filter(({ view }) => view.kind !== 'panic')
  const shown = [...panics.slice(0, PANICS_SHOWN), ...others.slice(0, OTHERS_SHOWN)]
  return (
    <div class="alarms" role="alert">
      {shown.map((held, n) => (
        <AlarmRow key={held.view.id} held={held} isFirst={n === 0} />
      ))}
      {all.length > shown.length && (
        <p class="more-alarms" data-panic={panics.length > PANICS_SHOWN}>
          {words.value.moreAlarms(all.length - shown.length)}
        </p>
      )}
    </div>
  )
}

/** A position of the press itself needs no age; an older one must not pass for it. */
function positionWords(position: AlarmView['position']): string {
  const w = words.value
  if (position === null) return w.alarmNoPosition
  return position.ageMs < 5000 ? w.alarmPositionFresh : w.alarmPosition(ageWords(position.ageMs))
}

function AlarmRow({ held, isFirst }: { held: Held<AlarmView>; isFirst: boolean }) {
  const w = words.value
  const { view } = held
  const busy = useSignal(false)
  const refused = useSignal<string | null>(null)
  const age = ageWords(grown(view.ageMs, held, nowMs.value))
  const unit = view.unitId === null ? undefined : units.value.get(view.unitId)
  const at = view.position ?? unit?.view.position ?? null

  const acknowledge = async (): Promise<void> => {
    if (busy.value) return
    busy.value = true
    const answer = await acknowledgeAlarm(view.id)
    busy.value = false
    if (answer.ok) takeAlarm(answer.value)
    else refused.value = refusalWords(answer)
  }
  const locate = (): void => {
    const now = unit?.view.position ?? at
    if (now !== null) flyTo(now)
    if (view.unitId !== null && unit !== undefined) focus.value = { kind: 'unit', id: view.unitId }
  }
  useHotkey('a', isFirst ? () => void acknowledge() : null)
  return (
    <div class="alarm" data-kind={view.kind} data-alarm={view.id}>
      <Icon name="alarm" />
      <p class="alarm-what">
        <b>{w.alarmKinds[view.kind]}</b>
        <b class="alarm-who">{view.callSign}</b>
      </p>
      <p class="alarm-when">
        <b>{view.kind === 'panic' ? w.alarmAt(age) : w.alarmHappened(age)}</b>
        <span class="num">{timeWords(view.occurredAt)}</span>
      </p>
      <p class="alarm-more">
        {view.arrivedAfterMs >= LATE_MS && <span>{w.alarmLate(ageWords(view.arrivedAfterMs))}</span>}
        {view.kind === 'panic' && <span>{positionWords(view.position)}</span>}
        {!view.stored && <span>{w.alarmUnstored}</span>}
        {view.detail !== '' && <span>{alarmDetailWords(view, w)}</span>}
        {refused.value !== null && <b>{refused.value}</b>}
      </p>
      <span class="alarm-actions">
        <button type="button" class="button" disabled={at === null} onClick={locate}>
          <Icon name="target" />
          {w.locate}
        </button>
        <button
          type="button"
          class="button is-solid"
          disabled={busy.value}
          onClick={() => void acknowledge()}
        >
          <Icon name="check" />
          {w.acknowledge}
          {isFirst && <kbd>A</kbd>}
        </button>
      </span>
    </div>
  )
}
