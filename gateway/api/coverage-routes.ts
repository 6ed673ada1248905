import { z } from 'zod'
import { FeatureCollection } from '#protocols/api.ts'
import { CoverageView, ForeseenView, GridCoverage, MoveUpView } from '#protocols/coverage.ts'
import { UnitId } from '#protocols/ids.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { ReachOf } from '../coverage/coverage-desk.ts'
import { warningsOf } from '../coverage/warnings.ts'
import type { ApiParts } from './api.ts'
import { get, Nothing, post } from './route.ts'
import type { Route } from './route.ts'

const Degrees = (most: number) =>
  z
    .string()
    .regex(/^-?\d{1,3}(\.\d{1,15})?$/, 'a number in degrees')
    .transform(Number)
    .pipe(z.number().min(-most).max(most))
const ReachQuery = z.strictObject({
  unit: UnitId.optional(),
  lon: Degrees(180).optional(),
  lat: Degrees(90).optional(),
})
/** More at once is no plan a person makes. */
const PLANNED_MAX = 20
const UnitIds = z
  .string()
  .max(PLANNED_MAX * 49)
  .transform(text => text.split(','))
  .pipe(z.array(UnitId).min(1).max(PLANNED_MAX))
const WithoutQuery = z.strictObject({ without: UnitIds.optional() })
const ForeseenQuery = z.strictObject({ units: UnitIds })
const GEO_JSON = { contentType: 'application/geo+json', schema: FeatureCollection }
const ROADS = { contentType: 'application/octet-stream', bytes: 'R5CV, protocols/coverage.ts' }

/** Who could be where in time, as `protocols/coverage.ts` lists it. */
export const COVERAGE_ROUTES: readonly Route[] = [
  get(
    '/v1/coverage',
    'coverage.read',
    {
      summary: 'Coverage of the city and its grids, a second old at most',
      response: CoverageView,
      problems: ['COVERAGE_LOST'],
    },
    viewOf,
  ),
  get(
    '/v1/coverage/roads',
    'coverage.read',
    {
      summary: 'Times and counts of every road, as it is or had some units been sent',
      query: WithoutQuery,
      response: ROADS,
      problems: ['UNIT_UNKNOWN', 'COVERAGE_LOST'],
    },
    ({ coverage }, _, { without }) => coverage.roads(without),
  ),
  get(
    '/v1/coverage/foreseen',
    'coverage.read',
    {
      summary: 'What sending units would uncover: the road, the grids, the cold spots that appear',
      query: ForeseenQuery,
      response: ForeseenView,
      problems: ['UNIT_UNKNOWN', 'COVERAGE_LOST'],
    },
    ({ coverage }, _, { units }) => coverage.foreseen(units),
  ),
  get(
    '/v1/coldspots',
    'coverage.read',
    { summary: 'Road that nobody reaches in 300 s', response: GEO_JSON, problems: ['COVERAGE_LOST'] },
    ({ coverage }) => coverage.coldSpots(),
  ),
  get(
    '/v1/warnings',
    'coverage.read',
    {
      summary: 'Grids that are not green, worst first',
      response: z.object({ warnings: z.array(GridCoverage) }),
      problems: ['COVERAGE_LOST'],
    },
    parts => {
      const now = viewOf(parts)
      return now.ok ? ok({ warnings: warningsOf(now.value) }) : now
    },
  ),
  post(
    '/v1/warnings/:id/acknowledge',
    'warning.acknowledge',
    {
      summary: 'A commander has seen that a grid is black',
      body: Nothing,
      response: GridCoverage,
      problems: ['GRID_UNKNOWN'],
    },
    ({ submit }, _, { params, actor }) =>
      submit({ kind: 'warning.acknowledge', gridId: params['id'] ?? '' }, actor.name),
  ),
  get(
    '/v1/moveups',
    'coverage.read',
    {
      summary: 'Who should stand where instead, and who is on the way there',
      response: z.object({ moveUps: z.array(MoveUpView) }),
      problems: ['COVERAGE_LOST'],
    },
    parts => {
      const now = viewOf(parts)
      return now.ok ? ok({ moveUps: now.value.moveUps }) : now
    },
  ),
  post(
    '/v1/moveups/:id/accept',
    'moveup.decide',
    {
      summary: 'Order the unit of a proposal to its place; it stays free for an incident',
      body: Nothing,
      response: MoveUpView,
      problems: ['MOVE_UP_UNKNOWN'],
    },
    ({ submit }, _, { params, actor }) =>
      submit({ kind: 'moveup.accept', moveUpId: params['id'] ?? '' }, actor.name),
  ),
  post(
    '/v1/moveups/:id/decline',
    'moveup.decide',
    {
      summary: 'A proposal is not wanted; neither unit nor place is proposed again for a while',
      body: Nothing,
      response: MoveUpView,
      problems: ['MOVE_UP_UNKNOWN'],
    },
    ({ submit }, _, { params, actor }) =>
      submit({ kind: 'moveup.decline', moveUpId: params['id'] ?? '' }, actor.name),
  ),
  get(
    '/v1/reach',
    'coverage.read',
    {
      summary: 'Where a unit, or one at a place, can be within 60, 180 and 300 s',
      query: ReachQuery,
      response: GEO_JSON,
      problems: ['UNIT_UNKNOWN', 'POSITION_UNKNOWN', 'PLACE_OFF_ROAD', 'COVERAGE_LOST'],
    },
    async ({ coverage }, _, query) => {
      const of = reachOf(query)
      return of.ok ? coverage.reach(of.value) : of
    },
  ),
  get(
    '/v1/reach/roads',
    'coverage.read',
    {
      summary: 'The same as times of every road',
      query: ReachQuery,
      response: ROADS,
      problems: ['UNIT_UNKNOWN', 'POSITION_UNKNOWN', 'PLACE_OFF_ROAD', 'COVERAGE_LOST'],
    },
    async ({ coverage }, _, query) => {
      const of = reachOf(query)
      return of.ok ? coverage.reachRoads(of.value) : of
    },
  ),
]

function viewOf({ views, clock }: ApiParts): Result<CoverageView> {
  const view = views.coverage(clock.now())
  return view === null ? fault('COVERAGE_LOST', 'the first refresh is not there yet') : ok(view)
}

function reachOf({ unit, lat, lon }: z.output<typeof ReachQuery>): Result<ReachOf> {
  if (unit !== undefined && lat === undefined && lon === undefined) return ok({ unitId: unit })
  if (unit === undefined && lat !== undefined && lon !== undefined) return ok({ lat, lon })
  return fault('QUERY_INVALID', 'give unit=ID, or lon= and lat=')
}
