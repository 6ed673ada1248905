import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { buildHttp, serveHttp } from '#gateway/api/http-server.ts'
import type { HttpParts, HttpServer } from '#gateway/api/http-server.ts'
import { IdempotencyMemory } from '#gateway/api/idempotency.ts'
import { mayDo, LOCAL, VERBS } from '#gateway/api/authorise.ts'
import { readRecordPage } from '#gateway/api/read-records.ts'
import { ROUTES } from '#gateway/api/routes.ts'
import { createStreamHub, HEARTBEAT_MS, QUEUE_BYTES_MAX } from '#gateway/api/stream.ts'
import type { StreamClient } from '#gateway/api/stream.ts'
import { createCity } from '#gateway/city.ts'
import type { CityCore } from '#gateway/city.ts'
import { mintOf, NO_CLOSURE_ROADS } from '#gateway/city/surroundings.ts'
import type { Reach } from '#gateway/city/surroundings.ts'
import { recordRowOf } from '#gateway/intake/rows.ts'
import type { Ledger, Row } from '#gateway/ledger/ledger.ts'
import type { Change, Command } from '#gateway/loop/effects.ts'
import { gaugesOf, observeChanges } from '#gateway/metrics/observe.ts'
import { openPrometheus } from '#gateway/metrics/prometheus.ts'
import type { WalkInRow } from '#gateway/walkins/walk-in.ts'
import { DeviceView, EnrolmentIssued, IncidentView, OrderView, Problem } from '#protocols/api.ts'
import { Recommendation, StreamMessage, UnitView } from '#protocols/api.ts'
import { ERROR_CODES } from '#protocols/errors.ts'
import { chainRecord } from '#protocols/chain.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { Lane } from '#protocols/record.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { rfc3339 } from '#protocols/time.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { QUIET_LIVE } from '#test/fixtures/quiet-live.ts'

const reach: Reach = {
  times: (place, units) =>
    Math.abs(place.lat) > 1
      ? undefined
      : {
          place: { lat: 0, lon: place.lon, snappedM: 0, road: 'Equator Street', closed: false },
          roadSeconds: new Map(units.map(u => [u.unitId, Math.abs(u.lon - place.lon) * 1000])),
          offRoad: new Set(),
        },
  route: () => undefined,
}
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** A real city behind a real API; only the loop's commit and the ledger are left out. */
function aGateway(overrides: Partial<HttpParts> = {}) {
  const clock = openVirtualClock({ monoMs: 60_000 })
  let names = 0
  const city = createCity({
    mint: mintOf(bytes => String(++names).padStart(bytes * 2, '0')),
    reach,
    roads: NO_CLOSURE_ROADS,
    grids: {
      gridAt: () => 'g-1',
      move: () => ({ gridId: 'g-1', outsideSinceMs: null }),
      neighboursOf: () => [],
      nameOf: () => null,
      countyOf: () => null,
      nearby: () => undefined,
    },
  })
  seat(city, clock.now())
  const audits: [string, string, Record<string, unknown>][] = []
  const commands: Command[] = []
  const metrics = openPrometheus()
  const hub = createStreamHub({
    clock,
    metrics,
    snapshot: () => ({
      units: city.units(clock.now()),
      incidents: city.incidents(clock.now()),
      alarms: city.alarms(clock.now()),
      closures: city.closures(clock.now()),
      coverage: null,
    }),
  })
  const submit = (command: Command, actor: string): Promise<Result<unknown>> => {
    commands.push(command)
    const effects = city.handle({ type: 'command', commandId: 'c', actor, command }, clock.now())
    hub.publish(effects.flatMap(e => (e.type === 'change' ? [e.change] : [])))
    const reply = effects.find(e => e.type === 'reply')
    return Promise.resolve(reply?.type === 'reply' ? reply.result : fault('NOT_READY', 'no reply'))
  }
  const parts: HttpParts = {
    clock,
    log: silent,
    metrics,
    views: city,
    recommend: async (place, options) => city.recommend(place, clock.now(), options),
    submit,
    readRecords: async () => ok({ records: [], next: null }),
    devices: async () => [],
    issueCode: async create =>
      ok({ code: `for-${create.deviceId}`, expiresAt: rfc3339(0), enrolmentUrl: 'https://127.0.0.1:1' }),
    unseal: () => fault('SEALED_UNREADABLE', 'nothing is sealed here'),
    audit: async (...line) => {
      audits.push(line)
      return ok(undefined)
    },
    operator: {
      picture: () => {
        throw new Error('not asked for here')
      },
      codes: () => [],
      withdrawCode: async () => fault('CODE_UNKNOWN', ''),
      revoke: async () => fault('DEVICE_UNKNOWN', ''),
    },
    tiles: null,
    geo: {
      grids: '{"type":"FeatureCollection","features":[]}',
      roads: '{}',
      city: '{}',
      roadLines: { gzip: gzipSync('lines') },
    },
    coverage: {
      roads: async () => ok(new Uint8Array()),
      costs: async () => fault('COVERAGE_LOST', 'nobody computes it here'),
      foreseen: async () => fault('COVERAGE_LOST', 'nobody computes it here'),
      coldSpots: async () => ok('{}'),
      reach: async () => ok('{}'),
      reachRoads: async () => ok(new Uint8Array()),
    },
    ready: () => true,
    hub,
    pagesDir: null,
    ...overrides,
  }
  return { clock, city, audits, commands, metrics, hub, parts }
}

function seat(
  city: CityCore,
  now: { monoMs: number; utcMs: number; quality: 'ntp' } | ReturnType<CityNow>,
): void {
  for (const n of [1, 2]) {
    const deviceId = `ptu-${n}`
    city.handle(
      { type: 'bound', binding: { deviceId, unitId: `u-${n}`, callSign: `P-${n}`, homeGridId: 'g-1' } },
      now,
    )
    city.handle(
      {
        type: 'live',
        deviceId,
        latenessMs: 0,
        live: {
          v: 1,
          epoch: 'a'.repeat(16),
          bootId: 'b'.repeat(16),
          bootCount: 1,
          liveSeq: 1,
          sentMonoMs: 0,
          sentAt: 0,
          ...QUIET_LIVE,
          window: 'c'.repeat(32),
          position: { eventId: null, ageMs: 0, lat: 0, lon: n / 10, mode: 3 },
        },
      },
      now,
    )
  }
}
type CityNow = ReturnType<typeof openVirtualClock>['now']

const place = { lat: 0, lon: 0.15 }
const HOST = '127.0.0.1:5110'

async function client(overrides: Partial<HttpParts> = {}) {
  const gateway = aGateway(overrides)
  const app = await buildHttp(gateway.parts)
  const ask = async (
    method: 'GET' | 'POST',
    url: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const response = await app.inject({
      method,
      url,
      headers: { host: HOST, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const json: unknown = String(response.headers['content-type']).includes('json')
      ? response.json()
      : response.body
    return { status: response.statusCode, json, headers: response.headers, body: response.body }
  }
  const refusal = async (...args: Parameters<typeof ask>) => {
    const { status, json, headers } = await ask(...args)
    const problem = Problem.parse(json)
    expect(headers['content-type']).toContain('application/problem+json')
    expect(problem.status).toBe(status)
    expect(Object.keys(ERROR_CODES)).toContain(problem.code)
    return `${status} ${problem.code}`
  }
  return { ...gateway, app, ask, refusal }
}

describe('the HTTP API', () => {
  let api: Awaited<ReturnType<typeof client>>
  beforeEach(async () => {
    api = await client()
  })
  afterEach(() => api.app.close())

  it('runs an incident from a click to an order, each answer in the schema of the API', async () => {
    const created = await api.ask('POST', '/v1/incidents', { place })
    expect(created.status).toBe(201)
    const incident = IncidentView.parse(created.json)
    const recommended = await api.ask('POST', `/v1/incidents/${incident.id}/recommendations`, {})
    const { candidates } = Recommendation.parse(recommended.json)
    expect(candidates.map(c => [c.unitId, c.etaSeconds])).toEqual([
      ['u-1', 60],
      ['u-2', 60],
    ])
    const order = await api.ask('POST', '/v1/orders', {
      kind: 'dispatch',
      incidentId: incident.id,
      unitId: 'u-1',
    })
    expect(order.status).toBe(201)
    const { id } = OrderView.parse(order.json)
    expect(OrderView.parse((await api.ask('GET', `/v1/orders/${id}`)).json).unitId).toBe('u-1')
    const units = (await api.ask('GET', '/v1/units')).json as { units: unknown[] }
    expect(units.units.map(u => UnitView.parse(u).availability)).toEqual(['assigned', 'available'])
    expect(UnitView.parse((await api.ask('GET', '/v1/units/u-1')).json).assignment?.orderId).toBe(id)
    const closed = await api.ask('POST', `/v1/incidents/${incident.id}/close`, { reason: 'over' })
    expect(closed.status).toBe(200)
    const again = IncidentView.parse((await api.ask('GET', `/v1/incidents/${incident.id}`)).json)
    expect(again.state).toBe('cancelled')
    const list = (await api.ask('GET', '/v1/incidents')).json as { incidents: unknown[] }
    expect(list.incidents).toHaveLength(1)
  })

  it('answers nearest with the number of candidates asked for', async () => {
    const { json } = await api.ask('GET', '/v1/nearest?lon=0.15&lat=0&n=1')
    expect(Recommendation.parse(json).candidates).toHaveLength(1)
    expect(await api.refusal('GET', '/v1/nearest?lon=0.15&lat=5')).toBe('422 PLACE_OFF_ROAD')
  })

  it('refuses queries that do not fit, an empty number included', async () => {
    for (const query of [
      '',
      '?lon=&lat=0',
      '?lon=1e2&lat=0',
      '?lon=0&lat=91',
      '?lon=0&lat=0&n=0',
      '?lon=0&lat=0&x=1',
    ])
      expect(await api.refusal('GET', `/v1/nearest${query}`), query).toBe('400 QUERY_INVALID')
  })

  it('refuses what is not JSON, does not fit or carries unknown fields, and does nothing', async () => {
    const bodies = ['{', '[]', 'null', '{"place":{"lat":91,"lon":0}}', '{"place":{"lat":0}}', '"x"']
    for (const body of bodies)
      expect(await api.refusal('POST', '/v1/incidents', body), body).toBe('400 BODY_INVALID')
    const extra = [
      { place, colour: 'red' },
      { place: { ...place, altitude: 3 } },
      { place, class: 'picnic' },
      { place, __proto__x: 1 },
    ]
    for (const body of extra)
      expect(await api.refusal('POST', '/v1/incidents', body), JSON.stringify(body)).toBe('400 BODY_INVALID')
    expect(await api.refusal('POST', '/v1/incidents', '{"__proto__":{"x":1}}')).toBe('400 BODY_INVALID')
    expect(await api.refusal('POST', '/v1/orders', { kind: 'launch' })).toBe('400 BODY_INVALID')
    expect(api.commands).toEqual([])
  })

  it('names the field, what fits and the value seen', async () => {
    const { json } = await api.ask('POST', '/v1/incidents', { place: { lat: 'north', lon: 0 } })
    expect(Problem.parse(json).detail).toMatch(/place\.lat: .*number.*"north"/)
  })

  it('takes JSON only, so no form of another page can speak to it', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
      expect(
        await api.refusal('POST', '/v1/incidents', JSON.stringify({ place }), { 'content-type': type }),
      ).toMatch(/BODY_INVALID$/)
    expect(api.commands).toEqual([])
  })

  it('refuses a body over 256 KiB', async () => {
    expect(await api.refusal('POST', '/v1/incidents', ' '.repeat(256 * 1024) + '{}')).toBe(
      '413 BODY_TOO_LARGE',
    )
  })

  it('refuses foreign hosts and origins before any route, files included', async () => {
    for (const host of ['reach5.example', '127.0.0.1.evil.example', '10.0.0.1:5110', 'localhost.:1']) {
      expect(await api.refusal('GET', '/v1/units', undefined, { host }), host).toBe('421 HOST_REFUSED')
      expect(await api.refusal('GET', '/', undefined, { host }), host).toBe('421 HOST_REFUSED')
    }
    const origins = [
      'https://evil.example',
      'http://127.0.0.1:5112',
      'null',
      `https://${HOST}`,
      `http://${HOST}.x`,
    ]
    for (const origin of origins) {
      const post = await api.refusal('POST', '/v1/incidents', { place }, { origin })
      expect(post, origin).toBe('403 ORIGIN_REFUSED')
      expect(await api.refusal('GET', '/v1/units', undefined, { origin }), origin).toBe('403 ORIGIN_REFUSED')
    }
    expect(api.commands).toEqual([])
    expect((await api.ask('POST', '/v1/incidents', { place }, { origin: `http://${HOST}` })).status).toBe(201)
    expect((await api.ask('GET', '/v1/units', undefined, { host: 'localhost' })).status).toBe(200)
    expect(await api.metrics.text()).toContain('reach5_refused_total{code="ORIGIN_REFUSED"} 10')
  })

  it('refuses what the browser says a page of another site or port asks, but for a link to a page of ours', async () => {
    const asked = async (url: string, site: string, more: Record<string, string> = {}) => {
      const { status, json } = await api.ask('GET', url, undefined, { 'sec-fetch-site': site, ...more })
      return status === 403 ? (json as Problem).code : status
    }
    const navigate = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    for (const site of ['cross-site', 'same-site']) {
      for (const url of ['/v1/units', '/v1/records?device=ptu-1', '/', '/metrics']) {
        expect(await asked(url, site, { 'sec-fetch-mode': 'no-cors' }), url).toBe('ORIGIN_REFUSED')
        expect(await asked(url, site), url).toBe('ORIGIN_REFUSED')
      }
      expect(await asked('/v1/units', site, navigate)).toBe('ORIGIN_REFUSED')
      expect(await asked('/v1?x', site, navigate)).toBe('ORIGIN_REFUSED')
      expect(await asked('/', site, { ...navigate, 'sec-fetch-dest': 'iframe' })).toBe('ORIGIN_REFUSED')
      expect(await asked('/', site, navigate)).not.toBe('ORIGIN_REFUSED')
    }
    for (const site of ['same-origin', 'none']) expect(await asked('/v1/units', site)).toBe(200)
    expect(api.audits).toEqual([])
  })

  it('answers each unknown thing with its own code', async () => {
    expect(await api.refusal('GET', '/v1/units/u-9')).toBe('404 UNIT_UNKNOWN')
    expect(await api.refusal('GET', '/v1/incidents/inc-9')).toBe('404 INCIDENT_UNKNOWN')
    expect(await api.refusal('POST', '/v1/incidents/inc-9/recommendations', {})).toBe('404 INCIDENT_UNKNOWN')
    expect(await api.refusal('POST', '/v1/incidents/inc-9/close', {})).toBe('404 INCIDENT_UNKNOWN')
    expect(await api.refusal('GET', '/v1/orders/ord-9')).toBe('404 ORDER_UNKNOWN')
    expect(await api.refusal('POST', '/v1/alarms/x/acknowledge', {})).toBe('404 ALARM_UNKNOWN')
    expect(await api.refusal('GET', '/v1/nothing')).toBe('404 NOT_FOUND')
    expect(await api.refusal('GET', '/v1/units/%E0%A4%A')).toMatch(/^400/)
  })

  it('answers conflicts with theirs', async () => {
    const { id: incidentId } = (await api.ask('POST', '/v1/incidents', { place })).json as { id: string }
    const order = { kind: 'dispatch', incidentId, unitId: 'u-1' }
    await api.ask('POST', '/v1/orders', order)
    expect(await api.refusal('POST', '/v1/orders', order)).toBe('409 ALREADY_ASSIGNED')
    await api.ask('POST', `/v1/incidents/${incidentId}/close`, {})
    expect(await api.refusal('POST', '/v1/orders', order)).toBe('409 INCIDENT_CLOSED')
  })

  it('finds an alarm by its id with slashes, percent-encoded', async () => {
    const record = chainRecord(
      {
        lane: 'alarm',
        kind: 'panic',
        occurredAt: 0,
        monoMs: 0,
        bootId: 'b'.repeat(16),
        clockQuality: 'none',
        body: '{"source":"input","position":null,"positionAgeMs":null}',
      },
      { epoch: 'a'.repeat(16), seq: 123_456_789_012, prev: CHAIN_START },
    )
    const body = { kind: 'panic', body: { source: 'input', position: null, positionAgeMs: null } } as const
    api.city.handle({ type: 'record', deviceId: 'ptu-1', record, body, ageMs: 9_000 }, api.clock.now())
    const { alarms } = (await api.ask('GET', '/v1/alarms')).json as { alarms: { id: string }[] }
    const url = `/v1/alarms/${encodeURIComponent(alarms[0]!.id)}/acknowledge`
    expect(await api.ask('POST', url, {})).toMatchObject({ status: 200, json: { acknowledgedBy: 'local' } })
    expect((await api.ask('POST', url)).status).toBe(200)
  })

  it('writes down who read the records of a device before it shows them', async () => {
    expect((await api.ask('GET', '/v1/devices/ptu-1/records?lane=track&limit=5')).status).toBe(200)
    expect(api.audits).toEqual([['records.read', 'local', { deviceId: 'ptu-1', lane: 'track', limit: 5 }]])
    expect(await api.refusal('GET', '/v1/devices/ptu-1/records?lane=fast')).toBe('400 QUERY_INVALID')
  })

  it('shows nothing of a device when the reading cannot be audited', async () => {
    const strict = await client({ audit: async () => fault('NOT_READY', 'stopping') })
    expect(await strict.refusal('GET', '/v1/devices/ptu-1/records')).toBe('503 NOT_READY')
    await strict.app.close()
  })

  it('says that what a visitor told was let go, and writes down who asked', async () => {
    const gone = { route: 'dispatch', sealed: null, removedUtcMs: Date.UTC(2026, 10, 28) } as WalkInRow
    const late = await client({ views: { ...api.parts.views, walkIn: () => gone } })
    const asked = ['POST', '/v1/walkins/station-07%2Fab/reveal', { purpose: '核对案情' }] as const
    expect(await late.refusal(...asked)).toBe('410 WALKIN_REMOVED')
    expect((await late.ask(...asked)).json).toMatchObject({ detail: 'let go on 2026-11-28T00:00:00.000Z' })
    expect(late.audits[0]).toMatchObject(['walkin.revealed', 'local', { purpose: '核对案情' }])
    await late.app.close()
  })

  it('issues enrolment codes and lists devices', async () => {
    const create = { deviceId: 'ptu-3', unitId: 'u-3', callSign: 'P-3' }
    const issued = await api.ask('POST', '/v1/enrolments', create)
    expect([issued.status, EnrolmentIssued.parse(issued.json).code]).toEqual([201, 'for-ptu-3'])
    expect(await api.refusal('POST', '/v1/enrolments', { ...create, deviceId: '+' })).toBe('400 BODY_INVALID')
    const { devices } = (await api.ask('GET', '/v1/devices')).json as { devices: unknown[] }
    expect(devices.map(d => DeviceView.parse(d))).toEqual([])
  })

  it('sends maps as GeoJSON and every answer under a policy without unsafe words', async () => {
    const { headers, body } = await api.ask('GET', '/v1/grids')
    expect([headers['content-type'], body]).toEqual([
      'application/geo+json; charset=utf-8',
      api.parts.geo.grids,
    ])
    for (const url of ['/v1/grids', '/v1/nothing', '/healthz']) {
      const policy = String((await api.ask('GET', url)).headers['content-security-policy'])
      expect(policy).toContain("default-src 'self'")
      expect(policy).not.toContain('unsafe')
      expect(policy).not.toMatch(/https?:|\*/)
    }
  })

  it('sends bytes packed to those who unpack, and as they are to others', async () => {
    const app = await buildHttp(aGateway().parts)
    const ask = (accept: string) =>
      app.inject({
        method: 'GET',
        url: '/v1/roads/lines',
        headers: { host: 'localhost', 'accept-encoding': accept },
      })
    const packed = await ask('gzip, br')
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(packed.headers['content-type']).toBe('application/octet-stream')
    expect(packed.rawPayload.equals(gzipSync('lines'))).toBe(true)
    const plain = await ask('identity')
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.payload).toBe('lines')
    await app.close()
  })

  it('says whether it lives, whether it is ready, and how it is', async () => {
    let ready = false
    const starting = await client({ ready: () => ready })
    expect((await starting.ask('GET', '/healthz')).status).toBe(200)
    expect(await starting.refusal('GET', '/readyz')).toBe('503 NOT_READY')
    expect(await starting.refusal('GET', '/v1/units')).toBe('503 NOT_READY')
    ready = true
    expect((await starting.ask('GET', '/readyz')).status).toBe(200)
    const { body } = await starting.ask('GET', '/metrics')
    expect(body).toContain('reach5_http_requests_total{method="GET",route="/readyz",status="503"} 1')
    expect(body).toMatch(/nodejs_eventloop_lag_seconds \d/)
    expect(body).not.toMatch(/ptu-|u-1/)
    await starting.app.close()
  })

  it('answers our own mistakes with a problem, and tells the log, not the caller', async () => {
    const broken = await client({
      submit: () => {
        throw new Error('secret detail')
      },
    })
    const { status, body } = await broken.ask('POST', '/v1/incidents', { place })
    expect([status, body.includes('secret')]).toEqual([500, false])
    await broken.app.close()
  })

  it('allows each verb of its routes to the local actor, and every route has one', () => {
    const routes = ROUTES
    expect(routes.length).toBeGreaterThanOrEqual(18)
    for (const route of routes) {
      expect(VERBS).toContain(route.verb)
      expect(mayDo(LOCAL, route.verb)).toBe(true)
    }
    const mutating = routes.filter(r => !r.readsOnly).map(r => r.verb)
    expect(mutating.every(v => !v.endsWith('.read'))).toBe(true)
  })
})

describe('the counters', () => {
  it('count orders and alarms from the changes of a commit, and read the city once per scrape', async () => {
    const gateway = aGateway()
    const changes: Change[] = []
    const run = (command: Command) => {
      const event = { type: 'command', commandId: 'c', actor: 'local', command } as const
      const effects = gateway.city.handle(event, gateway.clock.now())
      changes.push(...effects.flatMap(e => (e.type === 'change' ? [e.change] : [])))
    }
    run({ kind: 'order', order: { kind: 'actuate', unitId: 'u-1', output: 'camera_trigger', on: true } })
    observeChanges(gateway.metrics, changes)
    gateway.metrics.gauges(() => gaugesOf(gateway.city, gateway.clock.now(), 3, new Map([['duplicates', 4]])))
    const text = await gateway.metrics.text()
    expect(text).toContain('reach5_orders_issued_total{kind="actuate"} 1')
    expect(text).toContain('reach5_units{freshness="live"} 2')
    expect(text).toContain('reach5_orders_waiting 1')
    expect(text).toContain('reach5_loop_queued 3')
    expect(text).toContain('reach5_intake_count{what="duplicates"} 4')
  })
})

describe('an Idempotency-Key', () => {
  it('carries a request out once and gives its repeats the same bytes', async () => {
    const api = await client()
    const key = { 'idempotency-key': 'k-1' }
    const first = await api.ask('POST', '/v1/incidents', { place }, key)
    api.clock.runUntil(api.clock.now().monoMs + 5_000)
    const again = await api.ask('POST', '/v1/incidents', { place }, key)
    expect([again.status, again.body]).toEqual([first.status, first.body])
    expect(api.commands).toHaveLength(1)
    await api.app.close()
  })

  it('is a conflict with another body or another route', async () => {
    const api = await client()
    const key = { 'idempotency-key': 'k-1' }
    await api.ask('POST', '/v1/incidents', { place }, key)
    const other = { place: { ...place, text: 'elsewhere' } }
    expect(await api.refusal('POST', '/v1/incidents', other, key)).toBe('422 IDEMPOTENCY_CONFLICT')
    expect(await api.refusal('POST', '/v1/orders', { place }, key)).toBe('422 IDEMPOTENCY_CONFLICT')
    expect(api.commands).toHaveLength(1)
    await api.app.close()
  })

  it('repeats a refusal too, but lets a request that was never carried out try again', async () => {
    let ready = false
    const api = await client()
    const submit = api.parts.submit
    const slow = await client({
      submit: (command, actor) =>
        ready ? submit(command, actor) : Promise.resolve(fault('NOT_READY', 'drowning')),
    })
    const key = { 'idempotency-key': 'k-1' }
    expect(await slow.refusal('POST', '/v1/incidents', { place }, key)).toBe('503 NOT_READY')
    ready = true
    expect((await slow.ask('POST', '/v1/incidents', { place }, key)).status).toBe(201)
    const order = { kind: 'dispatch', incidentId: 'inc-9', unitId: 'u-1' }
    const refused = { 'idempotency-key': 'k-2' }
    expect(await slow.refusal('POST', '/v1/orders', order, refused)).toBe('404 INCIDENT_UNKNOWN')
    expect(await slow.refusal('POST', '/v1/orders', order, refused)).toBe('404 INCIDENT_UNKNOWN')
    expect(api.commands).toHaveLength(2)
    expect(await slow.refusal('POST', '/v1/orders', order, { 'idempotency-key': ' ' })).toBe(
      '400 BODY_INVALID',
    )
    await api.app.close()
    await slow.app.close()
  })

  it('makes a repeat wait for a request still under way', async () => {
    const memory = new IdempotencyMemory()
    let calls = 0
    let finish = (): void => {}
    const slow = () =>
      new Promise<{ status: number; body: string }>(resolve => {
        finish = () => resolve({ status: 201, body: String(++calls) })
      })
    const both = [memory.answer('k', 'f', 0, slow)!, memory.answer('k', 'f', 1, slow)!]
    finish()
    expect(await Promise.all(both)).toEqual([
      { status: 201, body: '1' },
      { status: 201, body: '1' },
    ])
  })

  it('forgets the oldest keys at its bound and all of them after a day', async () => {
    const memory = new IdempotencyMemory()
    const answer = async () => ({ status: 201, body: '' })
    for (let i = 0; i < 5_000; i++) await memory.answer(`k-${i}`, 'f', i, answer)
    expect(memory.size).toBe(1_000)
    await memory.answer('late', 'f', 26 * 3_600_000, answer)
    expect(memory.size).toBe(1)
  })
})

describe('the records of a device', () => {
  const epochs = ['a'.repeat(16), 'b'.repeat(16)]
  const rows: Row[] = []
  for (const epoch of epochs)
    for (const lane of ['alarm', 'event', 'track'] as Lane[])
      for (let seq = 1; seq <= 7; seq++) {
        const draft = {
          lane,
          kind: 'x',
          occurredAt: 0,
          monoMs: 0,
          bootId: 'c'.repeat(16),
          clockQuality: 'gnss' as const,
          body: '{}',
        }
        const record = chainRecord(draft, { epoch, seq, prev: CHAIN_START })
        const key = `record/ptu-1/${epoch}/${lane}/${String(seq).padStart(12, '0')}`
        rows.push([key, recordRowOf(record, { ageMs: 0, receivedAt: rfc3339(0) })])
      }
  const ledger: Pick<Ledger, 'range'> = {
    range: async ({ after, from, before, limit }) =>
      rows
        .filter(([key]) => (after === undefined ? key >= (from ?? '') : key > after) && key < before)
        .slice(0, limit),
  }
  const all = async (query: { lane?: Lane; epoch?: string; limit: number }): Promise<string[]> => {
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await readRecordPage(ledger, { deviceId: 'ptu-1', ...query, after })
      if (!page.ok) throw new Error(page.detail)
      expect(page.value.records.length).toBeLessThanOrEqual(query.limit)
      seen.push(...page.value.records.map(r => r.eventId))
      after = page.value.next ?? undefined
    } while (after !== undefined)
    return seen
  }

  it('come page by page, every one exactly once, whatever is asked for', async () => {
    for (const limit of [1, 2, 3, 7, 100]) {
      expect((await all({ limit })).length).toBe(42)
      expect(new Set(await all({ limit })).size).toBe(42)
      expect(await all({ limit, lane: 'event' })).toHaveLength(14)
      expect(await all({ limit, lane: 'event', epoch: epochs[1]! })).toHaveLength(7)
      expect(await all({ limit, epoch: epochs[0]! })).toHaveLength(21)
    }
  })

  it('refuse a cursor that is none or belongs to another question', async () => {
    const ask = (after: string, epoch?: string) =>
      readRecordPage(ledger, { deviceId: 'ptu-1', after, epoch, limit: 5 })
    expect(await ask('../audit')).toMatchObject({ code: 'QUERY_INVALID' })
    const elsewhere = await ask(`${epochs[0]}/event/000000000001`, epochs[1])
    expect(elsewhere).toMatchObject({ code: 'QUERY_INVALID' })
  })
})

describe('the stream', () => {
  /** A page whose other side takes bytes only when told. */
  function page() {
    const messages: StreamMessage[] = []
    const state = { buffered: 0, silent: false, frozen: false, closed: '' }
    const client: StreamClient = {
      bufferedBytes: () => state.buffered,
      isSilent: () => state.silent,
      send: text => {
        messages.push(StreamMessage.parse(JSON.parse(text)))
        if (state.frozen) state.buffered += text.length
      },
      close: (code, reason) => {
        state.closed = `${code} ${reason}`
      },
    }
    return { messages, state, client, types: () => messages.map(m => m.type) }
  }
  const unitChange = (gateway: ReturnType<typeof aGateway>, callSign: string, id = 'u-1'): Change => ({
    type: 'unit.changed',
    data: { ...gateway.city.unit('u-1', gateway.clock.now())!, id, callSign },
  })
  const pass = (gateway: ReturnType<typeof aGateway>, ms: number) =>
    gateway.clock.runUntil(gateway.clock.now().monoMs + ms)

  it('begins with a snapshot and numbers what happens by one from there', async () => {
    const gateway = aGateway()
    const one = page()
    gateway.hub.join(one.client)
    await gateway.parts.submit(
      {
        kind: 'incident.create',
        incident: {
          place: { ...place, text: '' },
          class: 'theft',
          severity: 'normal',
          source: 'api',
          exercise: false,
        },
      },
      'local',
    )
    pass(gateway, HEARTBEAT_MS)
    expect(one.types()).toEqual(['snapshot', 'incident.changed', 'heartbeat'])
    expect(one.messages.map(m => m.seq)).toEqual([0, 1, 1])
  })

  it('sends a unit at most four times a second and always its newest view', () => {
    const gateway = aGateway()
    const one = page()
    gateway.hub.join(one.client)
    for (let i = 0; i <= 100; i++) {
      gateway.hub.publish([unitChange(gateway, `P-${i}`)])
      pass(gateway, 10)
    }
    pass(gateway, 300)
    const units = one.messages.flatMap(m => (m.type === 'unit.changed' ? [m.data.callSign] : []))
    expect(units.length).toBeGreaterThanOrEqual(4)
    expect(units.length).toBeLessThanOrEqual(6)
    expect(units[0]).toBe('P-0')
    expect(units.at(-1)).toBe('P-100')
  })

  it('holds units back for a page that reads too slowly and sends each once, newest, when it has caught up', () => {
    const gateway = aGateway()
    const [slow, quick] = [page(), page()]
    gateway.hub.join(slow.client)
    gateway.hub.join(quick.client)
    slow.state.buffered = 300 * 1024
    for (let i = 0; i < 10; i++) {
      gateway.hub.publish([unitChange(gateway, `P-${i}`), unitChange(gateway, `Q-${i}`, 'u-2')])
      pass(gateway, 260)
    }
    expect(quick.types().filter(t => t === 'unit.changed')).toHaveLength(20)
    expect(slow.types()).toEqual(['snapshot'])
    slow.state.buffered = 0
    pass(gateway, 260)
    const caughtUp = slow.messages.flatMap(m => (m.type === 'unit.changed' ? [m.data.callSign] : []))
    expect(caughtUp).toEqual(['P-9', 'Q-9'])
  })

  it('sends no state to a page that no longer answers, and the newest when it does again', () => {
    const gateway = aGateway()
    const silent = page()
    gateway.hub.join(silent.client)
    silent.state.silent = true
    for (let i = 0; i < 10; i++) {
      gateway.hub.publish([unitChange(gateway, `P-${i}`)])
      pass(gateway, 260)
    }
    gateway.hub.publish([{ type: 'incident.changed', data: aBigIncident() }])
    expect(silent.types()).toEqual(['snapshot', 'incident.changed'])
    silent.state.silent = false
    pass(gateway, 260)
    expect(silent.messages.at(-1)).toMatchObject({ type: 'unit.changed', data: { callSign: 'P-9' } })
    silent.state.silent = true
    gateway.hub.publish([unitChange(gateway, 'P-10')])
    pass(gateway, 31_000)
    expect(silent.state.closed).toBe('1013 reads too slowly')
  })

  it('never leaves out an incident: a page that cannot take it is disconnected with a reason', () => {
    const gateway = aGateway()
    const frozen = page()
    gateway.hub.join(frozen.client)
    frozen.state.frozen = true
    const incident = { ...aBigIncident(), ageMs: 0 }
    let sent = 0
    while (frozen.state.closed === '' && sent < 10_000) {
      gateway.hub.publish([{ type: 'incident.changed', data: incident }])
      sent++
    }
    expect(frozen.state.closed).toBe('1013 queue over 1 MiB')
    expect(frozen.state.buffered).toBeLessThanOrEqual(QUEUE_BYTES_MAX + 1024)
    expect(frozen.messages.length - 1).toBe(sent - 1)
    expect(gateway.hub.count()).toBe(0)
  })

  it('lets go of a page that stopped reading', () => {
    const gateway = aGateway()
    const frozen = page()
    gateway.hub.join(frozen.client)
    frozen.state.buffered = 300 * 1024
    gateway.hub.publish([unitChange(gateway, 'P')])
    pass(gateway, 31_000)
    expect(frozen.state.closed).toBe('1013 reads too slowly')
  })

  it('takes a page whose snapshot alone is larger than the queue', () => {
    const gateway = aGateway()
    const far = page()
    const slowClient: StreamClient = {
      ...far.client,
      send: text => {
        far.client.send(text)
        if (far.messages.length === 1) far.state.buffered = text.length + 2 * QUEUE_BYTES_MAX
      },
    }
    gateway.hub.join({ ...slowClient, bufferedBytes: () => Math.min(far.state.buffered, 2_000) })
    gateway.hub.publish([{ type: 'incident.changed', data: aBigIncident() }])
    expect(far.types()).toEqual(['snapshot', 'incident.changed'])
  })

  const aBigIncident = (): IncidentView => ({
    id: 'inc-1',
    number: 'JQ-20260601-0001',
    class: 'theft',
    severity: 'normal',
    state: 'received',
    source: 'api',
    place: { ...place, text: 'x'.repeat(200) },
    gridId: null,
    revision: 1,
    exercise: false,
    times: {},
    ageMs: 0,
    at: rfc3339(0),
    targetSeconds: 300,
    assignments: [],
  })
})

describe('the listening server', () => {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-api-'))
  mkdirSync(join(dir, 'assets'))
  writeFileSync(join(dir, 'index.html'), '<!doctype html><title>map</title>')
  writeFileSync(join(dir, 'assets', 'page-1a2b.js'), 'export {}')
  let server: HttpServer
  let gateway: ReturnType<typeof aGateway>
  beforeEach(async () => {
    gateway = aGateway({ pagesDir: dir })
    const opened = await serveHttp(gateway.parts, 0)
    if (!opened.ok) throw new Error(opened.detail)
    server = opened.value
  })
  afterEach(() => server.close())
  afterAll(() => rmSync(dir, { recursive: true }))

  const dial = (headers: Record<string, string> = {}, path = '/v1/stream'): Promise<WebSocket | number> =>
    new Promise((resolve, reject) => {
      const ws = new WebSocket(server.url.replace('http', 'ws') + path, { headers })
      ws.on('open', () => resolve(ws))
      ws.on('unexpected-response', (_request, response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      ws.on('error', reject)
    })
  const messagesOf = (ws: WebSocket, count: number): Promise<StreamMessage[]> =>
    new Promise(resolve => {
      const seen: StreamMessage[] = []
      ws.on('message', data => {
        seen.push(StreamMessage.parse(JSON.parse(String(data))))
        if (seen.length === count) resolve(seen)
      })
    })

  it('streams a real incident to a real socket', async () => {
    const ws = new WebSocket(`${server.url.replace('http', 'ws')}/v1/stream`, { origin: server.url })
    const heard = messagesOf(ws, 5)
    await new Promise(resolve => ws.on('open', resolve))
    const create = await fetch(`${server.url}/v1/incidents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: server.url },
      body: JSON.stringify({ place }),
    })
    const { id: incidentId } = IncidentView.parse(await create.json())
    await fetch(`${server.url}/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'dispatch', incidentId, unitId: 'u-1' }),
    })
    const messages = await heard
    expect(messages.map(m => `${m.seq} ${m.type}`)).toEqual([
      '0 snapshot',
      '1 incident.changed',
      '2 incident.changed',
      '3 order.changed',
      '3 unit.changed',
    ])
    const [snapshot] = messages
    expect(snapshot?.type === 'snapshot' && snapshot.data.units.map(u => u.id)).toEqual(['u-1', 'u-2'])
    ws.terminate()
  })

  it('refuses a stream of a foreign page, a foreign host or another path', async () => {
    expect(await dial({ origin: 'https://evil.example' })).toBe(403)
    expect(await dial({ origin: 'http://127.0.0.1:1' })).toBe(403)
    expect(await dial({ host: 'evil.example' })).toBe(421)
    expect(await dial({}, '/v1/other')).toBe(404)
    expect(gateway.hub.count()).toBe(0)
    const ws = (await dial()) as WebSocket
    expect(gateway.hub.count()).toBe(1)
    const closed = new Promise(resolve => ws.on('close', resolve))
    ws.send('x'.repeat(2_000))
    await closed
    expect(gateway.hub.count()).toBe(0)
  })

  it('survives noise on the socket', async () => {
    for (const noise of [
      '\x16\x03\x01\x02',
      'GET /v1/units HTTP/1.1\r\n\r\n',
      'GET / HTTP/9.9\r\nhost: x\r\n\r\n',
    ]) {
      await new Promise<void>(resolve => {
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.end(noise))
        socket.on('data', () => {})
        socket.on('error', () => {})
        socket.on('close', () => resolve())
      })
    }
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it('refuses a request without any host', async () => {
    const heard = await new Promise<string>(resolve => {
      let text = ''
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
      socket.on('data', data => (text += String(data)))
      socket.on('close', () => resolve(text))
      socket.write('GET /v1/units HTTP/1.0\r\n\r\n')
    })
    expect(heard).toContain('HOST_REFUSED')
  })

  it('serves the page at / and hashed files for ever, and nothing outside its directory', async () => {
    const index = await fetch(`${server.url}/`)
    expect(await index.text()).toContain('<title>map</title>')
    expect(index.headers.get('cache-control')).toBe('no-cache')
    expect(index.headers.get('content-security-policy')).toContain("worker-src 'self'")
    const asset = await fetch(`${server.url}/assets/page-1a2b.js`)
    expect(asset.headers.get('cache-control')).toContain('immutable')
    for (const path of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/assets/..%2f..%2fpackage.json',
      '/nothing.html',
    ])
      expect((await fetch(server.url + path)).status, path).toBe(404)
  })

  it('names the port when another program listens there', async () => {
    const port = Number(new URL(server.url).port)
    expect(await serveHttp(aGateway().parts, port)).toMatchObject({ ok: false, code: 'PORT_IN_USE' })
  })
})
