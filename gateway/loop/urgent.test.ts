import { describe, expect, it } from 'vitest'
import { placeIn } from './urgent.ts'
import type { Waiting } from './urgent.ts'

const said = (deviceId: string, channel: string): Waiting => ({
  type: 'broker',
  event: { deviceId, type: 'payload', channel },
})
const session = (deviceId: string): Waiting => ({ type: 'broker', event: { deviceId, type: 'session' } })
const nameOf = ({ type, event }: Waiting): string =>
  event === undefined ? type : `${event.deviceId} ${event.channel ?? event.type}`
const queueOf = (...items: Waiting[]): string[] => {
  const queue: Waiting[] = []
  for (const item of items) queue.splice(placeIn(queue, item), 0, item)
  return queue.map(nameOf)
}

describe('the queue of the loop', () => {
  it('lets an alarm go before the backlog of everybody, its own included', () => {
    expect(
      queueOf(said('a', 'up/track'), said('b', 'up/track'), { type: 'command' }, said('b', 'up/alarm')),
    ).toEqual(['b up/alarm', 'a up/track', 'b up/track', 'command'])
  })

  it('keeps an alarm behind what its device said of itself, and alarms in their order', () => {
    expect(
      queueOf(
        ...[session('a'), said('a', 'hello'), said('b', 'up/track'), said('a', 'up/event')],
        ...[said('a', 'up/alarm'), said('b', 'up/alarm'), said('b', 'up/unstored'), said('a', 'up/alarm')],
      ),
    ).toEqual([
      ...['b up/alarm', 'b up/unstored', 'a session', 'a hello', 'a up/alarm', 'a up/alarm'],
      ...['b up/track', 'a up/event'],
    ])
  })

  it('takes everything else as it comes', () => {
    const items = [session('a'), said('a', 'live'), said('a', 'up/diag'), { type: 'tick' }, session('a')]
    expect(queueOf(...items)).toEqual(items.map(nameOf))
  })
})
