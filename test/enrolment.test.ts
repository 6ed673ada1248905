import { createHash, X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { enrol } from '#agent/provisioning/enrol.ts'
import { loadIdentity } from '#agent/provisioning/load-identity.ts'
import { openDesk } from '#gateway/enrolment/desk.ts'
import type { EnrolmentDesk } from '#gateway/enrolment/desk.ts'
import { openEnrolmentListener } from '#gateway/enrolment/https-listener.ts'
import type { Listener } from '#gateway/enrolment/https-listener.ts'
import { openOrderKey } from '#gateway/identity/order-key.ts'
import { openAuthority } from '#gateway/identity/x509-authority.ts'
import type { Authority } from '#gateway/identity/x509-authority.ts'
import type { Row } from '#gateway/ledger/ledger.ts'
import type { Submission } from '#gateway/loop/turn.ts'
import { openOrder } from '#protocols/crypto/order-signature.ts'
import type { LogEntry, Logger } from '#protocols/log.ts'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Clock, Now } from '#protocols/time.ts'

const HOUR_MS = 3_600_000

let dir: string
let time: Now
let logged: LogEntry[]
let submitted: Submission[]
let dropped: string[]
let gateway: { authority: Authority; desk: EnrolmentDesk; listener: Listener; url: string }

const clock: Clock = { now: () => time, after: () => () => undefined }
const note = (entry: LogEntry): void => void logged.push(entry)
const log: Logger = { debug: note, info: note, warn: note, error: note }

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`)
  return result.value
}

const openGateway = async (name: string, rows: readonly Row[] = []): Promise<typeof gateway> => {
  const place = join(dir, name)
  const authority = must(await openAuthority(place, time.utcMs))
  const desk = openDesk({
    clock,
    log,
    authority,
    orderKey: must(await openOrderKey(place)),
    rows,
    submit: submission => {
      submitted.push(submission)
      return Promise.resolve(ok(undefined))
    },
    drop: (deviceId, reason) => dropped.push(`${deviceId}: ${reason}`),
    mqttUrl: () => 'mqtts://127.0.0.1:8883',
    enrolmentUrl: () => 'https://127.0.0.1:5111',
  })
  const certificate = await authority.serverCertificate(['127.0.0.1', 'localhost'], time.utcMs)
  const listener = must(await openEnrolmentListener({ host: '127.0.0.1', port: 0, certificate, desk, log }))
  return { authority, desk, listener, url: `https://127.0.0.1:${listener.port}` }
}

const newCode = async (deviceId = 'ptu-07'): Promise<string> => {
  const create = { deviceId, unitId: 'unit-07', callSign: '曲巡07', homeGridId: 'grid-1' }
  return must(await gateway.desk.issue(create, 'local')).code
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'reach5-enrol-'))
  time = { monoMs: 0, utcMs: Date.UTC(2026, 10, 24), quality: 'ntp' }
  logged = []
  submitted = []
  dropped = []
  gateway = await openGateway('gateway')
})
afterEach(async () => {
  await gateway.listener.close()
  rmSync(dir, { recursive: true, force: true })
})

describe('enrolment', () => {
  it('turns a one-time code into an identity that hangs together', async () => {
    const typedCode = (await newCode()).toLowerCase()
    const place = join(dir, 'car')
    const identity = must(await enrol({ url: gateway.url, typedCode, dir: place }))
    expect(identity).toMatchObject({ deviceId: 'ptu-07', unitId: 'unit-07', callSign: '曲巡07' })
    const leaf = new X509Certificate(identity.certificate)
    expect(leaf.subjectAltName).toBe('URI:urn:reach5:device:ptu-07')
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(leaf.ca).toBe(false)
    expect(new Date(leaf.validFrom).getTime()).toBe(0)
    expect(new Date(leaf.validTo).getTime() - time.utcMs).toBe(30 * 24 * HOUR_MS)
    expect(leaf.verify(new X509Certificate(identity.ca).publicKey)).toBe(true)
    expect(must(await loadIdentity(place))).toEqual(identity)
    expect(statSync(join(place, 'identity.json')).mode & 0o777).toBe(0o600)
    expect(gateway.desk.admits('ptu-07', leaf.serialNumber)).toBe(true)
    expect(submitted.at(-1)?.events).toEqual([
      {
        type: 'bound',
        binding: { deviceId: 'ptu-07', unitId: 'unit-07', callSign: '曲巡07', homeGridId: 'grid-1' },
      },
    ])
  })

  it('hands out the key with which orders are signed', async () => {
    const identity = must(
      await enrol({ url: gateway.url, typedCode: await newCode(), dir: join(dir, 'car') }),
    )
    const key = must(await openOrderKey(join(dir, 'gateway')))
    const order = {
      orderId: 'o-1',
      deviceId: 'ptu-07',
      unitId: 'unit-07',
      nonce: '0'.repeat(32),
      issuedAt: 0,
      revision: 0,
      kind: 'alarm_ack',
      alarmId: 'a',
    } as const
    expect(openOrder(key.sign(order), identity.orderKey, 'ptu-07')).toEqual(ok(order))
    const stranger = must(await openOrderKey(join(dir, 'stranger')))
    expect(openOrder(stranger.sign(order), identity.orderKey, 'ptu-07')).toMatchObject({ code: 'ORDER_KEY' })
  })

  it('refuses a code that was used', async () => {
    const typedCode = await newCode()
    must(await enrol({ url: gateway.url, typedCode, dir: join(dir, 'car') }))
    const again = await enrol({ url: gateway.url, typedCode, dir: join(dir, 'other') })
    expect(again).toMatchObject({ ok: false, code: 'CODE_REFUSED' })
    expect(logged.filter(e => e.event === 'enrolment.refused')).toHaveLength(1)
  })

  it('gives one of two racing redeemers the identity, never both', async () => {
    const typedCode = await newCode()
    const racers = ['a', 'b', 'c'].map(name => enrol({ url: gateway.url, typedCode, dir: join(dir, name) }))
    const results = await Promise.all(racers)
    expect(results.filter(r => r.ok)).toHaveLength(1)
    expect(results.filter(r => !r.ok && r.code === 'CODE_REFUSED')).toHaveLength(2)
  })

  it('refuses a code after a day', async () => {
    const typedCode = await newCode()
    time = { ...time, utcMs: time.utcMs + 24 * HOUR_MS }
    const late = await enrol({ url: gateway.url, typedCode, dir: join(dir, 'car') })
    expect(late).toMatchObject({ code: 'CODE_REFUSED' })
  })

  it('tells a mistyped code apart without asking the gateway', async () => {
    const code = await newCode()
    const typedCode = (code[0] === '0' ? '1' : '0') + code.slice(1)
    const mistyped = await enrol({ url: gateway.url, typedCode, dir: join(dir, 'car') })
    expect(mistyped).toMatchObject({ code: 'CODE_MISTYPED' })
    expect(logged.filter(e => e.event === 'enrolment.refused')).toHaveLength(0)
  })

  it('keeps the code to itself when the gateway at the address is another one', async () => {
    const typedCode = await newCode()
    const other = await openGateway('other')
    const result = await enrol({ url: other.url, typedCode, dir: join(dir, 'car') })
    await other.listener.close()
    expect(result).toMatchObject({ code: 'CA_MISMATCH' })
    // Nobody heard the code: the other gateway refused nothing, and the true one still takes it.
    expect(logged.filter(e => e.event === 'enrolment.refused')).toHaveLength(0)
    must(await enrol({ url: gateway.url, typedCode, dir: join(dir, 'car') }))
  })

  it('says so when nobody answers', async () => {
    const silent = createServer()
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    await new Promise(resolve => silent.close(resolve))
    const typedCode = await newCode()
    const result = await enrol({ url: `https://127.0.0.1:${port}`, typedCode, dir: join(dir, 'car') })
    expect(result).toMatchObject({ code: 'GATEWAY_UNREACHABLE' })
  })

  it('leaves an identity alone that is there already', async () => {
    const place = join(dir, 'car')
    must(await enrol({ url: gateway.url, typedCode: await newCode(), dir: place }))
    const before = readFileSync(join(place, 'identity.json'))
    const typedCode = await newCode()
    expect(await enrol({ url: gateway.url, typedCode, dir: place })).toMatchObject({
      code: 'ALREADY_ENROLLED',
    })
    expect(readFileSync(join(place, 'identity.json')).equals(before)).toBe(true)
  })

  it('ends the old certificate when the device is enrolled anew', async () => {
    const first = must(await enrol({ url: gateway.url, typedCode: await newCode(), dir: join(dir, 'car') }))
    const serialOf = (pem: string): string => new X509Certificate(pem).serialNumber
    const typedCode = await newCode()
    expect(gateway.desk.admits('ptu-07', serialOf(first.certificate))).toBe(true)
    const second = must(await enrol({ url: gateway.url, typedCode, dir: join(dir, 'new') }))
    expect(gateway.desk.admits('ptu-07', serialOf(first.certificate))).toBe(false)
    expect(gateway.desk.admits('ptu-07', serialOf(second.certificate))).toBe(true)
    expect(dropped.at(-1)).toBe('ptu-07: enrolled anew')
  })

  it('gives a unit to its newest device alone: the one before is revoked, dropped, and stays so at the next boot', async () => {
    const old = must(
      await enrol({ url: gateway.url, typedCode: await newCode('ptu-09'), dir: join(dir, 'old') }),
    )
    dropped = []
    must(await enrol({ url: gateway.url, typedCode: await newCode('ptu-01'), dir: join(dir, 'new') }))
    expect(dropped).toEqual(['ptu-09: unit-07 was given to ptu-01', 'ptu-01: enrolled anew'])
    const { serialNumber } = new X509Certificate(old.certificate)
    expect(gateway.desk.admits('ptu-09', serialNumber)).toBe(false)
    expect(
      submitted
        .at(-1)
        ?.ops?.map(op => op.key)
        .slice(1),
    ).toEqual(['device/ptu-01', 'device/ptu-09'])
    const ops = submitted.flatMap(({ ops = [] }) => ops)
    const rows = new Map(ops.flatMap(op => (op.type === 'put' ? [[op.key, op.value] as const] : [])))
    const rebooted = await openGateway('gateway', [...rows])
    await rebooted.listener.close()
    expect(rebooted.desk.bindings()).toMatchObject([{ binding: { deviceId: 'ptu-01', unitId: 'unit-07' } }])
    expect(rebooted.desk.admits('ptu-09', serialNumber)).toBe(false)
  })

  it('stops listening to an address after ten wrong codes, for an hour', async () => {
    const wrong = `00000000000.${gateway.authority.fingerprint}`
    for (let i = 0; i < 10; i++)
      expect(await enrol({ url: gateway.url, typedCode: wrong, dir: join(dir, 'x') })).toMatchObject({
        code: 'CODE_REFUSED',
      })
    const typedCode = await newCode()
    const limited = await enrol({ url: gateway.url, typedCode, dir: join(dir, 'car') })
    expect(limited).toMatchObject({ code: 'CODE_RATE_LIMITED' })
    time = { ...time, monoMs: time.monoMs + HOUR_MS }
    must(await enrol({ url: gateway.url, typedCode, dir: join(dir, 'car') }))
  }, 30_000)
})

describe("the gateway's identity", () => {
  it('is the same at the next boot, and another for every gateway', async () => {
    const again = must(await openAuthority(join(dir, 'gateway'), time.utcMs + 999))
    expect(again.fingerprint).toBe(gateway.authority.fingerprint)
    const other = must(await openAuthority(join(dir, 'other'), time.utcMs))
    expect(other.fingerprint).not.toBe(gateway.authority.fingerprint)
    const first = must(await openOrderKey(join(dir, 'gateway')))
    expect(must(await openOrderKey(join(dir, 'gateway'))).keyId).toBe(first.keyId)
  })

  it('lies in files nobody else can read', () => {
    for (const file of ['ca.json', 'order-key.json'])
      expect(statSync(join(dir, 'gateway', 'identity', file)).mode & 0o777).toBe(0o600)
    expect(statSync(join(dir, 'gateway', 'identity')).mode & 0o777).toBe(0o700)
  })

  it('is never made anew over a broken file', async () => {
    const place = join(dir, 'broken')
    mkdirSync(join(place, 'identity'), { recursive: true })
    writeFileSync(join(place, 'identity', 'ca.json'), '{"v":1,"privateKey":"')
    expect(await openAuthority(place, time.utcMs)).toMatchObject({ ok: false, code: 'FILE_BROKEN' })
    writeFileSync(join(place, 'identity', 'order-key.json'), '{"v":2}')
    expect(await openOrderKey(place)).toMatchObject({ ok: false, code: 'FILE_BROKEN' })
  })

  it('shows the first 160 bit of the SHA-256 of its CA in every code', async () => {
    const ca = new X509Certificate(gateway.authority.caPem)
    const digest = createHash('sha256').update(ca.raw).digest()
    // Read back by hand: 32 characters of 5 bit.
    const bits = [...(await newCode()).split('.')[1]!]
      .map(c => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(c).toString(2).padStart(5, '0'))
      .join('')
    const hex = bits
      .match(/.{8}/g)!
      .map(b => parseInt(b, 2).toString(16).padStart(2, '0'))
      .join('')
    expect(hex).toBe(digest.subarray(0, 20).toString('hex'))
    expect(ca.ca).toBe(true)
    expect(new Date(ca.validFrom).getTime()).toBe(0)
  })
})
