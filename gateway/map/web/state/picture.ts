import { batch, computed, signal } from '@preact/signals'
import type { AlarmView, IncidentView, Snapshot, UnitView } from '#protocols/api.ts'
import type { ClosureView } from '#protocols/closures.ts'
import { gatewayMs, hold, nowMs } from './clock.ts'
import type { Held } from './clock.ts'
import { closures } from './closures.ts'
import { takeCoverage } from './coverage.ts'
import { UnitNumbers } from './stream-news.ts'
import type { News, PackedMoves, SingleMessage } from './stream-news.ts'

/*
 * Everything the page knows, as the gateway said it. Messages change the maps below at once and the signals at most
 * five times a second, units of a large fleet once a second: 5,000 reporting units cost one rendering and not 5,000.
 */
const PUBLISH_EVERY_MS = 200
const LARGE_FLEET = 500
const LARGE_FLEET_EVERY_MS = 1_000

const numbers = new UnitNumbers()
/** By number. */
const heldUnits: Held<UnitView>[] = []
const heldIncidents = new Map<string, Held<IncidentView>>()
const heldAlarms = new Map<string, Held<AlarmView>>()
const heldClosures = new Map<string, Held<ClosureView>>()

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
  const sorted: Held<UnitView>[] = []
  for (const id of order) {
    const held = all.get(id)
    if (held !== undefined) sorted.push(held)
  }
  return sorted
})
export const unitCount = computed(() => units.value.size)

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
  const everyMs = heldUnits.length < LARGE_FLEET ? PUBLISH_EVERY_MS : LARGE_FLEET_EVERY_MS
  const unitsAreDue = unitsChanged && publishedAtMs - unitsPublishedAtMs >= everyMs - 20
  batch(() => {
    if (eventsChanged || heldUnits.length < LARGE_FLEET) nowMs.value = performance.now()
    if (unitsAreDue) units.value = unitsById()
    if (eventsChanged) {
      incidents.value = new Map(heldIncidents)
      alarms.value = new Map(heldAlarms)
      closures.value = new Map(heldClosures)
    }
  })
  eventsChanged = false
  if (unitsAreDue) {
    unitsChanged = false
    unitsPublishedAtMs = publishedAtMs
  } else if (unitsChanged) publishSoon()
}

function unitsById(): ReadonlyMap<string, Held<UnitView>> {
  const byId = new Map<string, Held<UnitView>>()
  for (const held of heldUnits) byId.set(held.view.id, held)
  return byId
}

/** What the stream told. A snapshot replaces everything. */
export function apply(news: Extract<News, { kind: 'message' | 'units' | 'moves' }>): void {
  switch (news.kind) {
    case 'message':
      lastWord.value = hold(news.message, news.message.at)
      takeMessage(news.message)
      break
    case 'units':
      lastWord.value = hold(news, news.at)
      for (const { view, oldMs } of news.units) takeUnit(view, performance.now() - oldMs)
      break
    case 'moves':
      lastWord.value = hold(news, news.at)
      takeMoves(news.moves, news.at)
      break
  }
  publishSoon()
}

function takeMessage(message: SingleMessage): void {
  switch (message.type) {
    case 'snapshot':
      takeSnapshot(message.data, message.at)
      break
    case 'incident.changed':
      takeIncident(message.data, message.at)
      break
    case 'alarm.changed':
      heldAlarms.set(message.data.id, hold(message.data, message.at))
      eventsChanged = true
      break
    case 'closure.changed':
      takeClosure(message.data, message.at)
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
}

function takeSnapshot(snapshot: Snapshot, at: string): void {
  numbers.clear()
  heldUnits.length = 0
  heldIncidents.clear()
  heldAlarms.clear()
  heldClosures.clear()
  for (const unit of snapshot.units) takeUnit(unit, hold(unit, at).trueAtMs)
  for (const incident of snapshot.incidents) heldIncidents.set(incident.id, hold(incident, at))
  for (const alarm of snapshot.alarms) heldAlarms.set(alarm.id, hold(alarm, at))
  for (const closure of snapshot.closures) heldClosures.set(closure.id, hold(closure, at))
  if (snapshot.coverage !== null) takeCoverage(snapshot.coverage, at)
  degraded.value = null
  unitsPublishedAtMs = -Infinity
  isOrderOld = unitsChanged = eventsChanged = true
}

function takeUnit(view: UnitView, trueAtMs: number): void {
  const n = numbers.of(view.id)
  if (heldUnits[n]?.view.callSign !== view.callSign) isOrderOld = true
  heldUnits[n] = { view, trueAtMs }
  unitsChanged = true
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/**
 * Everything but place, speed, course and ages stays as it was last said. The view is the page's own copy and is written
 * in place: new ones for thousands of units a second would keep the garbage collector busy.
 */
function takeMoves({ numbers: moved, columns }: PackedMoves, at: string): void {
  const trueAtMs = performance.now()
  const count = moved.length
  const [latAt, lonAt, speedAt, trackAt, fixAgeAt, heardAgeAt] = [0, 1, 2, 3, 4, 5].map(n => n * count)
  const column = (start: number | undefined, n: number): number => columns[start! + n]!
  for (let n = 0; n < count; n += 1) {
    const view: Mutable<UnitView> | undefined = heldUnits[moved[n]!]?.view
    const position: Mutable<NonNullable<UnitView['position']>> | null | undefined = view?.position
    if (view === undefined || !position) continue
    const heardAgeMs = column(heardAgeAt, n)
    const [speedMps, trackDeg] = [column(speedAt, n), column(trackAt, n)]
    view.at = at
    view.heardAgeMs = Number.isNaN(heardAgeMs) ? null : heardAgeMs
    position.lat = column(latAt, n)
    position.lon = column(lonAt, n)
    position.ageMs = column(fixAgeAt, n)
    position.speedMps = Number.isNaN(speedMps) ? undefined : speedMps
    position.trackDeg = Number.isNaN(trackDeg) ? undefined : trackDeg
    heldUnits[moved[n]!] = { view, trueAtMs }
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

/** A closure that ended stays ended, whichever of our answers and the stream comes last. */
export function takeClosure(closure: ClosureView, saidAt = closure.at): void {
  if (heldClosures.get(closure.id)?.view.state === 'ended' && closure.state !== 'ended') return
  heldClosures.set(closure.id, hold(closure, saidAt))
  eventsChanged = true
  publishSoon()
}
