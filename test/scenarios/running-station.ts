import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AlarmView, ConsultationCount, IncidentView, LedgerRow, WalkInView } from '#protocols/api.ts'
import type { DeskState } from '#protocols/kiosk.ts'
import type { Child } from '#sim/demo/child.ts'
import { openStation, STATION_ID } from '#sim/demo/station.ts'
import type { DemoStation } from '#sim/demo/station.ts'
import { prepareWorld } from '#sim/demo/world.ts'
import { QUIET, startGateway } from './running-gateway.ts'

/** The real gateway process and the real process of a duty station, as they ship; between them a link that can be cut. */
export type RunningStation = {
  readonly gateway: Child
  readonly station: DemoStation
  /** The dispatcher's page. */
  readonly map: string
  /** Certificate, store and logs of both: everything they wrote. */
  readonly dir: string
  incidents(): Promise<readonly IncidentView[]>
  alarms(): Promise<readonly AlarmView[]>
  walkIns(): Promise<WalkIns>
  complaints(): Promise<readonly WalkInView[]>
  ledger(): Promise<readonly LedgerRow[]>
  desk(): Promise<DeskState>
  /** Files that hold one of the words, as text of one byte or of two. */
  filesThatHold(words: readonly string[]): readonly string[]
  close(): Promise<void>
}

export type WalkIns = {
  readonly walkIns: readonly WalkInView[]
  readonly consultations: readonly ConsultationCount[]
}

export async function openRunningStation(): Promise<RunningStation> {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-station-'))
  const logs = ['gateway', 'station'].map(name => openSync(join(dir, `${name}.log`), 'a'))
  const world = await prepareWorld({ seed: 1, junctions: 400 }, join(dir, 'city'))
  if (!world.ok) throw new Error(world.detail)
  const { process: gateway, urls } = await startGateway(dir, world.value, logs[0]!)
  const { pages } = urls
  const station = await openStation({
    world: world.value,
    urls,
    dir: join(dir, STATION_ID),
    kioskPort: 0,
    deskPort: 0,
    log: QUIET,
    logFile: logs[1]!,
    entry: { execArgv: [], file: 'dist/agent.js' },
    backoffMaxMs: 1_000,
  })
  const get = async <T>(url: string): Promise<T> => (await fetch(url)).json() as Promise<T>
  return {
    gateway,
    station,
    map: pages,
    dir,
    incidents: async () => (await get<{ incidents: IncidentView[] }>(`${pages}/v1/incidents`)).incidents,
    alarms: async () => (await get<{ alarms: AlarmView[] }>(`${pages}/v1/alarms`)).alarms,
    walkIns: () => get(`${pages}/v1/walkins`),
    complaints: async () => (await get<WalkIns>(`${pages}/v1/complaints`)).walkIns,
    ledger: async () =>
      (await get<{ records: LedgerRow[] }>(`${pages}/v1/devices/${STATION_ID}/records?limit=500`)).records,
    desk: () => get(`${station.deskUrl()}/v1/state`),
    filesThatHold: words => filesThatHold(dir, words),
    close: async () => {
      await station.close()
      await gateway.stop()
      for (const log of logs) closeSync(log)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Every file below a directory that holds one of the words, as text of one byte or of two. */
export function filesThatHold(dir: string, words: readonly string[]): readonly string[] {
  const needles = words.flatMap(word => [Buffer.from(word, 'utf8'), Buffer.from(word, 'utf16le')])
  return readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap(entry => {
    if (!entry.isFile()) return []
    const path = join(entry.parentPath, entry.name)
    try {
      const bytes = readFileSync(path)
      return needles.some(needle => bytes.includes(needle)) ? [path] : []
    } catch {
      // Gone while we looked: a browser tidies up behind itself.
      return []
    }
  })
}
