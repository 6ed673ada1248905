import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import type { UnitView } from '#protocols/api.ts'
import { equipmentLook } from '../look/equipment-look.ts'
import { fixAgeMs, freshnessNow, lookOf } from '../look/unit-look.ts'
import { Icon } from '../look/icons.tsx'
import { UnitMark } from '../look/unit-mark.tsx'
import { reachOf } from '../state/coverage-roads.ts'
import { useHotkey } from '../state/hotkeys.ts'
import { nowMs } from '../state/clock.ts'
import type { Held } from '../state/clock.ts'
import { gridNames } from '../state/city-data.ts'
import { flyTo, focus } from '../state/focus.ts'
import { incidents } from '../state/picture.ts'
import { agoWords, words } from '../words/words.ts'
import { Card } from './card.tsx'

/** A few records are always on their way; more means that the link does not keep up. */
const QUEUE_WORTH_TELLING = 5

/** Everything known of one unit, with the age of what is known. */
export function UnitCard({ held }: { held: Held<UnitView> }) {
  const w = words.value
  const { view } = held
  const power = view.drivers?.power
  const equipment = equipmentLook(view.equipment)
  const fresh = freshnessNow(held, nowMs.value)
  const stale = fresh === 'stale' || fresh === 'never'
  const ageMs = fixAgeMs(held, nowMs.value)
  const gridName = (id: string | null): string =>
    id === null ? w.outsideGrids : (gridNames.value.get(id) ?? id)
  const incident = view.assignment === null ? undefined : incidents.value.get(view.assignment.incidentId)
  const waiting =
    view.queue === null ? 0 : view.queue.alarm + view.queue.event + view.queue.track + view.queue.diag
  useHotkey('g', () => toggleReach(view.id))
  useEffect(() => {
    // The circles of a unit nobody looks at any more would pass for the city's.
    return () => {
      reachOf.value = null
    }
  }, [view.id])
  return (
    <Card
      label={view.callSign}
      head={
        <>
          <div class="unit-title">
            <UnitMark look={lookOf(view)} stale={stale} large />
            <h2>{view.callSign}</h2>
            <span class="tag" data-look={lookOf(view)}>
              {w.unitLooks[lookOf(view)]}
            </span>
          </div>
          <p class="sub">
            {ageMs === null ? w.noPosition : w.lastSeen(agoWords(ageMs))}
            {view.link === 'down' && (
              <span class="warn">{power?.phase === 'shutting_down' ? w.wentOff : w.linkDown}</span>
            )}
            {view.link === 'up' && power?.phase === 'survival' && (
              <span class="warn" data-power="survival">
                {w.batteryLow(power.batteryVolts)}
              </span>
            )}
            {view.link === 'up' && power?.endsInMs !== undefined && power.phase !== 'shutting_down' && (
              <span class="warn" data-power="ends">
                {w.goesOff}
              </span>
            )}
          </p>
        </>
      }
    >
      {incident && (
        <button
          type="button"
          class="button is-wide"
          onClick={() => {
            focus.value = { kind: 'incident', id: incident.view.id }
            flyTo(incident.view.place)
          }}
        >
          {w.classes[incident.view.class]} · {incident.view.place.text}
        </button>
      )}
      <button
        type="button"
        class="button is-wide"
        aria-pressed={reachOf.value === view.id}
        onClick={() => toggleReach(view.id)}
      >
        <Icon name="reach" />
        {reachOf.value === view.id ? w.hideReach : w.showReach}
        <kbd>G</kbd>
      </button>
      <dl class="facts">
        <Fact name={w.currentGrid}>{gridName(view.gridId)}</Fact>
        <Fact name={w.homeGrid}>{gridName(view.homeGridId)}</Fact>
        <Fact name={w.fix}>
          {view.position === null
            ? w.noPosition
            : `${w.freshness[fresh]}${view.position.satsUsed === undefined ? '' : ` · ${w.satellites(view.position.satsUsed, view.position.satsSeen ?? view.position.satsUsed)}`}`}
        </Fact>
        <Fact name={w.speed}>
          {view.position?.speedMps === undefined || fresh !== 'live'
            ? '—'
            : `${Math.round(view.position.speedMps * 3.6)} ${w.kmh}`}
        </Fact>
        <Fact name={w.linkWord}>
          {view.link === 'up' ? w.linkUp : w.linkDown}
          {waiting >= QUEUE_WORTH_TELLING && ` · ${w.queued(waiting)}`}
        </Fact>
        <Fact name={w.store}>{view.store === null ? '—' : w.stores[view.store]}</Fact>
        <Fact name={w.equipment}>
          <span class="chips">
            {equipment.on.map(channel => (
              <span class="chip is-on" key={channel}>
                {w.channelOn[channel]}
              </span>
            ))}
            {equipment.unknown.map(channel => (
              <span class="chip" key={channel}>
                {w.channelUnknown[channel]}
              </span>
            ))}
            {equipment.on.length + equipment.unknown.length === 0 &&
              (equipment.isAbsent ? w.equipmentNone : '—')}
          </span>
        </Fact>
      </dl>
    </Card>
  )
}

const toggleReach = (unitId: string): void => {
  reachOf.value = reachOf.value === unitId ? null : unitId
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
