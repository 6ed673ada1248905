import { Tap } from '#protocols/terminal.ts'
import type { TapResult, TerminalState } from '#protocols/terminal.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { serveLocally } from '../pages/local-server.ts'
import type { LocalRoute, LocalServer } from '../pages/local-server.ts'

/** What the terminal page may ask of the car. */
export type TerminalPort = {
  readonly view: () => TerminalState
  readonly onView: (listener: (view: TerminalState) => void) => () => void
  readonly tap: (tap: Tap) => Promise<TapResult>
}

/** The in-vehicle terminal's page and its routes: state, taps, and the state again at every change. */
export const serveTerminal = (
  car: TerminalPort,
  options: { readonly port: number; readonly pagesDir: string },
): Promise<Result<LocalServer>> =>
  serveLocally({ name: 'terminal', ...options, routes: routesOf(car), stream: car })

const routesOf = (car: TerminalPort): readonly LocalRoute[] => [
  { method: 'GET', path: '/v1/state', answer: () => ok({ value: car.view() }) },
  {
    method: 'POST',
    path: '/v1/taps',
    answer: async ({ body }) => {
      const tap = Tap.safeParse(body)
      if (!tap.success) return fault('BODY_INVALID', tap.error.issues[0]?.message ?? '')
      const result = await car.tap(tap.data)
      return ok({ value: result, status: result.accepted ? 202 : 409 })
    },
  },
]
