import { z } from 'zod'
import { ConsultationCount, Reveal, StationView, WalkInView } from '#protocols/api.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { rfc3339 } from '#protocols/time.ts'
import { WalkInPrivate } from '#protocols/walk-in.ts'
import type { ApiParts } from './api.ts'
import { get, post } from './route.ts'
import type { Asked, Route } from './route.ts'

const WalkIns = z.object({ walkIns: z.array(WalkInView) })
const REVEAL = { body: Reveal, response: WalkInPrivate, readsOnly: true } as const

/**
 * What visitors told the kiosks. Complaints about police have routes and verbs of their own, so that a role which sees
 * walk-ins does not see them; what names a visitor is opened one at a time, for a purpose, after that was written down.
 */
export const WALK_IN_ROUTES: readonly Route[] = [
  get(
    '/v1/stations',
    'station.read',
    { summary: 'Duty stations with a kiosk', response: z.object({ stations: z.array(StationView) }) },
    ({ views, clock }) => ok({ stations: views.stations(clock.now()) }),
  ),
  get(
    '/v1/walkins',
    'walkin.read',
    {
      summary: 'What visitors told the kiosks, newest first; counts of what they asked',
      response: WalkIns.extend({ consultations: z.array(ConsultationCount) }),
    },
    parts => ok({ walkIns: walkInsOf(parts, false), consultations: parts.views.consultations() }),
  ),
  post(
    '/v1/walkins/:id/reveal',
    'walkin.reveal',
    {
      ...REVEAL,
      summary: 'Name, phone and story of one visitor; that somebody looked, and why, is audited first',
      problems: ['WALKIN_UNKNOWN', 'WALKIN_REMOVED', 'SEALED_UNREADABLE'],
    },
    (parts, { purpose }, a) => reveal(parts, a, purpose, false),
  ),
  get(
    '/v1/complaints',
    'complaint.read',
    { summary: 'Complaints about police told at kiosks; for supervision alone', response: WalkIns },
    parts => ok({ walkIns: walkInsOf(parts, true) }),
  ),
  post(
    '/v1/complaints/:id/reveal',
    'complaint.reveal',
    {
      ...REVEAL,
      summary: 'What one complaint says; that somebody looked, and why, is audited first',
      problems: ['WALKIN_UNKNOWN', 'WALKIN_REMOVED', 'SEALED_UNREADABLE'],
    },
    (parts, { purpose }, a) => reveal(parts, a, purpose, true),
  ),
]

const walkInsOf = ({ views, clock }: ApiParts, complaints: boolean): readonly WalkInView[] =>
  views.walkIns(clock.now()).filter(w => (w.route === 'supervision') === complaints)

async function reveal(
  parts: ApiParts,
  asked: Asked,
  purpose: string,
  complaint: boolean,
): Promise<Result<unknown>> {
  const id = asked.params['id'] ?? ''
  const row = parts.views.walkIn(id)
  if (row === undefined || (row.route === 'supervision') !== complaint)
    return fault('WALKIN_UNKNOWN', JSON.stringify(id.slice(0, 80)))
  const noted = await parts.audit('walkin.revealed', asked.actor.name, { id, purpose })
  if (!noted.ok) return noted
  if (row.removedUtcMs !== undefined) return fault('WALKIN_REMOVED', `let go on ${rfc3339(row.removedUtcMs)}`)
  if (row.sealed === null) return ok({})
  const text = parts.unseal(row.sealed, id)
  return text.ok ? ok(WalkInPrivate.parse(JSON.parse(text.value))) : text
}
