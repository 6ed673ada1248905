import { mkdirSync } from 'node:fs'
import { makeRequest } from '#agent/provisioning/x509-request.ts'
import type { DeviceRow } from '#gateway/identity/devices.ts'
import { deviceKey } from '#gateway/identity/devices.ts'
import { openOrderKey } from '#gateway/identity/order-key.ts'
import { openAuthority } from '#gateway/identity/x509-authority.ts'
import { openLevelLedger } from '#gateway/ledger/level-ledger.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import type { Result } from '#protocols/result.ts'
import { randomBytes } from 'node:crypto'

const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/**
 * Identities of so many cars, `ptu-0001` and on, admitted by the gateway whose directory is `data` and which does not run yet:
 * its own authority signs them, its own ledger lists them. One key serves all, because making keys is not what is measured.
 */
export async function enrolFleet(data: string, count: number): Promise<readonly DeviceIdentity[]> {
  mkdirSync(data, { recursive: true })
  const authority = sure(await openAuthority(data, Date.now()))
  const { keyId, publicKeyPem } = sure(await openOrderKey(data))
  const ledger = sure(
    await openLevelLedger(data, { log: QUIET, mint: bytes => randomBytes(bytes).toString('hex') }),
  )
  const { privateKeyPem, csrPem } = await makeRequest()
  const identities: DeviceIdentity[] = []
  const rows: DeviceRow[] = []
  for (let n = 1; n <= count; n++) {
    const serial = String(n).padStart(4, '0')
    const deviceId = `ptu-${serial}`
    const unitId = `unit-${serial}`
    const signed = sure(await authority.signDevice(csrPem, deviceId, Date.now()))
    const common = { v: 1, deviceId, unitId, callSign: serial } as const
    rows.push({
      ...common,
      homeGridId: null,
      state: 'active',
      serials: [signed.serial],
      notAfterMs: signed.notAfterMs,
      station: null,
      retired: [],
    })
    identities.push({
      ...common,
      certificate: signed.pem,
      ca: authority.caPem,
      orderKey: { keyId, publicKeyPem },
      mqttUrl: 'mqtts://127.0.0.1:1',
      privateKey: privateKeyPem,
    })
  }
  const ops = rows.map(row => ({ type: 'put', key: deviceKey(row.deviceId), value: row }) as const)
  sure(await ledger.commit(ops, { sync: true }))
  await ledger.close()
  return identities
}

export function sure<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`)
  return result.value
}
