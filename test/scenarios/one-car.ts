import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlarmView, IncidentView, LedgerRow, OrderView } from '#protocols/api.ts'
import { LANES } from '#protocols/record.ts'
import { eventually, openRunningHouse } from './running-house.ts'
import type { HouseBroker, RunningHouse } from './running-house.ts'

const CUT_MS = 10_000

/*
 * The main job, once, with everything real: a position, a lightbar edge, a body-cam trigger and a panic go up, an order
 * comes down and its signature goes up, through the death of the vehicle's process, the death of the gateway's process
 * and a link that is cut for ten seconds. The chapters follow each other on one running house.
 */
export const describeOneCar = (over: HouseBroker): unknown =>
  describe(`one car and its gateway over ${over.name}`, () => {
    let house: RunningHouse
    let orderId = ''
    let incidentId = ''
    let farOrderId = ''

    beforeAll(async () => {
      // Once a second, so that a cut of ten seconds has positions of its own, parked or not.
      house = await openRunningHouse({ broker: over, sampling: 'every-second' })
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
      await eventually(
        'confirmed in the ledger',
        async () => (await records('bodycam.confirmed')).length === 1,
      )
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

    it('drives to a second order far away', async () => {
      const { position } = await house.unit()
      const far = await house.farthestRoad({ lat: position!.lat, lon: position!.lon })
      const created = await house.post<IncidentView>('/v1/incidents', {
        place: { ...far, text: '' },
        class: 'help',
      })
      const ordered = await house.post<OrderView>('/v1/orders', {
        kind: 'dispatch',
        incidentId: created.body.id,
        unitId: house.unitId,
      })
      farOrderId = ordered.body.id
      expect((await house.tap({ kind: 'clear', orderId })).accepted).toBe(true)
      await eventually(
        'the far order',
        async () => (await house.tap({ kind: 'sign', orderId: farOrderId })).accepted,
      )
      await eventually('the car moves', async () => ((await house.unit()).position?.speedMps ?? 0) > 3)
    })

    it('alarms with the true age when panic was pressed offline, and no old position moves the map', async () => {
      house.link.set('reset')
      await eventually('the car knows', async () => (await house.terminal()).link !== 'up')
      const cutAtMs = Date.now()
      house.car.devices.setChannel('panic', true)
      const pressedMs = performance.now()
      await eventually('stored on the car', async () => (await house.terminal()).queue.alarm === 1)
      await new Promise(resolve => setTimeout(resolve, CUT_MS))
      const seenBefore = house.seen.length
      const healedAtMs = Date.now()
      house.link.set('up')
      const alarm: AlarmView = await eventually('the alarm', async () =>
        (await house.alarms()).find(a => a.kind === 'panic'),
      )
      const trueAgeMs = performance.now() - pressedMs
      expect(alarm.arrivedAfterMs).toBeGreaterThanOrEqual(CUT_MS - 500)
      expect(Math.abs(alarm.ageMs - trueAgeMs)).toBeLessThan(2_000)
      await eventually('the back-fill is in', async () => (await house.terminal()).queue.track <= 1)
      const positionsShown = (): number[] =>
        house.seen
          .slice(seenBefore)
          .filter(u => u.position)
          .map(u => Date.parse(u.at) - u.position!.ageMs)
      await eventually('where the car is now', () =>
        Promise.resolve(positionsShown().some(ms => ms > healedAtMs - 1_500)),
      )

      const inTheCut = (ms: number): boolean => ms > cutAtMs + 500 && ms < healedAtMs - 1_500
      const kept = (await records('position')).filter(r => inTheCut(Date.parse(r.occurredAt)))
      expect(kept.length).toBeGreaterThanOrEqual(4)
      const shown = positionsShown()
      // The first words after a cut tell the newest report with its true age, a second later the car reports anew.
      const newestMs = Math.max(...kept.map(r => Date.parse(r.occurredAt)))
      expect(shown.filter(ms => inTheCut(ms) && ms < newestMs - 1_500)).toEqual([])
      console.log(
        `one car: ${kept.length} positions of the cut in the ledger, at most the newest of them on the map`,
      )
    })

    it('takes an order back, and the crew sees why', async () => {
      const answer = await house.post('/v1/orders', { kind: 'cancel', orderId: farOrderId, reason: '误报' })
      expect(answer.status).toBe(201)
      const order = await eventually('cancelled on the terminal', async () =>
        (await house.terminal()).orders.find(o => o.orderId === farOrderId && o.step === 'cancelled'),
      )
      expect(order.note).toBe('误报')
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

    it('has every record exactly once in the ledger, in one unbroken chain per lane', async () => {
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
      const lightbar = rows
        .filter(r => r.kind === 'equipment.edge' && r.body.includes('"channel":"lightbar"'))
        .map(r => JSON.parse(r.body).value)
      // A busy machine may miss polls for half a second, which is told as `unknown`; no edge is told twice.
      expect(lightbar[0]).toBe('on')
      expect(lightbar.filter((value, i) => value === lightbar[i - 1])).toEqual([])
      const steps = rows.filter(r => r.kind === 'assignment.step').map(r => JSON.parse(r.body).step)
      expect(steps).toEqual(['signed', 'enroute', 'on_scene', 'cleared', 'signed'])
      expect(count('boot')).toBe(2)
      console.log(`one car: ${rows.length} records exactly once: ${JSON.stringify(summary)}`)
    })

    it('was answered and told nothing that the description of the API does not hold', () => {
      const answers = [...house.judge.seen.values()].reduce((sum, n) => sum + n, 0)
      console.log(`one car: ${answers} answers and ${house.judge.messages} stream messages as described`)
      expect(answers).toBeGreaterThan(15)
      expect(house.judge.messages).toBeGreaterThan(15)
      expect([...new Set(house.undescribed)]).toEqual([])
    })
  })
