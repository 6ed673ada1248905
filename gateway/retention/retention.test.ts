import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chainRecord } from '#protocols/chain.ts'
import type { DeviceId } from '#protocols/ids.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { WireRecord } from '#protocols/record.ts'
import { rfc3339 } from '#protocols/time.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { isOnDisk } from '#test/fixtures/on-disk.ts'
import { newIntakeState, restoreWatermark } from '../intake/intake-state.ts'
import { reckon } from '../intake/reckon.ts'
import { lanePrefix, recordKey, recordRowOf } from '../intake/rows.ts'
import type { RecordRow } from '../intake/rows.ts'
import { readHoldings } from '../ledger/holdings.ts'
import { underPrefix } from '../ledger/ledger.ts'
import type { Ledger, LedgerOp } from '../ledger/ledger.ts'
import { openLevelLedger } from '../ledger/level-ledger.ts'
import { nightly, untilNightMs } from './nightly.ts'
import { retireTracks } from './retire-tracks.ts'
import { thinned, trackPolicy } from './track-policy.ts'
import type { HeldSpan } from './track-policy.ts'

const DAY_MS = 24 * 3_600_000
const NOW_MS = Date.UTC(2026, 10, 28)
const device = 'ptu-07' as DeviceId
const epoch = '9f86d081884c7d65'
const LANE = `${device}/${epoch}/track`
const policy = trackPolicy({ full: 30, thin: 90 })
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** Half an hour at one fix a second, so many days ago. */
const DRIVES = [100, 60, 10].map(days => NOW_MS - days * DAY_MS)
const PER_DRIVE = 1_800
/** The car answered an incident in the middle of each of the first two drives, for ten minutes. */
const INCIDENTS = DRIVES.slice(0, 2).map(fromMs => fromMs + 10 * 60_000)
const HELD_PER_INCIDENT = 15 * 60 + 1

/** Said in one fix each, early in its drive, where the disk can be searched for it: the first two are let go of, the last stays. */
const MARKS = new Map([
  [2, 'ZQXJKVWPYFGB'],
  [PER_DRIVE + 3, 'BGFYPWVKJXQZ'],
  [2 * PER_DRIVE + 3, 'KVWPZQXJBGFY'],
])

let dir: string
let ledger: Ledger
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'reach5-retention-'))
  await open()
  await fill()
})
async function open(): Promise<void> {
  const opened = await openLevelLedger(dir, { log, mint: bytes => '0'.repeat(2 * bytes) })
  if (!opened.ok) throw new Error(opened.detail)
  ledger = opened.value
}
afterEach(async () => {
  await ledger.close()
  rmSync(dir, { recursive: true, force: true })
})

const commit = (ops: readonly LedgerOp[]) => ledger.commit(ops, { sync: false })

async function fill(): Promise<void> {
  let last: WireRecord | undefined
  for (const fromMs of DRIVES)
    for (let at = 0; at < PER_DRIVE; at += 60) {
      const ops: LedgerOp[] = []
      for (let i = at; i < at + 60; i++) {
        const occurredAt = fromMs + i * 1_000
        const place = { epoch, seq: (last?.seq ?? 0) + 1, prev: last?.sum ?? CHAIN_START }
        const body = JSON.stringify({ i, mark: MARKS.get(place.seq) })
        const head = { lane: 'track', kind: 'position', body, bootId: 'a'.repeat(16) } as const
        last = chainRecord({ ...head, occurredAt, monoMs: i * 1_000, clockQuality: 'gnss' }, place)
        const value = recordRowOf(last, { ageMs: 0, receivedAt: rfc3339(occurredAt + 80) })
        ops.push({ type: 'put', key: recordKey(device, epoch, 'track', last.seq), value })
      }
      await commit(ops)
    }
  const incident = (receivedUtcMs: number, i: number): LedgerOp => ({
    type: 'put',
    key: `incident/i-${i}`,
    value: {
      receivedUtcMs,
      moments: [],
      assignments: [
        {
          deviceId: device,
          ended: null,
          moments: [{ moment: 'tCleared', slot: 'declared', utcMs: receivedUtcMs + 600_000, source: 'x' }],
        },
      ],
    },
  })
  await commit(INCIDENTS.map(incident))
  const value = {
    v: 1,
    received: [[1, last!.seq]],
    excused: [],
    told: last!.seq,
    toldSum: null,
    records: last!.seq,
  }
  await commit([{ type: 'put', key: `watermark/${LANE}`, value }])
}

const onDisk = (text: string): boolean => isOnDisk(join(dir, 'ledger'), text)

const rows = async (): Promise<RecordRow[]> =>
  (await ledger.range(underPrefix(lanePrefix(device, epoch, 'track')))).map(([, row]) => row as RecordRow)
const seqs = async (): Promise<number[]> => (await rows()).map(({ seq }) => seq)
const retire = (submit = commit, nowMs = NOW_MS) =>
  retireTracks({ ledger, submit, rest: () => Promise.resolve() }, policy, nowMs)

describe('the track of a car', () => {
  it('is thinned after 30 days and let go after 90, but for incidents', async () => {
    const found = await retire()
    const kept = await rows()
    const ofDrive = (drive: number): RecordRow[] =>
      kept.filter(
        ({ occurredAtMs }) => occurredAtMs >= DRIVES[drive]! && occurredAtMs < DRIVES[drive]! + DAY_MS,
      )
    expect(ofDrive(0)).toHaveLength(HELD_PER_INCIDENT)
    // Fifteen minutes whole, and of the other fifteen one a minute.
    expect(ofDrive(1)).toHaveLength(HELD_PER_INCIDENT + 14)
    expect(ofDrive(2)).toHaveLength(PER_DRIVE)
    expect(found).toMatchObject({
      ok: true,
      value: { thinned: 2 * (PER_DRIVE - HELD_PER_INCIDENT - 14), deleted: 14, stores: 1 },
    })
    expect(await retire()).toMatchObject({ ok: true, value: { thinned: 0, deleted: 0, stores: 0 } })
  })

  it('is not on the disk any more once it was let go', async () => {
    const found = async (): Promise<string[]> => {
      await ledger.close()
      const words = [...MARKS.values()].filter(onDisk)
      await open()
      return words
    }
    expect(await found()).toHaveLength(3)
    // The power goes before what went could leave the disk; the next night does both.
    const scour = () => Promise.reject(new Error('the power goes'))
    await expect(
      retireTracks(
        { ledger: { ...ledger, scour }, submit: commit, rest: () => Promise.resolve() },
        policy,
        NOW_MS,
      ),
    ).rejects.toThrow('the power goes')
    expect(await found()).toHaveLength(3)
    await retire()
    expect(await found()).toEqual([MARKS.get(2 * PER_DRIVE + 3)])
  })

  it('is not let go because the gateway takes itself for a later year', async () => {
    const found = await retire(commit, Date.UTC(2038, 0, 19))
    // As of a day behind the newest fix: the drive of that day is whole.
    const newestMs = DRIVES[2]! + (PER_DRIVE - 1) * 1_000
    expect(found).toMatchObject({ ok: true, value: { asOfMs: newestMs + DAY_MS } })
    const kept = await rows()
    expect(kept.filter(({ occurredAtMs }) => occurredAtMs >= DRIVES[2]!)).toHaveLength(PER_DRIVE)
  })

  it('that came while the gateway took itself for 1970 is as old as the satellites say', async () => {
    const putAgain = (row: RecordRow): LedgerOp => ({
      type: 'put',
      key: recordKey(device, epoch, 'track', row.seq),
      value: { ...row, receivedAt: rfc3339(row.seq * 1_000) },
      again: true,
    })
    await commit((await rows()).map(putAgain))
    await retire()
    expect((await rows()).filter(({ occurredAtMs }) => occurredAtMs >= DRIVES[2]!)).toHaveLength(PER_DRIVE)
  })

  it('is the same in the end wherever the work was broken off', async () => {
    let [breaks, committed] = [0, 0]
    for (; breaks < 200; breaks++) {
      // The power goes after one piece; the next night goes on there.
      let pieces = 0
      const once = await retire(ops => {
        pieces += 1
        committed += pieces === 1 ? 1 : 0
        return pieces === 1
          ? commit(ops)
          : Promise.resolve({ ok: false, code: 'NOT_READY', detail: 'stopped' })
      })
      if (once.ok) break
    }
    console.info(`retention broken off ${breaks} times after ${committed} pieces`)
    expect(breaks).toBeGreaterThan(0)
    const inPieces = await seqs()
    await ledger.close()
    rmSync(dir, { recursive: true, force: true })
    const opened = await openLevelLedger(dir, { log, mint: bytes => '0'.repeat(2 * bytes) })
    if (!opened.ok) throw new Error(opened.detail)
    ledger = opened.value
    await fill()
    await retire()
    expect(await seqs()).toEqual(inPieces)
  })

  it('that was let go is not missed when the ledger is reckoned', async () => {
    await retire()
    const state = newIntakeState('l'.repeat(16), 1)
    restoreWatermark(state, `watermark/${LANE}`, (await ledger.get(`watermark/${LANE}`)) as never)
    const { lanes } = await readHoldings(ledger)
    const { thinned: upTo } = (await ledger.get(`retention/${device}/${epoch}`)) as { thinned: number }
    expect(reckon(state, lanes, new Map([[LANE, upTo]])).missing).toBe(0)
    expect(reckon(state, lanes).missing).toBeGreaterThan(0)
  })
})

describe('thinning', () => {
  it('keeps one a minute and every fix of an incident, in pieces of any size as in one', () => {
    let [cases, dropped] = [0, 0]
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 80 }),
        fc.array(fc.tuple(fc.nat(1_000_000), fc.nat(200_000)), { maxLength: 3 }),
        fc.integer({ min: 1, max: 20 }),
        (steps, held, size) => {
          let atMs = 0
          const all = steps.map((step, i) => ({ seq: i + 1, occurredAtMs: (atMs += step) }) as RecordRow)
          const spans = held.map(([fromMs, long]): HeldSpan => ({ fromMs, untilMs: fromMs + long }))
          const whole = thinned(all, spans, null, 60_000)
          const inPieces: RecordRow[] = []
          let last: number | null = null
          for (let i = 0; i < all.length; i += size) {
            const piece: ReturnType<typeof thinned> = thinned(all.slice(i, i + size), spans, last, 60_000)
            inPieces.push(...piece.kept)
            last = piece.lastKeptMs
          }
          expect(inPieces).toEqual(whole.kept)
          const isHeld = (at: number): boolean => spans.some(s => at >= s.fromMs && at <= s.untilMs)
          for (const row of all) if (isHeld(row.occurredAtMs)) expect(whole.kept).toContain(row)
          const free = whole.kept.filter(row => !isHeld(row.occurredAtMs)).map(row => row.occurredAtMs)
          for (const [i, at] of free.slice(1).entries()) expect(at - free[i]!).toBeGreaterThanOrEqual(60_000)
          cases += 1
          dropped += all.length - whole.kept.length
        },
      ),
      { seed: 7, numRuns: 200 },
    )
    console.info(`thinning: ${cases} tracks, ${dropped} fixes let go`)
    expect(dropped).toBeGreaterThan(0)
  })
})

describe('every night', () => {
  it('is at three, local time, wherever that is', () => {
    expect(untilNightMs(Date.UTC(2026, 0, 1, 18), 480)).toBe(3_600_000)
    expect(untilNightMs(Date.UTC(2026, 0, 1, 19), 480)).toBe(DAY_MS)
    expect(untilNightMs(Date.UTC(2026, 0, 1, 2), 0)).toBe(3_600_000)
    expect(untilNightMs(Date.UTC(2026, 0, 1, 2), -720)).toBe(13 * 3_600_000)
  })

  it('comes again after one that failed', async () => {
    const clock = openVirtualClock()
    let nights = 0
    const stop = nightly({ clock, log, utcOffsetMinutes: 480 }, () => {
      nights += 1
      return Promise.reject(new Error('disk'))
    })
    clock.runUntil(clock.now().monoMs + 3 * DAY_MS)
    stop()
    clock.runUntil(clock.now().monoMs + 3 * DAY_MS)
    expect(nights).toBe(3)
    await Promise.resolve()
  })
})
