import { ADAPTIVE, NOTHING_SAMPLED, sample } from '#agent/vehicle/sampling.ts'
import type { SamplingState } from '#agent/vehicle/sampling.ts'
import type { BodyOf, Position, RecordKind } from '#protocols/bodies.ts'
import { RECORD_KINDS } from '#protocols/bodies.ts'
import { chainRecord } from '#protocols/chain.ts'
import { localPlane } from '#protocols/geo/local.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { Live } from '#protocols/session.ts'
import { randomOf } from '#sim/random.ts'
import type { Random } from '#sim/random.ts'
import type { Beat } from '#sim/traffic/beat.ts'
import { moverStep, openMover, poseOf } from '#sim/traffic/mover.ts'
import type { Mover, MoverEvent } from '#sim/traffic/mover.ts'
import type { StreetMap } from '#sim/traffic/street-map.ts'
import type { Traffic } from '#sim/traffic/traffic.ts'

/** A receiver in a street: an error that wanders within a minute, and a little noise on every fix; metres. */
const DRIFT_M = 3
const DRIFT_SECONDS = 60
const NOISE_M = 0.5
const EPOCH = 'ab'.repeat(8)
const BOOT = '01'.repeat(8)

/** A car as the gateway hears it: where it truly is stays with the simulator. */
export class EtaCar {
  readonly deviceId: string
  readonly random: Random
  private readonly mover: Mover
  private sampling: SamplingState = NOTHING_SAMPLED
  private readonly drift: { x: number; y: number }
  private readonly tails = new Map<string, { seq: number; prev: string }>()
  private liveSeq = 0
  private readonly utcOffsetMs: number

  constructor(
    name: string,
    parts: { map: StreetMap; beat: Beat; traffic: Traffic; seed: number; nowMs: number; utcOffsetMs: number },
  ) {
    this.deviceId = name
    this.random = randomOf(parts.seed, name, 'receiver')
    this.drift = { x: this.random.normal(0, DRIFT_M), y: this.random.normal(0, DRIFT_M) }
    this.mover = openMover({ ...parts, random: randomOf(parts.seed, name, 'drive') })
    this.utcOffsetMs = parts.utcOffsetMs
  }

  /** Drives on to this moment; true when it came to stand at its goal. */
  drive(event: MoverEvent, monoMs: number): boolean {
    return moverStep(this.mover, event, monoMs).some(effect => effect.type === 'arrived')
  }

  get place(): LatLon {
    const { lat, lon } = poseOf(this.mover)
    return { lat, lon }
  }

  get speedMps(): number {
    return this.mover.speedMps
  }

  /** What its receiver says once a second. */
  position(): Position {
    const { lat, lon, speedMps, trackDeg } = poseOf(this.mover)
    const keep = Math.exp(-1 / DRIFT_SECONDS)
    const fresh = DRIFT_M * Math.sqrt(1 - keep * keep)
    this.drift.x = keep * this.drift.x + this.random.normal(0, fresh)
    this.drift.y = keep * this.drift.y + this.random.normal(0, fresh)
    const x = this.drift.x + this.random.normal(0, NOISE_M)
    const y = this.drift.y + this.random.normal(0, NOISE_M)
    const seen = Math.max(0, speedMps + this.random.normal(0, 0.15))
    return { ...localPlane({ lat, lon }).toLatLon({ x, y }), mode: 3, speedMps: seen, trackDeg }
  }

  /** The record of this second's position, when the rules of the agent make one of it. */
  sampled(position: Position, monoMs: number, isIncident: boolean): Uint8Array | undefined {
    const rules = isIncident ? ADAPTIVE.incident : ADAPTIVE.patrol
    const { state, isDue } = sample(this.sampling, position, monoMs, rules)
    this.sampling = state
    return isDue ? this.record('position', position, monoMs) : undefined
  }

  /** The next record of its lane, as it goes over the link. */
  record<K extends RecordKind>(kind: K, body: BodyOf<K>, monoMs: number): Uint8Array {
    const { lane } = RECORD_KINDS[kind]
    const { seq, prev } = this.tails.get(lane) ?? { seq: 1, prev: CHAIN_START }
    const draft = {
      lane,
      kind,
      occurredAt: monoMs + this.utcOffsetMs,
      monoMs,
      bootId: BOOT,
      clockQuality: 'gnss' as const,
      body: JSON.stringify(body),
    }
    const chained = chainRecord(draft, { epoch: EPOCH, seq, prev })
    this.tails.set(lane, { seq: seq + 1, prev: chained.sum })
    return Buffer.from(JSON.stringify(chained))
  }

  live(position: Position, monoMs: number): Uint8Array {
    this.liveSeq += 1
    const live: Live = {
      v: 1,
      epoch: EPOCH,
      bootId: BOOT,
      bootCount: 1,
      liveSeq: this.liveSeq,
      sentMonoMs: monoMs,
      sentAt: monoMs + this.utcOffsetMs,
      clockQuality: 'gnss',
      window: '0'.repeat(32),
      announcedMs: 20_000,
      position: { ...position, eventId: null, ageMs: 0 },
      equipment: {},
      recording: false,
      emergency: false,
      availability: 'available',
      assignments: [],
      queue: { alarm: 0, event: 0, track: 0, diag: 0, bytes: 0 },
      store: 'ok',
    }
    return Buffer.from(JSON.stringify(live))
  }
}
