import { rmSync } from 'node:fs'
import { issueCode } from '#agent/cli/enrol.ts'
import { enrol } from '#agent/provisioning/enrol.ts'
import { identityFile, loadIdentity } from '#agent/provisioning/load-identity.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import type { Logger } from '#protocols/log.ts'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { openTcpProxy } from '../link/tcp-proxy.ts'
import type { TcpProxy } from '../link/tcp-proxy.ts'
import { entryOf, startChild } from './child.ts'
import type { Child, Entry } from './child.ts'
import { admittedDevices } from './units.ts'
import type { GatewayUrls } from './units.ts'
import type { World } from './world.ts'

export const STATION_ID = 'station-01'
const NUMBER = '01'
const KIOSK = 'A'

export type DemoStation = {
  readonly process: Child
  /** Its way to the gateway, which can be cut. */
  readonly link: TcpProxy
  kioskUrl(): string
  deskUrl(): string
  close(): Promise<void>
}

export type DemoStationParts = {
  readonly world: Pick<World, 'city' | 'files'>
  readonly urls: GatewayUrls & { readonly mqtt: string }
  /** Where identity and outbox lie. */
  readonly dir: string
  readonly kioskPort: number
  readonly deskPort: number
  readonly log: Logger
  readonly logFile: number
  readonly entry?: Entry
  readonly backoffMaxMs?: number
}

/**
 * One duty station: a real process with a certificate and a store on the disk, its kiosk and its desk, behind a link that
 * can be cut. Throws when it does not start.
 */
export async function openStation(parts: DemoStationParts): Promise<DemoStation> {
  const place = placeOf(parts.world.city)
  const identity = await stationIdentity(place, parts.dir, parts.urls)
  if (!identity.ok) throw new Error(`${identity.detail} [${identity.code}]`)
  const link = await openTcpProxy({ host: '127.0.0.1', port: Number(new URL(parts.urls.mqtt).port) })
  // Started again it stands where it stood, also when its ports were left to chance.
  let ports = [parts.kioskPort, parts.deskPort].map(String)
  const child = await startChild(
    parts.entry ?? entryOf('agent'),
    () => [
      ...['--profile', 'station', '--data', parts.dir, '--places', parts.world.files.city],
      ...['--kiosk-port', ports[0]!, '--desk-port', ports[1]!],
      ...['--mqtt-url', `mqtts://127.0.0.1:${link.port}`],
      ...['--backoff-max-ms', String(parts.backoffMaxMs ?? 5_000)],
    ],
    {
      log: parts.log,
      logFile: parts.logFile,
      onReady: ({ kiosk, desk }) => {
        ports = [kiosk, desk].map(url => new URL(url ?? '').port)
      },
    },
  )
  return {
    process: child,
    link,
    kioskUrl: () => child.addresses['kiosk'] ?? '',
    deskUrl: () => child.addresses['desk'] ?? '',
    close: async () => {
      await child.stop()
      await link.close()
    },
  }
}

type Standing = LatLon & { readonly name: string }

/** The duty station on the street that is nearest to the middle of town; on a town without any, the middle itself. */
function placeOf({ posts, network }: World['city']): Standing {
  const mean = (of: (at: LatLon) => number): number =>
    network.nodes.reduce((sum, node) => sum + of(node), 0) / network.nodes.length
  const middle = { lat: mean(n => n.lat), lon: mean(n => n.lon) }
  const [nearest] = posts
    .filter(post => post.kind === 'post')
    .toSorted((a, b) => distanceM(middle, a) - distanceM(middle, b))
  const { lat, lon, name } = nearest ?? { ...middle, name: '中心驻勤点' }
  return { lat, lon, name: name.slice(0, 32) }
}

/** The identity it has while the gateway admits it and it stands in the same place, else a new one by a one-time code. */
async function stationIdentity(
  { lat, lon, name }: Standing,
  dir: string,
  gateway: GatewayUrls,
): Promise<Result<DeviceIdentity>> {
  const known = await loadIdentity(dir)
  const isThis = known.ok && known.value.callSign === name && known.value.station?.lat === lat
  if (isThis && (await admittedDevices(gateway.pages)).has(STATION_ID)) return known
  rmSync(identityFile(dir), { force: true })
  const code = await issueCode(gateway.pages, {
    deviceId: STATION_ID,
    unitId: STATION_ID,
    callSign: name,
    homeGridId: null,
    station: { number: NUMBER, kiosk: KIOSK, lat, lon },
  })
  if (!code.ok) return code
  const enrolled = await enrol({ url: gateway.enrolment, typedCode: code.value.code, dir })
  return enrolled.ok ? ok(enrolled.value) : enrolled
}
