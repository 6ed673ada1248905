import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { HandshakeQueue } from './handshake-queue.ts'

class Knock extends EventEmitter {
  readonly remoteAddress = '127.0.0.1'
  readonly remotePort: number
  idleMs = 0
  constructor(remotePort: number) {
    super()
    this.remotePort = remotePort
  }
  destroy(): void {
    this.emit('close')
  }
}

const aQueue = () => {
  const begun: number[] = []
  const due: (() => void)[] = []
  const queue = new HandshakeQueue<Knock>({
    begin: knock => begun.push(knock.remotePort),
    soon: run => due.push(run),
    closeIdle: (knock, ms) => (knock.idleMs = ms),
  })
  const arrive = (port: number): Knock => {
    const knock = new Knock(port)
    queue.arrive(knock)
    return knock
  }
  const turns = (count: number): void => {
    for (let n = 0; n < count; n++) for (const run of due.splice(0)) run()
  }
  return { begun, queue, arrive, turns }
}

describe('connections that wait for their handshake', () => {
  it('begin a few in a turn of the event loop, in the order they came', () => {
    const { begun, arrive, turns } = aQueue()
    for (let port = 1; port <= 40; port++) arrive(port)
    expect(begun).toEqual([])
    turns(1)
    expect(begun.length).toBeGreaterThan(0)
    expect(begun.length).toBeLessThan(10)
    turns(40)
    expect(begun).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
  })

  it('wait while too many are under way, until one is secure or gone', () => {
    const { begun, queue, arrive, turns } = aQueue()
    const arrivals = Array.from({ length: 300 }, (_, n) => arrive(n + 1))
    turns(300)
    const bound = begun.length
    expect(bound).toBeLessThan(300)
    queue.secured(arrivals[0]!)
    queue.secured(arrivals[0]!)
    arrivals[1]!.destroy()
    turns(10)
    expect(begun.length).toBe(bound + 2)
  })

  it('are sent away before they would give up themselves, and cost no handshake', () => {
    const { begun, arrive, turns } = aQueue()
    const [first, late] = [arrive(1), arrive(2)]
    expect(late.idleMs).toBeLessThan(10_000)
    expect(late.idleMs).toBeGreaterThan(0)
    late.destroy()
    turns(5)
    expect(begun).toEqual([1])
    expect(first.idleMs).toBe(0)
  })

  it('are all closed with the queue', () => {
    const { begun, queue, arrive, turns } = aQueue()
    const arrivals = Array.from({ length: 20 }, (_, n) => arrive(n + 1))
    turns(1)
    let closed = 0
    for (const arrival of arrivals) arrival.once('close', () => closed++)
    queue.close()
    const before = begun.length
    turns(20)
    expect(closed).toBe(20)
    expect(begun.length).toBe(before)
  })
})
