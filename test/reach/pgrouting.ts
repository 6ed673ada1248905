import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programVersion } from '../cli/peers.ts'

/*
 * pgRouting (Debian: postgresql-15-pgrouting) as a judge of reached sets: a throw-away PostgreSQL cluster that listens on a
 * Unix socket in a directory of its own and is removed with it.
 */
export type PgRouting = {
  /** `PostgreSQL 15.18, pgRouting 3.4.2`. */
  readonly version: string
  /** Takes the edges of `reach5 roads edges`, a CSV file with a head, in the place of those it had. */
  load(edgesFile: string): void
  /**
   * Who is reached from each start within `budgetDs`: lines `from,node,agg_cost`, by start and node, written to `outFile`
   * (`pgr_drivingDistance`, directed).
   */
  drivingDistance(starts: readonly number[], budgetDs: number, outFile: string): void
  /** Milliseconds the same takes in the database, its rows told to nobody. */
  drivingDistanceMs(starts: readonly number[], budgetDs: number): number
  close(): void
}

const LIB = '/usr/lib/postgresql'
const WITHIN_MS = 600_000

/** Throws, naming the package, where PostgreSQL or pgRouting is not installed. */
export function openPgRouting(): PgRouting {
  const bin = binaries()
  const dir = mkdtempSync(join(tmpdir(), 'reach5-pgrouting-'))
  chmodSync(dir, 0o777)
  // PostgreSQL refuses to run as root; Debian's user for it exists with the package.
  const asUser = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : []
  const run = (program: string, ...args: readonly string[]): string => {
    const [command = '', ...rest] = [...asUser, join(bin, program), ...args]
    return execFileSync(command, rest, {
      encoding: 'utf8',
      timeout: WITHIN_MS,
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: dir,
    })
  }
  const data = join(dir, 'data')
  const sql = (...commands: readonly string[]): string =>
    run(
      'psql',
      ...['-h', dir, '-d', 'postgres', '-qAtX', '-v', 'ON_ERROR_STOP=1'],
      ...commands.flatMap(command => ['-c', command]),
    )
  run('initdb', '-D', data, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync')
  run('pg_ctl', '-D', data, '-w', '-l', join(dir, 'log'), '-o', `-k ${dir} -h '' -F`, 'start')
  const close = (): void => {
    run('pg_ctl', '-D', data, '-m', 'immediate', 'stop')
    rmSync(dir, { recursive: true, force: true })
  }
  try {
    sql('CREATE EXTENSION pgrouting CASCADE')
    const pgRouting = sql('SELECT pgr_version()').trim()
    return {
      version: `${programVersion(join(bin, 'postgres'), '--version') ?? 'PostgreSQL'}, pgRouting ${pgRouting}`,
      load: file => void sql(...edgesFrom(file)),
      drivingDistance: (starts, budgetDs, outFile) =>
        void sql(`\\copy (${reached(starts, budgetDs)} ORDER BY from_v, node) TO '${outFile}' CSV`),
      drivingDistanceMs: (starts, budgetDs) => {
        const told = sql(`EXPLAIN (ANALYZE, TIMING OFF) ${reached(starts, budgetDs)}`)
        return Number(/Execution Time: ([\d.]+) ms/.exec(told)?.[1])
      },
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

const edgesFrom = (file: string): readonly string[] => [
  'DROP TABLE IF EXISTS edges',
  'CREATE UNLOGGED TABLE edges (id bigint, source bigint, target bigint, cost float8, reverse_cost float8)',
  `\\copy edges FROM '${file}' CSV HEADER`,
]

const reached = (starts: readonly number[], budgetDs: number): string =>
  `SELECT from_v, node, agg_cost FROM pgr_drivingDistance('SELECT id, source, target, cost, reverse_cost FROM edges',
    ARRAY[${starts.join()}]::bigint[], ${budgetDs}, true)`

function binaries(): string {
  const versions = existsSync(LIB) ? readdirSync(LIB).sort((a, b) => Number(b) - Number(a)) : []
  const bin = versions.map(version => join(LIB, version, 'bin')).find(dir => existsSync(join(dir, 'initdb')))
  if (bin === undefined)
    throw new Error('PostgreSQL is not installed here: apt-get install postgresql-15-pgrouting')
  return bin
}
