import { randomBytes } from 'node:crypto'
import { MemoryDisk, openMemoryOutbox } from '#agent/outbox/memory-outbox.ts'
import type { Outbox } from '#agent/outbox/outbox.ts'
import { startCarrier } from '#agent/uplink/carrier.ts'
import type { Carrier, News } from '#agent/uplink/carrier.ts'
import { mqttDial } from '#agent/uplink/mqtt-uplink.ts'
import type { Dial } from '#agent/uplink/uplink.ts'
import type { Position } from '#protocols/bodies.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import type { RecordDraft, WireRecord } from '#protocols/record.ts'
import type { Clock } from '#protocols/time.ts'
import { draftAt } from './drive.ts'
import { sure } from './enrolled.ts'
import { PackedRows } from './packed-rows.ts'

const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const TICK_MS = 200
/** As long as the agent keeps them. */
const KEEP_ACKED_MS = 48 * 3_600_000
const ANNOUNCED_MS = 15_000

/** The delivery of a real car, its code and its connection, with a hand on what it reports. */
export type CarrierCar = {
  readonly deviceId: string
  readonly outbox: Outbox
  /** Begins to connect; of a parked car only. */
  connect(): void
  readonly carrier: Carrier
  /** Everything the store took, as the store named it. */
  readonly accepted: WireRecord[]
  /** Takes a position and says it in the live slot. */
  report(position: Position): Promise<void>
  append(drafts: readonly RecordDraft[]): Promise<readonly WireRecord[]>
  /** Records the gateway has not acknowledged. */
  waiting(): number
  close(): Promise<void>
}

export type CarrierCarParts = {
  readonly identity: DeviceIdentity
  readonly mqttUrl: string
  readonly clock: Clock
  /** One of memory when absent. */
  readonly outbox?: Outbox
  readonly bootId?: string
  /** Takes records from the start, and connects when it is told to. */
  readonly parked?: boolean
  readonly dial?: (dial: Dial) => Dial
  readonly backfillBytesPerS?: number
  readonly backoffMaxMs?: number
  /** How often it looks what is to be sent; five times a second when absent, as the agent. */
  readonly tickMs?: number
  readonly onNews?: (news: News) => void
  readonly onLink?: (state: 'up' | 'connecting' | 'down') => void
}

function packedDisk(): MemoryDisk {
  const disk = new MemoryDisk()
  disk.rows = new PackedRows()
  return disk
}

export const newBootId = (): string => randomBytes(8).toString('hex')

export function openCarrierCar(parts: CarrierCarParts): CarrierCar {
  const { identity, clock } = parts
  const bootId = parts.bootId ?? newBootId()
  const outbox =
    parts.outbox ??
    openMemoryOutbox(
      clock,
      { bootId, mintEpoch: newBootId, health: 'ok', keepAckedMs: KEEP_ACKED_MS },
      packedDisk(),
    )
  const accepted: WireRecord[] = []
  let placed: { readonly position: Position; readonly monoMs: number; readonly eventId: string } | null = null
  const dial = mqttDial(identity, parts.mqttUrl)
  const carrier: Carrier = startCarrier({
    identity,
    clock,
    log: QUIET,
    outbox,
    dial: parts.dial?.(dial) ?? dial,
    random: Math.random,
    software: 'reach5/bench',
    bootId,
    bootCount: 1,
    announcedMs: () => ANNOUNCED_MS,
    backoffMaxMs: parts.backoffMaxMs ?? 5_000,
    backfillBytesPerS: parts.backfillBytesPerS,
    live: (facts, now) => ({
      v: 1,
      epoch: facts.epoch,
      bootId,
      bootCount: 1,
      liveSeq: facts.liveSeq,
      sentMonoMs: now.monoMs,
      sentAt: now.utcMs,
      clockQuality: now.quality,
      window: '0'.repeat(32),
      announcedMs: ANNOUNCED_MS,
      position: placed && {
        eventId: placed.eventId,
        ageMs: Math.max(0, now.monoMs - placed.monoMs),
        ...placed.position,
      },
      equipment: {},
      recording: false,
      emergency: false,
      availability: 'available',
      assignments: [],
      queue: { ...facts.queue, bytes: facts.bytes },
      store: facts.store,
    }),
    onNews: news => parts.onNews?.(news),
    onLink: () => parts.onLink?.(carrier?.link().state ?? 'connecting'),
  })
  let cancel = (): void => {}
  const tick = (): void => {
    carrier.tick()
    cancel = clock.after(parts.tickMs ?? TICK_MS, tick)
  }
  const append = async (drafts: readonly RecordDraft[]): Promise<readonly WireRecord[]> => {
    const records = sure(await carrier.append(drafts, []))
    accepted.push(...records)
    return records
  }
  const connect = (): void => {
    carrier.open()
    tick()
  }
  if (parts.parked !== true) connect()
  return {
    deviceId: identity.deviceId,
    outbox,
    connect,
    carrier,
    accepted,
    append,
    report: async position => {
      const now = clock.now()
      const [record] = await append([draftAt('track', 'position', position, now, bootId)])
      placed = {
        position,
        monoMs: now.monoMs,
        eventId: `${identity.deviceId}/${record!.epoch}/track/${record!.seq}`,
      }
      carrier.live()
    },
    waiting: () => Object.values(carrier.facts().queue).reduce((sum, n) => sum + n, 0),
    close: async () => {
      cancel()
      await carrier.stop()
    },
  }
}
