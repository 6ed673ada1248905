import { describe, expect, it } from 'vitest'
import { openApiOf } from '#gateway/api/openapi.ts'
import { ROUTES } from '#gateway/api/routes.ts'
import { misfits } from './json-schema.ts'
import { OpenApiJudge } from './openapi-judge.ts'

const order = {
  id: 'ord-1',
  kind: 'dispatch',
  unitId: 'unit-01',
  incidentId: 'inc-1',
  issuedAt: '2026-11-24T00:13:11.000Z',
  issuedBy: 'local',
  outcome: null,
  receiptAt: null,
  code: null,
}
const problem = { type: 'urn:x', title: 'x', status: 404, code: 'ORDER_UNKNOWN', detail: 'x' }
const answered = (status: number, value: unknown, contentType = 'application/json; charset=utf-8') =>
  new OpenApiJudge(openApiOf(ROUTES)).judge({
    method: 'GET',
    path: '/v1/orders/ord-1?x=1',
    status,
    contentType: status < 400 ? contentType : 'application/problem+json',
    text: typeof value === 'string' ? value : JSON.stringify(value),
  })

describe('the judge of answers', () => {
  it('has nothing to say of an answer as described', () => {
    expect(answered(200, order)).toEqual([])
    expect(answered(404, problem)).toEqual([])
  })

  it.each([
    ['a field nobody declared', { ...order, mood: 'fine' }, /mood is not declared/],
    ['a field that is missing', { ...order, issuedBy: undefined }, /lacks issuedBy/],
    ['a word of another list', { ...order, kind: 'invite' }, /"invite" is none of dispatch/],
    ['a number for a text', { ...order, issuedBy: 7 }, /issuedBy: 7 is no string/],
    ['null where none may be', { ...order, unitId: null }, /unitId: null is no string/],
    ['an id in capitals', { ...order, unitId: 'UNIT' }, /does not match/],
    ['a time without its zone', { ...order, issuedAt: '2026-11-24T00:13:11' }, /is no time/],
    ['a list for an object', [order], /is no object/],
  ])('sees %s', (_, value, words) => {
    expect(answered(200, value).join('\n')).toMatch(words)
  })

  it('sees a status, a type and a code that are not described', () => {
    expect(answered(418, problem)[0]).toMatch(/no such status/)
    expect(answered(200, order, 'text/html')[0]).toMatch(/text\/html is not described/)
    expect(answered(404, { ...problem, code: 'UNIT_UNKNOWN' })[0]).toMatch(/UNIT_UNKNOWN is not described/)
  })

  it('reads no keyword it does not know in silence', () => {
    expect(() => misfits({ not: {} }, 1, {})).toThrow('the keyword not is not read here')
  })
})
