import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rfc3339 } from '#protocols/time.ts'
import { CAR, DAY_MS, EPOCH, KIOSK, START_MS, StationMonths, WORDS } from '#test/fixtures/station-months.ts'
import { newIntakeState, restoreWatermark } from '../intake/intake-state.ts'
import { newLaneBook, watermarkRowOf } from '../intake/lane-book.ts'
import { reckon } from '../intake/reckon.ts'
import { recordKey } from '../intake/rows.ts'
import { readHoldings } from '../ledger/holdings.ts'
import { underPrefix } from '../ledger/ledger.ts'

let station: StationMonths
beforeEach(async () => {
  station = await StationMonths.begin()
})
afterEach(() => station.end())

describe('what a visitor told a kiosk', () => {
  it('goes 180 days after its incident was closed; incident, times and place stay', async () => {
    await station.visit('theft')
    station.nowMs = START_MS + 10 * DAY_MS
    await station.close('theft')
    const before = await station.incidentOf('theft')
    await station.night()
    station.nowMs = START_MS + 189 * DAY_MS
    await station.night()
    expect((await station.walkIn('theft')).sealed).not.toBeNull()
    station.nowMs = START_MS + 191 * DAY_MS
    station.shown = []
    await station.night()
    const { walkIn: told, ...rest } = await station.incidentOf('theft')
    expect(rest).toEqual({ ...before, walkIn: undefined, ...rest })
    expect(told).toEqual({ ...before.walkIn, removedAt: rfc3339(station.nowMs) })
    expect(rest.place).toEqual(before.place)
    expect(await station.walkIn('theft')).toMatchObject({
      sealed: null,
      removedUtcMs: station.nowMs,
      number: 'K-07A-0301-0001-C',
    })
    expect((await station.events()).map(({ code, body }) => ({ code, body }))).toEqual([
      { code: 'LET_GO', body: '{"removed":true}' },
    ])
    expect(station.audits.filter(({ action }) => action === 'retention.reporter')).toEqual([
      {
        ...{ type: 'audit', action: 'retention.reporter', actor: 'gateway' },
        detail: { visits: 1, asOf: rfc3339(station.nowMs) },
      },
    ])
    // Pages see it at once, and after a start.
    expect(station.shown).toMatchObject([
      { type: 'incident.changed', data: { walkIn: { removedAt: rfc3339(station.nowMs) } } },
    ])
    expect(station.city.walkIns(station.now())).toMatchObject([
      { hasSealed: false, removedAt: rfc3339(station.nowMs) },
    ])
    expect(await station.ledger.range(underPrefix('over/'))).toEqual([])
    await station.night()
    expect(station.audits.filter(({ action }) => action === 'retention.reporter')).toHaveLength(1)
  })

  it('stays while its incident is open, however long', async () => {
    await station.visit('theft')
    for (const day of [0, 200, 400]) {
      station.nowMs = START_MS + day * DAY_MS
      await station.night()
    }
    expect((await station.walkIn('theft')).sealed).not.toBeNull()
  })

  it('goes after 180 days where it became no incident, and after seven where a child was looked for', async () => {
    await station.visit('complaint')
    await station.visit('child')
    await station.close('child')
    await station.night()
    station.nowMs = START_MS + 8 * DAY_MS
    await station.night()
    expect((await station.walkIn('child')).sealed).toBeNull()
    expect((await station.walkIn('complaint')).sealed).not.toBeNull()
    station.nowMs = START_MS + 181 * DAY_MS
    await station.night()
    expect((await station.walkIn('complaint')).sealed).toBeNull()
  })

  it('is not on the disk any more', async () => {
    await station.visit('child')
    await station.close('child')
    await station.night()
    await station.restart()
    expect(station.isOnDisk(WORDS.child)).toBe(true)
    station.nowMs = START_MS + 8 * DAY_MS
    await station.night()
    expect(station.isOnDisk(WORDS.child)).toBe(false)
    await station.restart()
    expect(station.city.walkIns(station.now())).toMatchObject([
      { hasSealed: false, removedAt: rfc3339(station.nowMs) },
    ])
  })
})

describe('a clock that is wrong', () => {
  const closedAndSeen = async (): Promise<void> => {
    await station.visit('theft')
    await station.close('theft')
    await station.night()
    station.nowMs = START_MS + 20 * DAY_MS
  }
  const isThere = async (): Promise<boolean> => (await station.walkIn('theft')).sealed !== null

  it('lets nothing go too early: a gateway that takes itself for 2038', async () => {
    await closedAndSeen()
    await station.night({ offMs: Date.UTC(2038, 0, 19) - station.nowMs })
    expect(await isThere()).toBe(true)
  })

  it('lets nothing go too early: a gateway that took itself for 1970 when it came', async () => {
    station.nowMs = 3_600_000
    await station.visit('theft')
    await station.close('theft')
    station.nowMs = START_MS
    await station.drive()
    await station.night({ offMs: 3_600_000 - station.nowMs, drives: false })
    await station.night()
    station.nowMs = START_MS + 179 * DAY_MS
    await station.night()
    expect(await isThere()).toBe(true)
    station.nowMs = START_MS + 182 * DAY_MS
    await station.night()
    expect(await isThere()).toBe(false)
  })

  it('keeps nothing for ever: a gateway that took itself for 2038 when it came', async () => {
    station.nowMs = Date.UTC(2038, 0, 19)
    await station.visit('theft')
    await station.close('theft')
    station.nowMs = START_MS
    await station.night({ offMs: Date.UTC(2038, 0, 19) - station.nowMs })
    await station.night()
    station.nowMs = START_MS + 182 * DAY_MS
    await station.night()
    expect(await isThere()).toBe(false)
  })

  it('lets nothing go while no car vouches for any time', async () => {
    await station.visit('theft')
    await station.close('theft')
    for (const day of [0, 200, 400]) {
      station.nowMs = START_MS + day * DAY_MS
      await station.night({ drives: false })
    }
    expect(await isThere()).toBe(true)
  })
})

describe('what was let go does not come back', () => {
  it('from a device that says it again, a repair, or the daily look at the ledger', async () => {
    await station.visit('child')
    await station.ask()
    await station.close('child')
    const { sum } = (await station.events())[0]!
    await station.night()
    station.nowMs = START_MS + 60 * DAY_MS
    await station.night()
    expect((await station.events()).map(({ body }) => body)).toEqual(Array(2).fill('{"removed":true}'))
    const holdings = await readHoldings(station.ledger)
    expect(holdings.damaged).toEqual([])
    const state = newIntakeState('l'.repeat(16), 1)
    const book = { ...newLaneBook(), received: [[1, 2]] as const, told: 2, records: 2 }
    restoreWatermark(state, `watermark/${KIOSK}/${EPOCH}/event`, watermarkRowOf(book))
    expect(reckon(state, holdings.lanes)).toMatchObject({ missing: 0 })
    // By this a store that carries it over is told that it is known (`carried.ts`).
    expect(await station.ledger.get(recordKey(KIOSK, EPOCH, 'event', 1))).toMatchObject({ sum })
  })

  it('from a backup: the first minutes of a gateway that was put back let it go again', async () => {
    await station.visit('child')
    await station.close('child')
    await station.night()
    const backup = await station.ledger.range({ from: '', before: '\uffff' })
    station.nowMs = START_MS + 60 * DAY_MS
    await station.night()
    await station.commit(backup.map(([key, value]) => ({ type: 'put', key, value, again: true }) as const))
    await station.restart()
    expect((await station.walkIn('child')).sealed).not.toBeNull()
    await station.night({ first: true })
    expect((await station.walkIn('child')).sealed).toBeNull()
  })
})

describe('a question asked at a kiosk', () => {
  const bodies = async (): Promise<string[]> => (await station.events()).map(({ body }) => body)
  const GONE = '{"removed":true}'
  const ASKED = '{"topic":"id_card"}'

  it('goes after 30 days; how often each topic was asked stays', async () => {
    await station.ask()
    station.nowMs = START_MS + 20 * DAY_MS
    await station.ask()
    await station.ask()
    station.nowMs = START_MS + 31 * DAY_MS
    await station.night()
    expect(await bodies()).toEqual([GONE, ASKED, ASKED])
    expect(station.audits).toMatchObject([{ action: 'retention.consultation', detail: { questions: 1 } }])
    station.nowMs = START_MS + 51 * DAY_MS
    await station.night()
    expect(await bodies()).toEqual([GONE, GONE, GONE])
    expect(station.city.consultations().map(({ topics }) => topics)).toEqual([{ id_card: 1 }, { id_card: 2 }])
  })

  it('is neither young for ever nor old at once because a clock was wrong when it came', async () => {
    station.nowMs = START_MS
    await station.ask()
    station.nowMs = 3_600_000
    await station.ask()
    station.nowMs = Date.UTC(2038, 0, 19)
    await station.ask()
    station.nowMs = START_MS + 28 * DAY_MS
    await station.night()
    expect(await bodies()).toEqual([ASKED, ASKED, ASKED])
    await station.night({ offMs: Date.UTC(2038, 0, 19) - station.nowMs })
    expect(await bodies()).toEqual([ASKED, ASKED, ASKED])
    station.nowMs = START_MS + 31 * DAY_MS
    await station.night()
    expect(await bodies()).toEqual([GONE, GONE, GONE])
  })
})

describe('what a visitor told a device at no duty station', () => {
  it('goes after seven days: nobody was ever shown it', async () => {
    await station.visit('theft', CAR)
    await station.ask(CAR)
    expect((await station.events(CAR)).map(({ kind }) => kind)).toEqual([
      'walkin.report',
      'walkin.consultation',
    ])
    await station.night()
    await station.restart()
    expect(station.isOnDisk(WORDS.theft)).toBe(true)
    expect(station.city.walkIns(station.now())).toEqual([])
    station.nowMs = START_MS + 6 * DAY_MS
    await station.night()
    expect((await station.events(CAR)).map(({ code }) => code)).toEqual([undefined, undefined])
    station.nowMs = START_MS + 8 * DAY_MS
    await station.night()
    expect((await station.events(CAR)).map(({ code }) => code)).toEqual(['LET_GO', 'LET_GO'])
    expect(station.isOnDisk(WORDS.theft)).toBe(false)
    expect(await station.ledger.range(underPrefix('stray/'))).toEqual([])
    expect(station.audits).toMatchObject([{ action: 'retention.stray', detail: { records: 2 } }])
    await station.night()
    expect(station.audits).toHaveLength(1)
  })

  it('stays for its time though the gateway took itself for 2038 when a night first found it', async () => {
    await station.visit('theft', CAR)
    await station.night({ offMs: Date.UTC(2038, 0, 19) - station.nowMs })
    station.nowMs = START_MS + 6 * DAY_MS
    await station.night()
    expect((await station.events(CAR))[0]!.code).toBeUndefined()
    station.nowMs = START_MS + 14 * DAY_MS
    await station.night()
    expect((await station.events(CAR))[0]!.code).toBe('LET_GO')
  })
})
