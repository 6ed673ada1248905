import { GridRaster } from '#gateway/grids/grid-raster.ts'
import { fault, ok } from '#protocols/result.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import { gapSeconds, hourOf } from '../incidents/day.ts'
import { drawIncident, incidentAt, openIncidents } from '../incidents/incidents.ts'
import { randomOf } from '../random.ts'
import { beatOf } from '../traffic/beat.ts'
import type { CityControls } from '../control/knobs.ts'
import { startDispatcher } from './dispatcher.ts'
import type { House } from './house.ts'
import type { DemoUnit } from './units.ts'
import type { World } from './world.ts'

/** What happens in the city and the simulated dispatcher who sends somebody; answers with how to make one happen. */
export function startIncidents(
  { flags, pace, world, logs, closers, urls }: House,
  units: readonly DemoUnit[],
): CityControls['incident'] {
  const random = randomOf(flags.seed, 'city', `incidents ${pace.now().utcMs}`)
  const incidents = openIncidents({
    map: world.map,
    landmarks: world.city.landmarks,
    beat: beatOf(world.map),
    random,
    nowMs: pace.now().monoMs,
    countyAt: countiesOf(world),
  })
  const every = flags['incident-every']
  const perDay = flags['incidents-per-day']
  let made = 0
  const hour = (): number => hourOf(pace.now().utcMs)
  const dispatcher = startDispatcher({
    url: urls.pages,
    clock: pace,
    log: logs.demo,
    next: () => drawIncident(incidents, { hour: hour() }),
    gapMs: () => 1000 * (every ?? gapSeconds(perDay, hour(), made++, random)),
    makes: (every ?? perDay) > 0,
    leave: new Set(units.slice(0, 1).map(unit => unit.unitId)),
    openMax: Math.max(1, Math.floor((units.length - 1) * 0.7)),
  })
  closers.add('cars', () => dispatcher.stop())
  return async at => {
    const next = at === null ? drawIncident(incidents, { hour: hour() }) : incidentAt(incidents, at)
    if (next === undefined) return fault('SIM_VALUE', 'no road near this place')
    const number = await dispatcher.happen(next)
    return number === null
      ? fault('GATEWAY_UNREACHABLE', 'the gateway did not take the incident')
      : ok(`${number} at ${next.place.text}`)
  }
}

/** The county a caller would name; none inside the city proper, on a real map and in a single town. */
function countiesOf({ city, grids }: Pick<World, 'city' | 'grids'>): (place: LatLon) => string {
  const names = city.grids.map(({ properties }) =>
    properties.countyId === 'city' ? '' : (properties.county ?? ''),
  )
  if (names.every(name => name === '')) return () => ''
  const raster = new GridRaster(grids)
  return ({ lat, lon }) => names[raster.indexAt(lat, lon)] ?? ''
}
