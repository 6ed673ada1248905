#!/usr/bin/env node
import { nearestWord } from '#protocols/cli/nearest-word.ts'

type Verb = {
  readonly does: string
  readonly load: () => Promise<(args: readonly string[]) => Promise<number>>
  /** Runs until told to stop; the process ends with it, whatever handle was forgotten. */
  readonly runs?: true
}

/** Verb to room, loaded on demand; nothing else lives here. Paths are literal so that the bundle finds them. */
const VERBS: Readonly<Record<string, Verb>> = {
  demo: {
    does: 'a whole city on this machine: gateway, one full vehicle, a simulated fleet (npm start)',
    load: async () => (await import('./sim/cli/demo.ts')).demo,
    runs: true,
  },
  gateway: {
    does: 'the command centre: broker, ledger, map, API',
    load: async () => (await import('./gateway/cli/gateway.ts')).gateway,
    runs: true,
  },
  backup: {
    does: '--data DIR --to NEWDIR: a copy of a gateway, taken while it runs',
    load: async () => (await import('./gateway/cli/backup.ts')).backup,
  },
  restore: {
    does: '--from BACKUP --data NEWDIR: that gateway again; the fleet sends what it lacks',
    load: async () => (await import('./gateway/cli/restore.ts')).restore,
  },
  sim: {
    does: '--seed N --vehicle-hours H --faults on: cities that break, simulated; do ACTION UNIT: in a running demo',
    load: async () => (await import('./sim/cli/sim.ts')).sim,
  },
  agent: {
    does: 'the vehicle process: receiver, panel, outbox, terminal',
    load: async () => (await import('./agent/cli/agent.ts')).agent,
    runs: true,
  },
  technician: {
    does: 'the page that puts a vehicle computer into service',
    load: async () => (await import('./agent/cli/technician.ts')).technician,
    runs: true,
  },
  selftest: {
    does: 'the same visit without a browser: ports, signal, inputs, proof, signed report',
    load: async () => (await import('./agent/cli/selftest.ts')).selftest,
    runs: true,
  },
  enrol: {
    does: 'issue a one-time code at the gateway, or redeem one on a device',
    load: async () => (await import('./agent/cli/enrol.ts')).enrol,
  },
  device: {
    does: 'log verify DIR|FILE…: whether the log of the body-cam trigger is one unbroken chain',
    load: async () => (await import('./agent/cli/device.ts')).device,
  },
  nmea: {
    does: 'decode FILE: receiver bytes in, one JSON fix per line out',
    load: async () => (await import('./agent/cli/nmea.ts')).nmea,
  },
  roads: {
    does: 'import FILE.osm.pbf --out FILE.graph; edges FILE.graph; turns FILE.graph',
    load: async () => (await import('./gateway/cli/roads.ts')).roads,
  },
  grids: {
    does: 'check FILE.geojson [--crs GCJ02] [--roads FILE.graph]: overlaps, gaps, crossings, a wrong datum',
    load: async () => (await import('./gateway/cli/grids.ts')).grids,
  },
  reach: {
    does: 'FILE.graph --from LON,LAT --seconds N: every junction reached, with its time',
    load: async () => (await import('./gateway/cli/reach.ts')).reach,
  },
  nearest: {
    does: 'FILE.graph --units FILE.geojson --at LON,LAT -k N: the nearest units by road time',
    load: async () => (await import('./gateway/cli/nearest.ts')).nearest,
  },
  coverage: {
    does: 'FILE.graph --units FILE.geojson --seconds N: how much road the units reach in time',
    load: async () => (await import('./gateway/cli/coverage.ts')).coverage,
  },
  'broker-files': {
    does: 'configuration, rules and certificates for a Mosquitto in place of the embedded broker',
    load: async () => (await import('./gateway/cli/broker-files.ts')).brokerFiles,
  },
  prove: {
    does: 'NAME: a long proof, written to docs/evidence/NAME.json',
    load: async () => (await import('./test/cli/prove.ts')).prove,
  },
  bench: {
    does: 'NAME: a cost measured on this machine, written to docs/evidence/NAME.json',
    load: async () => (await import('./test/cli/bench.ts')).bench,
  },
  openapi: {
    does: "the gateway's API: its routes, with --json as OpenAPI 3.1",
    load: async () => (await import('./gateway/cli/openapi.ts')).openapi,
  },
}

const NAME_CHARS = Math.max(...Object.keys(VERBS).map(name => name.length)) + 2

const usage = (): string =>
  [
    'usage: reach5 VERB [options]',
    '',
    ...Object.entries(VERBS).map(([name, v]) => `  ${name.padEnd(NAME_CHARS)}${v.does}`),
  ].join('\n')

function noSuchVerb(name: string): string {
  const words = Object.keys(VERBS)
  const meant = nearestWord(name, words)
  const hint = meant === undefined ? `only ${words.join(', ')}` : `did you mean ${meant}?`
  return `reach5: there is no verb ${JSON.stringify(name.slice(0, 40))}, ${hint}`
}

async function main(args: readonly string[]): Promise<number> {
  const [name = '', ...rest] = args
  if (name === '--help' || name === '-h' || name === 'help') {
    console.log(usage())
    return 0
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
  if (!verb) {
    console.error(name === '' ? usage() : noSuchVerb(name))
    return 2
  }
  const run = await verb.load()
  const code = await run(rest)
  if (verb.runs) process.exit(code)
  return code
}

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(`reach5: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    process.exitCode = 1
  },
)
