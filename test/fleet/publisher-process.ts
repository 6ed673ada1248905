import mqtt from 'mqtt'
import type { MqttClient } from 'mqtt'
import { packBatch } from '#protocols/batch.ts'
import { chainRecord } from '#protocols/chain.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { WireRecord } from '#protocols/record.ts'
import { topicOf } from '#protocols/topics.ts'
import { randomOf } from '#sim/random.ts'
import { newBootId } from './carrier-car.ts'
import { draftAt, patrol } from './drive.ts'

/** Said to publishers: connect first, then one round after another. */
export type ToPublishers =
  | { readonly say: 'connect'; readonly identities: readonly DeviceIdentity[]; readonly url: string }
  | {
      readonly say: 'round'
      readonly singles: number
      readonly batches: number
      /** Each record of a batch alone instead, as a plain relay would carry it. */
      readonly oneByOne: boolean
      /** A round ends with the gateway's own acks, not with the broker's. */
      readonly acks: boolean
    }

export type FromPublishers = { readonly say: 'connected' | 'done'; readonly records: number }

const BATCH = 60
const CONNECTING_AT_ONCE = 16
const IN_FLIGHT = 8

type Publisher = {
  readonly client: MqttClient
  readonly id: string
  readonly epoch: string
  readonly next: ReturnType<typeof patrol>
  seq: number
  prev: string
  ackedTo: number
  onAck: () => void
}

const publishers: Publisher[] = []
const bootId = newBootId()

function connectOne(identity: DeviceIdentity, url: string, n: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = mqtt.connect(url, {
      ...{
        clientId: identity.deviceId,
        clean: true,
        reconnectPeriod: 0,
        connectTimeout: 120_000,
        keepalive: 60,
      },
      ...{ key: identity.privateKey, cert: identity.certificate, ca: identity.ca, protocolVersion: 4 },
    })
    const publisher: Publisher = {
      ...{ client, id: identity.deviceId, epoch: newBootId(), next: patrol(randomOf(n, 'ingest', 'patrol')) },
      ...{ seq: 0, prev: CHAIN_START, ackedTo: 0, onAck: () => {} },
    }
    client.on('error', reject)
    client.on('message', (_topic, payload) => {
      const ack = JSON.parse(String(payload)) as { lane?: string; epoch?: string; upTo?: number }
      if (ack.lane !== 'track' || ack.epoch !== publisher.epoch) return
      publisher.ackedTo = Math.max(publisher.ackedTo, ack.upTo ?? 0)
      publisher.onAck()
    })
    client.on('connect', () =>
      client.subscribe(topicOf(identity.deviceId, 'down/ack'), { qos: 1 }, error => {
        if (error) return reject(error)
        publishers.push(publisher)
        resolve()
      }),
    )
  })
}

/** One position a second, chained as an outbox chains them. */
function drive(publisher: Publisher, count: number): WireRecord[] {
  return Array.from({ length: count }, () => {
    const utcMs = Date.now()
    const now = { monoMs: performance.now(), utcMs, quality: 'gnss' } as const
    const record = chainRecord(draftAt('track', 'position', publisher.next(utcMs), now, bootId), {
      ...{ epoch: publisher.epoch, seq: ++publisher.seq, prev: publisher.prev },
    })
    publisher.prev = record.sum
    return record
  })
}

async function playRound(
  publisher: Publisher,
  payloads: readonly (string | Uint8Array)[],
  acks: boolean,
): Promise<void> {
  const topic = topicOf(publisher.id, 'up/track')
  const waiting = payloads[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (const payload of waiting)
      await publisher.client.publishAsync(topic, Buffer.from(payload), { qos: 1 })
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
  if (!acks) return
  await new Promise<void>(resolve => {
    publisher.onAck = () => {
      if (publisher.ackedTo >= publisher.seq) resolve()
    }
    publisher.onAck()
  })
}

async function hear(told: ToPublishers): Promise<FromPublishers> {
  if (told.say === 'connect') {
    const waiting = told.identities.entries()
    const worker = async (): Promise<void> => {
      for (const [n, identity] of waiting) await connectOne(identity, told.url, n)
    }
    await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, worker))
    return { say: 'connected', records: publishers.length }
  }
  const plans = publishers.map(publisher => {
    const batches = Array.from({ length: told.batches }, () => drive(publisher, BATCH))
    const singles = drive(publisher, told.singles)
    const alone = (records: readonly WireRecord[]): string[] => records.map(record => JSON.stringify(record))
    const first = batches.flatMap<string | Uint8Array>(batch =>
      told.oneByOne ? alone(batch) : [packBatch(batch)],
    )
    return [...first, ...alone(singles)]
  })
  // What was prepared is ready before anybody counts.
  process.send?.({ say: 'connected', records: 0 } satisfies FromPublishers)
  await new Promise(resolve => process.once('message', resolve))
  await Promise.all(publishers.map((publisher, i) => playRound(publisher, plans[i]!, told.acks)))
  return { say: 'done', records: publishers.length * (told.batches * BATCH + told.singles) }
}

let turn = Promise.resolve()
process.on('message', message => {
  if ((message as { say?: string }).say === 'go') return
  turn = turn.then(async () => void process.send?.(await hear(message as ToPublishers)))
})
process.once('disconnect', () => process.exit(0))
