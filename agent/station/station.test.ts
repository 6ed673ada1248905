import { describe, expect, it } from 'vitest'
import { keyIdOf } from '#protocols/crypto/order-signature.ts'
import { generateKeyPairSync } from 'node:crypto'
import type { LogEntry } from '#protocols/log.ts'
import { parseReceiptNumber } from '#protocols/receipt-number.ts'
import type { Clock } from '#protocols/time.ts'
import { outboxAround } from '#test/fixtures/outbox-around.ts'
import { MemoryDisk, openMemoryOutbox } from '../outbox/memory-outbox.ts'
import { composeStation } from '../station.ts'
import type { Filed } from './state.ts'
import { nextReceipt } from './receipts.ts'

const BOOT = '00112233445566aa'
const keys = (() => {
  const made = generateKeyPairSync('x25519')
  const publicKeyPem = made.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  return { publicKeyPem, keyId: keyIdOf(publicKeyPem) }
})()

const aReport = (n: number, change: Partial<Filed> = {}): Filed => ({
  draftId: n.toString(16).padStart(32, '0'),
  class: 'theft',
  place: { kind: 'here' },
  when: 'now',
  answers: { injured: 'unknown', weapon: 'unknown', suspectHere: 'unknown', children: 'unknown' },
  words: 'typed',
  narrative: '手提包被抢走了',
  contact: 'phone',
  phone: '138 0013 8000',
  name: '王小明',
  callback: true,
  language: 'zh',
  ...change,
})

/** A station on a disk of memory and without a link. `holdWrites` keeps a write from reaching the disk until `land`. */
function openStation(disk = new MemoryDisk(), epoch = 'ffeeddccbbaa9988') {
  const clock: Clock = {
    now: () => ({ monoMs: 1_000, utcMs: Date.UTC(2026, 10, 22, 16, 5), quality: 'ntp' }),
    after: () => () => {},
  }
  const log: LogEntry[] = []
  const note = (entry: LogEntry): void => void log.push(entry)
  const outbox = openMemoryOutbox(clock, { bootId: BOOT, mintEpoch: () => epoch }, disk)
  let held: (() => void)[] | null = null
  let minted = 0
  const station = composeStation({
    identity: { deviceId: 'station-07', callSign: '鼓楼驻勤点', orderKey: keys },
    place: { number: '07', kiosk: 'A', lat: 35.59, lon: 116.99 },
    places: [],
    sealTo: [keys],
    clock,
    log: { debug: note, info: note, warn: note, error: note },
    outbox: outboxAround(outbox, {
      append: async (drafts, notes) => {
        if (held !== null) await new Promise<void>(resolve => held!.push(resolve))
        return outbox.append(drafts, notes)
      },
    }),
    dial: () => () => {},
    mint: bytes => (++minted).toString(16).padStart(bytes * 2, '0'),
    random: () => 0.5,
    software: 'test',
    bootId: BOOT,
    bootCount: 1,
  })
  const file = (n: number, change: Partial<Filed> = {}) =>
    station.ask({ type: 'report', report: aReport(n, change) })
  return {
    station,
    disk,
    log,
    file,
    kinds: async (lane: 'alarm' | 'event') => {
      const read = await outbox.read(lane, 0, 1_000)
      return read.ok ? read.value.map(r => r.kind) : []
    },
    holdWrites: () => void (held = []),
    land: () => {
      const waiting = held ?? []
      held = null
      waiting.forEach(go => go())
    },
  }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
}

describe('a duty station', () => {
  it('gives no receipt number before its report is on the disk, and then one that a power cut cannot take', async () => {
    const one = openStation()
    one.holdWrites()
    let number: string | null = null
    const filing = one.file(1).then(answer => void (number = answer.number))
    await settle()
    expect(number).toBeNull()
    expect(JSON.stringify([...one.disk.rows])).not.toContain('walkin.report')
    one.land()
    await filing
    expect(number).toMatch(/^K-07A-1123-\d{4}-.$/)
    // The power is cut now: what is not in the disk's rows never was. A new process finds the report and its number.
    const after = openStation(one.disk)
    expect(await after.kinds('event')).toContain('walkin.report')
    expect((await after.file(1)).number).toBe(number)
    expect((await after.kinds('event')).filter(k => k === 'walkin.report')).toHaveLength(1)
  })

  it('refuses plainly when the write fails, and gives the number to nobody else', async () => {
    const { disk, file, station } = openStation()
    const first = await file(1)
    disk.failNextWrite()
    const refused = await file(2)
    expect(refused).toMatchObject({ accepted: false, number: null, code: 'OUTBOX_POISONED' })
    expect(station.desk().items.filter(i => i.kind === 'report')).toHaveLength(1)
    const after = openStation(disk)
    const next = await after.file(3)
    expect(seqOf(next.number)).toBe(seqOf(first.number) + 1)
  })

  it('files a report once, however often it is sent', async () => {
    const { file, kinds } = openStation()
    const answers = await Promise.all([file(1), file(1), file(1)])
    expect(new Set(answers.map(a => a.number)).size).toBe(1)
    expect((await kinds('event')).filter(k => k === 'walkin.report')).toHaveLength(1)
  })

  it('numbers reports without a gap, and begins a new block with a new store', async () => {
    const one = openStation()
    const numbers: number[] = []
    for (let n = 1; n <= 20; n++) numbers.push(seqOf((await one.file(n)).number))
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i))
    const at = { station: '07', kiosk: 'A', utcMs: Date.UTC(2026, 10, 22, 16, 5) }
    const kept = nextReceipt(
      { epoch: 'a', days: [{ day: '20261123', last: 42 }], recent: [] },
      { ...at, epoch: 'b' },
      'r',
    )
    expect(seqOf(kept!.number)).toBe(101)
    const lost = nextReceipt(undefined, { ...at, epoch: 'b', utcMs: Date.UTC(2026, 10, 23, 6, 20) }, 'r')
    expect(seqOf(lost!.number)).toBe(5_701)
  })

  it('keeps name, phone and story out of disk, log and desk', async () => {
    const { file, disk, log, station } = openStation()
    await file(1)
    const everything = JSON.stringify([[...disk.rows], log, station.desk(), station.kiosk()])
    for (const planted of ['13800138000', '138 0013', '王小明', '手提包'])
      expect(everything).not.toContain(planted)
    expect(everything).toContain('walkin.report')
  })

  it('refuses a wrong phone number by its name', async () => {
    expect(await openStation().file(1, { phone: '123' })).toMatchObject({
      accepted: false,
      code: 'PHONE_INVALID',
    })
  })

  it('raises an alarm beside an emergency, in one write, and shows it to the desk', async () => {
    const { file, kinds, station } = openStation()
    const answer = await file(1, {
      answers: { injured: 'yes', weapon: 'yes', suspectHere: 'yes', children: 'no' },
    })
    expect(answer.emergency).toBe(true)
    expect(await kinds('alarm')).toEqual(['walkin.alarm'])
    expect(station.desk().items[0]).toMatchObject({ kind: 'report', emergency: true, number: answer.number })
  })

  it('has a press for help on the desk at once, though the store refuses it', async () => {
    const { disk, station } = openStation()
    disk.failNextWrite()
    const answer = await station.ask({ type: 'alarm', draftId: 'f'.repeat(32), source: 'button' })
    expect(answer.accepted).toBe(false)
    expect(station.desk().items).toMatchObject([{ kind: 'alarm', emergency: true, taken: false }])
    station.feed({ type: 'taken', ref: station.desk().items[0]!.ref })
    expect(station.kiosk().alarm?.deskKnows).toBe(true)
  })

  it('never shows a complaint or a tip-off to the desk', async () => {
    const { file, station } = openStation()
    await file(1, { class: 'complaint' })
    await file(2, { class: 'tip_off' })
    expect(station.desk().items).toEqual([])
  })
})

const seqOf = (number: string | null): number => {
  const read = parseReceiptNumber(number ?? '')
  return read.ok ? read.value.seq : NaN
}
