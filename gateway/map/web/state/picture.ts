import { batch, computed, signal } from '@preact/signals'
import type { AlarmView, IncidentView, StreamMessage, UnitView } from '#protocols/api.ts'
import { gatewayMs, hold, nowMs } from './clock.ts'
import type { Held } from './clock.ts'

/*
 * Everything the page knows, as the gateway said it. Messages change the maps below at once and the signals at most
 * five times a second, so that 5,000 reporting units cost five renderings and not 5,000.
 */
const PUBLISH_EVERY_MS = 200

const heldUnits = new Map<string, Held<UnitView>>()
const heldIncidents = new Map<string, Held<IncidentView>>()
const heldAlarms = new Map<string, Held<AlarmView>>()

export const units = signal<ReadonlyMap<string, Held<UnitView>>>(new Map())
export const incidents = signal<ReadonlyMap<string, Held<IncidentView>>>(new Map())
export const alarms = signal<ReadonlyMap<string, Held<AlarmView>>>(new Map())
/** Why the gateway says it cannot do everything; null when it can. */
export const degraded = signal<string | null>(null)
const lastWord = signal<Held<{ at: string }> | null>(null)

/** The gateway's wall clock, for the face of the clock only. */
export const gatewayTimeMs = computed(() =>
  lastWord.value === null ? null : gatewayMs(lastWord.value, nowMs.value),
)

export const unitsByCallSign = computed(() =>
  [...units.value.values()].sort((a, b) => a.view.callSign.localeCompare(b.view.callSign, 'zh-CN')),
)

/** Newest first, as the gateway lists them: by number. */
export const incidentsNewestFirst = computed(() =>
  [...incidents.value.values()].sort((a, b) => b.view.number.localeCompare(a.view.number)),
)

export const isOpen = ({ view }: Held<IncidentView>): boolean =>
  view.state !== 'resolved' && view.state !== 'cancelled'

/** Unacknowledged alarms, panic first, then the oldest. */
export const ringing = computed(() =>
  [...alarms.value.values()]
    .filter(({ view }) => view.acknowledgedAt === null)
    .sort(
      (a, b) =>
        Number(b.view.kind === 'panic') - Number(a.view.kind === 'panic') ||
        a.view.occurredAt.localeCompare(b.view.occurredAt),
    ),
)

let timer: ReturnType<typeof setTimeout> | null = null
let publishedAtMs = -Infinity

function publishSoon(): void {
  if (timer !== null) return
  const waitMs = Math.max(0, publishedAtMs + PUBLISH_EVERY_MS - performance.now())
  timer = setTimeout(publish, waitMs)
}

function publish(): void {
  timer = null
  publishedAtMs = performance.now()
  batch(() => {
    nowMs.value = performance.now()
    units.value = new Map(heldUnits)
    incidents.value = new Map(heldIncidents)
    alarms.value = new Map(heldAlarms)
  })
}

/** One message of the stream. A snapshot replaces everything. */
export function apply(message: StreamMessage): void {
  lastWord.value = hold(message, message.at)
  switch (message.type) {
    case 'snapshot':
      heldUnits.clear()
      heldIncidents.clear()
      heldAlarms.clear()
      for (const unit of message.data.units) heldUnits.set(unit.id, hold(unit, message.at))
      for (const incident of message.data.incidents)
        heldIncidents.set(incident.id, hold(incident, message.at))
      for (const alarm of message.data.alarms) heldAlarms.set(alarm.id, hold(alarm, message.at))
      degraded.value = null
      break
    case 'unit.changed':
      heldUnits.set(message.data.id, hold(message.data, message.at))
      break
    case 'incident.changed':
      takeIncident(message.data, message.at)
      break
    case 'alarm.changed':
      heldAlarms.set(message.data.id, hold(message.data, message.at))
      break
    case 'system.degraded':
      degraded.value = message.data.reason
      break
    case 'coverage.changed':
    case 'order.changed':
    case 'heartbeat':
      break
  }
  publishSoon()
}

/** An answer to our own request may be overtaken by the stream: the higher revision stays. */
export function takeIncident(incident: IncidentView, saidAt = incident.at): void {
  const before = heldIncidents.get(incident.id)
  if (before !== undefined && before.view.revision > incident.revision) return
  heldIncidents.set(incident.id, hold(incident, saidAt))
  publishSoon()
}

export function takeAlarm(alarm: AlarmView): void {
  heldAlarms.set(alarm.id, hold(alarm, alarm.at))
  publishSoon()
}
