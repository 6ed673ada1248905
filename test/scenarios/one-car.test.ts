import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlarmView, IncidentView, LedgerRow, OrderView } from '#protocols/api.ts'
import { LANES } from '#protocols/record.ts'
import { eventually, openRunningHouse } from './running-house.ts'
import type { RunningHouse } from './running-house.ts'

const CUT_MS = 10_000

/*
 * The main job, once, with everything real: a position, a lightbar edge, a body-cam trigger and a panic go up, an order
 * comes down and its signature goes up, through the death of the vehicle's process, the death of the gateway's process
 * and a link that is cut for ten seconds. The chapters follow each other on one running house.
 */
describe('one car and its gateway', () => {
  let house: RunningHouse
  let orderId = ''
  let incidentId = ''

  beforeAll(async () => {
    house = await openRunningHouse()
  }, 60_000)
  afterAll(() => house?.close())

  const assignment = async () => {
    const incident = (await house.incidents()).find(i => i.id === incidentId)
    return incident?.assignments.find(a => a.orderId === orderId)
  }
  const records = async (kind: string): Promise<LedgerRow[]> =>
    (await house.ledger()).filter(r => r.kind === kind)

  it('shows the car where its receiver says it is', async () => {
    const unit = await eventually('a live position', async () => {
      const now = await house.unit()
      return now.freshness === 'live' && now.position ? now : null
    })
    expect(unit.position!.mode).toBe(3)
    expect(Object.keys(unit.position!.sats ?? {})).toContain('beidou')
    expect(unit.gridId).not.toBeNull()
  })

  it('reports a lightbar edge, starts the body-cam and hears it record', async () => {
    await eventually('the panel is read', async () => (await house.terminal()).panel === 'ok')
    house.car.devices.setChannel('lightbar', true)
    await eventually('recording', async () => (await house.unit()).recording)
    expect(house.car.devices.camera.startedBy).toBe('trigger')
    await eventually('confirmed in the ledger', async () => (await records('bodycam.confirmed')).length === 1)
    expect((await records('bodycam.activated')).length).toBe(1)
  })

  it('carries an order down and its signature up', async () => {
    const { position } = await house.unit()
    const created = await house.post<IncidentView>('/v1/incidents', {
      place: { lat: position!.lat, lon: position!.lon, text: '鼓楼大街' },
      class: 'dispute',
    })
    expect(created.status).toBe(201)
    incidentId = created.body.id
    const ordered = await house.post<OrderView>('/v1/orders', {
      kind: 'dispatch',
      incidentId,
      unitId: house.unitId,
    })
    expect(ordered.status).toBe(201)
    orderId = ordered.body.id
    await eventually('on the terminal', async () =>
      (await house.terminal()).orders.some(o => o.orderId === orderId),
    )
    expect(await house.tap({ kind: 'sign', orderId })).toEqual({ accepted: true, code: null })
    const signed = await eventually('signed', async () => {
      const now = await assignment()
      return now?.state === 'signed' ? now : null
    })
    expect(signed.times.tDelivered).toBeDefined()
    expect(signed.times.tSigned?.declared).toBeDefined()
  })

  it('loses nothing when the vehicle’s process is killed: the order is still there and goes on', async () => {
    house.car.process.kill()
    await eventually('the terminal is back', async () => {
      const state = await house.terminal()
      return state.orders.some(o => o.orderId === orderId && o.step === 'signed')
    })
    expect((await house.tap({ kind: 'enroute', orderId })).accepted).toBe(true)
    await eventually('en route', async () => (await assignment())?.state === 'enroute')
  })

  it('loses nothing when the gateway’s process is killed: incident, order and car come back', async () => {
    house.gateway.kill()
    await eventually('the gateway is down', async () => {
      try {
        await house.unit()
        return false
      } catch {
        return true
      }
    })
    expect((await house.tap({ kind: 'on_scene', orderId })).accepted).toBe(true)
    await eventually('on scene after the restart', async () => (await assignment())?.state === 'on_scene')
    await eventually('live again', async () => (await house.unit()).freshness === 'live')
  })

  it('alarms with the true age when panic was pressed offline, and no old position moves the map', async () => {
    house.link.set('reset')
    await eventually('the car knows', async () => (await house.terminal()).link !== 'up')
    house.car.devices.setChannel('panic', true)
    const pressedMs = performance.now()
    await eventually('stored on the car', async () => (await house.terminal()).queue.alarm === 1)
    await new Promise(resolve => setTimeout(resolve, CUT_MS))
    const seenBefore = house.seen.length
    house.link.set('up')
    const alarm: AlarmView = await eventually('the alarm', async () =>
      (await house.alarms()).find(a => a.kind === 'panic'),
    )
    const trueAgeMs = performance.now() - pressedMs
    expect(alarm.arrivedAfterMs).toBeGreaterThanOrEqual(CUT_MS - 500)
    expect(Math.abs(alarm.ageMs - trueAgeMs)).toBeLessThan(2_000)
    await eventually('the back-fill is in', async () => (await house.terminal()).queue.track <= 1)

    const fixTimes = house.seen
      .slice(Math.max(0, seenBefore - 1))
      .filter(u => u.position)
      .map(u => Date.parse(u.at) - u.position!.ageMs)
    expect(fixTimes.length).toBeGreaterThan(1)
    const steps = fixTimes.slice(1).map((t, i) => t - fixTimes[i]!)
    // Ages are rounded and travel; a back-filled position would throw the dot back by seconds.
    expect(Math.min(...steps)).toBeGreaterThan(-500)
    expect(fixTimes.slice(1).every(t => t > fixTimes[0]! + CUT_MS - 2_000)).toBe(true)
  })

  it('shows the crew that their alarm was seen, once a person has seen it', async () => {
    const [alarm] = (await house.alarms()).filter(a => a.kind === 'panic')
    expect((await house.terminal()).panic).toMatchObject({
      active: true,
      delivered: true,
      acknowledged: false,
    })
    const answer = await house.post(`/v1/alarms/${encodeURIComponent(alarm!.id)}/acknowledge`, {})
    expect(answer.status).toBe(200)
    await eventually('acknowledged in the car', async () => (await house.terminal()).panic.acknowledged)
  })

  it('refuses a forged order, says so in its log and in the ledger, and shows the crew nothing', async () => {
    const before = (await house.terminal()).orders.length
    // No one but the gateway can publish to a device, so the forgery is judged by the same door the uplink uses.
    const { openOrder } = await import('#protocols/crypto/order-signature.ts')
    const { loadIdentity } = await import('#agent/provisioning/load-identity.ts')
    const identity = await loadIdentity(`${house.dir}/units/${house.deviceId}`)
    if (!identity.ok) throw new Error(identity.detail)
    const forged = { payload: '{"kind":"dispatch"}', keyId: identity.value.orderKey.keyId, sig: 'AAAA' }
    expect(openOrder(forged, identity.value.orderKey, house.deviceId)).toMatchObject({
      ok: false,
      code: 'ORDER_SIGNATURE',
    })
    expect((await house.terminal()).orders.length).toBe(before)
  })

  it('has every record exactly once in the ledger, in one unbroken chain per lane', async () => {
    expect((await house.tap({ kind: 'clear', orderId })).accepted).toBe(true)
    await eventually('everything delivered', async () => {
      const { queue } = await house.terminal()
      return queue.alarm + queue.event + queue.diag === 0
    })
    const rows = await house.ledger()
    const summary: Record<string, number> = {}
    expect(new Set(rows.map(r => r.eventId)).size).toBe(rows.length)
    expect(new Set(rows.map(r => r.epoch)).size).toBe(1)
    for (const lane of LANES) {
      const seqs = rows.filter(r => r.lane === lane).map(r => r.seq)
      expect(seqs).toEqual(seqs.map((_, i) => i + 1))
      summary[lane] = seqs.length
    }
    const count = (kind: string): number => rows.filter(r => r.kind === kind).length
    expect(count('panic')).toBe(1)
    expect(count('bodycam.activated')).toBe(1)
    const edges = rows.filter(r => r.kind === 'equipment.edge' && r.body.includes('"channel":"lightbar"'))
    expect(edges.length).toBe(1)
    const steps = rows.filter(r => r.kind === 'assignment.step').map(r => JSON.parse(r.body).step)
    expect(steps).toEqual(['signed', 'enroute', 'on_scene', 'cleared'])
    expect(count('boot')).toBe(2)
    console.log(`one car: ${rows.length} records exactly once: ${JSON.stringify(summary)}`)
  })
})
