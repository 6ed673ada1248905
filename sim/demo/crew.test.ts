import { describe, expect, it } from 'vitest'
import type { Tap, TapResult, TerminalOrder, TerminalState } from '#protocols/terminal.ts'
import { openVirtualClock } from '../clock/virtual-clock.ts'
import { randomOf } from '../random.ts'
import { Crew } from './crew.ts'

const ORDER_ID = 'order-1'
const PLACE = { lat: 35.58, lon: 116.98 }

/** A terminal with one order at a step; the crew looks at nothing else. */
const showing = (step: TerminalOrder['step']): TerminalState =>
  ({ orders: [{ orderId: ORDER_ID, step, place: PLACE }] }) as unknown as TerminalState

describe('a crew', () => {
  it('works and clears where it stands, however late its word of setting out comes back refused', async () => {
    const clock = openVirtualClock()
    const pressed: Tap['kind'][] = []
    const drove: unknown[] = []
    let answerEnroute = (_: TapResult): void => {}
    const crew = new Crew(
      {
        tap: tap => {
          pressed.push(tap.kind)
          return tap.kind === 'enroute' && pressed.filter(kind => kind === 'enroute').length === 1
            ? new Promise(resolve => (answerEnroute = resolve))
            : Promise.resolve({ accepted: true, code: null })
        },
        driveTo: place => drove.push(place),
        patrol: () => {},
        lights: () => {},
        door: () => {},
      },
      clock,
      randomOf(1, 'unit-01', 'crew'),
      { taps: true },
    )
    const pass = async (seconds: number): Promise<void> => {
      clock.runUntil(clock.now().monoMs + 1000 * seconds)
      await new Promise(resolve => setImmediate(resolve))
    }

    crew.see(showing('received'))
    await pass(5)
    crew.see(showing('signed'))
    await pass(3)
    expect([pressed, drove]).toEqual([['sign', 'enroute'], [PLACE]])

    crew.arrived()
    answerEnroute({ accepted: false, code: 'NOT_READY' })
    await pass(0)
    await pass(3)
    await pass(60)
    expect(pressed).toEqual(['sign', 'enroute', 'on_scene', 'clear'])
  })
})
