import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { mayDo, LOCAL } from '#gateway/api/authorise.ts'
import { openApiOf, openApiText } from '#gateway/api/openapi.ts'
import { problemsOf } from '#gateway/api/route.ts'
import { ROUTES } from '#gateway/api/routes.ts'
import { ERROR_CODES } from '#protocols/errors.ts'

const document = openApiOf(ROUTES)
const WRITE_IT = 'npm run -s reach5 -- openapi --json > docs/openapi.json'

/** `GET /v1/units/{id}` of every operation. */
const described = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.keys(operations).map(method => `${method.toUpperCase()} ${path}`),
)
/** Answered beside the table: the stream and the questions of a supervisor. */
const BESIDE = ['GET /v1/stream', 'GET /healthz', 'GET /readyz', 'GET /metrics']

describe('the description of the API', () => {
  it(`is the one in docs/openapi.json; if not: ${WRITE_IT}`, () => {
    const committed = readFileSync(new URL('../docs/openapi.json', import.meta.url), 'utf8')
    if (committed !== openApiText(ROUTES)) throw new Error(`the API changed. Write it down: ${WRITE_IT}`)
  })

  it('has every route of the table and no other', () => {
    const table = ROUTES.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    expect(new Set(table).size).toBe(table.length)
    expect(described.toSorted()).toEqual([...table, ...BESIDE].toSorted())
    console.log(`openapi: ${table.length} routes, ${Object.keys(document.components.schemas).length} schemas`)
  })

  it('points only at schemas it has', () => {
    const refs = new Set([...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(match => match[1]!))
    const has = Object.keys(document.components.schemas).map(name => `#/components/schemas/${name}`)
    expect(refs.size).toBeGreaterThan(10)
    expect([...refs].filter(ref => !has.includes(ref))).toEqual([])
  })

  it('names each operation once, and each answer, parameter and code in words', () => {
    const operations = Object.values(document.paths).flatMap(path => Object.values(path))
    const ids = operations.map(operation => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { summary, responses } of operations) {
      expect(summary).toMatch(/^[A-Z].{5,}/)
      for (const answer of Object.values(responses)) expect(answer.description.length).toBeGreaterThan(3)
    }
    for (const route of ROUTES) {
      for (const code of problemsOf(route)) expect(ERROR_CODES[code]).toBeDefined()
      expect(mayDo(LOCAL, route.verb)).toBe(true)
    }
  })

  it('shows a number of the query as a number, and what a body may leave out', () => {
    expect(document.paths['/v1/nearest']!['get']!.parameters).toContainEqual({
      in: 'query',
      name: 'n',
      required: false,
      schema: { type: 'number', minimum: 1, maximum: 255, default: 5 },
    })
    expect(document.components.schemas['IncidentCreate']!.required).toEqual(['place'])
    expect(document.components.schemas['IncidentCreate']!.additionalProperties).toBe(false)
  })
})
