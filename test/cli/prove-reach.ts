import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { importPbf } from '#gateway/roads/import-pbf.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import { packGraph } from '#protocols/roads/pack-graph.ts'
import { simulatedCity } from '#sim/city/city.ts'
import { seeded } from '../oracle/cities.ts'
import { fixtureTown } from '../oracle/fixture-town.ts'
import { plantedLaws } from '../oracle/planted-turns.ts'
import { reach5Into } from '../reach/command-line.ts'
import { freshRun, judgeTurns } from '../reach/judge-turns.ts'
import { openPgRouting } from '../reach/pgrouting.ts'
import type { PgRouting } from '../reach/pgrouting.ts'
import { differences } from '../reach/reached-sets.ts'
import type { Reached } from '../reach/reached-sets.ts'
import type { Finding } from './evidence.ts'

const SEED = 2026
const STARTS = 255
const SECONDS = 300
/** Every start costs the line graph a search of its own, in plain objects. */
const TURN_STARTS = 60
const CITY_JUNCTIONS = 60_000
const EXTRACTS = ['shanghai_centre', 'monaco', 'liechtenstein-latest', 'porto_portugal'] as const

type Town = { readonly name: string; readonly network: RoadNetwork }

/**
 * Reached sets and their times, tolerance 0: with turns off those of `reach5 reach --starts` equal pgRouting on the edges
 * that `reach5 roads edges` prints; with turns on they equal a plain Dijkstra on the expanded line graph, as mapped and with
 * as many restrictions again planted, ways through included. The extracts and the default city.
 */
export async function proveReach(say: (words: string) => void): Promise<Finding> {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-prove-reach-'))
  chmodSync(dir, 0o755)
  const pgRouting = openPgRouting()
  const towns = []
  const missing: string[] = []
  try {
    for await (const town of theTowns(dir, name => void missing.push(name))) {
      const off = await withoutTurns(town, dir, pgRouting)
      say(
        `${town.name}, turns off: ${off.starts} starts, ${off.rows} junctions, ${off.differing.length} differ`,
      )
      const on = withTurns(town)
      for (const run of on)
        say(
          `${town.name}, ${run.restrictions} restrictions: ${run.starts} starts, ${run.rows} junctions, ${run.differing.length} differ`,
        )
      towns.push({ name: town.name, turnsOff: off, turnsOn: on })
    }
  } finally {
    pgRouting.close()
    rmSync(dir, { recursive: true, force: true })
  }
  for (const name of missing) say(`NOT PROVED: ${name} is not there (set REACH5_DATA)`)
  const runs = towns.flatMap(({ turnsOff, turnsOn }) => [turnsOff, ...turnsOn])
  return {
    holds: missing.length === 0 && runs.every(run => run.rows > 0 && run.differing.length === 0),
    evidence: { seed: SEED, seconds: SECONDS, peer: pgRouting.version, missing, towns },
  }
}

async function* theTowns(dir: string, onMissing: (name: string) => void): AsyncGenerator<Town> {
  const fixture = join(dir, 'town.osm.pbf')
  writeFileSync(fixture, fixtureTown())
  yield { name: 'fixture town', network: await imported(fixture) }
  for (const name of EXTRACTS) {
    const file = join(process.env['REACH5_DATA'] ?? '../shared/data', 'maps', `${name}.osm.pbf`)
    if (existsSync(file)) yield { name, network: await imported(file) }
    else onMissing(name)
  }
  yield { name: 'default city', network: simulatedCity({ seed: 1, junctions: CITY_JUNCTIONS }).network }
}

async function imported(file: string): Promise<RoadNetwork> {
  const read = await importPbf(file)
  if (!read.ok) throw new Error(`${file}: ${read.detail}`)
  return read.value.network
}

async function withoutTurns({ network }: Town, dir: string, pgRouting: PgRouting) {
  const files = {
    graph: join(dir, 'town.graph'),
    edges: join(dir, 'edges.csv'),
    starts: join(dir, 'starts'),
    ours: join(dir, 'ours.jsonl'),
    theirs: join(dir, 'theirs', 'reached.csv'),
  }
  writeFileSync(files.graph, packGraph(network))
  reach5Into(files.edges, 'roads', 'edges', files.graph)
  const starts = pickStarts(files.edges)
  writeFileSync(files.starts, starts.join('\n'))
  const args = ['--starts', files.starts, '--seconds', String(SECONDS), '--turns', 'off']
  reach5Into(files.ours, 'reach', files.graph, ...args)
  // Written by the database's own user.
  spawnSync('install', ['-d', '-m', '777', join(dir, 'theirs')])
  pgRouting.load(files.edges)
  pgRouting.drivingDistance(starts, SECONDS * 10, files.theirs)
  const theirs = reachedOf(files.theirs)
  const differing: string[] = []
  let [start, rows] = [0, 0]
  for await (const line of createInterface({ input: createReadStream(files.ours) })) {
    const { nodes } = JSON.parse(line) as { readonly nodes: Reached }
    const from = starts[start++]!
    rows += nodes.length
    for (const words of differences(nodes, theirs.get(from) ?? [])) differing.push(`from ${from}: ${words}`)
  }
  if (start !== starts.length) differing.push(`${starts.length} starts were asked, ${start} answered`)
  return { starts: starts.length, rows, differing: differing.slice(0, 20) }
}

/** Junctions by chance, each once, rising; all of them in a town that has fewer. */
function pickStarts(edgesFile: string): number[] {
  const junctions = new Set<number>()
  for (const line of readFileSync(edgesFile, 'utf8').trimEnd().split('\n').slice(1)) {
    const [, source, target] = line.split(',')
    junctions.add(Number(source)).add(Number(target))
  }
  const left = [...junctions]
  const random = seeded(SEED)
  const picked: number[] = []
  while (picked.length < STARTS && left.length > 0)
    picked.push(...left.splice(Math.floor(random() * left.length), 1))
  return picked.toSorted((a, b) => a - b)
}

function reachedOf(file: string): Map<number, [number, number][]> {
  const reached = new Map<number, [number, number][]>()
  for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
    const [from, node, ds] = line.split(',').map(Number) as [number, number, number]
    const known = reached.get(from) ?? []
    known.push([node, ds])
    reached.set(from, known)
  }
  return reached
}

function withTurns({ network }: Town) {
  const { forbidden = [], ...plain } = network
  const own = forbidden.map(drives => ({ kind: 'no', drives }) as const)
  const planted = [...own, ...plantedLaws(network, 100 + own.length, seeded(SEED))]
  return [own, planted].map((laws, i) => {
    const run = freshRun()
    judgeTurns(plain, laws, SEED + i, TURN_STARTS, run, SECONDS * 10)
    const longest = Math.max(0, ...laws.map(({ drives }) => drives.length))
    return { restrictions: laws.length, longestInRoads: longest, ...run }
  })
}
