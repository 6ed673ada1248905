import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openLevelOutbox } from '#agent/outbox/level-outbox.ts'
import type { Outbox } from '#agent/outbox/outbox.ts'
import { startCarrier } from '#agent/uplink/carrier.ts'
import type { Carrier } from '#agent/uplink/carrier.ts'
import type { LinkEvents } from '#agent/uplink/uplink.ts'
import { newIntakeState, restoreWatermark } from '#gateway/intake/intake-state.ts'
import { intake } from '#gateway/intake/intake.ts'
import type { IntakeEvent } from '#gateway/intake/intake-effects.ts'
import type { WatermarkRow } from '#gateway/intake/lane-book.ts'
import type { RecordRow } from '#gateway/intake/rows.ts'
import { LANES } from '#protocols/record.ts'
import type { WireRecord } from '#protocols/record.ts'
import type { UpChannel } from '#protocols/topics.ts'
import { draft, HandClock, valueOf } from './contracts/outbox.ts'

const BOOT_ID = 'b00b00b00b00b00b'
const dirs: string[] = []
const newDir = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'reach5-uplink-'))
  dirs.push(dir)
  return dir
}
afterAll(async () => {
  for (const dir of dirs) await rm(dir, { recursive: true, force: true })
})

let minted = 0
const mintEpoch = (): string => (++minted).toString(16).padStart(16, 'c')
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** A ledger that can be brought back older, and what the city was told, which cannot. */
class Centre {
  readonly clock = new HandClock()
  rows = new Map<string, unknown>()
  state = newIntakeState('00000000000000bb', 0)
  told: WireRecord[] = []

  backup(): () => void {
    const rows = structuredClone(this.rows)
    const { generation } = this.state
    const told = [...this.told]
    return () => {
      this.rows = rows
      this.told = told
      this.state = newIntakeState('00000000000000bb', generation + 1)
      for (const [key, row] of rows)
        if (key.startsWith('watermark/')) restoreWatermark(this.state, key, row as WatermarkRow)
    }
  }

  hear(channel: UpChannel, payload: Uint8Array, answer: (ack: object) => void): void {
    this.take({ type: 'payload', deviceId: 'ptu-07', channel, payload }, answer)
  }

  private take(event: IntakeEvent, answer: (ack: object) => void): void {
    for (const effect of intake(this.state, event, this.clock.now()))
      if (effect.type === 'put') this.rows.set(effect.key, structuredClone(effect.value))
      else if (effect.type === 'ack') answer(effect.ack)
      else if (effect.type === 'city' && effect.event.type === 'record') this.told.push(effect.event.record)
      else if (effect.type === 'recall') {
        const sumOf = (key: string): string | null =>
          (this.rows.get(key) as RecordRow | undefined)?.sum ?? null
        this.take({ ...effect.event, recalled: new Map(effect.keys.map(key => [key, sumOf(key)])) }, answer)
      }
  }
}

/** A car's store and carrier on a link that can be up or down. */
class Car {
  readonly clock = new HandClock()
  readonly accepted: WireRecord[] = []
  readonly centre: Centre
  outbox!: Outbox
  private carrier!: Carrier
  private events: LinkEvents | null = null
  private up = false

  constructor(centre: Centre) {
    this.centre = centre
  }

  async boot(dir: string): Promise<void> {
    this.outbox = await openLevelOutbox(dir, this.clock, { bootId: BOOT_ID, mintEpoch, ballastBytes: 0 })
    this.carrier = startCarrier({
      identity: { deviceId: 'ptu-07', orderKey: { keyId: '', publicKeyPem: '' } },
      clock: this.clock,
      log: quiet,
      outbox: this.outbox,
      dial: events => {
        this.events = events
        if (this.up) this.answer()
        return () => this.hangUp()
      },
      random: () => 0.5,
      software: 'test',
      bootId: BOOT_ID,
      bootCount: 1,
      announcedMs: () => 20_000,
      live: () => undefined,
      onNews: () => {},
      onLink: () => {},
    })
    this.carrier.open()
  }

  async append(n: number, count = 1): Promise<void> {
    const drafts = LANES.flatMap(lane => Array.from({ length: count }, (_, i) => draft(lane, n + i)))
    this.accepted.push(...valueOf(await this.carrier.append(drafts, [])))
  }

  connect(): void {
    this.up = true
    this.answer()
  }

  hangUp(): void {
    const { events } = this
    this.events = null
    events?.onClosed('cut')
  }

  disconnect(): void {
    this.up = false
    this.hangUp()
  }

  /** A millisecond in twenty turns, so that the disk, which is real, is never late by this clock. Until every lane is acknowledged to its end, or it is clear that it never will be. */
  async drain(): Promise<void> {
    for (let turns = 0; turns < 2_000_000; turns++) {
      await new Promise(resolve => setImmediate(resolve))
      if (turns % 20 === 0) this.clock.advance(1)
      if (turns % 2_000 === 0) this.carrier.tick()
      const { acked, ranges } = { acked: this.outbox.acked(), ranges: this.outbox.ranges() }
      if (turns > 5_000 && LANES.every(lane => acked[lane] === ranges[lane].last)) return
    }
    throw new Error(
      `not drained: ${JSON.stringify(this.outbox.ranges())} ${JSON.stringify(this.outbox.acked())}`,
    )
  }

  async stop(): Promise<void> {
    this.disconnect()
    await this.carrier.stop()
  }

  private answer(): void {
    const { events, centre } = this
    const answer = (ack: object): void => events?.onMessage('down/ack', Buffer.from(JSON.stringify(ack)))
    events?.onConnected({
      publish: async (channel, payload) => {
        await Promise.resolve()
        if (this.events !== events) return false
        centre.hear(channel, Buffer.from(payload), answer)
        return true
      },
      close: () => Promise.resolve(),
    })
  }
}

/** What happened, whatever it was called: the content of a record. */
const contentOf = ({ lane, kind, occurredAt, body }: WireRecord): string =>
  JSON.stringify([lane, kind, occurredAt, body])

const withoutGaps = (records: readonly WireRecord[]): string[] =>
  records.filter(r => r.kind !== 'gap').map(contentOf)

/** The gateway has `kept + lost` records of each lane; the car's disk was put back to when it held only `kept` of them. */
async function carPutBack(centre: Centre, { kept, lost }: { kept: number; lost: number }) {
  const [dir, image] = [await newDir(), await newDir()]
  const car = new Car(centre)
  const deliver = async (first: number, count: number): Promise<string> => {
    await car.boot(dir)
    await car.append(first, count)
    car.connect()
    await car.drain()
    const { epoch } = car.outbox
    await car.stop()
    return epoch
  }
  await deliver(0, kept)
  await cp(dir, image, { recursive: true })
  const epoch = await deliver(100, lost)
  await rm(dir, { recursive: true })
  await cp(image, dir, { recursive: true })
  return { car, dir, epoch }
}

describe('a car whose store was put back to an older state', () => {
  it('goes on under a new epoch as soon as the gateway knows more: nothing lost, nothing taken for a duplicate', async () => {
    const centre = new Centre()
    const { car, dir, epoch } = await carPutBack(centre, { kept: 10, lost: 10 })
    // Offline it writes other records under names the gateway knows, in one lane even more than it knows.
    await car.boot(dir)
    await car.append(200, 5)
    car.accepted.push(
      ...valueOf(await car.outbox.append(Array.from({ length: 20 }, (_, i) => draft('track', 300 + i)))),
    )
    car.connect()
    await car.drain()
    expect(car.outbox.epoch).not.toBe(epoch)
    expect(withoutGaps(centre.told).toSorted()).toEqual(withoutGaps(car.accepted).toSorted())
    await car.stop()
  })

  it('notices by the sum when it has written past what the gateway knows', async () => {
    const centre = new Centre()
    const { car, dir, epoch } = await carPutBack(centre, { kept: 0, lost: 5 })
    await car.boot(dir)
    await car.append(50, 30)
    car.connect()
    await car.drain()
    expect(car.outbox.epoch).not.toBe(epoch)
    expect(withoutGaps(centre.told).toSorted()).toEqual(withoutGaps(car.accepted).toSorted())
    await car.stop()
  })
})

describe('a gateway brought back from a backup', () => {
  it('gets again what it had acknowledged since, once in effect', async () => {
    const centre = new Centre()
    const car = new Car(centre)
    await car.boot(await newDir())
    await car.append(0, 10)
    car.connect()
    await car.drain()
    const restore = centre.backup()
    await car.append(100, 30)
    await car.drain()
    expect(centre.told).toHaveLength(160)
    car.disconnect()
    restore()
    expect(centre.told).toHaveLength(40)
    await car.append(200, 3)
    car.connect()
    await car.drain()
    expect(withoutGaps(centre.told).toSorted()).toEqual(withoutGaps(car.accepted).toSorted())
    await car.stop()
  })
})
