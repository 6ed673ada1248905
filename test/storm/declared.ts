import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import type { AuditRow } from '#gateway/ledger/audit-chain.ts'
import { openLevelLedger } from '#gateway/ledger/level-ledger.ts'
import { underPrefix } from '#gateway/ledger/ledger.ts'
import { loadOf } from '#sim/demo/process-load.ts'
import { sleep } from '../crash/life.ts'
import { sure } from '../fleet/enrolled.ts'
import type { StormHouse } from './storm-run.ts'

/** PUBLISH with the largest remaining length MQTT knows: 268,435,455 bytes. */
const DECLARES = Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])
const PIECE = Buffer.alloc(64 * 1024)
const SENT_MAX = 268_435_455

export type DeclaredPackets = {
  readonly tries: number
  readonly closed: number
  /** Bytes the sender got rid of before its connection was closed, the most of all tries. */
  readonly takenBytesMax: number
  readonly gatewayGrewMb: number
  readonly refusalsLogged: number
  /** Devices the audit names for it. */
  readonly devicesAudited: number
}

/** Ends the gateway: devices with good certificates that announce 268 MB and go on sending as fast as they may. */
export async function declarePackets(house: StormHouse, tries: number): Promise<DeclaredPackets> {
  const resident = (): number => loadOf(house.life().pid)?.residentBytes ?? NaN
  const before = resident()
  let most = before
  const watching = setInterval(() => (most = Math.max(most, resident())), 20)
  const taken: number[] = []
  for (let n = 0; n < tries; n++) taken.push(await declare(house, n))
  await sleep(500)
  clearInterval(watching)
  const logged = readFileSync(house.logFile, 'utf8')
  return {
    tries,
    closed: taken.filter(bytes => bytes < SENT_MAX).length,
    takenBytesMax: Math.max(...taken),
    gatewayGrewMb: Math.round((most - before) / 1e5) / 10,
    refusalsLogged: logged.match(/"code":"PACKET_TOO_LARGE"/g)?.length ?? 0,
    devicesAudited: await devicesAudited(house),
  }
}

/** Bytes written until the other side closed. */
function declare(house: StormHouse, n: number): Promise<number> {
  const { privateKey, certificate, ca } = house.identities[n % house.identities.length]!
  return new Promise(resolve => {
    const socket = connect({
      ...{ host: '127.0.0.1', port: house.mqttPort(), key: privateKey, cert: certificate, ca },
    })
    const send = (): void => {
      while (!socket.destroyed && socket.bytesWritten < SENT_MAX) if (!socket.write(PIECE)) return
      if (!socket.destroyed) socket.destroy()
    }
    socket.once('secureConnect', () => {
      socket.write(DECLARES)
      send()
    })
    socket.on('drain', send)
    socket.on('error', () => {})
    socket.once('close', () => resolve(socket.bytesWritten))
  })
}

/** Read out of the ledger of the gateway, which is killed for it: what is in the audit is synced. */
async function devicesAudited({ gateway, life }: StormHouse): Promise<number> {
  await life().kill()
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const ledger = sure(await openLevelLedger(gateway.data, { log: quiet, mint: n => '0'.repeat(2 * n) }))
  const rows = (await ledger.range(underPrefix('audit/'))).map(([, row]) => row as AuditRow)
  await ledger.close()
  const refused = rows.filter(
    row => row.action === 'broker.refused' && row.detail['code'] === 'PACKET_TOO_LARGE',
  )
  return new Set(refused.map(row => row.actor)).size
}
