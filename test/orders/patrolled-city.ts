import { createGridLookup } from '#gateway/city/grid-lookup.ts'
import { mintOf, NO_CLOSURE_ROADS } from '#gateway/city/surroundings.ts'
import { createCity } from '#gateway/city.ts'
import type { CityCore } from '#gateway/city.ts'
import { coverageDuty } from '#gateway/coverage/coverage-duty.ts'
import { CoverageEngine } from '#gateway/coverage/coverage-engine.ts'
import type { CoverageMeasured, CoverageUnit } from '#gateway/coverage/coverage-input.ts'
import { createRoadReach } from '#gateway/dispatch/road-reach.ts'
import type { Grid } from '#gateway/grids/grid.ts'
import type { CityEffect, Command } from '#gateway/loop/effects.ts'
import type { IncidentView } from '#protocols/api.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { Order } from '#protocols/orders.ts'
import type { Live } from '#protocols/session.ts'
import type { Now } from '#protocols/time.ts'
import { simulatedCity } from '#sim/city/city.ts'
import { randomOf } from '#sim/random.ts'
import type { Random } from '#sim/random.ts'
import { beatOf, spotOfBeat } from '#sim/traffic/beat.ts'
import { moverStep, openMover, poseOf } from '#sim/traffic/mover.ts'
import type { Mover } from '#sim/traffic/mover.ts'
import { StreetMap } from '#sim/traffic/street-map.ts'
import { QUIET_LIVE } from '#test/fixtures/quiet-live.ts'
import { graphOf } from '../oracle/cities.ts'

/** Ten in the morning. */
const START_MS = Date.UTC(2026, 10, 24, 2)
const BUSY = { share: 0.25, basis: 'configured', measuredSeconds: 0 } as const

export type PatrolledOptions = { readonly seed: number; readonly junctions: number; readonly units: number }
type Unit = { readonly unitId: string; readonly deviceId: string; readonly mover: Mover; liveSeq: number }

/**
 * A simulated city under patrol and the centre that watches it, in simulated time: cars drive by the simulator's own roads,
 * report once a second, and follow orders; the centre's city and its coverage are the real ones. A third of the units stand
 * by, the others patrol their grids.
 */
export class PatrolledCity {
  readonly engine: CoverageEngine
  /** Beside it for what only asks: how long road was out of reach is remembered of what is. */
  private readonly asking: CoverageEngine
  readonly core: CityCore
  readonly grids: readonly Grid[]
  readonly units: readonly Unit[]
  readonly random: Random
  private readonly map: StreetMap
  private readonly beat: ReturnType<typeof beatOf>
  private seconds = 0
  private ticks = 0

  constructor({ seed, junctions, units }: PatrolledOptions) {
    const { network, grids, posts } = simulatedCity({ seed, junctions })
    const graph = graphOf(network)
    this.map = new StreetMap(network)
    this.beat = beatOf(this.map)
    this.random = randomOf(seed, 'city', 'what happens')
    this.grids = grids.map(({ id, properties, geometry }) => {
      return { id, name: properties.name, polygon: geometry.coordinates }
    })
    const hex = randomOf(seed, 'centre', 'names')
    this.core = createCity({
      mint: mintOf(bytes =>
        Array.from({ length: 2 * bytes }, () => hex.integer(0, 15).toString(16)).join(''),
      ),
      reach: createRoadReach(graph),
      roads: NO_CLOSURE_ROADS,
      grids: createGridLookup(this.grids),
    })
    this.engine = new CoverageEngine(graph, this.grids, { standby: posts })
    this.asking = new CoverageEngine(graph, this.grids)
    this.units = Array.from({ length: units }, (_, n) => this.openUnit(seed, n))
    this.report()
  }

  now(): Now {
    return { monoMs: 1_000 * this.seconds, utcMs: START_MS + 1_000 * this.seconds, quality: 'ntp' }
  }

  /** Everybody drives on and reports; devices that came to a stand at what they were sent to. */
  pass(seconds: number): string[] {
    const arrived: string[] = []
    for (let second = 0; second < seconds; second++) {
      this.seconds++
      for (const { deviceId, mover } of this.units)
        if (moverStep(mover, { type: 'tick' }, this.now().utcMs).some(effect => effect.type === 'arrived'))
          arrived.push(deviceId)
    }
    this.report()
    this.core.handle({ type: 'tick' }, this.now())
    return arrived
  }

  /** One refresh of coverage as the gateway makes it, told to the city. */
  refresh(): CoverageMeasured {
    const now = this.now()
    const { input, duty } = this.dutyNow()
    const measured = this.engine.refresh({ ...input, tick: ++this.ticks, monoMs: now.monoMs })
    this.core.handle({ type: 'coverage', refresh: { measured, duty } }, now)
    return measured
  }

  /** What only asks: the units as they are counted now, some elsewhere. */
  measureWith(units: readonly CoverageUnit[]): CoverageMeasured {
    const { input } = this.dutyNow()
    return this.asking.refresh({ ...input, units, tick: this.ticks, monoMs: this.now().monoMs })
  }

  counted(): readonly CoverageUnit[] {
    return this.dutyNow().input.units
  }

  /** Carries out a command; orders it gives are followed at once. */
  command<T>(command: Command): T {
    const effects = this.core.handle({ type: 'command', commandId: 'c', actor: 'local', command }, this.now())
    for (const effect of effects) if (effect.type === 'order') this.follow(effect.order)
    const reply = effects.find(effect => effect.type === 'reply')
    if (reply?.type !== 'reply' || !reply.result.ok) throw new Error(JSON.stringify(reply))
    return reply.result.value as T
  }

  handle(event: Parameters<CityCore['handle']>[0]): CityEffect[] {
    return this.core.handle(event, this.now())
  }

  /** Something happens somewhere on a street. */
  incident(): IncidentView {
    const at = this.map.latLonOf(this.map.pointAt(spotOfBeat(this.map, this.beat, this.random)))
    const place = { ...at, text: '' }
    return this.command<IncidentView>({
      kind: 'incident.create',
      incident: { place, class: 'dispute', severity: 'normal', source: 'simulator', exercise: false },
    })
  }

  /** Whoever has nothing to do any more patrols, or stands by where it is. */
  release(unitId: string): void {
    const n = this.units.findIndex(unit => unit.unitId === unitId)
    const unit = this.units[n]
    if (unit === undefined) return
    moverStep(unit.mover, { type: standsBy(n) ? 'park' : 'patrol' }, this.now().utcMs)
  }

  private follow(order: Order): void {
    const unit = this.units.find(one => one.deviceId === order.deviceId)
    const place =
      order.kind === 'dispatch' ? order.incident.place : order.kind === 'move_up' ? order.place : null
    if (unit !== undefined && place !== null) this.drive(unit, place)
  }

  private drive({ mover }: Unit, { lat, lon }: LatLon): void {
    moverStep(mover, { type: 'drive', lat, lon }, this.now().utcMs)
  }

  private dutyNow() {
    const now = this.now()
    const grids = { ids: this.grids.map(grid => grid.id), neighboursOf: () => [] }
    return coverageDuty(this.core.units(now), this.core.incidents(now), grids, Infinity, BUSY)
  }

  private openUnit(seed: number, n: number): Unit {
    const grid = this.grids[n % this.grids.length]
    const [unitId, deviceId] = [`unit-${n}`, `ptu-${n}`]
    const beat = beatOf(this.map, grid?.polygon)
    const random = randomOf(seed, unitId, 'patrol')
    const mover = openMover({ map: this.map, beat, random, nowMs: START_MS })
    if (!standsBy(n)) moverStep(mover, { type: 'patrol' }, START_MS)
    const binding = { deviceId, unitId, callSign: unitId, homeGridId: grid?.id ?? null }
    this.core.handle({ type: 'bound', binding }, this.now())
    this.core.handle({ type: 'session', deviceId, link: 'up' }, this.now())
    return { unitId, deviceId, mover, liveSeq: 0 }
  }

  private report(): void {
    for (const unit of this.units) {
      const { lat, lon, speedMps, trackDeg } = poseOf(unit.mover)
      const position = { eventId: null, ageMs: 0, lat, lon, mode: 3 as const, speedMps, trackDeg }
      const live: Live = { ...LIVE, liveSeq: ++unit.liveSeq, sentMonoMs: this.now().monoMs, position }
      this.core.handle({ type: 'live', deviceId: unit.deviceId, live, latenessMs: 0 }, this.now())
    }
  }
}

const standsBy = (n: number): boolean => n % 3 === 0

const LIVE: Omit<Live, 'liveSeq' | 'sentMonoMs' | 'position'> = {
  v: 1,
  epoch: 'ab'.repeat(8),
  bootId: '01'.repeat(8),
  bootCount: 1,
  sentAt: 0,
  ...QUIET_LIVE,
  window: 'c'.repeat(32),
}
