import { describe, expect, it } from 'vitest'
import { readRecordPage } from './read-records.ts'

const UNKNOWN = { injured: 'unknown', weapon: 'unknown', suspectHere: 'unknown', children: 'unknown' }
const report = (about: string): string =>
  JSON.stringify({
    ref: 'a'.repeat(32),
    number: 'K-07A-1128-0001-X',
    class: about,
    place: { kind: 'here' },
    when: 'now',
    answers: UNKNOWN,
    words: 'none',
    contact: 'none',
    callback: false,
    language: 'zh',
    sealed: null,
  })

const bodiesOf = async (
  rows: readonly (readonly [kind: string, body: string, code?: string])[],
): Promise<readonly string[]> => {
  const range = () =>
    Promise.resolve(
      rows.map(([kind, body, code], i): [string, unknown] => [
        `record/station-07/e/event/${i}`,
        { kind, body, code, occurredAtMs: 0 },
      ]),
    )
  const page = await readRecordPage({ range }, { deviceId: 'station-07', limit: 10 })
  return page.ok ? page.value.records.map(row => row.body) : []
}

describe('the records of a duty station', () => {
  it('show what is for the dispatcher, and no word of a complaint or a tip-off', async () => {
    expect(await bodiesOf([['walkin.report', report('theft')]])).toEqual([report('theft')])
    for (const about of ['complaint', 'tip_off'])
      expect(await bodiesOf([['walkin.report', report(about)]])).toEqual(['{"withheld":true}'])
  })

  it('withhold a report that cannot be read: nobody knows whom it is about', async () => {
    expect(await bodiesOf([['walkin.report', '{"class":"compl']])).toEqual(['{"withheld":true}'])
    expect(await bodiesOf([['boot', '{}']])).toEqual(['{}'])
  })

  it('say that a body was let go when its time was over', async () => {
    const removed = '{"removed":true}'
    expect(await bodiesOf([['walkin.report', removed, 'LET_GO']])).toEqual([removed])
  })
})
