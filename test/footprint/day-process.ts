import { openMemoryOutbox } from '#agent/outbox/memory-outbox.ts'
import { startRuntime } from '#agent/runtime.ts'
import type { Runtime } from '#agent/runtime.ts'
import type { Link, LinkEvents } from '#agent/uplink/uplink.ts'
import { openPayload } from '#protocols/batch.ts'
import type { Order } from '#protocols/orders.ts'
import { LANES } from '#protocols/record.ts'
import type { Lane } from '#protocols/record.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { randomOf } from '#sim/random.ts'
import { patrol } from '../fleet/drive.ts'
import type { HourOfMemory } from './day.ts'

/*
 * A car's day in a process of its own (`day.ts` starts it, with `--expose-gc`): the vehicle runtime in virtual time, fixes once a
 * second, edges of its equipment, orders taken and done, a link that acknowledges and is lost once an hour. Nothing here keeps
 * anything per second, so what grows is the agent's.
 */
const HOUR_S = 3_600
const EDGE_EVERY_S = 90
const PANIC_EVERY_S = 3_600
const ORDER_EVERY_S = 1_200
const BOOT = '00112233445566aa'
const EPOCH = 'ffeeddccbbaa9988'

const [hours = 24, leakBytesPerS = 0] = process.argv.slice(2).map(Number)
const leak: Buffer[] = []
const clock = openVirtualClock({ quality: 'ntp' })
const random = randomOf(1, 'footprint', 'drive')
const outbox = openMemoryOutbox(clock, { bootId: BOOT, mintEpoch: () => EPOCH, health: 'ok' })
const counts = { fixes: 0, edges: 0, orders: 0, links: 0, published: 0, records: 0 }

let minted = 0
let events: LinkEvents | null = null
const acked = new Map<Lane, number>(LANES.map(lane => [lane, 0]))
const ack = (lane: Lane): void => {
  const told = { v: 1, ledgerId: BOOT, generation: 0, epoch: outbox.epoch, lane, upTo: acked.get(lane)! }
  events?.onMessage('down/ack', Buffer.from(JSON.stringify(told)))
}
const link: Link = {
  publish: (channel, payload) => {
    counts.published += 1
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
    if (channel === 'hello') queueMicrotask(() => LANES.forEach(ack))
    if (channel.startsWith('up/')) {
      const opened = openPayload(bytes)
      if (!opened.ok) throw new Error(opened.detail)
      counts.records += opened.value.length
      const { lane, seq } = opened.value.at(-1)!
      acked.set(lane, Math.max(acked.get(lane)!, seq))
      queueMicrotask(() => ack(lane))
    }
    return Promise.resolve(true)
  },
  close: () => Promise.resolve(),
}
const runtime: Runtime = startRuntime({
  identity: {
    ...{ deviceId: 'ptu-01', unitId: 'unit-01', callSign: '01' },
    orderKey: { keyId: '0'.repeat(16), publicKeyPem: '' },
  },
  clock,
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  outbox,
  dial: made => {
    events = made
    counts.links += 1
    queueMicrotask(() => made.onConnected(link))
    return () => {}
  },
  setOutput: () => {},
  channels: ['lightbar', 'panic'],
  mint: bytes => (++minted).toString(16).padStart(bytes * 2, '0'),
  random: () => 0.5,
  software: 'proof',
  bootId: BOOT,
  bootCount: 1,
})

const drive = patrol(random)
tellMemory(0)
for (let second = 1; second <= hours * HOUR_S; second += 1) {
  clock.runUntil(second * 1_000)
  const { fixUtcMs, ...place } = drive(clock.now().utcMs)
  runtime.feed({ type: 'fix', fix: { ...place, ...(fixUtcMs !== undefined && { timeUtcMs: fixUtcMs }) } })
  counts.fixes += 1
  if (second % EDGE_EVERY_S === 0) edge('lightbar', (second / EDGE_EVERY_S) % 2 === 1)
  if (second % PANIC_EVERY_S === 60) edge('panic', true)
  if (second % PANIC_EVERY_S === 70) edge('panic', false)
  if (second % ORDER_EVERY_S === 10) take(Math.floor(second / ORDER_EVERY_S) + 1)
  if (second % HOUR_S === 1_800) events!.onClosed('lost')
  if (leakBytesPerS > 0) leak.push(Buffer.alloc(leakBytesPerS, 1))
  await settle()
  if (second % HOUR_S === 0) tellMemory(second / HOUR_S)
}
await runtime.stop()
process.disconnect()

function edge(channel: 'lightbar' | 'panic', on: boolean): void {
  counts.edges += 1
  runtime.feed({ type: 'input', channel, value: on ? 'on' : 'off' })
}

/** An order comes, is signed, reached and done, each some minutes after the other. */
function take(n: number): void {
  counts.orders += 1
  const orderId = `order-${n}`
  runtime.feed({ type: 'order', order: orderOf(orderId, n) })
  const steps = ['sign', 'enroute', 'on_scene', 'clear'] as const
  steps.forEach((kind, i) => clock.after((i + 1) * 180_000, () => void runtime.tap({ kind, orderId })))
}

function orderOf(orderId: string, n: number): Order {
  return {
    ...{ kind: 'dispatch', orderId, deviceId: 'ptu-01', unitId: 'unit-01', incidentId: `incident-${n}` },
    nonce: n.toString(16).padStart(32, '0'),
    issuedAt: n,
    revision: 1,
    incident: {
      ...{ number: `JQ-${n}`, class: 'help', severity: 'normal', exercise: false },
      place: { lat: 35.6, lon: 117, text: '' },
    },
  }
}

function tellMemory(hour: number): void {
  // Twice: what the first finds dead may hold what the second frees.
  globalThis.gc!()
  globalThis.gc!()
  const { heapUsed, external, rss } = process.memoryUsage()
  const told: HourOfMemory = { hour, heapBytes: heapUsed + external, residentBytes: rss, ...counts }
  process.send!(told)
}

async function settle(): Promise<void> {
  for (let i = 0; i < 3; i += 1) await new Promise(resolve => setImmediate(resolve))
}
