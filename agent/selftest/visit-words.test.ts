import { describe, expect, it } from 'vitest'
import type { TechnicianView, WalkResult } from '#protocols/technician.ts'
import { skyWords } from './sky-words.ts'
import { findingWords, resultWords } from './visit-words.ts'

const found: WalkResult = {
  ...{ channel: 'brake', outcome: 'right', input: 2, expectedInput: 5, activeWhen: 'closed' },
  ...{ onAt: Date.UTC(2026, 10, 24, 3, 0, 1, 5), offAt: Date.UTC(2026, 10, 24, 3, 0, 2), reason: '' },
  ...{ terminal: '3', expectedTerminal: '6', corrected: false },
}
const nothing = { baud: null, score: 0, gnss: null, panel: null, fault: null } as const
const viewOf = (gnss: string, sample: object | null): TechnicianView =>
  ({ signal: { state: 'running', gnss, sample, reason: '', fault: null } }) as unknown as TechnicianView
const satellite = {
  constellation: 'beidou',
  number: 1,
  elevationDeg: 40,
  azimuthDeg: 90,
  used: false,
} as const

describe('the words of a visit', () => {
  it('say when a right input moved, and what to do about a wrong one', () => {
    expect(resultWords(found)).toEqual(['brake right at terminal 3, on 03:00:01.005, off 03:00:02.000 UTC'])
    expect(resultWords({ ...found, outcome: 'swapped' })[1]).toContain('move the wire to terminal 6')
    expect(resultWords({ ...found, outcome: 'inverted' })[1]).toContain('it is closed when on')
    expect(
      resultWords({ ...found, outcome: 'skipped', input: null, terminal: null, reason: 'no siren' }),
    ).toEqual(['brake skipped: no siren'])
  })

  it('say what a port is and how sure that is, or what to look at', () => {
    const gnss = { validPerSecond: 6, invalidPerSecond: 0.5, talkers: ['GB', 'GP'] }
    expect(findingWords({ ...nothing, path: '/dev/a', is: 'gnss', baud: 9_600, score: 97, gnss })).toBe(
      '/dev/a gnss at 9600 baud, 97 % sure: 6 sentences/s of GB GP, 0.5/s damaged',
    )
    expect(findingWords({ ...nothing, path: '/dev/b', is: 'silent' })).toContain('A and B')
    const fault = { code: 'PORT_BUSY', detail: 'locked' }
    expect(findingWords({ ...nothing, path: '/dev/c', is: 'refused', fault })).toContain('ModemManager')
  })

  it('show the sky with a hint while there is no fix', () => {
    const hintOf = (cn0Dbhz: number | null): string | undefined =>
      skyWords(viewOf('no_fix', { mode: 1, hdop: null }), [{ ...satellite, cn0Dbhz }]).at(-1)
    expect(hintOf(null)).toContain('Go outside')
    expect(hintOf(20)).toContain('weak')
    expect(hintOf(45)).toContain('cold receiver')
    const sky = [
      { ...satellite, cn0Dbhz: 50, used: true },
      { ...satellite, number: 2, cn0Dbhz: 15 },
      { ...satellite, number: 3, cn0Dbhz: null },
    ]
    expect(skyWords(viewOf('fix', { mode: 3, hdop: 0.84 }), sky)).toEqual([
      'signal   fixed in 3 dimensions, HDOP 0.8, 1 of 3 satellites used',
      '         BeiDou   1/3    █▁·                  best 50 dB-Hz',
    ])
  })
})
