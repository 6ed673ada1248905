import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serveDesk } from '#agent/desk/routes.ts'
import { serveKiosk } from '#agent/kiosk/routes.ts'
import { openMemoryOutbox, MemoryDisk } from '#agent/outbox/memory-outbox.ts'
import { composeStation } from '#agent/station.ts'
import type { Station } from '#agent/station.ts'
import { systemClock } from '#agent/system-clock.ts'
import { keyIdOf } from '#protocols/crypto/order-signature.ts'
import { unseal } from '#protocols/crypto/seal.ts'
import type { LogEntry } from '#protocols/log.ts'
import type { Result } from '#protocols/result.ts'
import type { Sealed } from '#protocols/sealed.ts'

const BOOT = '00112233445566aa'
const PAGES = fileURLToPath(new URL('../../dist/pages/', import.meta.url))

export type LoneStation = {
  readonly station: Station
  readonly kioskUrl: string
  readonly deskUrl: string
  readonly disk: MemoryDisk
  readonly log: readonly LogEntry[]
  open(sealed: Sealed, ref: string): Result<string>
  close(): Promise<void>
}

export const PLACES = ['人民医院', '鼓楼广场', '第一中学', '农贸市场', '火车站', '阳光小区'].map(
  (name, i) => ({
    name,
    lat: 35.59 + i / 1000,
    lon: 116.99,
    distanceM: 120 + i * 240,
  }),
)

/** A whole duty station that no gateway ever answers: the real core, carrier and routes over a store of memory. */
export async function openLoneStation(name = '鼓楼驻勤点'): Promise<LoneStation> {
  const clock = systemClock()
  const mint = (bytes: number): string => randomBytes(bytes).toString('hex')
  const log: LogEntry[] = []
  const note = (entry: LogEntry): void => void log.push(entry)
  const disk = new MemoryDisk()
  const orders = pair('ed25519')
  const seals = pair('x25519')
  const station = composeStation({
    identity: { deviceId: 'station-07', callSign: name, orderKey: orders },
    place: { number: '07', kiosk: 'A', lat: 35.59, lon: 116.99 },
    places: PLACES,
    sealTo: [{ keyId: seals.keyId, publicKeyPem: seals.publicKeyPem }],
    clock,
    log: { debug: note, info: note, warn: note, error: note },
    outbox: openMemoryOutbox(clock, { bootId: BOOT, mintEpoch: () => mint(8), health: 'ok' }, disk),
    dial: events => {
      const timer = setTimeout(() => events.onClosed('no network'), 5)
      return () => clearTimeout(timer)
    },
    mint,
    random: Math.random,
    software: 'test',
    bootId: BOOT,
    bootCount: 1,
  })
  const kiosk = await serveKiosk(station, { port: 0, pagesDir: join(PAGES, 'kiosk') })
  const desk = await serveDesk(station, { port: 0, pagesDir: join(PAGES, 'desk') })
  if (!kiosk.ok || !desk.ok) throw new Error('no port')
  return {
    station,
    kioskUrl: kiosk.value.url,
    deskUrl: desk.value.url,
    disk,
    log,
    open: (sealed, ref) => unseal(sealed, `station-07/${ref}`, seals),
    close: async () => {
      await kiosk.value.close()
      await desk.value.close()
      await station.close()
    },
  }
}

function pair(kind: 'ed25519' | 'x25519') {
  const made = kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519')
  const publicKeyPem = made.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const privateKeyPem = made.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { publicKeyPem, privateKeyPem, keyId: keyIdOf(publicKeyPem) }
}
