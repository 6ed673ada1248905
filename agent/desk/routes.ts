import { DeskTake } from '#protocols/kiosk.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { serveLocally } from '../pages/local-server.ts'
import type { LocalServer } from '../pages/local-server.ts'
import type { Station } from '../station.ts'

/** The duty officer's queue: a listener of its own, so that the page a visitor touches cannot read it. */
export const serveDesk = (
  station: Station,
  options: { readonly port: number; readonly pagesDir: string },
): Promise<Result<LocalServer>> =>
  serveLocally({
    name: 'desk',
    ...options,
    routes: [
      { method: 'GET', path: '/v1/state', answer: () => ok({ value: station.desk() }) },
      {
        method: 'POST',
        path: '/v1/taken',
        answer: ({ body }) => {
          const take = DeskTake.safeParse(body)
          if (!take.success) return fault('BODY_INVALID', 'ref')
          station.feed({ type: 'taken', ref: take.data.ref })
          return ok({ value: {}, status: 202 })
        },
      },
    ],
    stream: {
      view: () => station.desk(),
      onView: listener => station.onView(() => listener(station.desk())),
    },
  })
