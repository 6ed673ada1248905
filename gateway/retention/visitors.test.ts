import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chainRecord } from '#protocols/chain.ts'
import { parseBody } from '#protocols/bodies.ts'
import type { DeviceId } from '#protocols/ids.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Clock, Now } from '#protocols/time.ts'
import { isOnDisk } from '#test/fixtures/on-disk.ts'
import { createCity } from '../city.ts'
import type { CityCore } from '../city.ts'
import { CITY_PREFIXES } from '../city/rows.ts'
import { mintOf, NO_CLOSURE_ROADS } from '../city/surroundings.ts'
import type { Incident } from '../dispatch/incident.ts'
import { newIntakeState, restoreWatermark } from '../intake/intake-state.ts'
import { newLaneBook, watermarkRowOf } from '../intake/lane-book.ts'
import { reckon } from '../intake/reckon.ts'
import { lanePrefix, recordKey, recordRowOf } from '../intake/rows.ts'
import type { RecordRow } from '../intake/rows.ts'
import { readHoldings } from '../ledger/holdings.ts'
import { underPrefix } from '../ledger/ledger.ts'
import type { Ledger, LedgerOp } from '../ledger/ledger.ts'
import { openLevelLedger } from '../ledger/level-ledger.ts'
import type { CityEffect } from '../loop/effects.ts'
import type { Submission } from '../loop/turn.ts'
import type { WalkInRow } from '../walkins/walk-in.ts'
import { retainNightly } from './retain-nightly.ts'

/*
 * A station's kiosk through the months, and a car whose satellites say what time it is. The gateway's own clock may lie:
 *
 *     day 0     day 10                 day 190
 *     a visit   its incident closed    180 days are over: its words go
 */
const DAY_MS = 24 * 3_600_000
const START_MS = Date.UTC(2026, 2, 1)
const NIGHT = 3_600_000
const EPOCH = '9f86d081884c7d65'
const KIOSK = 'station-07' as DeviceId
const CAR = 'ptu-07' as DeviceId
const config = {
  ...{ utcOffset: 480, fullTrackDays: 30, trackDays: 90 },
  ...{ reporterDays: 180, lostChildDays: 7, consultationDays: 30 },
}

let dir: string
let ledger: Ledger
let city: CityCore
let audits: Extract<CityEffect, { type: 'audit' }>[]
let shown: unknown[]
let logged: { readonly event: string }[]
let nowMs: number
let last: Map<string, WireRecord>

const log = {
  debug: () => {},
  warn: () => {},
  error: () => {},
  info: (e: { event: string }) => logged.push(e),
}
const now = (): Now => ({ utcMs: nowMs, monoMs: nowMs - START_MS, quality: 'ntp' })

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'reach5-visitors-'))
  ;[audits, shown, logged, nowMs, last] = [[], [], [], START_MS, new Map()]
  await open()
  const place = { number: '07', kiosk: 'A', lat: 35.59, lon: 116.99 }
  const row = { v: 1, deviceId: KIOSK, unitId: 'st-07', callSign: '东关岗亭', station: place }
  await commit([{ type: 'put', key: `device/${KIOSK}`, value: row }])
  bind()
})
afterEach(async () => {
  await ledger.close()
  rmSync(dir, { recursive: true, force: true })
})

async function open(): Promise<void> {
  const opened = await openLevelLedger(dir, { log, mint: bytes => '0'.repeat(2 * bytes) })
  if (!opened.ok) throw new Error(opened.detail)
  ledger = opened.value
  let names = 0
  city = createCity({
    mint: mintOf(bytes => String(++names).padStart(bytes * 2, '0')),
    reach: { times: () => undefined, route: () => [] },
    roads: NO_CLOSURE_ROADS,
    grids: {
      ...{ gridAt: () => null, move: was => was, neighboursOf: () => [] },
      ...{ nameOf: () => null, countyOf: () => null, nearby: () => undefined },
    },
  })
  const rows = await Promise.all(CITY_PREFIXES.map(prefix => ledger.range(underPrefix(prefix))))
  city.restore(
    rows.flat().map(([key, value]) => ({ key, value })),
    now(),
  )
}

const bind = (): void =>
  void city.handle(
    {
      type: 'bound',
      binding: {
        ...{ deviceId: KIOSK, unitId: 'st-07', callSign: '东关岗亭', homeGridId: null },
        station: { number: '07', kiosk: 'A', lat: 35.59, lon: 116.99 },
      },
    },
    now(),
  )

async function commit(ops: readonly LedgerOp[]): Promise<void> {
  const done = await ledger.commit(ops, { sync: false })
  if (!done.ok) throw new Error(done.detail)
}

async function perform(effects: readonly CityEffect[]): Promise<void> {
  await commit(effects.filter(e => e.type === 'put' || e.type === 'del'))
  audits.push(...effects.filter(e => e.type === 'audit'))
  shown.push(...effects.filter(e => e.type === 'change').map(e => e.change))
}

/** A record as intake takes it: in the ledger, and told to the city. */
async function hear(
  deviceId: DeviceId,
  lane: Lane,
  kind: string,
  body: unknown,
  clockQuality: 'gnss' | 'ntp' = 'ntp',
): Promise<void> {
  const before = last.get(deviceId + lane)
  const text = JSON.stringify(body)
  const head = { lane, kind, body: text, bootId: 'a'.repeat(16), occurredAt: nowMs, monoMs: 1, clockQuality }
  const place = { epoch: EPOCH, seq: (before?.seq ?? 0) + 1, prev: before?.sum ?? CHAIN_START }
  const record = chainRecord(head, place)
  last.set(deviceId + lane, record)
  const value = recordRowOf(record, { ageMs: 0, receivedAt: rfc3339(nowMs) })
  await commit([{ type: 'put', key: recordKey(deviceId, EPOCH, lane, record.seq), value }])
  const parsed = parseBody(kind, text)
  if (!parsed.ok) throw new Error(parsed.detail)
  await perform(city.handle({ type: 'record', deviceId, record, body: parsed.value, ageMs: 0 }, now()))
}

/** Satellites say what time it is. */
const drive = (): Promise<void> =>
  hear(CAR, 'track', 'position', { lat: 35.6, lon: 117, mode: 3 } satisfies object, 'gnss')

const NO_ANSWERS = { injured: 'no', weapon: 'no', suspectHere: 'no', children: 'no' }
/** What lies in the envelope cannot be read, but it can be found, and no store makes it any shorter. */
const envelope = (name: string): string => hash('sha512', name, 'base64')
const WORDS = { theft: envelope('theft'), complaint: envelope('complaint'), child: envelope('child') }
const REFS = { theft: '1'.repeat(32), complaint: '2'.repeat(32), child: '3'.repeat(32) }
type Visit = keyof typeof WORDS
const visit = (which: Visit): Promise<void> =>
  hear(KIOSK, 'event', 'walkin.report', {
    ...{
      ref: REFS[which],
      number: `K-07A-0301-000${REFS[which][0]}-C`,
      place: { kind: 'here' },
      when: 'today',
    },
    class: which === 'child' ? 'lost_person' : which,
    answers: which === 'child' ? { ...NO_ANSWERS, children: 'yes' } : NO_ANSWERS,
    ...{ words: 'typed', contact: 'phone', callback: true, language: 'zh' },
    sealed: {
      v: 1,
      to: [{ keyId: 'ab'.repeat(8), ephemeral: 'RXBo', key: 'S2V5' }],
      text: WORDS[which],
    },
  })

const walkIn = async (which: Visit): Promise<WalkInRow> =>
  (await ledger.get(`walkin/${KIOSK}/${REFS[which]}`)) as WalkInRow
const incidentOf = async (which: Visit): Promise<Incident> =>
  (await ledger.get(`incident/${(await walkIn(which)).incidentId}`)) as Incident
const close = async (which: Visit): Promise<void> => {
  const incidentId = (await walkIn(which)).incidentId!
  const command = { kind: 'incident.close', incidentId, reason: 'done' } as const
  await perform(city.handle({ type: 'command', commandId: 'c', actor: 'desk', command }, now()))
}
const events = async (): Promise<RecordRow[]> =>
  (await ledger.range(underPrefix(lanePrefix(KIOSK, EPOCH, 'event')))).map(([, row]) => row as RecordRow)

const onDisk = (text: string): boolean => isOnDisk(join(dir, 'ledger'), text)

/**
 * Runs what is kept for the night (or for some minutes after a start) by a gateway whose clock is off by so much; ticks go on
 * between its steps.
 */
async function night({ offMs = 0, first = false, drives = true } = {}): Promise<void> {
  if (drives) await drive()
  nowMs += offMs
  const waiting: { readonly afterMs: number; readonly call: () => void }[] = []
  const clock: Clock = {
    now,
    after: (afterMs, call) => {
      if (afterMs >= 60_000) waiting.push({ afterMs, call })
      else void tick().then(call)
      return () => {}
    },
  }
  const tick = async (): Promise<void> => perform(city.handle({ type: 'tick' }, now()))
  const submit = async ({ ops = [], audit }: Submission) => {
    if (audit !== undefined) audits.push({ type: 'audit', ...audit })
    return ledger.commit(ops, { sync: false })
  }
  const said = logged.length
  const stop = retainNightly({ clock, log, ledger, loop: { submit }, city, config })
  waiting.find(({ afterMs }) => (first ? afterMs < NIGHT : afterMs !== 5 * 60_000))!.call()
  const isOver = (): boolean =>
    logged.slice(said).some(({ event }) => event === (first ? 'retention.visitors' : 'retention.done'))
  while (!isOver()) await new Promise(setImmediate)
  for (let i = 0; i < 20; i++) await tick()
  stop()
  nowMs -= offMs
}

describe('what a visitor told a kiosk', () => {
  it('goes 180 days after its incident was closed; incident, times and place stay', async () => {
    await visit('theft')
    nowMs = START_MS + 10 * DAY_MS
    await close('theft')
    const before = await incidentOf('theft')
    await night()
    nowMs = START_MS + 189 * DAY_MS
    await night()
    expect((await walkIn('theft')).sealed).not.toBeNull()
    nowMs = START_MS + 191 * DAY_MS
    shown = []
    await night()
    const { walkIn: told, ...rest } = await incidentOf('theft')
    expect(rest).toEqual({ ...before, walkIn: undefined, ...rest })
    expect(told).toEqual({ ...before.walkIn, removedAt: rfc3339(nowMs) })
    expect(rest.place).toEqual(before.place)
    expect(await walkIn('theft')).toMatchObject({
      sealed: null,
      removedUtcMs: nowMs,
      number: 'K-07A-0301-0001-C',
    })
    expect((await events()).map(({ code, body }) => ({ code, body }))).toEqual([
      { code: 'LET_GO', body: '{"removed":true}' },
    ])
    expect(audits.filter(({ action }) => action === 'retention.reporter')).toEqual([
      {
        ...{ type: 'audit', action: 'retention.reporter', actor: 'gateway' },
        detail: { visits: 1, asOf: rfc3339(nowMs) },
      },
    ])
    // Pages see it at once, and after a start.
    expect(shown).toMatchObject([
      { type: 'incident.changed', data: { walkIn: { removedAt: rfc3339(nowMs) } } },
    ])
    expect(city.walkIns(now())).toMatchObject([{ hasSealed: false, removedAt: rfc3339(nowMs) }])
    expect(await ledger.range(underPrefix('over/'))).toEqual([])
    await night()
    expect(audits.filter(({ action }) => action === 'retention.reporter')).toHaveLength(1)
  })

  it('stays while its incident is open, however long', async () => {
    await visit('theft')
    for (const day of [0, 200, 400]) {
      nowMs = START_MS + day * DAY_MS
      await night()
    }
    expect((await walkIn('theft')).sealed).not.toBeNull()
  })

  it('goes after 180 days where it became no incident, and after seven where a child was looked for', async () => {
    await visit('complaint')
    await visit('child')
    await close('child')
    await night()
    nowMs = START_MS + 8 * DAY_MS
    await night()
    expect((await walkIn('child')).sealed).toBeNull()
    expect((await walkIn('complaint')).sealed).not.toBeNull()
    nowMs = START_MS + 181 * DAY_MS
    await night()
    expect((await walkIn('complaint')).sealed).toBeNull()
  })

  it('is not on the disk any more', async () => {
    await visit('child')
    await close('child')
    await night()
    await ledger.close()
    await open()
    bind()
    expect(onDisk(WORDS.child)).toBe(true)
    nowMs = START_MS + 8 * DAY_MS
    await night()
    await ledger.close()
    expect(onDisk(WORDS.child)).toBe(false)
    await open()
    expect(city.walkIns(now())).toMatchObject([{ hasSealed: false, removedAt: rfc3339(nowMs) }])
  })
})

describe('a clock that is wrong', () => {
  const closedAndSeen = async (): Promise<void> => {
    await visit('theft')
    await close('theft')
    await night()
    nowMs = START_MS + 20 * DAY_MS
  }
  const isThere = async (): Promise<boolean> => (await walkIn('theft')).sealed !== null

  it('lets nothing go too early: a gateway that takes itself for 2038', async () => {
    await closedAndSeen()
    await night({ offMs: Date.UTC(2038, 0, 19) - nowMs })
    expect(await isThere()).toBe(true)
  })

  it('lets nothing go too early: a gateway that took itself for 1970 when it came', async () => {
    nowMs = 3_600_000
    await visit('theft')
    await close('theft')
    nowMs = START_MS
    await drive()
    await night({ offMs: 3_600_000 - nowMs, drives: false })
    await night()
    nowMs = START_MS + 179 * DAY_MS
    await night()
    expect(await isThere()).toBe(true)
    nowMs = START_MS + 182 * DAY_MS
    await night()
    expect(await isThere()).toBe(false)
  })

  it('keeps nothing for ever: a gateway that took itself for 2038 when it came', async () => {
    nowMs = Date.UTC(2038, 0, 19)
    await visit('theft')
    await close('theft')
    nowMs = START_MS
    await night({ offMs: Date.UTC(2038, 0, 19) - nowMs })
    await night()
    nowMs = START_MS + 182 * DAY_MS
    await night()
    expect(await isThere()).toBe(false)
  })

  it('lets nothing go while no car vouches for any time', async () => {
    await visit('theft')
    await close('theft')
    for (const day of [0, 200, 400]) {
      nowMs = START_MS + day * DAY_MS
      await night({ drives: false })
    }
    expect(await isThere()).toBe(true)
  })
})

describe('what was let go does not come back', () => {
  it('from a device that says it again, a repair, or the daily look at the ledger', async () => {
    await visit('child')
    await hear(KIOSK, 'event', 'walkin.consultation', { topic: 'id_card' })
    await close('child')
    const { sum } = (await events())[0]!
    await night()
    nowMs = START_MS + 60 * DAY_MS
    await night()
    expect((await events()).map(({ body }) => body)).toEqual(Array(2).fill('{"removed":true}'))
    const holdings = await readHoldings(ledger)
    expect(holdings.damaged).toEqual([])
    const state = newIntakeState('l'.repeat(16), 1)
    const book = { ...newLaneBook(), received: [[1, 2]] as const, told: 2, records: 2 }
    restoreWatermark(state, `watermark/${KIOSK}/${EPOCH}/event`, watermarkRowOf(book))
    expect(reckon(state, holdings.lanes)).toMatchObject({ missing: 0 })
    // By this a store that carries it over is told that it is known (`carried.ts`).
    expect(await ledger.get(recordKey(KIOSK, EPOCH, 'event', 1))).toMatchObject({ sum })
  })

  it('from a backup: the first minutes of a gateway that was put back let it go again', async () => {
    await visit('child')
    await close('child')
    await night()
    const backup = await ledger.range({ from: '', before: '\uffff' })
    nowMs = START_MS + 60 * DAY_MS
    await night()
    await commit(backup.map(([key, value]) => ({ type: 'put', key, value, again: true }) as const))
    await ledger.close()
    await open()
    bind()
    expect((await walkIn('child')).sealed).not.toBeNull()
    await night({ first: true })
    expect((await walkIn('child')).sealed).toBeNull()
  })
})

describe('a question asked at a kiosk', () => {
  const ask = (): Promise<void> => hear(KIOSK, 'event', 'walkin.consultation', { topic: 'id_card' })
  const bodies = async (): Promise<string[]> => (await events()).map(({ body }) => body)
  const GONE = '{"removed":true}'
  const ASKED = '{"topic":"id_card"}'

  it('goes after 30 days; how often each topic was asked stays', async () => {
    await ask()
    nowMs = START_MS + 20 * DAY_MS
    await ask()
    await ask()
    nowMs = START_MS + 31 * DAY_MS
    await night()
    expect(await bodies()).toEqual([GONE, ASKED, ASKED])
    expect(audits).toMatchObject([{ action: 'retention.consultation', detail: { questions: 1 } }])
    nowMs = START_MS + 51 * DAY_MS
    await night()
    expect(await bodies()).toEqual([GONE, GONE, GONE])
    expect(city.consultations().map(({ topics }) => topics)).toEqual([{ id_card: 1 }, { id_card: 2 }])
  })

  it('is neither young for ever nor old at once because a clock was wrong when it came', async () => {
    nowMs = START_MS
    await ask()
    nowMs = 3_600_000
    await ask()
    nowMs = Date.UTC(2038, 0, 19)
    await ask()
    nowMs = START_MS + 28 * DAY_MS
    await night()
    expect(await bodies()).toEqual([ASKED, ASKED, ASKED])
    await night({ offMs: Date.UTC(2038, 0, 19) - nowMs })
    expect(await bodies()).toEqual([ASKED, ASKED, ASKED])
    nowMs = START_MS + 31 * DAY_MS
    await night()
    expect(await bodies()).toEqual([GONE, GONE, GONE])
  })
})
