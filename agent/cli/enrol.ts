import { EnrolmentIssued, Problem } from '#protocols/api.ts'
import { exitCodeOf } from '#protocols/cli/exit-code.ts'
import { readFlags } from '#protocols/cli/flags.ts'
import { Id } from '#protocols/ids.ts'
import { StationPlace } from '#protocols/enrolment.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { enrol as redeem } from '../provisioning/enrol.ts'

const USAGE = `usage: reach5 enrol issue  --device ID --unit ID --call-sign NAME [--grid ID] [--gateway http://127.0.0.1:5110]
       reach5 enrol issue  --device ID --unit ID --call-sign NAME --station 07 --kiosk A --lat N --lon N
       reach5 enrol redeem --code CODE --data DIR [--url https://127.0.0.1:5111]

  issue    at the gateway: a one-time code for one device of one unit, or of one duty station, good for 24 h
  redeem   on the device: makes the key here, brings the certificate; the code is used up`

/** `reach5 enrol issue | redeem`: 0 done, 1 refused, 2 wrong use. The result is JSON on stdout. */
export async function enrol(args: readonly string[]): Promise<number> {
  const [what, ...rest] = args
  if (what === '--help' || what === 'help') {
    console.error(USAGE)
    return 0
  }
  if (what === 'issue') return issueVerb(rest)
  if (what === 'redeem') return redeemVerb(rest)
  return wrongUse(what === undefined ? 'issue or redeem?' : `there is no ${JSON.stringify(what)}`)
}

async function issueVerb(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, [
    'gateway',
    'device',
    'unit',
    'call-sign',
    'grid',
    'station',
    'kiosk',
    'lat',
    'lon',
  ])
  if (!flags.ok) return wrongUse(flags.detail)
  const { gateway = 'http://127.0.0.1:5110', device, unit, callSign, grid, help } = flags.value
  if (help !== undefined) return wrongUse('')
  if (!device || !unit || !callSign) return wrongUse('issue needs --device, --unit and --call-sign')
  for (const [flag, id] of [['device', device], ['unit', unit], ...(grid ? [['grid', grid]] : [])] as const)
    if (!Id.safeParse(id).success)
      return wrongUse(
        `--${flag} ${JSON.stringify(id)}: lower-case letters, digits and hyphens, for example ${flag}-07`,
      )
  const station = stationOf(flags.value)
  if (!station.ok) return wrongUse(station.detail)
  const issued = await issueCode(gateway, {
    deviceId: device,
    unitId: unit,
    callSign,
    homeGridId: grid ?? null,
    station: station.value,
  })
  if (!issued.ok) return refused(issued.code, issued.detail)
  console.log(JSON.stringify(issued.value))
  return 0
}

/** A duty station is told by its number, its kiosk's letter and its place; all four or none. */
function stationOf(flags: Readonly<Record<string, string>>): Result<StationPlace | null> {
  const { station: number, kiosk = 'A', lat, lon } = flags
  if (number === undefined) return ok(null)
  const place = StationPlace.safeParse({ number, kiosk, lat: Number(lat), lon: Number(lon) })
  if (place.success) return ok(place.data)
  const { path, message } = place.error.issues[0]!
  return fault('USAGE', `--${path[0] === 'number' ? 'station' : String(path[0])}: ${message}`)
}

async function redeemVerb(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, ['code', 'data', 'url'])
  if (!flags.ok) return wrongUse(flags.detail)
  const { code, data, url = 'https://127.0.0.1:5111', help } = flags.value
  if (help !== undefined) return wrongUse('')
  if (!code || !data) return wrongUse('redeem needs --code and --data')
  const identity = await redeem({ url, typedCode: code, dir: data })
  if (!identity.ok) return refused(identity.code, identity.detail)
  const { deviceId, unitId, callSign, mqttUrl } = identity.value
  console.log(JSON.stringify({ deviceId, unitId, callSign, mqttUrl }))
  return 0
}

/** Asks a gateway for a one-time code. Faults: `GATEWAY_UNREACHABLE`, or whatever the gateway answered. */
export async function issueCode(
  gateway: string,
  wish: {
    readonly deviceId: string
    readonly unitId: string
    readonly callSign: string
    readonly homeGridId: string | null
    readonly station?: StationPlace | null
  },
): Promise<Result<EnrolmentIssued>> {
  try {
    const response = await fetch(new URL('/v1/enrolments', gateway), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(wish),
      signal: AbortSignal.timeout(10_000),
    })
    const body: unknown = await response.json()
    const issued = EnrolmentIssued.safeParse(body)
    if (response.ok && issued.success) return ok(issued.data)
    const problem = Problem.safeParse(body)
    return problem.success
      ? fault(problem.data.code, problem.data.detail)
      : fault('GATEWAY_UNREACHABLE', `${gateway} answered ${response.status}, which is no reach5 gateway`)
  } catch (error) {
    return fault('GATEWAY_UNREACHABLE', `${gateway}: ${(error as Error).message}`)
  }
}

function wrongUse(why: string): number {
  console.error(why === '' ? USAGE : `reach5 enrol: ${why} (reach5 enrol --help)`)
  return why === '' ? 0 : 2
}

function refused(code: string, detail: string): number {
  console.error(`reach5 enrol: ${detail} [${code}]`)
  return exitCodeOf(code)
}
