import { randomUUID } from 'node:crypto'
import type {
  AlarmView,
  AssignmentView,
  IncidentCreate,
  IncidentView,
  OrderCreate,
  Recommendation,
  UnitView,
} from '#protocols/api.ts'
import type { CoverageView } from '#protocols/coverage.ts'
import type { AssignmentState, Moment } from '#protocols/incident.ts'
import { pointInPolygon } from '#protocols/geo/polygon.ts'
import { bearingDeg, distanceM } from '#protocols/geo/sphere.ts'
import { createStreamHub } from '#gateway/api/stream.ts'
import { RoadWeights } from '#gateway/reach/weights.ts'
import { roadLineBytes } from '#gateway/roads/road-lines.ts'
import { wishOf } from '#gateway/api/stream-socket.ts'
import type { Change } from '#gateway/loop/effects.ts'
import { systemClock } from '#gateway/system-clock.ts'
import {
  fakeColdSpots,
  fakeCost,
  fakeCoverage,
  fakeForeseen,
  fakeMoveUps,
  fakeRoadTimes,
  fakeTown,
  graphOfTown,
} from './fake-coverage.ts'
import { openFakeServer, problem } from './fake-server.ts'
import type { Asked, FakeServer, Reply } from './fake-server.ts'

export type FakeGateway = FakeServer & {
  readonly units: Map<string, UnitView>
  readonly incidents: Map<string, IncidentView>
  /** An incident as if somebody else had made it `agoMs` ago; sent to `unitId` when one is named. */
  happen(
    incident: IncidentCreate,
    agoMs?: number,
    unitId?: string,
    steps?: readonly AssignmentState[],
  ): IncidentView
  change(id: string, patch: Partial<UnitView>): void
  /** The crew of an order takes a step, as its terminal would report it. */
  step(orderId: string, state: AssignmentState): void
  alarm(patch: Partial<AlarmView>): AlarmView
  /** Every unit reports a little further on, now and again every so many milliseconds. */
  move(everyMs: number): void
  movesSent(): number
  /** Of every stream in turn what it asked for, and `snapshot` or `resumed` when that was sent. */
  readonly streams: readonly string[]
}

const CALL_SIGNS = ['巡01', '巡02', '巡03', '巡04', '巡05', '巡06', '巡07', '巡08']
const MOMENT_OF: Partial<Record<AssignmentState, Moment>> = {
  delivered: 'tDelivered',
  signed: 'tSigned',
  enroute: 'tEnroute',
  on_scene: 'tArrived',
  cleared: 'tCleared',
}

/** North of this the fake has no roads. */
export const OFF_ROAD_LAT = 35.7
const OFF_ROAD: Reply = { status: 422, body: problem(422, 'PLACE_OFF_ROAD', 'no road within reach') }

const town = fakeTown
const isoOf = (ms: number): string => new Date(ms).toISOString()

/**
 * A gateway that answers as `protocols/api.ts` says and thinks as little as possible: straight lines instead of roads.
 * `autoplay` drives the units along the streets and lets crews sign and arrive by themselves, for looking at the page.
 */
export async function openFakeGateway(
  options: {
    readonly autoplay?: boolean
    /** So many units instead of eight, spread over the town. */
    readonly fleet?: number
    /** Coverage as if the units reached as far as they do by straight line. */
    readonly coverage?: boolean
  } = {},
): Promise<FakeGateway> {
  const units = new Map<string, UnitView>()
  const incidents = new Map<string, IncidentView>()
  const alarms = new Map<string, AlarmView>()
  const timers = new Set<NodeJS.Timeout>()
  let numbered = 6
  let movesSent = 0
  const streams: string[] = []
  let tick = 0
  let coverage: CoverageView | null = null
  let moveUps = fakeMoveUps()

  const listOf = <T>(map: Map<string, T>): T[] => [...map.values()]
  const aged = <T extends { at: string; ageMs: number }>(view: T): T => ({
    ...view,
    ageMs: view.ageMs + Date.now() - Date.parse(view.at),
    at: isoOf(Date.now()),
  })
  const newestFirst = (): IncidentView[] => listOf(incidents).map(aged).reverse()

  const server: FakeServer = await openFakeServer({
    page: 'map',
    answer,
    // The gateway's own stream: what a page must cope with is what it really does.
    join: (socket, url) => {
      streams.push(new URL(url, 'http://fake').search)
      const leave = hub.join(
        {
          bufferedBytes: () => socket.bufferedAmount,
          isSilent: () => false,
          send: text => {
            const [, begins] = /"type":"(snapshot|resumed)"/.exec(text.slice(0, 120)) ?? []
            if (begins !== undefined) streams.push(begins)
            socket.send(text)
          },
          close: (code, reason) => socket.close(code, reason),
        },
        wishOf(url),
      )
      socket.on('close', leave)
    },
  })
  const hub = createStreamHub({
    clock: systemClock(),
    metrics: { streamClients: () => undefined, streamDropped: () => undefined },
    snapshot: () => ({
      units: listOf(units),
      incidents: newestFirst(),
      alarms: listOf(alarms).map(aged),
      closures: [],
      coverage,
    }),
  })
  const tell = (change: Change): void => hub.publish([change])

  function answer(asked: Asked, url: URL): Reply | null {
    const route = `${asked.method} ${asked.path}`
    if (route === 'GET /v1/units') return found({ units: listOf(units) })
    if (route === 'GET /v1/incidents') return found({ incidents: newestFirst() })
    if (route === 'GET /v1/alarms') return found({ alarms: listOf(alarms) })
    if (route === 'GET /v1/roads') return found(roads())
    if (route === 'GET /v1/grids') return found({ type: 'FeatureCollection', features: town.grids })
    if (route === 'GET /v1/city') return found(surroundings())

    if (route === 'GET /v1/roads/lines') return found(lines)
    if (route === 'GET /v1/coverage/roads') {
      const without = url.searchParams.get('without')?.split(',') ?? []
      return found(
        fakeRoadTimes(
          listOf(units).filter(unit => !without.includes(unit.id)),
          tick,
        ),
      )
    }
    if (route === 'GET /v1/coverage/foreseen') {
      const sent = url.searchParams.get('units')?.split(',') ?? []
      return found(fakeForeseen(listOf(units).filter(unit => sent.includes(unit.id))))
    }
    const [, moveUpId, decided] = /^POST \/v1\/moveups\/([^/]+)\/(accept|decline)$/.exec(route) ?? []
    if (moveUpId !== undefined) return decideMoveUp(moveUpId, decided === 'accept')
    if (route === 'GET /v1/reach/roads')
      return found(
        fakeRoadTimes(
          listOf(units).filter(u => u.id === url.searchParams.get('unit')),
          tick,
        ),
      )
    if (route === 'GET /v1/coldspots') return found(fakeColdSpots())
    const [, warned] = /^POST \/v1\/warnings\/([^/]+)\/acknowledge$/.exec(route) ?? []
    if (warned !== undefined)
      return found(coverage?.grids.find(grid => grid.gridId === decodeURIComponent(warned)))
    if (route === 'GET /v1/nearest')
      return found(nearest(Number(url.searchParams.get('lat')), Number(url.searchParams.get('lon'))))
    if (route === 'POST /v1/incidents') return { status: 201, body: create(asked.body as IncidentCreate) }
    if (route === 'POST /v1/orders') return order(asked.body as OrderCreate)
    const [, kind, id, verb] = /^POST \/v1\/(incidents|alarms)\/([^/]+)\/(\w+)$/.exec(route) ?? []
    if (kind === 'alarms' && verb === 'acknowledge') return found(acknowledge(decodeURIComponent(id!)))
    const incident = incidents.get(id ?? '')
    if (incident === undefined) return null
    if (verb === 'recommendations' && incident.place.lat > OFF_ROAD_LAT) return OFF_ROAD
    if (verb === 'recommendations') return found(nearest(incident.place.lat, incident.place.lon))
    if (verb === 'close') return found(putIncident({ ...incident, state: 'resolved' }))
    return null
  }
  const found = (body: unknown): Reply => ({ status: 200, body })

  function nearest(lat: number, lon: number): Recommendation {
    const place = { lat, lon }
    const free = listOf(units).filter(
      unit => unit.position !== null && unit.freshness !== 'stale' && unit.assignment === null,
    )
    const grid = gridAt(lat, lon)
    const candidates = free
      .map(unit => {
        const roadSeconds = Math.round((distanceM(unit.position!, place) * 1.35) / 10)
        const turnoutSeconds = (unit.position?.speedMps ?? 0) > 1 ? 0 : 10
        const heading = bearingDeg(unit.position!, place)
        const away = Math.cos(((heading - (unit.position?.trackDeg ?? heading)) * Math.PI) / 180) < -0.3
        return {
          unitId: unit.id,
          callSign: unit.callSign,
          etaSeconds: roadSeconds + turnoutSeconds,
          roadSeconds,
          turnoutSeconds,
          etaLowSeconds: roadSeconds + turnoutSeconds,
          etaHighSeconds: roadSeconds + turnoutSeconds + (unit.freshness === 'ageing' ? 25 : 0),
          etaBasis: 'profile' as const,
          etaSamples: 0,
          etaP80Seconds: null,
          fixAgeMs: unit.position!.ageMs,
          reasons:
            unit.gridId === grid ? (['own_grid'] as const).slice() : (['adjacent_grid'] as const).slice(),
          ...(options.coverage && { coverageCost: fakeCost(unit) }),
          warnings: [
            ...(unit.freshness === 'ageing' ? (['fix_ageing'] as const) : []),
            ...(away ? (['heading_away'] as const) : []),
          ],
        }
      })
      .sort((a, b) => a.etaSeconds - b.etaSeconds)
      .map((candidate, rank) =>
        rank === 0 ? { ...candidate, reasons: [...candidate.reasons, 'nearest_eta' as const] } : candidate,
      )
    return {
      at: isoOf(Date.now()),
      place: { lat, lon, snappedM: 12, road: town.network.edges[900]?.name ?? '', closed: false },
      candidates: candidates.slice(0, 5),
      excluded: listOf(units)
        .filter(unit => !free.includes(unit))
        .map(unit => ({
          unitId: unit.id,
          callSign: unit.callSign,
          excludedBy: unit.assignment ? ('already_assigned' as const) : ('stale_fix' as const),
        })),
    }
  }

  function decideMoveUp(id: string, accepted: boolean): Reply {
    const open = coverage?.moveUps.find(one => one.id === id && one.state === 'proposed')
    if (coverage === null || open === undefined)
      return { status: 404, body: problem(404, 'MOVE_UP_UNKNOWN', id) }
    const taken = { ...open, state: 'accepted' as const, orderId: 'ord-mov-2', sinceMs: 0 }
    moveUps = moveUps.flatMap(one => (one.id !== id ? [one] : accepted ? [taken] : []))
    coverage = { ...coverage, moveUps }
    tell({ type: 'coverage.changed', data: coverage })
    return found(accepted ? taken : open)
  }

  function create(body: IncidentCreate, ageMs = 0): IncidentView {
    numbered += 1
    const { lat, lon } = body.place
    return putIncident({
      id: `inc-${numbered}`,
      number: `JQ-20261124-${String(numbered).padStart(4, '0')}`,
      class: body.class ?? 'unknown',
      severity: body.severity ?? 'normal',
      state: 'received',
      source: body.source ?? 'api',
      place: { lat, lon, text: body.place.text || '大成路附近' },
      gridId: gridAt(lat, lon),
      revision: 1,
      exercise: body.exercise ?? false,
      times: { tReceived: { system: isoOf(Date.now() - ageMs) } },
      ageMs,
      at: isoOf(Date.now()),
      targetSeconds: 300,
      assignments: [],
    })
  }

  function putIncident(incident: IncidentView): IncidentView {
    const next = { ...aged(incident), revision: incident.revision + 1 }
    incidents.set(next.id, next)
    tell({ type: 'incident.changed', data: next })
    return next
  }

  function order(body: OrderCreate): Reply {
    if (body.kind === 'cancel') {
      step(body.orderId, 'cancelled')
      return { status: 201, body: orderView(body.orderId, 'cancel', 'ptu-1', null) }
    }
    if (body.kind !== 'dispatch') return { status: 400, body: problem(400, 'BODY_INVALID', 'kind') }
    const unit = units.get(body.unitId)
    const incident = incidents.get(body.incidentId)
    if (!unit || !incident) return { status: 404, body: problem(404, 'UNIT_UNKNOWN', body.unitId) }
    if (unit.assignment) return { status: 409, body: problem(409, 'ALREADY_ASSIGNED', unit.callSign) }
    const orderId = `ord-${randomUUID().slice(0, 8)}`
    assign(incident, unit, orderId, 0)
    if (options.autoplay)
      (['delivered', 'signed', 'enroute'] as const).forEach((state, n) => {
        timers.add(setTimeout(() => step(orderId, state), [500, 3000, 6000][n]))
      })
    return { status: 201, body: orderView(orderId, 'dispatch', unit.id, incident.id) }
  }
  const orderView = (id: string, kind: string, unitId: string, incidentId: string | null): unknown => ({
    id,
    kind,
    unitId,
    incidentId,
    issuedAt: isoOf(Date.now()),
    issuedBy: 'local',
    outcome: null,
    receiptAt: null,
    code: null,
  })

  function assign(incident: IncidentView, unit: UnitView, orderId: string, agoMs: number): void {
    const assignment: AssignmentView = {
      orderId,
      unitId: unit.id,
      callSign: unit.callSign,
      state: 'dispatched',
      times: { tDispatched: { system: isoOf(Date.now() - agoMs) } },
      etaSeconds: Math.round((distanceM(unit.position!, incident.place) * 1.35) / 10),
      nearSince: null,
      declaredFarM: null,
    }
    putIncident({ ...incident, state: 'dispatched', assignments: [...incident.assignments, assignment] })
    change(unit.id, {
      availability: 'assigned',
      assignment: { incidentId: incident.id, orderId, state: 'dispatched' },
    })
  }

  function step(orderId: string, state: AssignmentState, agoMs = 0): void {
    const incident = listOf(incidents).find(one => one.assignments.some(a => a.orderId === orderId))
    const unit = listOf(units).find(one => one.assignment?.orderId === orderId)
    if (!incident) return
    const moment = MOMENT_OF[state]
    const at = isoOf(Date.now() - agoMs)
    const slot = state === 'delivered' ? 'system' : 'declared'
    putIncident({
      ...incident,
      state: state === 'on_scene' ? 'attended' : state === 'cleared' ? 'resolved' : 'responding',
      assignments: incident.assignments.map(a =>
        a.orderId === orderId
          ? { ...a, state, times: moment ? { ...a.times, [moment]: { [slot]: at } } : a.times }
          : a,
      ),
    })
    const ended = state === 'cleared' || state === 'cancelled' || state === 'refused'
    if (unit)
      change(unit.id, {
        availability: ended ? 'available' : 'assigned',
        assignment: ended ? null : { incidentId: incident.id, orderId, state },
      })
  }

  function happen(
    body: IncidentCreate,
    agoMs = 0,
    unitId?: string,
    steps: readonly AssignmentState[] = [],
  ): IncidentView {
    const incident = create(body, agoMs)
    const unit = unitId === undefined ? undefined : units.get(unitId)
    if (unit === undefined) return incident
    const orderId = `ord-${incident.id}`
    const startMs = agoMs * 0.9
    assign(incident, unit, orderId, startMs)
    steps.forEach((state, n) => step(orderId, state, startMs * (1 - (n + 1) / (steps.length + 1))))
    return incidents.get(incident.id)!
  }

  function change(id: string, patch: Partial<UnitView>): void {
    const before = units.get(id)
    if (!before) return
    const next: UnitView = { ...before, at: isoOf(Date.now()), ...patch }
    units.set(id, next)
    tell({ type: 'unit.changed', data: next })
  }

  function alarm(patch: Partial<AlarmView>): AlarmView {
    const at = units.get(patch.unitId ?? 'ptu-7')?.position
    const next: AlarmView = {
      id: `ptu-7/1/alarm/${alarms.size + 1}`,
      kind: 'panic',
      deviceId: 'ptu-7',
      unitId: 'ptu-7',
      callSign: '巡07',
      occurredAt: isoOf(Date.now() - (patch.ageMs ?? 0)),
      ageMs: 0,
      arrivedAfterMs: 400,
      at: isoOf(Date.now()),
      position: at ? { lat: at.lat, lon: at.lon, ageMs: 900 } : null,
      stored: true,
      acknowledgedAt: null,
      acknowledgedBy: null,
      detail: '',
      ...patch,
    }
    alarms.set(next.id, next)
    tell({ type: 'alarm.changed', data: next })
    if (next.kind === 'panic' && next.unitId) change(next.unitId, { emergency: true })
    return next
  }

  function acknowledge(id: string): AlarmView | undefined {
    const before = alarms.get(id)
    if (!before) return undefined
    const next = { ...aged(before), acknowledgedAt: isoOf(Date.now()), acknowledgedBy: 'local' }
    alarms.set(id, next)
    tell({ type: 'alarm.changed', data: next })
    return next
  }

  const callSigns =
    options.fleet === undefined
      ? CALL_SIGNS
      : Array.from({ length: options.fleet }, (_, n) => `巡${String(n + 1).padStart(4, '0')}`)
  callSigns.forEach((callSign, n) => units.set(`ptu-${n + 1}`, unitAt(n, callSign)))

  function move(everyMs: number): void {
    let turn = 0
    const report = (): void => {
      turn += 1
      const changes: Change[] = []
      for (const [n, unit] of [...units.values()].entries()) {
        if (unit.position === null) continue
        const course = ((unit.position.trackDeg ?? 0) + (n % 7) - 3) % 360
        const radians = (course * Math.PI) / 180
        const next: UnitView = {
          ...unit,
          at: isoOf(Date.now()),
          position: {
            ...unit.position,
            lat: unit.position.lat + (Math.cos(radians) * 9) / 111_200,
            lon: unit.position.lon + (Math.sin(radians) * 9) / 90_500,
            trackDeg: course,
            satsUsed: 12 + ((n + turn) % 4),
          },
        }
        units.set(unit.id, next)
        changes.push({ type: 'unit.changed', data: next })
      }
      movesSent += changes.length
      hub.publish(changes)
    }
    timers.add(setInterval(report, everyMs))
  }

  const lines = roadLineBytes(new RoadWeights(graphOfTown()))
  const refreshCoverage = (): void => {
    tick += 1
    coverage = { ...fakeCoverage(listOf(units), tick, isoOf(Date.now())), moveUps }
    tell({ type: 'coverage.changed', data: coverage })
  }
  if (options.coverage === true) {
    refreshCoverage()
    timers.add(setInterval(refreshCoverage, 1_000))
  }
  if (options.autoplay) timers.add(drive(units, change))
  return {
    ...server,
    units,
    incidents,
    happen,
    change,
    step,
    alarm,
    move,
    movesSent: () => movesSent,
    streams,
    close: async () => {
      timers.forEach(timer => clearTimeout(timer))
      hub.close()
      await server.close()
    },
  }
}

const gridAt = (lat: number, lon: number): string | null =>
  town.grids.find(grid => pointInPolygon(grid.geometry.coordinates, lat, lon))?.id ?? null

const roads = (): unknown => ({
  type: 'FeatureCollection',
  source: town.network.source,
  features: town.network.edges.map(edge => ({
    type: 'Feature',
    properties: { roadClass: edge.roadClass, name: edge.name },
    geometry: { type: 'LineString', coordinates: edge.shape },
  })),
})

const surroundings = (): unknown => ({
  type: 'FeatureCollection',
  features: [
    ...town.waters,
    ...town.railways,
    ...town.parks,
    ...[...town.posts, ...town.landmarks].map(place => ({
      type: 'Feature',
      properties: { kind: place.kind, name: place.name },
      geometry: { type: 'Point', coordinates: [place.lon, place.lat] },
    })),
  ],
})

/** Eight streets spread over the town, each the start of one car. */
const startOf = (n: number): (typeof town.network.edges)[number] =>
  town.network.edges.filter(edge => edge.roadClass === 'tertiary' || edge.roadClass === 'secondary')[
    (n * 101 + 17) % 800
  ]!

function unitAt(n: number, callSign: string): UnitView {
  const [lon, lat] = startOf(n).shape[0]!
  const home = town.grids[n % 4]?.id ?? null
  return {
    id: `ptu-${n + 1}`,
    callSign,
    deviceId: `ptu-${n + 1}`,
    type: 'ptu',
    homeGridId: home,
    gridId: gridAt(lat, lon),
    availability: 'available',
    assignment: null,
    position: {
      lat,
      lon,
      mode: 3,
      speedMps: 8.4,
      trackDeg: (n * 47) % 360,
      satsUsed: 14,
      satsSeen: 22,
      ageMs: 400,
    },
    freshness: 'live',
    at: isoOf(Date.now()),
    link: 'up',
    heardAgeMs: 400,
    equipment: {
      ignition: 'on',
      lightbar: n === 2 ? 'on' : 'off',
      siren: 'off',
      door: 'off',
      weapon_rack: 'off',
      brake: 'off',
      panic: 'off',
      camera_recording: n === 2 ? 'on' : 'off',
    },
    drivers: { gnss: 'fix', panel: 'ok' },
    recording: n === 2,
    emergency: false,
    queue: { alarm: 0, event: 0, track: n, diag: 0, bytes: n * 900 },
    store: 'ok',
  }
}

/** Cars follow the streets and turn anywhere at junctions; every second each reports. */
function drive(
  units: Map<string, UnitView>,
  change: (id: string, patch: Partial<UnitView>) => void,
): NodeJS.Timeout {
  const places = [...units.keys()].map((id, n) => ({ id, edge: startOf(n), reversed: false, doneM: 0 }))
  return setInterval(() => {
    for (const [n, car] of places.entries()) {
      const unit = units.get(car.id)!
      if (unit.freshness !== 'live') continue
      if (unit.assignment?.state === 'on_scene') {
        change(car.id, { position: { ...unit.position!, speedMps: 0, ageMs: 300 } })
        continue
      }
      car.doneM += 9 + n / 2
      const line = car.reversed ? [...car.edge.shape].reverse() : car.edge.shape
      const at = along(line, car.doneM)
      if (at === null) {
        const node = car.reversed ? car.edge.from : car.edge.to
        const next = town.network.edges.filter(
          edge => edge !== car.edge && (edge.from === node || edge.to === node),
        )
        const edge = next[(n + Math.floor(car.doneM)) % Math.max(1, next.length)] ?? car.edge
        Object.assign(car, { edge, reversed: edge.from !== node, doneM: 0 })
        continue
      }
      const position = { ...unit.position!, ...at, speedMps: 9 + n / 2, ageMs: 300 }
      change(car.id, { position, gridId: gridAt(at.lat, at.lon), heardAgeMs: 200 })
    }
  }, 1000)
}

function along(
  line: readonly (readonly [number, number])[],
  doneM: number,
): { readonly lat: number; readonly lon: number; readonly trackDeg: number } | null {
  let left = doneM
  for (let i = 0; i + 1 < line.length; i += 1) {
    const [a, b] = [line[i]!, line[i + 1]!]
    const from = { lon: a[0], lat: a[1] }
    const to = { lon: b[0], lat: b[1] }
    const stepM = distanceM(from, to)
    if (left <= stepM) {
      const t = stepM === 0 ? 0 : left / stepM
      return {
        lat: from.lat + (to.lat - from.lat) * t,
        lon: from.lon + (to.lon - from.lon) * t,
        trackDeg: bearingDeg(from, to),
      }
    }
    left -= stepM
  }
  return null
}
