import { createCity } from '#gateway/city.ts'
import type { CityCore } from '#gateway/city.ts'
import { createClosureRoads } from '#gateway/closures/closure-roads.ts'
import { mintOf } from '#gateway/city/surroundings.ts'
import type { GridLookup } from '#gateway/city/surroundings.ts'
import { createRoadReach } from '#gateway/dispatch/road-reach.ts'
import { EtaBook } from '#gateway/eta/eta-book.ts'
import { hourOfWeekAt } from '#gateway/eta/local-hour.ts'
import { newIntakeState } from '#gateway/intake/intake-state.ts'
import { intake } from '#gateway/intake/intake.ts'
import type { Command } from '#gateway/loop/effects.ts'
import type { DriveTimes } from '#gateway/reach/drive-times.ts'
import { RoadWeights } from '#gateway/reach/weights.ts'
import { RoadSnap } from '#gateway/roads/snap.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Now } from '#protocols/time.ts'
import type { UpChannel } from '#protocols/topics.ts'

const NO_GRIDS: GridLookup = {
  gridAt: () => null,
  move: was => was,
  neighboursOf: () => [],
  nameOf: () => null,
  countyOf: () => null,
  nearby: () => undefined,
}
const UTC_OFFSET_MINUTES = 480

/** The gateway from its intake to its recommendation, without disk and sockets. It hears what cars publish and nothing else. */
export class EtaCentre {
  readonly city: CityCore
  readonly etas: EtaBook
  private readonly weights: RoadWeights
  private readonly profileReach: ReturnType<typeof createRoadReach>
  private readonly state = newIntakeState('00000000000000bb', 0)
  private names = 0

  constructor(graph: RoadGraph, times: DriveTimes) {
    const basis = `${graph.hash.slice(0, 12)}/test`
    this.etas = new EtaBook({
      graph,
      basis,
      times: { patrol: times, response: times },
      utcOffsetMinutes: UTC_OFFSET_MINUTES,
    })
    this.weights = new RoadWeights(graph, times)
    this.profileReach = createRoadReach(graph, new RoadWeights(graph, times))
    const mint = mintOf(bytes => (++this.names).toString(16).padStart(2 * bytes, '0'))
    const reach = createRoadReach(graph, this.weights)
    const roads = createClosureRoads(graph, new RoadSnap(graph))
    this.city = createCity({ mint, reach, roads, grids: NO_GRIDS, etas: this.etas })
  }

  bind(deviceId: string, now: Now): void {
    const binding = { deviceId, unitId: deviceId, callSign: deviceId, homeGridId: null }
    this.city.handle({ type: 'bound', binding }, now)
  }

  hear(deviceId: string, channel: UpChannel, payload: Uint8Array, now: Now): void {
    for (const effect of intake(this.state, { type: 'payload', deviceId, channel, payload }, now))
      if (effect.type === 'city') this.city.handle(effect.event, now)
      else if (effect.type === 'log' && effect.level === 'warn') throw new Error(JSON.stringify(effect))
  }

  /** As the gateway does every few minutes: what was learned for this hour is laid over the roads. */
  layRoads({ utcMs }: Now): void {
    const hourOfWeek = hourOfWeekAt(utcMs, UTC_OFFSET_MINUTES)
    this.weights.lay({ hourOfWeek, layers: this.etas.layers('response', utcMs) })
  }

  ask<T>(command: Command, now: Now): T {
    const effects = this.city.handle({ type: 'command', commandId: 'c', actor: 'test', command }, now)
    const reply = effects.find(effect => effect.type === 'reply')
    if (reply?.type !== 'reply' || !reply.result.ok) throw new Error(JSON.stringify(reply))
    return reply.result.value as T
  }

  /** What the profile alone would have promised for the same car and place. */
  profileSeconds(unitId: string, place: LatLon, now: Now): number | undefined {
    const unit = this.city.unit(unitId, now)
    const position = unit?.position
    if (!position) return undefined
    const turnout = (position.speedMps ?? 0) >= 1 ? 0 : 10
    const seconds = this.profileReach.times(place, [{ unitId, ...position }])?.roadSeconds.get(unitId)
    return seconds === undefined ? undefined : turnout + seconds
  }
}
