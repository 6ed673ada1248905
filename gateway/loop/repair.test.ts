import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chainRecord } from '#protocols/chain.ts'
import type { DeviceId } from '#protocols/ids.ts'
import type { Logger } from '#protocols/log.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { WireRecord } from '#protocols/record.ts'
import type { Ack } from '#protocols/session.ts'
import { rfc3339 } from '#protocols/time.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { lanePrefix, recordKey, recordRowOf } from '../intake/rows.ts'
import type { RecordRow } from '../intake/rows.ts'
import { DAMAGED_KEY, underPrefix } from '../ledger/ledger.ts'
import type { Ledger, LedgerOp } from '../ledger/ledger.ts'
import { openLevelLedger } from '../ledger/level-ledger.ts'
import { recordsNamed } from '../ledger/packed-records.ts'
import { textOfRow, valueOfRow } from '../ledger/row-sum.ts'
import { leaveWord } from '../ledger/rot.ts'
import { startScrub } from '../ledger/scrub.ts'
import type { Damage } from '../ledger/scrub.ts'
import { openLoop } from './loop.ts'

const device = 'ptu-07' as DeviceId
const epoch = '9f86d081884c7d65'
const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'reach5-repair-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const records: readonly WireRecord[] = Array.from({ length: 100 }).reduce<WireRecord[]>((before, _, i) => {
  const place = { epoch, seq: i + 1, prev: before.at(-1)?.sum ?? CHAIN_START }
  const head = { lane: 'event', kind: 'bodycam.released', body: `{"activationId":"a${i}"}` } as const
  const time = { occurredAt: i, monoMs: i, bootId: '00000000000000aa', clockQuality: 'none' } as const
  return [...before, chainRecord({ ...head, ...time }, place)]
}, [])

/** A gateway's loop on a real store: what it acknowledged last, and how to send it records. */
async function gateway(
  read: (ledger: Ledger) => Ledger['get'] = ledger => ledger.get,
  onFatal = (reason: string): void => {
    throw new Error(reason)
  },
) {
  const opened = await openLevelLedger(dir, { log: quiet, mint: bytes => '0'.repeat(2 * bytes) })
  if (!opened.ok) throw new Error(opened.detail)
  const ledger = { ...opened.value, get: read(opened.value) }
  const acks: Ack[] = []
  const loop = await openLoop({
    clock: openVirtualClock(),
    log: quiet,
    ledger,
    city: { restore: () => undefined, handle: () => [] },
    broker: {
      publish: (_device, _channel, payload) => (acks.push(JSON.parse(String(payload)) as Ack), true),
      pause: () => {},
      resume: () => {},
    },
    signOrder: () => ({ payload: '', keyId: '', sig: '' }),
    onChanges: () => {},
    onFatal,
  })
  const send = async (some: readonly WireRecord[]): Promise<Ack> => {
    for (const record of some)
      loop.fromBroker({
        ...({ type: 'payload', deviceId: device, channel: 'up/event' } as const),
        payload: Buffer.from(JSON.stringify(record)),
      })
    do await loop.submit({})
    while (loop.stats().queued > 0)
    return acks.at(-1)!
  }
  const held = async (): Promise<number[]> =>
    (await ledger.range(underPrefix(lanePrefix(device, epoch, 'event')))).map(
      ([, row]) => (row as RecordRow).seq,
    )
  const close = async (): Promise<void> => {
    await loop.stop()
    await ledger.close()
  }
  return { ledger, loop, send, held, close }
}

/** What rots, rots behind the gateway's back. */
async function behindItsBack(change: (store: Level<string, string>) => Promise<void>): Promise<void> {
  const store = new Level<string, string>(join(dir, 'ledger'), { valueEncoding: 'utf8' })
  await change(store)
  await store.close()
}

/** What a scrub finds; its clock stands still for as long as the disk takes to answer. */
const scrubbed = (ledger: Pick<Ledger, 'stored'>): Promise<Damage | null> =>
  new Promise(resolve => {
    const clock = openVirtualClock()
    const log = { ...quiet, info: () => resolve(null) }
    let reads = 0
    const stored: Ledger['stored'] = range => {
      reads++
      return ledger.stored(range).finally(() => reads--)
    }
    startScrub({ clock, log, ledger: { stored }, onDamage: resolve })
    const turn = (turns: number): void => {
      if (reads === 0) clock.runUntil(clock.now().monoMs + 10_000)
      if (turns > 0) setImmediate(() => turn(reads === 0 ? turns - 1 : turns))
    }
    turn(10_000)
  })

const ALL = records.map(({ seq }) => seq)

describe('a ledger that lost records it had acknowledged', () => {
  it('finds the rotten row while it runs, repairs at the next start, and takes the records once more', async () => {
    const first = await gateway()
    expect(await first.send(records)).toMatchObject({ upTo: 100, generation: 0 })
    expect(await scrubbed(first.ledger)).toBeNull()
    await first.close()
    let rotten = ''
    await behindItsBack(async store => {
      const keys = await store.keys({ gt: 'record/', lt: 'record0' }).all()
      rotten = keys[Math.floor(keys.length / 2)]!
      // Before it was given to the store: its own sum is right, and that of the record is not.
      const text = JSON.stringify(valueOfRow(rotten, await store.get(rotten)))
      await store.put(rotten, textOfRow(rotten, JSON.parse(text.replace('activationId', 'activationIe'))))
    })

    const second = await gateway()
    expect(await second.send(records.slice(99))).toMatchObject({ upTo: 100, generation: 0 })
    const damage = await scrubbed(second.ledger)
    expect(damage).toEqual({ key: rotten })
    await second.loop.submit({ ops: [{ type: 'put', key: DAMAGED_KEY, value: damage }] })
    await second.close()

    const third = await gateway()
    const { upTo, generation } = await third.send(records.slice(99))
    expect(generation).toBe(1)
    expect(upTo).toBeLessThan(100)
    // The device sends again from there, as after a restore.
    expect(await third.send(records.slice(upTo))).toMatchObject({ upTo: 100, generation: 1 })
    expect(await third.held()).toEqual(ALL)
    const audit = (await third.ledger.range(underPrefix('audit/'))).map(([, row]) => row)
    expect(audit).toContainEqual(expect.objectContaining({ action: 'ledger.reckoned' }))
    expect(await scrubbed(third.ledger)).toBeNull()
    await third.close()
  })

  it('ends when a pack is rotten that it has to take apart, writes nothing, and repairs at the next start', async () => {
    const first = await gateway()
    await first.send(records)
    await first.close()
    let pack = ''
    await behindItsBack(async store => {
      const keys = await store.keys({ gt: 'record/', lt: 'record0' }).all()
      pack = keys.find(key => key.includes('*'))!
      await store.put(pack, (await store.get(pack)).replace('activationId', 'activationIe'))
    })
    const second = await gateway()
    const { last } = recordsNamed(pack)!
    const again = recordRowOf(records[last - 1]!, { ageMs: 0, receivedAt: rfc3339(0) })
    const key = recordKey(device, epoch, 'event', last)
    const op: LedgerOp = { type: 'put', key, value: again, again: true }
    expect(await second.ledger.commit([op], { sync: true })).toMatchObject({
      ...{ ok: false, code: 'LEDGER_UNREADABLE' },
      detail: `${JSON.stringify(pack)} is not what was written`,
    })
    await leaveWord(second.ledger, 'LEDGER_UNREADABLE: as the loop ends')
    await second.close()
    const third = await gateway()
    const { upTo } = await third.send(records.slice(99))
    expect(upTo).toBeLessThan(100)
    expect(await third.send(records.slice(upTo))).toMatchObject({ upTo: 100, generation: 1 })
    expect(await third.held()).toEqual(ALL)
    await third.close()
  })

  it('finds a rotten row that is no record as well', async () => {
    const first = await gateway()
    await first.ledger.commit([{ type: 'put', key: 'incident/7', value: { text: 'fire' } }], { sync: true })
    expect(await scrubbed(first.ledger)).toBeNull()
    await first.close()
    await behindItsBack(async store =>
      store.put('incident/7', (await store.get('incident/7')).replace('fire', 'wire')),
    )
    const ledger = await openLevelLedger(dir, { log: quiet, mint: bytes => '0'.repeat(2 * bytes) })
    if (!ledger.ok) throw new Error(ledger.detail)
    expect(await scrubbed(ledger.value)).toEqual({
      unreadable: expect.stringContaining('"incident/7" is not what was written') as string,
    })
    await ledger.value.close()
  })

  it('ends when a row cannot be read, and is repaired by the next start instead of ending there again', async () => {
    const first = await gateway()
    await first.send(records.slice(0, 50))
    await first.close()
    let reason = ''
    const rotten = async (): Promise<never> =>
      Promise.reject(new Error('Corruption: block checksum mismatch'))
    const second = await gateway(
      () => rotten,
      why => (reason = why),
    )
    // It came already, and whether it is the same record is to be read.
    second.loop.fromBroker({
      ...({ type: 'payload', deviceId: device, channel: 'up/event' } as const),
      payload: Buffer.from(JSON.stringify(records[9])),
    })
    while (reason === '') await new Promise(resolve => setImmediate(resolve))
    expect(reason).toBe('LEDGER_UNREADABLE: Corruption: block checksum mismatch')
    await leaveWord(second.ledger, 'LEDGER_POISONED: no word is left for this one')
    expect(await second.ledger.range(underPrefix(DAMAGED_KEY))).toEqual([])
    await leaveWord(second.ledger, reason)
    await second.close()
    const third = await gateway()
    expect(await third.send(records.slice(49, 50))).toMatchObject({ upTo: 50, generation: 1 })
    await third.close()
  })

  it('asks again for what a repair of the store itself has cost', async () => {
    const first = await gateway()
    for (const record of records) await first.send([record])
    await first.close()
    await behindItsBack(async store => {
      for (const seq of [30, 31, 77])
        await store.del(`${lanePrefix(device, epoch, 'event')}${String(seq).padStart(12, '0')}`)
    })
    rmSync(join(dir, 'ledger', 'CURRENT'))
    const second = await gateway()
    expect(await second.send(records.slice(99))).toMatchObject({ upTo: 29, generation: 1 })
    expect(await second.send(records.slice(29))).toMatchObject({ upTo: 100 })
    expect(await second.held()).toEqual(ALL)
    await second.close()
    const third = await gateway()
    expect(await third.send(records.slice(99))).toMatchObject({ upTo: 100, generation: 1 })
    await third.close()
  })
})
