import { describe, expect, it } from 'vitest'
import { forget, hear, lapse } from './heard-sessions.ts'
import type { HeardSessions } from './heard-sessions.ts'

const live = (announcedMs: number) => ({
  channel: 'live' as const,
  payload: Buffer.from(`{"v":1,"announcedMs":${announcedMs},"position":null}`),
})
const record = { channel: 'up/event' as const, payload: Buffer.from('{"announcedMs":1}') }

describe('a session behind a foreign broker', () => {
  it('opens with the first word, whatever it is, and only once', () => {
    const sessions: HeardSessions = new Map()
    expect(hear(sessions, 'ptu-07', record, 0)).toEqual([{ type: 'session', deviceId: 'ptu-07', link: 'up' }])
    expect(hear(sessions, 'ptu-07', live(5_000), 10)).toEqual([])
  })

  it('ends after two announced intervals and 10 s of silence, and opens again', () => {
    const sessions: HeardSessions = new Map()
    hear(sessions, 'ptu-07', live(5_000), 0)
    hear(sessions, 'ptu-08', live(20_000), 0)
    expect(lapse(sessions, 20_000)).toEqual([])
    expect(lapse(sessions, 20_001)).toEqual([{ type: 'session', deviceId: 'ptu-07', link: 'down' }])
    expect(lapse(sessions, 50_000)).toEqual([])
    expect(lapse(sessions, 50_001).map(e => e.deviceId)).toEqual(['ptu-08'])
    expect(hear(sessions, 'ptu-07', record, 60_000)).toHaveLength(1)
  })

  it('keeps the announced interval through words that state none, records included', () => {
    const sessions: HeardSessions = new Map()
    hear(sessions, 'ptu-07', live(40_000), 0)
    hear(sessions, 'ptu-07', record, 1_000)
    expect(lapse(sessions, 91_000)).toEqual([])
    expect(lapse(sessions, 91_001)).toHaveLength(1)
  })

  it('is assumed to announce 20 s until it says so', () => {
    const sessions: HeardSessions = new Map()
    hear(sessions, 'ptu-07', record, 0)
    expect(lapse(sessions, 50_000)).toEqual([])
    expect(lapse(sessions, 50_001)).toHaveLength(1)
  })

  it('ends at once when told to, and only if it was there', () => {
    const sessions: HeardSessions = new Map()
    hear(sessions, 'ptu-07', record, 0)
    expect(forget(sessions, 'ptu-07')).toHaveLength(1)
    expect(forget(sessions, 'ptu-07')).toEqual([])
  })
})
