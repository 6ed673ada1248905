import { describe, expect, it } from 'vitest'
import type { AssignmentView, IncidentView } from '#protocols/api.ts'
import { incidentClock, momentOf, unsignedSeconds } from './incident-clock.ts'

const START = Date.parse('2026-11-24T00:00:00.000Z')
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString()

const sent = (patch: Partial<AssignmentView> = {}): AssignmentView => ({
  orderId: 'ord-1',
  unitId: 'ptu-1',
  callSign: '巡01',
  state: 'dispatched',
  times: { tDispatched: { system: at(20) } },
  etaSeconds: 120,
  nearSince: null,
  declaredFarM: null,
  ...patch,
})
const incident = (
  assignments: readonly AssignmentView[],
  state: IncidentView['state'] = 'dispatched',
): IncidentView => ({
  id: 'inc-1',
  number: 'JQ-20261124-0001',
  class: 'theft',
  severity: 'normal',
  state,
  source: 'map',
  place: { lat: 35.58, lon: 116.98, text: '' },
  gridId: null,
  revision: 1,
  exercise: false,
  times: { tReceived: { system: at(0) } },
  ageMs: 0,
  at: at(0),
  targetSeconds: 300,
  assignments: [...assignments],
})
const clockAfter = (seconds: number, one: IncidentView) =>
  incidentClock(one, seconds * 1000, START + seconds * 1000)

describe('the clock of an incident', () => {
  it('counts how long the caller has waited until somebody is sent', () => {
    expect(clockAfter(17, incident([]))).toEqual({ phase: 'waiting', seconds: 17 })
  })

  it('runs down five minutes from the first dispatch', () => {
    expect(clockAfter(80, incident([sent()]))).toEqual({
      phase: 'running',
      remainingSeconds: 240,
      breach: 'none',
    })
  })

  it('foresees a breach when nobody sent can be there in time', () => {
    const late = sent({ etaSeconds: 301 })
    expect(clockAfter(30, incident([late]))).toMatchObject({ breach: 'predicted' })
    const second = sent({ orderId: 'ord-2', times: { tDispatched: { system: at(60) } }, etaSeconds: 200 })
    expect(clockAfter(61, incident([late, second]))).toMatchObject({ breach: 'none' })
  })

  it('says by how much it is over', () => {
    expect(clockAfter(330, incident([sent()]))).toEqual({
      phase: 'running',
      remainingSeconds: -10,
      breach: 'over',
    })
  })

  it('stands still at the first arrival, and prefers what the car sensed', () => {
    const times = { tDispatched: { system: at(20) }, tArrived: { declared: at(200), sensed: at(190) } }
    expect(clockAfter(999, incident([sent({ state: 'on_scene', times })]))).toEqual({
      phase: 'arrived',
      seconds: 170,
      inTime: true,
    })
  })

  it('waits again after the only order was recalled or refused', () => {
    expect(clockAfter(90, incident([sent({ state: 'cancelled' })]))).toEqual({
      phase: 'waiting',
      seconds: 90,
    })
  })

  it('ends with the incident', () => {
    expect(clockAfter(90, incident([sent()], 'resolved'))).toEqual({ phase: 'closed' })
  })
})

describe('an order', () => {
  it('is unsigned from dispatch until the crew signs', () => {
    expect(unsignedSeconds(sent({ state: 'delivered' }), START + 50_000)).toBe(30)
    expect(unsignedSeconds(sent({ state: 'signed' }), START + 50_000)).toBeNull()
  })

  it('has no time for a step that was skipped', () => {
    expect(momentOf(sent().times, 'tSigned')).toBeNull()
  })
})
