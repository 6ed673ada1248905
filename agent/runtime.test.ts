import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { keyIdOf, signOrder } from '#protocols/crypto/order-signature.ts'
import { openPayload } from '#protocols/batch.ts'
import type { LogEntry } from '#protocols/log.ts'
import type { Order, SignedOrder } from '#protocols/orders.ts'
import type { WireRecord } from '#protocols/record.ts'
import { LANES } from '#protocols/record.ts'
import { Hello, Live } from '#protocols/session.ts'
import type { Clock } from '#protocols/time.ts'
import type { UpChannel } from '#protocols/topics.ts'
import { aDispatch } from '#test/fixtures/dispatch.ts'
import { outboxAround } from '#test/fixtures/outbox-around.ts'
import { MemoryDisk, openMemoryOutbox } from './outbox/memory-outbox.ts'
import { startRuntime } from './runtime.ts'
import type { LinkEvents } from './uplink/uplink.ts'

const BOOT = '00112233445566aa'

const keys = (() => {
  const pair = generateKeyPairSync('ed25519')
  const publicKeyPem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const privateKeyPem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { publicKeyPem, privateKeyPem, keyId: keyIdOf(publicKeyPem) }
})()

const dispatch: Order = aDispatch()

/** The whole runtime with a store of memory, a clock moved by hand and a gateway that is this test. */
function openCar() {
  const timers: { atMs: number; run: () => void }[] = []
  let monoMs = 0
  const clock: Clock = {
    now: () => ({ monoMs, utcMs: 1_795_478_400_000 + monoMs, quality: 'gnss' }),
    after: (ms, run) => {
      const timer = { atMs: monoMs + ms, run }
      timers.push(timer)
      return () => timers.splice(timers.indexOf(timer) >>> 0, 1)
    },
  }
  const log: LogEntry[] = []
  const note = (entry: LogEntry): void => void log.push(entry)
  const sent: { channel: UpChannel; payload: Uint8Array }[] = []
  let events: LinkEvents | null = null
  let dials = 0
  const disk = new MemoryDisk()
  const outbox = openMemoryOutbox(clock, { bootId: BOOT, mintEpoch: () => 'ffeeddccbbaa9988' }, disk)
  let minted = 0
  let epoch = outbox.epoch
  const store = outboxAround(outbox, {
    get epoch() {
      return epoch
    },
  })
  const runtime = startRuntime({
    identity: { deviceId: 'ptu-01', unitId: 'unit-01', callSign: '鼓楼01', orderKey: keys },
    clock,
    log: { debug: note, info: note, warn: note, error: note },
    outbox: store,
    dial: made => {
      dials++
      events = made
      return () => made.onClosed('given up')
    },
    setOutput: () => {},
    mint: bytes => (++minted).toString(16).padStart(bytes * 2, '0'),
    random: () => 0.5,
    software: 'test',
    bootId: BOOT,
    bootCount: 1,
  })
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
  }
  return {
    runtime,
    disk,
    repairInto: (next: string) => void (epoch = next),
    log,
    sent,
    settle,
    get dials() {
      return dials
    },
    advance: async (ms: number): Promise<void> => {
      const untilMs = monoMs + ms
      for (;;) {
        const due = timers.filter(t => t.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
        if (!due) break
        timers.splice(timers.indexOf(due), 1)
        monoMs = Math.max(monoMs, due.atMs)
        due.run()
        await settle()
      }
      monoMs = untilMs
    },
    connect: async (): Promise<void> => {
      events!.onConnected({
        publish: (channel, payload) => {
          sent.push({ channel, payload: Buffer.from(payload) })
          return Promise.resolve(true)
        },
        close: () => Promise.resolve(),
      })
      const ack = { v: 1, ledgerId: BOOT, generation: 0, epoch: 'ffeeddccbbaa9988', upTo: 0 }
      for (const lane of LANES) events!.onMessage('down/ack', Buffer.from(JSON.stringify({ ...ack, lane })))
      await settle()
    },
    drop: () => events!.onClosed('cut'),
    order: async (order: SignedOrder | unknown): Promise<void> => {
      events!.onMessage('down/order', Buffer.from(JSON.stringify(order)))
      await settle()
    },
    hear: async (ack: object): Promise<void> => {
      events!.onMessage('down/ack', Buffer.from(JSON.stringify(ack)))
      await settle()
    },
    records: (): WireRecord[] =>
      sent
        .filter(s => s.channel.startsWith('up/') && s.channel !== 'up/unstored')
        .flatMap(s => {
          const opened = openPayload(s.payload)
          return opened.ok ? opened.value : []
        }),
    kinds: (): string[] => sent.map(s => s.channel),
  }
}

const signed = signOrder(dispatch, keys.privateKeyPem, keys.keyId)

describe('a connection', () => {
  it('begins with hello and the live slot, before any record', async () => {
    const car = openCar()
    await car.settle()
    await car.connect()
    expect(car.kinds().slice(0, 2)).toEqual(['hello', 'live'])
    expect(Hello.safeParse(JSON.parse(Buffer.from(car.sent[0]!.payload).toString())).success).toBe(true)
    expect(Live.safeParse(JSON.parse(Buffer.from(car.sent[1]!.payload).toString())).success).toBe(true)
    expect(car.records().map(r => r.kind)).toEqual(expect.arrayContaining(['unit.status', 'boot']))
    await car.runtime.stop()
  })

  it('is tried again with growing pauses until it stands', async () => {
    const car = openCar()
    for (let i = 0; i < 3; i++) {
      car.drop()
      await car.advance(3_000)
    }
    expect(car.dials).toBe(4)
    expect(car.runtime.view().link).toBe('down')
    await car.connect()
    expect(car.runtime.view().link).toBe('up')
    await car.runtime.stop()
  })
})

describe('a store that was repaired into a new epoch', () => {
  it('is introduced by a new hello on a new connection', async () => {
    const car = openCar()
    await car.connect()
    car.repairInto('1111111111111111')
    await car.advance(5_000)
    expect(car.dials).toBe(2)
    expect(car.log.map(e => e.event)).toContain('outbox.new_epoch')
    const before = car.sent.length
    await car.connect()
    expect(JSON.parse(Buffer.from(car.sent[before]!.payload).toString()).epoch).toBe('1111111111111111')
    await car.runtime.stop()
  })
})

describe('an order at the door of the car', () => {
  const forgeries: [string, unknown, string][] = [
    [
      'with an altered payload',
      { ...signed, payload: signed.payload.replace('order-1', 'order-2') },
      'ORDER_SIGNATURE',
    ],
    ['with a signature of zeros', { ...signed, sig: Buffer.alloc(64).toString('base64') }, 'ORDER_SIGNATURE'],
    ['with no signature', { ...signed, sig: '' }, 'ORDER_SIGNATURE'],
    ['signed with another key', { ...signed, keyId: '0000000000000000' }, 'ORDER_KEY'],
    [
      'meant for another car',
      signOrder({ ...dispatch, deviceId: 'ptu-02' }, keys.privateKeyPem, keys.keyId),
      'ORDER_TARGET',
    ],
    ['that is no order', { hello: 'world' }, 'ORDER_SCHEMA'],
    ['that is not JSON', 'x', 'ORDER_SCHEMA'],
  ]

  it.each(forgeries)(
    '%s is refused, logged and recorded, and the crew sees nothing',
    async (_, forged, code) => {
      const car = openCar()
      await car.connect()
      await car.order(forged)
      expect(car.log.find(e => e.event === 'order.rejected')).toMatchObject({ code })
      expect(car.runtime.view().orders).toEqual([])
      const [record] = car.records().filter(r => r.kind === 'order.rejected')
      expect(JSON.parse(record!.body)).toMatchObject({ code })
      await car.runtime.stop()
    },
  )

  it('rightly signed is shown, receipted and signed with one tap', async () => {
    const car = openCar()
    await car.connect()
    await car.order(signed)
    expect(car.runtime.view().orders.map(o => o.step)).toEqual(['received'])
    expect(await car.runtime.tap({ kind: 'sign', orderId: 'order-1' })).toEqual({
      accepted: true,
      code: null,
    })
    await car.settle()
    const kinds = car.records().map(r => r.kind)
    expect(kinds).toContain('order.receipt')
    expect(kinds).toContain('assignment.step')
    await car.runtime.stop()
  })
})

describe('a panic', () => {
  it('whose store fails leaves the car at once, marked as not stored', async () => {
    const car = openCar()
    await car.connect()
    await car.settle()
    car.disk.failNextWrite()
    const answer = car.runtime.tap({ kind: 'panic' })
    await car.settle()
    expect((await answer).accepted).toBe(false)
    expect(car.kinds()).toContain('up/unstored')
    await car.runtime.stop()
  })

  it('that was not stored is sent again until the gateway says that it holds it, and is then delivered', async () => {
    const car = openCar()
    await car.connect()
    car.disk.failNextWrite()
    void car.runtime.tap({ kind: 'panic' })
    await car.settle()
    const ids = () =>
      car.sent
        .filter(s => s.channel === 'up/unstored')
        .map(s => (JSON.parse(Buffer.from(s.payload).toString()) as { id: string }).id)
    // The broker took it each time; that says nothing about the ledger.
    await car.advance(11_000)
    expect(ids().length).toBeGreaterThanOrEqual(3)
    expect(new Set(ids()).size).toBe(1)
    expect(car.runtime.view().panic.delivered).toBe(false)
    const sent = ids().length
    await car.hear({ v: 1, ledgerId: BOOT, generation: 0, unstored: ids()[0]! })
    await car.advance(30_000)
    expect(ids()).toHaveLength(sent)
    expect(car.runtime.view().panic.delivered).toBe(true)
    await car.runtime.stop()
  })

  it('pressed while the disk hangs leaves the car within seconds, and is one press when the disk returns', async () => {
    const car = openCar()
    await car.connect()
    const release = car.disk.hang()
    void car.runtime.tap({ kind: 'panic' })
    await car.advance(2_500)
    const unstored = car.sent.find(s => s.channel === 'up/unstored')
    const { id } = JSON.parse(Buffer.from(unstored!.payload).toString()) as { id: string }
    release()
    await car.advance(1_000)
    const stored = car.records().filter(r => r.kind === 'panic')
    expect(stored).toHaveLength(1)
    expect(JSON.parse(stored[0]!.body)).toMatchObject({ pressId: id })
    await car.runtime.stop()
  })

  it('pressed with the link down goes first when it is up again', async () => {
    const car = openCar()
    await car.connect()
    car.drop()
    for (let i = 0; i < 30; i++) {
      car.runtime.feed({ type: 'fix', fix: { mode: 3, lat: 35.5 + i / 1000, lon: 116.9, speedMps: 10 } })
      await car.advance(1_000)
    }
    await car.runtime.tap({ kind: 'panic' })
    const before = car.sent.length
    await car.connect()
    const up = car
      .kinds()
      .slice(before)
      .filter(c => c.startsWith('up/'))
    expect(up[0]).toBe('up/alarm')
    expect(car.records().filter(r => r.kind === 'position').length).toBeGreaterThanOrEqual(10)
    await car.runtime.stop()
  })
})
