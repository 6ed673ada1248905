import { EtaView } from '#protocols/eta.ts'
import { fault, ok } from '#protocols/result.ts'
import { get } from './route.ts'
import type { Route } from './route.ts'

/** What the fleet's own drives taught about driving times. */
export const ETA_ROUTES: readonly Route[] = [
  get(
    '/v1/eta',
    'eta.read',
    {
      summary: 'Learned driving times by class and hour, and how past promises fared',
      response: EtaView,
      problems: ['NOT_FOUND'],
    },
    ({ views, clock }) => {
      const view = views.etas(clock.now())
      return view === null ? fault('NOT_FOUND', 'this gateway learns no driving times') : ok(view)
    },
  ),
]
