import { z } from 'zod'
import { ClosureCreate, ClosureEnd, ClosureStretch, ClosureView, ClosureWhere } from '#protocols/closures.ts'
import type { ErrorCode } from '#protocols/errors.ts'
import { ok } from '#protocols/result.ts'
import { get, post } from './route.ts'
import type { Route } from './route.ts'

const WHERE_PROBLEMS: readonly ErrorCode[] = [
  'PLACE_OFF_ROAD',
  'CLOSURE_EDGE_UNKNOWN',
  'CLOSURE_NO_WAY',
  'CLOSURE_NO_NAME',
  'CLOSURE_NO_ROAD',
  'CLOSURE_TOO_LARGE',
]

/** Roads closed and slowed, as `protocols/closures.ts` lists it. */
export const CLOSURE_ROUTES: readonly Route[] = [
  get(
    '/v1/closures',
    'closure.read',
    {
      summary: 'Roads closed or slow: in force, to come, and what ended within a day',
      response: z.object({ closures: z.array(ClosureView) }),
    },
    ({ views, clock }) => ok({ closures: views.closures(clock.now()) }),
  ),
  post(
    '/v1/closures',
    'closure.create',
    {
      summary: 'Close a road or make it slower; the next question about the roads knows',
      body: ClosureCreate,
      status: 201,
      response: ClosureView,
      problems: [...WHERE_PROBLEMS, 'CLOSURE_TIMES', 'CLOSURE_TOO_MANY'],
    },
    (parts, closure, { actor }) => parts.submit({ kind: 'closure.create', closure }, actor.name),
  ),
  post(
    '/v1/closures/preview',
    'closure.read',
    {
      summary: 'Which roads would be closed; changes nothing',
      body: ClosureWhere,
      response: ClosureStretch,
      problems: WHERE_PROBLEMS,
      readsOnly: true,
    },
    ({ views }, where) => views.stretchOf(where),
  ),
  post(
    '/v1/closures/:id/end',
    'closure.end',
    {
      summary: 'Open a road again before its time',
      body: ClosureEnd,
      response: ClosureView,
      problems: ['CLOSURE_UNKNOWN', 'CLOSURE_ENDED'],
    },
    (parts, { note }, { params, actor }) =>
      parts.submit({ kind: 'closure.end', closureId: params['id'] ?? '', note }, actor.name),
  ),
]
