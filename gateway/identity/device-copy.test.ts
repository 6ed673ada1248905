import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogEntry, Logger } from '#protocols/log.ts'
import { underPrefix, UNRECKONED_KEY } from '../ledger/ledger.ts'
import type { Ledger, LedgerOp } from '../ledger/ledger.ts'
import { openLevelLedger } from '../ledger/level-ledger.ts'
import { readAtStart } from '../ledger/rot.ts'
import { copyOf, linesOf, putBackDevices, readCopy } from './device-copy.ts'
import { beginCopyFile, readCopyFile } from './device-copy-file.ts'
import { DEVICE_PREFIX, deviceKey, devicesOf, isAdmitted } from './devices.ts'
import type { DeviceRow } from './devices.ts'

let dir: string
let logged: string[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reach5-devices-'))
  logged = []
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const note = (entry: LogEntry): void => void logged.push(entry.event)
const log: Logger = { debug: note, info: note, warn: note, error: note }

const row = (n: number, serial: string, state: DeviceRow['state'] = 'active'): DeviceRow => ({
  ...{ v: 1, deviceId: `ptu-${n}`, unitId: `unit-${n}`, callSign: `巡逻${n}` },
  ...{
    homeGridId: null,
    state,
    serials: [serial],
    notAfterMs: 4_102_444_800_000,
    station: null,
    retired: [],
  },
})
const put = (device: DeviceRow): LedgerOp => ({
  type: 'put',
  key: deviceKey(device.deviceId),
  value: device,
})

describe('the copy of who is enrolled', () => {
  const rows = [row(1, 'a1'), row(2, 'b2'), row(3, 'c3')]
  const text = copyOf('ledger-1', rows) + linesOf([row(2, 'b9', 'revoked')])

  it('says of each device what was written last, and of another ledger nothing', () => {
    const copy = readCopy(text, 'ledger-1')
    expect([...copy!.devices.values()]).toEqual([row(1, 'a1'), row(2, 'b9', 'revoked'), row(3, 'c3')])
    expect(copy!.unreadable).toBe(0)
    expect(readCopy(text, 'ledger-2')).toBeNull()
    expect(readCopy('', 'ledger-1')).toBeNull()
  })

  it('takes no line that is not what was written, wherever a bit flips and wherever it is cut', () => {
    const whole = Buffer.from(text)
    const written = new Set([...rows, row(2, 'b9', 'revoked')].map(device => JSON.stringify(device)))
    const isTrue = (copy: ReturnType<typeof readCopy>): boolean =>
      copy === null || [...copy.devices.values()].every(device => written.has(JSON.stringify(device)))
    let cases = 0
    for (let at = 0; at < whole.length; at++) {
      expect(isTrue(readCopy(whole.subarray(0, at).toString('utf8'), 'ledger-1'))).toBe(true)
      for (let bit = 0; bit < 8; bit++) {
        const rotten = Buffer.from(whole)
        rotten[at]! ^= 1 << bit
        const copy = readCopy(rotten.toString('utf8'), 'ledger-1')
        expect(isTrue(copy)).toBe(true)
        // What is passed over is counted, but for the last line, which a power cut may have torn.
        if (copy !== null && copy.unreadable === 0) expect(copy.devices.size).toBe(3)
        cases++
      }
    }
    console.log(`copy of devices: ${cases} flipped bits and ${whole.length} cuts, none read as another row`)
    expect(cases).toBeGreaterThan(5_000)
  })
})

describe('who is enrolled, when a block of the ledger rots', () => {
  let minted = 0
  const mint = (bytes: number): string => String(++minted).padStart(bytes * 2, '0')
  const opened = async (): Promise<Ledger> => {
    const ledger = await openLevelLedger(dir, { log, mint })
    if (!ledger.ok) throw new Error(`${ledger.code} ${ledger.detail}`)
    return ledger.value
  }
  const rowsIn = async (ledger: Ledger) => devicesOf(await ledger.range(underPrefix(DEVICE_PREFIX)))

  it('is what it was: a lost row is back, and one whose older form came to light is not believed', async () => {
    const first = await opened()
    const file = await beginCopyFile(dir, first.ledgerId, new Map(), log)
    for (const device of [row(1, 'a1'), row(2, 'b2'), row(3, 'c3'), row(3, 'c3', 'revoked')]) {
      await file.note([put(device)])
      await first.commit([put(device)], { sync: true })
    }
    await first.close()
    // One that is no value any more, one that is gone, one as it was before it was revoked.
    const store = new Level<string, string>(join(dir, 'ledger'), { valueEncoding: 'utf8' })
    await store.put(deviceKey('ptu-1'), '{"v":1,"dev')
    await store.del(deviceKey('ptu-2'))
    await store.put(deviceKey('ptu-3'), JSON.stringify(row(3, 'c3')))
    await store.close()

    const second = await opened()
    const unasked = await readCopyFile(dir, second.ledgerId, log)
    expect(await putBackDevices(second, unasked)).toEqual([])
    await expect(readAtStart(second, () => rowsIn(second))).rejects.toThrow()
    await second.close()

    const third = await opened()
    const copy = await readCopyFile(dir, third.ledgerId, log)
    expect((await putBackDevices(third, copy)).toSorted()).toEqual(['ptu-1', 'ptu-2', 'ptu-3'])
    const devices = await rowsIn(third)
    expect(isAdmitted(devices, 'ptu-1', 'a1')).toBe(true)
    expect(isAdmitted(devices, 'ptu-2', 'b2')).toBe(true)
    expect(isAdmitted(devices, 'ptu-3', 'c3')).toBe(false)
    // A start that is cut off here does it again, and finds nothing to do; one behind the reckoning asks nobody.
    expect(await putBackDevices(third, copy)).toEqual([])
    await third.commit([put(row(1, 'a2')), { type: 'del', key: UNRECKONED_KEY }], { sync: true })
    expect(await putBackDevices(third, copy)).toEqual([])
    await third.close()
  })

  it('is rather in no copy than in an old one', async () => {
    const file = await beginCopyFile(dir, 'ledger-1', new Map([['ptu-1', row(1, 'a1')]]), log)
    const place = join(dir, 'devices.jsonl')
    expect(readFileSync(place, 'utf8')).toBe(copyOf('ledger-1', [row(1, 'a1')]))
    // Its directory is away for a moment.
    renameSync(dir, `${dir}-away`)
    await file.note([put(row(1, 'a2'))])
    expect(logged).toEqual(['devices.copy.unwritten'])
    renameSync(`${dir}-away`, dir)
    await file.note([put(row(2, 'b2'))])
    const copy = await readCopyFile(dir, 'ledger-1', log)
    expect([...copy!.devices.values()]).toEqual([row(1, 'a2'), row(2, 'b2')])
    writeFileSync(place, readFileSync(place, 'utf8').replace('b2', 'b3'))
    expect((await readCopyFile(dir, 'ledger-1', log))!.unreadable).toBe(1)
    expect(logged).toEqual(['devices.copy.unwritten', 'devices.copy.unreadable'])
  })
})
