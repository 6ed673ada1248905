import { spawn } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, it } from 'vitest'
import { openLevelOutbox } from '#agent/outbox/level-outbox.ts'
import type { LevelOutboxOptions } from '#agent/outbox/level-outbox.ts'
import { MemoryDisk, openMemoryOutbox } from '#agent/outbox/memory-outbox.ts'
import type { Shelf } from '#agent/outbox/shelf.ts'
import type { IntakeEvent } from '#gateway/intake/intake-effects.ts'
import { newIntakeState } from '#gateway/intake/intake-state.ts'
import { intake } from '#gateway/intake/intake.ts'
import { parseBody } from '#protocols/bodies.ts'
import { CHAIN_START, LANES } from '#protocols/record.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import { draft, expectChain, HandClock, outboxContract, readAll, until, valueOf } from './contracts/outbox.ts'

const BOOT_ID = 'b00b00b00b00b00b'
const dirs: string[] = []
const newDir = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'reach5-outbox-'))
  dirs.push(dir)
  return dir
}
afterAll(async () => {
  for (const dir of dirs) await rm(dir, { recursive: true, force: true })
})

let minted = 0
const mintEpoch = (): string => (++minted).toString(16).padStart(16, 'e')
const options = { bootId: BOOT_ID, mintEpoch, ballastBytes: 0, keepAckedMs: 0 } satisfies LevelOutboxOptions

outboxContract('in memory', async () => {
  const disk = new MemoryDisk()
  const clock = new HandClock()
  return {
    clock,
    open: async (bounds, keepAckedMs = 0) =>
      openMemoryOutbox(clock, { ...options, keepAckedMs, ...(bounds && { bounds }) }, disk),
    failNextWrite: () => disk.failNextWrite(),
    hang: () => disk.hang(),
    destroy: () => Promise.resolve(),
  }
})

outboxContract('in memory, where a failed write is there after all', async () => {
  const disk = new MemoryDisk()
  const clock = new HandClock()
  return {
    clock,
    open: async (bounds, keepAckedMs = 0) =>
      openMemoryOutbox(clock, { ...options, keepAckedMs, ...(bounds && { bounds }) }, disk),
    failNextWrite: () => disk.failNextWrite('input/output error', true),
    hang: () => disk.hang(),
    destroy: () => Promise.resolve(),
  }
})

/** `lands: true` is the worse disk: the write fails and is there nevertheless. */
const levelBench = (lands: boolean) => async () => {
  const dir = await newDir()
  const clock = new HandClock()
  let failing = false
  let ready = Promise.resolve()
  const wrapShelf = (shelf: Shelf): Shelf => ({
    ...shelf,
    async write(changes, mark) {
      await ready
      const fails = failing
      failing = false
      if (!fails || lands) await shelf.write(changes, mark)
      if (fails) throw new Error('disk full')
    },
  })
  return {
    clock,
    open: (bounds?: LevelOutboxOptions['bounds'], keepAckedMs = 0) =>
      openLevelOutbox(dir, clock, { ...options, keepAckedMs, wrapShelf, ...(bounds && { bounds }) }),
    failNextWrite: () => void (failing = true),
    hang: () => {
      let release = (): void => {}
      ready = new Promise(resolve => (release = resolve))
      return () => release()
    },
    destroy: () => rm(dir, { recursive: true, force: true }),
  }
}
outboxContract('LevelDB', levelBench(false))
outboxContract('LevelDB, where a failed write is there after all', levelBench(true))

describe('outbox on LevelDB', () => {
  it('refuses a second process instead of repairing under the first', async () => {
    const dir = await newDir()
    const first = await openLevelOutbox(dir, new HandClock(), options)
    valueOf(await first.append([draft('event', 1)]))
    await expect(openLevelOutbox(dir, new HandClock(), options)).rejects.toThrow(/cannot be opened/)
    valueOf(await first.append([draft('event', 2)]))
    expect(await readAll(first, 'event')).toHaveLength(2)
    await first.close()
  })

  it('has every receipt it printed after kill -9', { timeout: 60_000 }, async () => {
    let receipts = 0
    for (const afterReceipts of [1, 40, 300]) {
      const dir = await newDir()
      const printed = await receiptsUntilKilled(dir, afterReceipts)
      const outbox = await openLevelOutbox(dir, new HandClock(), options)
      expect(outbox.health()).toBe('ok')
      const events = await readAll(outbox, 'event')
      expectChain(events, CHAIN_START)
      for (const { seq, sum } of printed) expect(events[seq - 1]?.sum).toBe(sum)
      receipts += printed.length
      await outbox.close()
    }
    console.log(`outbox: ${receipts} receipts printed before 3 kill -9, all there after reopening`)
    expect(receipts).toBeGreaterThan(300)
  })

  it('never has a silent hole, whatever is damaged', { timeout: 300_000 }, async () => {
    const healthy = await newDir()
    const accepted = await fill(healthy)
    const tally = { tried: 0, whole: 0, sameEpoch: 0, newEpoch: 0, lost: 0 }
    for (const damage of await damagesOf(healthy)) {
      const dir = await newDir()
      await cp(healthy, dir, { recursive: true })
      await damage.apply(dir)
      const outcome = await judge(dir, accepted, damage.name)
      tally.tried++
      tally[outcome.kind]++
      tally.lost += outcome.lost
      await rm(dir, { recursive: true, force: true })
    }
    console.log(`outbox: damaged stores ${JSON.stringify(tally)}, silent holes 0`)
    expect(tally.tried).toBeGreaterThan(DAMAGED_PLACES)
    expect(tally.newEpoch).toBeGreaterThan(0)
  })

  it('brings everything back, in the same epoch, when only the name of the manifest is gone', async () => {
    const dir = await newDir()
    const accepted = await fill(dir)
    await rm(join(dir, `db-${accepted[0]!.epoch}`, 'CURRENT'))
    expect(await judge(dir, accepted, 'CURRENT')).toEqual({ kind: 'sameEpoch', lost: 0 })
  })

  it('notices an old copy put back under a newer high-water mark', async () => {
    const dir = await newDir()
    const old = await newDir()
    const first = await openLevelOutbox(dir, new HandClock(), options)
    valueOf(await first.append([draft('event', 1)]))
    await first.close()
    const db = (await readdir(dir)).find(name => name.startsWith('db-'))!
    await cp(join(dir, db), join(old, db), { recursive: true })
    const second = await openLevelOutbox(dir, new HandClock(), options)
    valueOf(await second.append([draft('event', 2), draft('event', 3)]))
    await second.close()
    await rm(join(dir, db), { recursive: true })
    await cp(join(old, db), join(dir, db), { recursive: true })
    const third = await openLevelOutbox(dir, new HandClock(), options)
    expect(third.health()).toBe('repaired')
    expect(third.epoch).not.toBe(first.epoch)
    const events = await readAll(third, 'event')
    expect(events.map(r => r.kind)).toEqual(['unit.status', 'gap'])
    expect(JSON.parse(events[1]!.body)).toEqual({
      lane: 'event',
      ranges: [[1, 2]],
      reason: 'lost_in_repair',
      lost: { epoch: first.epoch, ranges: [[2, 3]] },
    })
    expect(events.map(r => r.seq)).toEqual([3, 4])
    expect(parseBody('gap', events[1]!.body).ok).toBe(true)
    await third.close()
    const fourth = await openLevelOutbox(dir, new HandClock(), options)
    expect([fourth.health(), fourth.epoch]).toEqual(['ok', third.epoch])
    await fourth.close()
  })

  it('delivers a repaired store to the gateway whole: every record told once, every hole excused', async () => {
    const [dir, old] = [await newDir(), await newDir()]
    const before = await openLevelOutbox(dir, new HandClock(), options)
    const each = (n: number) => LANES.map(lane => draft(lane, n))
    for (let n = 0; n < 10; n++) valueOf(await before.append(each(n)))
    await before.close()
    const db = `db-${before.epoch}`
    await cp(join(dir, db), old, { recursive: true })
    const lost = await openLevelOutbox(dir, new HandClock(), options)
    for (let n = 10; n < 17; n++) valueOf(await lost.append(each(n)))
    await lost.close()
    await rm(join(dir, db), { recursive: true })
    await cp(old, join(dir, db), { recursive: true })

    const outbox = await openLevelOutbox(dir, new HandClock(), options)
    for (let n = 20; n < 25; n++) valueOf(await outbox.append(each(n)))
    const state = newIntakeState('00000000000000bb', 0)
    const now = new HandClock().now()
    const told: string[] = []
    const acked = new Map<Lane, number>()
    const sums = new Map<string, string>()
    const hear = (event: IntakeEvent): void => {
      for (const effect of intake(state, event, now)) {
        if (effect.type === 'put') sums.set(effect.key, (effect.value as { readonly sum: string }).sum)
        if (effect.type === 'recall')
          hear({ ...effect.event, recalled: new Map(effect.keys.map(key => [key, sums.get(key) ?? null])) })
        if (effect.type === 'ack') acked.set(effect.ack.lane, effect.ack.upTo)
        if (effect.type === 'city' && effect.event.type === 'record')
          told.push(`${effect.event.record.lane}/${effect.event.record.seq}`)
      }
    }
    for (const lane of LANES)
      for (const record of await readAll(outbox, lane)) {
        const payload = Buffer.from(JSON.stringify(record))
        hear({ type: 'payload', deviceId: 'ptu-07', channel: `up/${lane}`, payload })
      }
    const held = (await Promise.all(LANES.map(lane => readAll(outbox, lane)))).flat()
    expect(told.sort()).toEqual(held.map(r => `${r.lane}/${r.seq}`).sort())
    expect(new Set(told).size).toBe(15 * LANES.length + LANES.length)
    for (const lane of LANES) expect([lane, acked.get(lane)]).toEqual([lane, outbox.ranges()[lane].last])
    for (const lane of LANES) valueOf(await outbox.free(lane, acked.get(lane)!))
    expect(outbox.bytesUsed()).toBe(0)
    await outbox.close()
  })

  it('notices a record that rots under its feet, and mends it', async () => {
    const dir = await newDir()
    const clock = new HandClock()
    let rotten = false
    const wrapShelf = (shelf: Shelf): Shelf => ({
      ...shelf,
      async getMany(keys) {
        const values = await shelf.getMany(keys)
        return rotten ? values.map(v => v?.replace('pad', 'bad')) : values
      },
    })
    const outbox = await openLevelOutbox(dir, clock, { ...options, wrapShelf })
    valueOf(await outbox.append([draft('event', 1)]))
    rotten = true
    expect(await outbox.read('event', 0, 10)).toMatchObject({ ok: false, code: 'OUTBOX_POISONED' })
    expect(outbox.health()).toBe('poisoned')
    rotten = false
    clock.advance(1000)
    await until(() => outbox.health() === 'ok')
    expect(await readAll(outbox, 'event')).toHaveLength(1)
    await outbox.close()
  })
})

type Receipt = { readonly seq: number; readonly sum: string }

/** A small process that appends for ever and prints a receipt for each accepted record. */
const APPENDER = `
import { openLevelOutbox } from '#agent/outbox/level-outbox.ts'
const now = () => ({ monoMs: performance.now(), utcMs: Date.now(), quality: 'ntp' })
const clock = { now, after: (ms, run) => { const t = setTimeout(run, ms); return () => clearTimeout(t) } }
const outbox = await openLevelOutbox(process.argv[1], clock, { bootId: '${BOOT_ID}', mintEpoch: () => '00000000000000aa' })
const line = async caller => {
  for (let n = 0; ; n++) {
    const draft = { lane: 'event', kind: 'unit.status', occurredAt: n, monoMs: n, bootId: '${BOOT_ID}', clockQuality: 'ntp',
      body: JSON.stringify({ caller, n }) }
    const { ok, value } = await outbox.append([draft])
    if (!ok) throw new Error('refused')
    process.stdout.write(JSON.stringify({ seq: value[0].seq, sum: value[0].sum }) + '\\n')
  }
}
await Promise.all([1, 2, 3, 4].map(line))
`

async function receiptsUntilKilled(dir: string, count: number): Promise<readonly Receipt[]> {
  const args = ['--import', 'tsx', '--input-type=module', '-e', APPENDER, dir]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const receipts: Receipt[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    try {
      receipts.push(JSON.parse(line) as Receipt)
    } catch {
      break // the last line may be cut by the kill
    }
    if (receipts.length === count) child.kill('SIGKILL')
  }
  return receipts
}

/** Several sessions, so that the store has tables, a log, freed records and notes. */
async function fill(dir: string): Promise<readonly WireRecord[]> {
  const accepted: WireRecord[] = []
  for (let session = 0; session < 4; session++) {
    const outbox = await openLevelOutbox(dir, new HandClock(), options)
    for (let n = 0; n < 15; n++) {
      const drafts = LANES.map(lane => draft(lane, session * 100 + n, 150))
      accepted.push(...valueOf(await outbox.append(drafts, [{ key: `nonce/${session}`, value: n }])))
    }
    if (session === 2) valueOf(await outbox.free('track', 20))
    await outbox.close()
  }
  return accepted.filter(r => r.lane !== 'track' || r.seq > 20)
}

const DAMAGED_PLACES = 120

type Damage = { readonly name: string; readonly apply: (dir: string) => Promise<void> }

async function damagesOf(healthy: string): Promise<readonly Damage[]> {
  const damages: Damage[] = []
  const db = (await readdir(healthy)).find(name => name.startsWith('db-'))!
  const inDb = (await readdir(join(healthy, db))).filter(n => n !== 'LOCK' && !n.startsWith('LOG'))
  const files = [...inDb.map(name => join(db, name)), 'high-water']
  // How many files there are is LevelDB's own affair; the number of damages is not.
  const parts = Math.ceil(DAMAGED_PLACES / files.length)
  for (const file of files) {
    const { size } = await stat(join(healthy, file))
    damages.push({ name: `delete ${file}`, apply: dir => rm(join(dir, file)) })
    for (let part = 0; part < parts; part++) {
      const at = Math.floor((size * (part + 0.37)) / parts)
      damages.push({ name: `flip ${file} at ${at}`, apply: dir => flip(join(dir, file), at) })
      if (part % 2 === 0)
        damages.push({ name: `truncate ${file} to ${at}`, apply: dir => truncate(join(dir, file), at) })
      if (part % 4 === 1)
        damages.push({ name: `zero ${file} at ${at}`, apply: dir => zero(join(dir, file), at, 512) })
    }
  }
  damages.push({ name: 'delete the store', apply: dir => rm(join(dir, db), { recursive: true }) })
  return damages
}

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  if (at < bytes.length) bytes[at]! ^= 1 << (at % 8)
  await writeFile(path, bytes)
}

async function zero(path: string, from: number, length: number): Promise<void> {
  const bytes = await readFile(path)
  bytes.fill(0, from, Math.min(bytes.length, from + length))
  await writeFile(path, bytes)
}

type Outcome = { readonly kind: 'whole' | 'sameEpoch' | 'newEpoch'; readonly lost: number }

/** Either every accepted record is there as it was, or a new epoch holds the rest and says exactly what is missing. */
async function judge(dir: string, accepted: readonly WireRecord[], name: string): Promise<Outcome> {
  const outbox = await openLevelOutbox(dir, new HandClock(), options)
  try {
    const held = await Promise.all(LANES.map(lane => readAll(outbox, lane)))
    held.forEach(records => expectChain(records))
    const sums = new Map(accepted.map(r => [r.sum, r]))
    if (outbox.epoch === accepted[0]!.epoch) {
      expect(
        held
          .flat()
          .map(r => r.sum)
          .sort(),
        name,
      ).toEqual([...sums.keys()].sort())
      return { kind: outbox.health() === 'ok' ? 'whole' : 'sameEpoch', lost: 0 }
    }
    expect(outbox.health(), name).toBe('repaired')
    const gaps = held.flat().filter(r => r.kind === 'gap')
    const lost = new Set(gaps.flatMap(gap => seqsIn(JSON.parse(gap.body) as RepairGap)))
    const kept = new Set(held.flat().flatMap(r => (r.kind === 'gap' ? [] : `${r.lane}/${r.monoMs}`)))
    for (const { lane, monoMs, seq } of accepted) {
      const told = [kept.has(`${lane}/${monoMs}`), lost.has(`${lane}/${seq}`)]
      expect(told.filter(Boolean), `${name}: ${lane}/${seq} is either kept or told as lost`).toHaveLength(1)
    }
    return { kind: 'newEpoch', lost: lost.size }
  } finally {
    await outbox.close()
  }
}

type RepairGap = {
  readonly lane: Lane
  readonly lost: { readonly ranges: readonly (readonly [number, number])[] }
}

const seqsIn = ({ lane, lost }: RepairGap): string[] =>
  lost.ranges.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => `${lane}/${a + i}`))
