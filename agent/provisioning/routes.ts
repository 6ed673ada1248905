import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { TechnicianAction } from '#protocols/technician.ts'
import { serveLocally } from '../pages/local-server.ts'
import type { LocalRoute, LocalServer } from '../pages/local-server.ts'
import { REPORT_CSS } from '../selftest/report-html.ts'
import type { MadeReport, SelfTest } from '../selftest/self-test.ts'

/** The technician's page and its routes. `onStart`: a person ended the visit, the agent may take over. */
export const serveTechnician = (
  visit: SelfTest,
  options: { readonly port: number; readonly pagesDir: string; readonly onStart: () => void },
): Promise<Result<LocalServer>> =>
  serveLocally({ name: 'technician', ...options, routes: routesOf(visit, options.onStart), stream: visit })

function routesOf(visit: SelfTest, onStart: () => void): readonly LocalRoute[] {
  const report = (ending: string, type: string, of: (made: MadeReport) => string): LocalRoute => ({
    method: 'GET',
    path: `/v1/report.${ending}`,
    answer: () => {
      const made = visit.report()
      if (made === null) return fault('NOT_FOUND', 'there is no report yet')
      return ok({ value: of(made), contentType: `${type}; charset=utf-8` })
    },
  })
  return [
    { method: 'GET', path: '/v1/state', answer: () => ok({ value: visit.view() }) },
    {
      method: 'POST',
      path: '/v1/actions',
      answer: async ({ body }) => {
        const action = TechnicianAction.safeParse(body)
        if (!action.success) return fault('BODY_INVALID', action.error.issues[0]?.message ?? '')
        const result = await visit.act(action.data)
        if (result.accepted && action.data.kind === 'start') onStart()
        return ok({ value: result, status: result.accepted ? 202 : 409 })
      },
    },
    report('json', 'application/json', ({ signed }) => signed.text),
    report('json.sig', 'application/json', ({ signed }) => JSON.stringify(signed.signature)),
    report('html', 'text/html', ({ html }) => html),
    report('css', 'text/css', () => REPORT_CSS),
  ]
}
