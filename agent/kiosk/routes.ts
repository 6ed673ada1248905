import type { z } from 'zod'
import { KioskAlarm, KioskConsultation, KioskReport } from '#protocols/kiosk.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { serveLocally } from '../pages/local-server.ts'
import type { LocalAnswer, LocalRoute, LocalServer } from '../pages/local-server.ts'
import type { Station } from '../station.ts'

/** A story of a thousand characters in the longest script, twice over. */
const BODY_BYTES_MAX = 16 * 1024

/** The kiosk's page and what it may ask of the station. What visitors write is never logged and never read back. */
export const serveKiosk = (
  station: Station,
  options: { readonly port: number; readonly pagesDir: string },
): Promise<Result<LocalServer>> =>
  serveLocally({
    name: 'kiosk',
    ...options,
    bodyBytesMax: BODY_BYTES_MAX,
    routes: routesOf(station),
    stream: {
      view: () => station.kiosk(),
      onView: listener => station.onView(() => listener(station.kiosk())),
    },
  })

const routesOf = (station: Station): readonly LocalRoute[] => [
  { method: 'GET', path: '/v1/state', answer: () => ok({ value: station.kiosk() }) },
  post('/v1/reports', KioskReport, async report => {
    const answer = await station.ask({ type: 'report', report })
    return ok({ value: answer, status: answer.accepted ? 202 : 409 })
  }),
  post('/v1/alarms', KioskAlarm, async ({ draftId, source }) => {
    const answer = await station.ask({ type: 'alarm', draftId, source })
    return ok({ value: answer, status: 202 })
  }),
  {
    method: 'POST',
    path: '/v1/calls',
    answer: () => {
      station.feed({ type: 'call' })
      return ok({ value: {}, status: 202 })
    },
  },
  post('/v1/consultations', KioskConsultation, ({ topic }) => {
    station.feed({ type: 'consultation', topic })
    return ok({ value: {}, status: 202 })
  }),
]

/** What does not fit is named by its field; its value is not repeated, because it may be a phone number. */
function post<T>(
  path: string,
  schema: z.ZodType<T>,
  answer: (body: T) => Promise<LocalAnswer> | LocalAnswer,
): LocalRoute {
  return {
    method: 'POST',
    path,
    answer: ({ body }) => {
      const parsed = schema.safeParse(body)
      return parsed.success
        ? answer(parsed.data)
        : fault('BODY_INVALID', `field ${parsed.error.issues[0]?.path.join('.') ?? ''}`)
    },
  }
}
