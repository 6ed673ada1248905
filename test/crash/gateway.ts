import { join } from 'node:path'
import { issueCode } from '#agent/cli/enrol.ts'
import { enrol } from '#agent/provisioning/enrol.ts'
import type { RecordRow } from '#gateway/intake/rows.ts'
import { openLevelLedger } from '#gateway/ledger/level-ledger.ts'
import { underPrefix } from '#gateway/ledger/ledger.ts'
import { GATEWAY_START } from '#gateway/start-flags.ts'
import { prepareWorld } from '#sim/demo/world.ts'
import { startLife, within } from './life.ts'
import type { Life, LifeOptions } from './life.ts'
import type { RecordName } from './receipts.ts'

export type Town = { readonly roads: string; readonly grids: string }

/** A small town for a gateway to live in; drawn once. */
export async function openTown(dir: string): Promise<Town> {
  const world = await prepareWorld({ seed: 1, junctions: 400 }, join(dir, 'city'))
  if (!world.ok) throw new Error(world.detail)
  return world.value.files
}

/** A gateway that dies and comes back, always on the ports it was first given. */
export type MortalGateway = {
  readonly data: string
  readonly pages: string
  readonly mqtt: string
  /** From the start of each life to its word that it is ready, in milliseconds. */
  readonly bootMs: readonly number[]
  /** Starts it; the life, ready. Rejects when it ends before. */
  start(over?: Partial<LifeOptions>): Promise<Life>
  /** Begins a life that may end before it is ready. */
  begin(over?: Partial<LifeOptions>): Life
  /** An enrolled device's directory, made here. */
  enrolInto(dir: string, deviceId: string): Promise<void>
  /** Incidents it told us that it created. */
  readonly incidents: readonly string[]
  createIncident(): Promise<void>
  /** Of those it created, the ones it no longer knows. */
  forgottenIncidents(): Promise<readonly string[]>
}

const PLACE = { lat: 35.59, lon: 116.99, text: '' }

export function mortalGateway(data: string, town: Town, logFile: number): MortalGateway {
  let ports = ['0', '0', '0']
  let addresses: Readonly<Record<string, string>> = {}
  const bootMs: number[] = []
  const incidents: string[] = []
  const address = (name: string): string => addresses[name] ?? ''
  const begin = (over: Partial<LifeOptions> = {}): Life => {
    const life = startLife(
      'dist/gateway.js',
      [
        ...['--data', data, '--roads', town.roads, '--grids', town.grids],
        ...['--pages-port', ports[0]!, '--enrol-port', ports[1]!, '--mqtt-port', ports[2]!],
      ],
      { logFile, ...over, execArgv: GATEWAY_START.execArgv, env: { ...GATEWAY_START.env, ...over.env } },
    )
    void life.ready.then(ready => {
      if (ready === null) return
      bootMs.push(ready.afterMs)
      addresses = ready.addresses
      ports = ['pages', 'enrolment', 'mqtt'].map(name => new URL(address(name)).port)
    })
    return life
  }
  return {
    data,
    get pages() {
      return address('pages')
    },
    get mqtt() {
      return address('mqtt')
    },
    bootMs,
    incidents,
    begin,
    start: async over => {
      const life = begin(over)
      if ((await life.ready) === null) throw new Error(`the gateway on ${data} did not start; see its log`)
      return life
    },
    enrolInto: async (dir, deviceId) => {
      const unitId = `unit-${deviceId}`
      const issued = await issueCode(address('pages'), {
        deviceId,
        unitId,
        callSign: deviceId,
        homeGridId: null,
      })
      if (!issued.ok) throw new Error(issued.detail)
      const enrolled = await enrol({ url: address('enrolment'), typedCode: issued.value.code, dir })
      if (!enrolled.ok) throw new Error(enrolled.detail)
    },
    createIncident: async () => {
      try {
        const answer = await fetch(`${address('pages')}/v1/incidents`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ place: PLACE, class: 'dispute' }),
          signal: AbortSignal.timeout(5_000),
        })
        if (answer.status === 201) incidents.push(((await answer.json()) as { id: string }).id)
      } catch {
        // It died in the middle of the question: nothing was promised.
      }
    },
    forgottenIncidents: async () => {
      const answer = await fetch(`${address('pages')}/v1/incidents`)
      const known = ((await answer.json()) as { incidents: { id: string }[] }).incidents.map(i => i.id)
      return incidents.filter(id => !known.includes(id))
    },
  }
}

/** What a ledger holds of one device. */
export type DeviceLedger = {
  readonly rows: readonly RecordRow[]
  /** Names under which records came that were in the ledger already: `epoch/lane/seq`. */
  readonly aliases: readonly RecordName[]
}

/** Reads the ledger of a gateway that does not run. */
export async function ledgerOf(data: string, deviceId: string): Promise<DeviceLedger> {
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const opened = await openLevelLedger(data, { log: quiet, mint: bytes => '0'.repeat(2 * bytes) })
  if (!opened.ok) throw new Error(opened.detail)
  const rows = await opened.value.range(underPrefix(`record/${deviceId}/`))
  const aliased = `record/=/${deviceId}/`
  const aliases = await opened.value.range(underPrefix(aliased))
  await opened.value.close()
  return {
    rows: rows.map(([, row]) => row as RecordRow),
    aliases: aliases.map(([key]) => {
      const [epoch, lane, seq] = key.slice(aliased.length).split('/')
      return `${epoch}/${lane}/${Number(seq)}`
    }),
  }
}

/** Waits until an agent says that the gateway has everything; false when that does not come. */
export async function waitUntilDelivered(terminalUrl: () => string, ms: number): Promise<boolean> {
  return within(ms, async () => {
    try {
      const answer = await fetch(`${terminalUrl()}/v1/state`, { signal: AbortSignal.timeout(2_000) })
      const { queue, link } = (await answer.json()) as {
        queue: Record<'alarm' | 'event' | 'track' | 'diag', number>
        link: string
      }
      return link === 'up' && queue.alarm + queue.event + queue.track + queue.diag === 0
    } catch {
      return false
    }
  })
}
