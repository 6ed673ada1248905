import { describe, expect, it } from 'vitest'
import type { Order } from '#protocols/orders.ts'
import { ok } from '#protocols/result.ts'
import type { Now } from '#protocols/time.ts'
import { NONCES_NOTE } from '../vehicle/state.ts'
import { step } from './core.ts'
import { initialStation } from './state.ts'

const IDENTITY = {
  deviceId: 'station-07',
  name: '鼓楼驻勤点',
  place: { number: '07', kiosk: 'A', lat: 35.59, lon: 116.99 },
  places: [],
  sealTo: [],
  bootId: '00112233445566aa',
  bootCount: 1,
}

const at = (monoMs: number): Now => ({ monoMs, utcMs: 1_795_478_400_000 + monoMs, quality: 'ntp' })

const ack: Order = {
  kind: 'alarm_ack',
  orderId: 'order-1',
  deviceId: 'station-07',
  unitId: 'station-07',
  alarmId: 'station-07/00112233445566aa/alarm/1',
  nonce: 'a'.repeat(32),
  issuedAt: 1_795_478_400_000,
  revision: 1,
}

describe('an order at a duty station', () => {
  it('is receipted once, and again when the centre still asks a minute later', () => {
    const state = initialStation(IDENTITY, new Map(), NONCES_NOTE)
    const bodies: unknown[] = []
    const ask = (order: Order, monoMs: number): void => {
      const mint = (): string => 'f'.repeat(32)
      for (const effect of step(state, { type: 'order', order }, at(monoMs), mint)) {
        if (effect.type !== 'append') continue
        bodies.push(...effect.drafts.map(draft => JSON.parse(draft.body) as unknown))
        step(state, { type: 'appended', ref: effect.ref, result: ok([]) }, at(monoMs), mint)
      }
    }
    const receipt = { orderId: 'order-1', incidentId: null, revision: 1, outcome: 'executed' }
    ask(ack, 1_000)
    ask(ack, 60_999)
    expect(bodies).toEqual([receipt])
    ask(ack, 61_000)
    ask(ack, 66_000)
    expect(bodies).toEqual([receipt, { ...receipt, toldAt: at(1_000).utcMs }])
  })
})
