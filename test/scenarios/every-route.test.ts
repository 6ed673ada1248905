import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROUTES } from '#gateway/api/routes.ts'
import type { AlarmView, IncidentView, OrderView } from '#protocols/api.ts'
import type { ClosureView } from '#protocols/closures.ts'
import { eventually, openRunningHouse } from './running-house.ts'
import type { RunningHouse } from './running-house.ts'

/** Need somebody at a kiosk, a black grid, or a hole worth filling; the scenarios of those hold their answers against the description too. */
const ELSEWHERE = new Set([
  'POST /v1/walkins/{id}/reveal',
  'POST /v1/complaints/{id}/reveal',
  'POST /v1/warnings/{id}/acknowledge',
  'POST /v1/moveups/{id}/accept',
  'POST /v1/moveups/{id}/decline',
])

const described = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}')

describe('every route of a running gateway', () => {
  let house: RunningHouse
  const ids: Record<string, string> = {}

  beforeAll(async () => {
    house = await openRunningHouse({ broker: { name: 'the embedded broker' } })
    await eventually('a live position', async () => (await house.unit()).freshness === 'live')
    await eventually('the panel', async () => (await house.terminal()).panel === 'ok')
  }, 60_000)
  afterAll(() => house?.close())

  const post = async <T>(path: string, body: unknown): Promise<T> => (await house.post<T>(path, body)).body

  it('answers as it is described: an incident, an order, an alarm, a device', async () => {
    const { position } = await house.unit()
    const { lat, lon } = position!
    const place = { lat, lon, text: '鼓楼大街' }
    const incident = await post<IncidentView>('/v1/incidents', {
      place,
      class: 'dispute',
      severity: 'urgent',
    })
    const second = await post<IncidentView>('/v1/incidents', { place })
    await post(`/v1/incidents/${incident.id}/recommendations`, {})
    const order = await post<OrderView>('/v1/orders', {
      kind: 'dispatch',
      incidentId: incident.id,
      unitId: house.unitId,
    })
    await eventually('on the terminal', async () => (await house.terminal()).orders.length === 1)
    await post('/v1/orders', { kind: 'actuate', unitId: house.unitId, output: 'camera_trigger', on: true })
    house.car.devices.setChannel('panic', true)
    const alarm = await eventually<AlarmView>('the alarm', async () => (await house.alarms())[0])
    await post(`/v1/alarms/${encodeURIComponent(alarm.id)}/acknowledge`, {})
    await post('/v1/orders', { kind: 'cancel', orderId: order.id, reason: '误报' })
    await post(`/v1/incidents/${second.id}/close`, { reason: '重复' })
    const where = { kind: 'point', lat, lon }
    await post('/v1/closures/preview', where)
    const closure = await post<ClosureView>('/v1/closures', { where, reason: '水管爆裂' })
    await post(`/v1/closures/${closure.id}/end`, {})
    await post('/v1/enrolments', { deviceId: 'ptu-77', unitId: 'unit-77', callSign: '鼓楼77' })
    const codes = JSON.parse((await house.ask('GET', '/v1/enrolments')).text) as Record<
      string,
      { id: string; deviceId: string }[]
    >
    const open = Object.values(codes)[0]!.find(code => code.deviceId === 'ptu-77')!
    await post(`/v1/enrolments/${open.id}/withdraw`, {})
    await post('/v1/devices/ptu-77/revoke', { reason: '设备遗失' })
    await eventually('coverage', async () => (await house.ask('GET', '/v1/coverage')).status === 200)
    const grid = (await house.unit()).gridId!
    Object.assign(ids, {
      units: house.unitId,
      incidents: incident.id,
      orders: order.id,
      devices: house.deviceId,
      warnings: grid,
    })
    const queries: Record<string, string> = {
      '/v1/nearest': `?lat=${lat}&lon=${lon}&n=3`,
      '/v1/reach': `?unit=${house.unitId}`,
      '/v1/coverage/foreseen': `?units=${house.unitId}`,
      '/v1/reach/roads': `?unit=${house.unitId}`,
      '/v1/devices/:id/records': '?lane=event&limit=2',
    }
    for (const { path } of ROUTES.filter(({ method }) => method === 'GET')) {
      const id = ids[path.split('/')[2]!] ?? 'none'
      const whole = path.replace(':id', id).replace(':z/:x/:y', tileAt(lat, lon)) + (queries[path] ?? '')
      await house.ask('GET', whole)
    }
    expect([...new Set(house.undescribed)]).toEqual([])
    const answered = new Set(
      [...house.judge.seen.keys()].filter(key => / 20\d$/.test(key)).map(key => key.slice(0, -4)),
    )
    const silent = ROUTES.map(({ method, path }) => `${method} ${described(path)}`).filter(
      key => !answered.has(key),
    )
    expect(silent.filter(key => !ELSEWHERE.has(key))).toEqual([])
    console.log(`every route: ${answered.size} of ${ROUTES.length} answered in one session`)
  })

  it('refuses as it is described: unknown ids, bodies and queries that do not fit, foreign pages', async () => {
    for (const { method, path } of ROUTES) {
      const nothing = path.replace(':id', 'no-such').replace(':z/:x/:y', '1/9/9')
      if (method === 'GET') {
        await house.ask('GET', `${nothing}?surprise=1`)
        await house.ask('GET', nothing, { headers: { origin: 'http://elsewhere.example' } })
        if (nothing !== path) await house.ask('GET', nothing)
        continue
      }
      for (const body of [{}, { surprise: 1 }, [], 'x'.repeat(300_000)])
        await house.ask('POST', nothing, { body })
      await house.ask('POST', nothing, {
        body: { n: 1 },
        headers: { 'idempotency-key': `key of ${path}`.replaceAll(' ', '-') },
      })
      await house.ask('POST', nothing, {
        body: { n: 2 },
        headers: { 'idempotency-key': `key of ${path}`.replaceAll(' ', '-') },
      })
      await house.ask('POST', nothing, { body: {}, headers: { 'sec-fetch-site': 'cross-site' } })
    }
    expect([...new Set(house.undescribed)]).toEqual([])
    const statuses = new Map<string, number>()
    for (const [key, n] of house.judge.seen)
      statuses.set(key.slice(-3), (statuses.get(key.slice(-3)) ?? 0) + n)
    console.log(`every route: ${JSON.stringify(Object.fromEntries([...statuses].toSorted()))}`)
    for (const status of ['400', '403', '404', '413']) expect(statuses.get(status), status).toBeGreaterThan(0)
  })
})

/** The tile of a place at zoom 14: `14/13515/6473`. */
function tileAt(lat: number, lon: number, zoom = 14): string {
  const n = 2 ** zoom
  const y = (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2
  return `${zoom}/${Math.floor(((lon + 180) / 360) * n)}/${Math.floor(y * n)}`
}
