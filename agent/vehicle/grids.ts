import type { Position } from '#protocols/bodies.ts'
import { moveMembership } from '#protocols/geo/membership.ts'
import { borderDistanceM, pointInPolygon } from '#protocols/geo/polygon.ts'
import type { NearbyGrids } from '#protocols/session.ts'
import type { TerminalState } from '#protocols/terminal.ts'
import type { Now } from '#protocols/time.ts'
import { append } from './appending.ts'
import { draftOf } from './drafts.ts'
import type { VehicleEffect } from './events.ts'
import { GRID_NOTE, GRIDS_NOTE } from './state.ts'
import type { VehicleState } from './state.ts'

/** A new piece of the city's map of grids: kept on the disk, so that a car that boots without a link has it. */
export function learnGrids(state: VehicleState, nearby: NearbyGrids | undefined): VehicleEffect[] {
  if (nearby === undefined || nearby.version === state.nearby?.version) return []
  state.nearby = nearby
  return [append(state, [], [{ key: GRIDS_NOTE, value: nearby }], { then: 'nothing' })]
}

/** The grid this fix belongs to, by the gateway's own rule; a record when it is another one than before. */
export function crossGrids(state: VehicleState, position: Position, now: Now): VehicleEffect[] {
  const { nearby, membership: was } = state
  if (nearby === null) return []
  const { lat, lon } = position
  const here = nearby.grids.find(grid => pointInPolygon(grid.polygon, lat, lon))
  const own = nearby.grids.find(grid => grid.id === was.gridId)
  const seen = {
    gridId: here?.id ?? null,
    outsideM: own && (() => borderDistanceM(own.polygon, position)),
  }
  state.membership = moveMembership(was, seen, now.monoMs)
  const to = state.membership.gridId
  if (to === was.gridId) return []
  const draft = draftOf(state, 'grid.crossed', { from: was.gridId, to, at: now.utcMs }, now)
  return [append(state, [draft], [{ key: GRID_NOTE, value: to }], { then: 'nothing' }), { type: 'live' }]
}

/** For the crew's page: by the car's own map, so it holds without a link. */
export function gridView({ nearby, membership }: VehicleState): TerminalState['grid'] {
  const grid = nearby?.grids.find(one => one.id === membership.gridId)
  return grid === undefined ? null : { id: grid.id, name: grid.name }
}
