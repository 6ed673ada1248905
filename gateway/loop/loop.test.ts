import { describe, expect, it } from 'vitest'
import type { LogEntry, Logger } from '#protocols/log.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { chainRecord } from '#protocols/chain.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { WireRecord } from '#protocols/record.ts'
import type { Order } from '#protocols/orders.ts'
import type { Now } from '#protocols/time.ts'
import { firstBreak } from '../ledger/audit-chain.ts'
import type { AuditRow } from '../ledger/audit-chain.ts'
import type { Ledger, LedgerOp, Row, RowRange } from '../ledger/ledger.ts'
import type { City } from './city.ts'
import type { Change, CityEffect, CityEvent } from './effects.ts'
import { openLoop } from './loop.ts'
import type { Loop } from './loop.ts'

/** A ledger whose commits finish when the test says so. */
class HeldLedger implements Ledger {
  readonly ledgerId = '00000000000000bb'
  readonly generation = 3
  readonly rows = new Map<string, unknown>()
  readonly batches: { keys: string[]; sync: boolean }[] = []
  /** What is asked for is read when this is over. */
  reading: Promise<void> = Promise.resolve()
  private readonly pending: ((result: Result<void>) => void)[] = []
  private readonly held: boolean

  constructor(held: boolean) {
    this.held = held
  }

  commit(ops: readonly LedgerOp[], { sync }: { readonly sync: boolean }): Promise<Result<void>> {
    this.batches.push({ keys: ops.map(op => op.key), sync })
    for (const op of ops)
      if (op.type === 'put') this.rows.set(op.key, op.value)
      else this.rows.delete(op.key)
    if (!this.held) return Promise.resolve(ok(undefined))
    return new Promise(resolve => this.pending.push(resolve))
  }

  finish(result: Result<void> = ok(undefined)): void {
    this.pending.shift()!(result)
  }

  get = (key: string): Promise<unknown> => this.reading.then(() => this.rows.get(key))

  range({ after, from = '', before, limit, newestFirst = false }: RowRange): Promise<readonly Row[]> {
    const inside = [...this.rows].filter(
      ([key]) => key < before && (after === undefined ? key >= from : key > after),
    )
    inside.sort(([a], [b]) => (a < b === newestFirst ? 1 : -1))
    return Promise.resolve(inside.slice(0, limit))
  }

  stored = (range: RowRange): Promise<readonly Row[]> => this.range(range)

  close = (): Promise<void> => Promise.resolve()
}

const order: Order = {
  orderId: 'o-1',
  deviceId: 'ptu-07',
  unitId: 'unit-07',
  nonce: '0'.repeat(32),
  issuedAt: 0,
  revision: 0,
  kind: 'alarm_ack',
  alarmId: 'a',
}
const change = { type: 'system.degraded', data: { reason: 'test' } } as unknown as Change

type World = {
  /** Time that passes in the middle of work. */
  pass(ms: number): void
  loop: Loop
  ledger: HeldLedger
  said: string[]
  heard: CityEvent[]
  tick(ms: number): void
  turn(): Promise<void>
}

/** The loop among fakes: `said` is everything that left the gateway, in its order. */
async function world(
  answer: (event: CityEvent) => readonly CityEffect[],
  held = true,
  before?: HeldLedger,
): Promise<World> {
  const ledger = before ?? new HeldLedger(held)
  const said: string[] = []
  const heard: CityEvent[] = []
  let now: Now = { monoMs: 0, utcMs: 0, quality: 'ntp' }
  let onTick: () => void = () => undefined
  const city: City = {
    restore: () => undefined,
    handle: event => {
      heard.push(event)
      return answer(event)
    },
  }
  const note = (_entry: LogEntry): void => undefined
  const log: Logger = { debug: note, info: note, warn: note, error: note }
  const loop = await openLoop({
    clock: {
      now: () => now,
      after: (_ms, run) => {
        onTick = run
        return () => (onTick = () => undefined)
      },
    },
    log,
    ledger,
    city,
    broker: {
      publish: (deviceId, channel, payload) => {
        const { upTo } = JSON.parse(Buffer.from(payload).toString()) as { upTo?: number }
        said.push(`${deviceId} ${channel}${upTo === undefined ? '' : ` ${upTo}`}`)
        return true
      },
      pause: () => said.push('pause'),
      resume: () => said.push('resume'),
    },
    signOrder: o => ({ payload: JSON.stringify(o), keyId: '0'.repeat(16), sig: '' }),
    onChanges: changes => said.push(...changes.map(c => `change ${c.type}`)),
    onFatal: reason => said.push(`fatal ${reason}`),
  })
  const pass = (ms: number): void => {
    now = { ...now, monoMs: now.monoMs + ms, utcMs: now.utcMs + ms }
  }
  const tick = (ms: number): void => {
    pass(ms)
    onTick()
  }
  const turn = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) await new Promise<void>(resolve => setImmediate(resolve))
  }
  return { loop, ledger, said, heard, pass, tick, turn }
}

let previous = CHAIN_START
const drafted = { occurredAt: 0, monoMs: 0, bootId: '00000000000000aa', clockQuality: 'none' } as const
const record = (seq: number): Uint8Array => {
  const draft = {
    ...drafted,
    lane: 'event',
    kind: 'bodycam.released',
    body: '{"activationId":"a"}',
  } as const
  if (seq === 1) previous = CHAIN_START
  const chained = chainRecord(draft, { epoch: '9f86d081884c7d65', seq, prev: previous })
  previous = chained.sum
  return Buffer.from(JSON.stringify(chained))
}
const payload = (bytes: Uint8Array) =>
  ({ type: 'payload', deviceId: 'ptu-07', channel: 'up/event', payload: bytes }) as const
/** The first panic of a car. */
const panicOf = (deviceId: string) => {
  const body = JSON.stringify({ source: 'input', position: null, positionAgeMs: null })
  const draft = { ...drafted, lane: 'alarm', kind: 'panic', body } as const
  const chained = chainRecord(draft, { epoch: '9f86d081884c7d65', seq: 1, prev: CHAIN_START })
  const bytes = Buffer.from(JSON.stringify(chained))
  return { type: 'payload', deviceId, channel: 'up/alarm', payload: bytes } as const
}

/** Events under a new epoch: `carried` of them come from an old one, the others are its own. */
const carriedOver = (carried: number, own: number): WireRecord[] => {
  const records: WireRecord[] = []
  for (let seq = 1; seq <= carried + own; seq++) {
    const head = { lane: 'event', kind: 'bodycam.released', body: `{"activationId":"a${seq}"}` } as const
    const origin = { epoch: '9f86d081884c7d65', seq: seq + 1, sum: '5a'.repeat(32) }
    const place = { epoch: '00000000000000e2', seq, prev: records.at(-1)?.sum ?? CHAIN_START }
    records.push(chainRecord({ ...drafted, ...head }, { ...place, ...(seq <= carried && { origin }) }))
  }
  return records
}
const sent = (records: readonly WireRecord[]) => records.map(one => payload(Buffer.from(JSON.stringify(one))))
const seqsIn = (ledger: HeldLedger): number[] =>
  [...ledger.rows.keys()]
    .filter(key => key.startsWith('record/ptu-07/00000000000000e2/'))
    .map(key => Number(key.split('/').at(-1)))

describe('the loop', () => {
  it('lets what is behind a record in doubt wait with it, whose lane it is, and nothing else', async () => {
    const { loop, ledger, said, turn } = await world(() => [], false)
    loop.fromBroker(payload(record(1)))
    await turn()
    let read: () => void = () => undefined
    ledger.reading = new Promise(resolve => (read = resolve))
    const [first, ...behind] = sent(carriedOver(2, 3))
    loop.fromBroker(first!)
    for (const one of behind.slice(0, 2)) loop.fromBroker(one)
    await turn()
    loop.fromBroker(behind[2]!)
    loop.fromBroker(panicOf('ptu-07'))
    await turn()
    expect(seqsIn(ledger)).toEqual([])
    expect([...ledger.rows.keys()].filter(key => key.includes('/alarm/'))).not.toEqual([])
    expect(loop.stats().queued).toBe(3)
    read()
    loop.fromBroker(behind[3]!)
    while (loop.stats().queued > 0) await turn()
    await turn()
    expect(seqsIn(ledger)).toEqual([1, 2, 3, 4, 5])
    expect(said.at(-1)).toBe('ptu-07 down/ack 5')
  })

  it('ends when it cannot read what it has to know, and acknowledges nothing', async () => {
    const { loop, ledger, said, turn } = await world(() => [], false)
    loop.fromBroker(payload(record(1)))
    await turn()
    ledger.reading = Promise.reject(new Error('Corruption: block checksum mismatch'))
    ledger.reading.catch(() => undefined)
    for (const one of sent(carriedOver(1, 1))) loop.fromBroker(one)
    await turn()
    await turn()
    expect(said).toEqual([
      'ptu-07 down/ack 1',
      'fatal LEDGER_UNREADABLE: Corruption: block checksum mismatch',
    ])
    expect(seqsIn(ledger)).toEqual([])
  })

  it('says nothing to anybody before the rows behind it are committed', async () => {
    const { loop, ledger, said, turn } = await world(event =>
      event.type === 'record'
        ? [
            { type: 'order', order },
            { type: 'change', change },
          ]
        : [],
    )
    loop.fromBroker(payload(record(1)))
    await turn()
    expect(ledger.batches).toHaveLength(1)
    expect(said).toEqual([])
    ledger.finish()
    await turn()
    expect(said).toEqual(['ptu-07 down/ack 1', 'change system.degraded', 'ptu-07 down/order'])
  })

  it('commits what arrives during a commit as one group, with one ack per lane', async () => {
    const { loop, ledger, said, turn } = await world(() => [])
    loop.fromBroker(payload(record(1)))
    await turn()
    for (let seq = 2; seq <= 20; seq++) loop.fromBroker(payload(record(seq)))
    ledger.finish()
    await turn()
    ledger.finish()
    await turn()
    expect(ledger.batches.map(b => [b.keys.length, b.sync])).toEqual([
      [2, true],
      [20, true],
    ])
    expect(said).toEqual(['ptu-07 down/ack 1', 'ptu-07 down/ack 20'])
  })

  it('commits alarms alone, before the backlog, and every other turn is for all', async () => {
    const { loop, ledger, turn } = await world(() => [])
    loop.fromBroker(payload(record(1)))
    await turn()
    for (let seq = 2; seq <= 20; seq++) loop.fromBroker(payload(record(seq)))
    for (const car of ['ptu-08', 'ptu-09']) loop.fromBroker(panicOf(car))
    ledger.finish()
    await turn()
    loop.fromBroker(panicOf('ptu-10'))
    ledger.finish()
    await turn()
    ledger.finish()
    await turn()
    const devices = ledger.batches.map(b => [...new Set(b.keys.map(key => key.split('/')[1]))])
    expect(devices).toEqual([['ptu-07'], ['ptu-08', 'ptu-09'], ['ptu-10', 'ptu-07']])
  })

  it('never acknowledges after a write failed, and asks to be started anew', async () => {
    const { loop, ledger, said, turn } = await world(() => [{ type: 'change', change }])
    loop.fromBroker(payload(record(1)))
    await turn()
    loop.fromBroker(payload(record(2)))
    ledger.finish(fault('LEDGER_POISONED', 'disk full'))
    await turn()
    loop.fromBroker(payload(record(3)))
    await turn()
    expect(said).toEqual(['fatal LEDGER_POISONED: disk full'])
    expect(ledger.batches).toHaveLength(1)
    expect(await loop.command('local', { kind: 'alarm.acknowledge', alarmId: 'a' })).toMatchObject({
      code: 'NOT_READY',
    })
  })

  it('ends a long turn for an alarm that came in the middle of it, and goes on behind it', async () => {
    const { loop, ledger, heard, pass, turn } = await world(event => {
      if (event.type === 'session') pass(1)
      // The last one before the sockets are looked at.
      if (event.type === 'session' && heard.length === 2)
        setImmediate(() => loop.fromBroker(panicOf('ptu-09')))
      return event.type === 'session' ? [{ type: 'put', key: `test/${event.deviceId}`, value: 1 }] : []
    }, false)
    for (let n = 10; n < 30; n++) loop.fromBroker({ type: 'session', deviceId: `ptu-${n}`, link: 'up' })
    while (!ledger.rows.has('test/ptu-29')) await turn()
    await turn()
    const [first] = ledger.batches
    expect(first!.keys.filter(key => key.startsWith('test/')).length).toBeLessThan(8)
    expect(first!.keys.some(key => key.startsWith('record/ptu-09/'))).toBe(true)
    expect(ledger.batches.flatMap(({ keys }) => keys.filter(key => key.startsWith('test/')))).toEqual(
      Array.from({ length: 20 }, (_, n) => `test/ptu-${n + 10}`),
    )
  })

  it('lets a change without rows out at once, and writes unit rows with the next batch or after five seconds', async () => {
    const unitRow = { type: 'put', key: 'unit/u', value: 1 } as const
    const { loop, ledger, said, tick, turn } = await world(
      event => (event.type === 'session' ? [unitRow, { type: 'change', change }] : []),
      false,
    )
    loop.fromBroker({ type: 'session', deviceId: 'ptu-07', link: 'up' })
    await turn()
    expect(said).toEqual(['change system.degraded'])
    expect(ledger.batches).toEqual([])
    tick(5_001)
    await turn()
    expect(ledger.batches).toEqual([{ keys: ['unit/u'], sync: false }])
    loop.fromBroker({ type: 'session', deviceId: 'ptu-07', link: 'down' })
    loop.fromBroker(payload(record(1)))
    await turn()
    expect(ledger.batches.at(-1)).toMatchObject({ sync: true })
    expect(ledger.batches.at(-1)!.keys).toContain('unit/u')
  })

  it('answers a command after its commit, with the reply of the city', async () => {
    const { loop, ledger, turn } = await world(event =>
      event.type === 'command'
        ? [
            { type: 'put', key: 'incident/i', value: 1 },
            { type: 'reply', commandId: event.commandId, result: ok('i') },
          ]
        : [],
    )
    let answered: unknown
    void loop.command('local', { kind: 'alarm.acknowledge', alarmId: 'a' }).then(a => (answered = a))
    await turn()
    expect(answered).toBeUndefined()
    ledger.finish()
    await turn()
    expect(answered).toEqual(ok('i'))
  })

  it('stops reading from the devices when it is flooded, and reads on when the flood is worked off', async () => {
    const { loop, said, heard, turn } = await world(() => [], false)
    for (let i = 0; i < 5_000; i++) loop.fromBroker({ type: 'session', deviceId: 'ptu-07', link: 'up' })
    expect(said).toEqual(['pause'])
    await turn()
    expect(said).toEqual(['pause', 'resume'])
    expect(heard).toHaveLength(5_000)
  })

  it('finishes what it has before it stops, unit rows included', async () => {
    const { loop, ledger, heard } = await world(() => [{ type: 'put', key: 'unit/u', value: 2 }], false)
    loop.fromBroker({ type: 'session', deviceId: 'ptu-07', link: 'up' })
    await loop.stop()
    expect(heard).toHaveLength(1)
    expect(ledger.rows.get('unit/u')).toBe(2)
  })

  it('chains its audit over restarts', async () => {
    const audit = { action: 'test', actor: 'local', detail: { a: 1 } }
    const first = await world(() => [], false)
    await first.loop.submit({ audit })
    await first.loop.submit({ audit })
    await first.loop.stop()
    const second = await world(() => [], false, first.ledger)
    await second.loop.submit({ audit })
    const rows = [...first.ledger.rows].filter(([key]) => key.startsWith('audit/'))
    const audits = rows.map(([, row]) => row as AuditRow)
    expect(audits.map(row => row.n)).toEqual([1, 2, 3])
    expect(firstBreak(audits)).toBeUndefined()
  })
})
