import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { BROKER_FILES, mosquittoConf, mosquittoRules } from '../broker/broker-files.ts'
import { GATEWAY_CLIENT_ID } from '../broker/mqtt-broker-client.ts'
import { BROKER_DAYS, openAuthority } from '../identity/x509-authority.ts'
import { revocationFile } from '../identity/revocation-file.ts'
import { parseArguments, parseNumber } from './arguments.ts'
import type { Arguments } from './arguments.ts'
import { print, refuse, say } from './road-verb.ts'

const HELP = `reach5 broker-files: what a Mosquitto 2.0 needs to carry the devices instead of the gateway

  reach5 broker-files --data DIR --out DIR --host NAME[,NAME...]
                      [--bind 0.0.0.0] [--port 8883] [--installed-at /etc/mosquitto/reach5]

  --data          the gateway's directory; its CA signs the broker's certificate
  --host          names and addresses devices reach the broker by
  --installed-at  where the files will lie on the broker's machine (default: where --out is)

Writes mosquitto.conf, acl, ca.pem, broker.pem, broker.key and revoked.pem. Run it again after a device was revoked or
enrolled anew, and reload the broker. Then: reach5 gateway --broker mqtts://NAME:8883

exit 0 done, 1 no gateway lives in --data or --out cannot be written, 2 wrong use`

const OPTIONS = ['--data', '--out', '--host', '--bind', '--port', '--installed-at']
const HOST = /^[A-Za-z0-9]([A-Za-z0-9.:-]{0,252})$/

/** `reach5 broker-files`. */
export async function brokerFiles(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args, { options: OPTIONS, switches: [], words: { min: 0, max: 0 } })
  if (!parsed.ok) return refuse('broker-files', parsed)
  if (parsed.value.switches.has('--help')) {
    print(HELP)
    return 0
  }
  const wish = wishOf(parsed.value)
  if (!wish.ok) return refuse('broker-files', wish)
  const written = await writeFiles(wish.value)
  if (!written.ok) return refuse('broker-files', written)
  const { out, dir, hosts, port } = wish.value
  print(JSON.stringify({ out, installedAt: dir, hosts, port, certificateDays: BROKER_DAYS }))
  say(`written to ${out}; the user mosquitto must be able to read ${dir}/${BROKER_FILES.key}, nobody else`)
  say(`devices and gateway: mqtts://${hosts[0]}:${port}`)
  return 0
}

type Wish = {
  readonly data: string
  readonly out: string
  readonly dir: string
  readonly hosts: readonly string[]
  readonly bind: string
  readonly port: number
}

function wishOf({ options }: Arguments): Result<Wish> {
  const data = options.get('--data')
  const out = options.get('--out')
  const hosts = options.get('--host')?.split(',') ?? []
  if (data === undefined) return fault('USAGE', '--data is missing, e.g. --data /var/lib/reach5')
  if (out === undefined) return fault('USAGE', '--out is missing, e.g. --out ./broker')
  if (hosts.length === 0) return fault('USAGE', '--host is missing, e.g. --host broker.example,10.0.0.7')
  const odd = hosts.find(host => !HOST.test(host))
  if (odd !== undefined)
    return fault('USAGE', `--host ${JSON.stringify(odd)} is no name such as broker.example`)
  const bind = options.get('--bind') ?? '0.0.0.0'
  if (!HOST.test(bind)) return fault('USAGE', `--bind ${JSON.stringify(bind)} is no address such as 0.0.0.0`)
  const port = parseNumber('--port', options.get('--port') ?? '8883', 1, 65_535)
  if (!port.ok) return port
  const dir = (options.get('--installed-at') ?? resolve(out)).replace(/\/+$/, '')
  if (!/^\/[^\s#]*$/.test(dir))
    return fault('USAGE', `${JSON.stringify(dir)} is no path Mosquitto can read: no spaces`)
  return ok({ data, out, dir, hosts, bind, port: port.value })
}

async function writeFiles({ data, out, dir, hosts, bind, port }: Wish): Promise<Result<void>> {
  // Opening would make a new CA, and a mistyped directory would get files no device trusts.
  if (!existsSync(join(data, 'identity', 'ca.json')))
    return fault('FILE_ABSENT', `no gateway lives in ${data}: start it there once`)
  const nowUtcMs = Date.now()
  const authority = await openAuthority(data, nowUtcMs)
  if (!authority.ok) return authority
  const { key, cert } = await authority.value.brokerCertificate(hosts, nowUtcMs)
  const revoked = existsSync(revocationFile(data))
    ? readFileSync(revocationFile(data), 'utf8')
    : await authority.value.revocationList([], nowUtcMs)
  const place = { dir, bind, port, gateway: GATEWAY_CLIENT_ID }
  try {
    mkdirSync(out, { recursive: true })
    writeFileSync(join(out, BROKER_FILES.key), key, { mode: 0o600 })
    chmodSync(join(out, BROKER_FILES.key), 0o600)
    writeFileSync(join(out, BROKER_FILES.certificate), cert)
    writeFileSync(join(out, BROKER_FILES.ca), authority.value.caPem)
    writeFileSync(join(out, BROKER_FILES.revoked), revoked)
    writeFileSync(join(out, BROKER_FILES.rules), mosquittoRules(place))
    writeFileSync(join(out, BROKER_FILES.conf), mosquittoConf(place))
    return ok(undefined)
  } catch (error) {
    return fault('DIR_UNWRITABLE', (error as Error).message)
  }
}
