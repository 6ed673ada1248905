import { batch, computed, signal } from '@preact/signals'
import type { AlarmView, IncidentView, StreamMessage, UnitMoves, UnitView } from '#protocols/api.ts'
import { gatewayMs, hold, nowMs } from './clock.ts'
import type { Held } from './clock.ts'
import { takeCoverage } from './coverage.ts'

/*
 * Everything the page knows, as the gateway said it. Messages change the maps below at once and the signals at most
 * five times a second, units of a large fleet once a second: 5,000 reporting units cost one rendering and not 5,000.
 */
const PUBLISH_EVERY_MS = 200
const LARGE_FLEET = 500
const LARGE_FLEET_EVERY_MS = 1_000

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
  lastWord.value === null ? null : Math.floor(gatewayMs(lastWord.value, nowMs.value) / 1000) * 1000,
)

const collator = new Intl.Collator('zh-CN', { numeric: true })
/** Sorting thousands of names takes longer than drawing them: the order is kept until a name comes or changes. */
let order: readonly string[] = []
let isOrderOld = false

export const unitsByCallSign = computed(() => {
  const all = units.value
  if (isOrderOld || order.length !== all.size) {
    const callSignOf = (id: string): string => all.get(id)?.view.callSign ?? id
    order = [...all.keys()].sort((a, b) => collator.compare(callSignOf(a), callSignOf(b)))
    isOrderOld = false
  }
  return order.flatMap(id => all.get(id) ?? [])
})

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
let unitsPublishedAtMs = -Infinity
let unitsChanged = false
let eventsChanged = false

function publishSoon(): void {
  if (timer !== null) return
  const waitMs = Math.max(0, publishedAtMs + PUBLISH_EVERY_MS - performance.now())
  timer = setTimeout(publish, waitMs)
}

function publish(): void {
  timer = null
  publishedAtMs = performance.now()
  const everyMs = heldUnits.size < LARGE_FLEET ? PUBLISH_EVERY_MS : LARGE_FLEET_EVERY_MS
  const unitsAreDue = unitsChanged && publishedAtMs - unitsPublishedAtMs >= everyMs - 20
  batch(() => {
    if (eventsChanged || heldUnits.size < LARGE_FLEET) nowMs.value = performance.now()
    if (unitsAreDue) units.value = new Map(heldUnits)
    if (eventsChanged) {
      incidents.value = new Map(heldIncidents)
      alarms.value = new Map(heldAlarms)
    }
  })
  eventsChanged = false
  if (unitsAreDue) {
    unitsChanged = false
    unitsPublishedAtMs = publishedAtMs
  } else if (unitsChanged) publishSoon()
}

/** One message of the stream. A snapshot replaces everything. */
export function apply(message: StreamMessage): void {
  lastWord.value = hold(message, message.at)
  switch (message.type) {
    case 'snapshot':
      heldUnits.clear()
      heldIncidents.clear()
      heldAlarms.clear()
      for (const unit of message.data.units) takeUnit(unit, message.at)
      for (const incident of message.data.incidents)
        heldIncidents.set(incident.id, hold(incident, message.at))
      for (const alarm of message.data.alarms) heldAlarms.set(alarm.id, hold(alarm, message.at))
      if (message.data.coverage !== null) takeCoverage(message.data.coverage, message.at)
      degraded.value = null
      unitsPublishedAtMs = -Infinity
      unitsChanged = eventsChanged = true
      break
    case 'unit.changed':
      takeUnit(message.data, message.at)
      break
    case 'units.moved':
      takeMoves(message.data, message.at)
      break
    case 'incident.changed':
      takeIncident(message.data, message.at)
      break
    case 'alarm.changed':
      heldAlarms.set(message.data.id, hold(message.data, message.at))
      eventsChanged = true
      break
    case 'coverage.changed':
      takeCoverage(message.data, message.at)
      break
    case 'system.degraded':
      degraded.value = message.data.reason
      break
    case 'order.changed':
    case 'resync':
    case 'resumed':
    case 'heartbeat':
      break
  }
  publishSoon()
}

function takeUnit(unit: UnitView, saidAt: string): void {
  if (heldUnits.get(unit.id)?.view.callSign !== unit.callSign) isOrderOld = true
  heldUnits.set(unit.id, hold(unit, saidAt))
  unitsChanged = true
}

/** Everything but place, speed, course and ages stays as it was last said. */
function takeMoves(moves: UnitMoves, at: string): void {
  const trueAtMs = performance.now()
  for (const [n, id] of moves.ids.entries()) {
    const before = heldUnits.get(id)?.view
    if (before === undefined || before.position === null) continue
    const { speedMps: _, trackDeg: __, ...position } = before.position
    const [speedMps, trackDeg] = [moves.speedMps[n], moves.trackDeg[n]]
    const view: UnitView = {
      ...before,
      at,
      heardAgeMs: moves.heardAgeMs[n] ?? null,
      position: {
        ...position,
        lat: moves.lat[n] ?? position.lat,
        lon: moves.lon[n] ?? position.lon,
        ageMs: moves.fixAgeMs[n] ?? 0,
        ...(typeof speedMps === 'number' && { speedMps }),
        ...(typeof trackDeg === 'number' && { trackDeg }),
      },
    }
    heldUnits.set(id, { view, trueAtMs })
  }
  unitsChanged = true
}

/** An answer to our own request may be overtaken by the stream: the higher revision stays. */
export function takeIncident(incident: IncidentView, saidAt = incident.at): void {
  const before = heldIncidents.get(incident.id)
  if (before !== undefined && before.view.revision > incident.revision) return
  heldIncidents.set(incident.id, hold(incident, saidAt))
  eventsChanged = true
  publishSoon()
}

export function takeAlarm(alarm: AlarmView): void {
  heldAlarms.set(alarm.id, hold(alarm, alarm.at))
  eventsChanged = true
  publishSoon()
}
