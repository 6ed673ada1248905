import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { packGraph } from '#protocols/roads/pack-graph.ts'
import { simulatedCity } from '#sim/city/city.ts'

/*
 * What a person types wrongly, at the bundle as it ships: one clear line on stderr, nothing on stdout, exit 2 for wrong
 * input and 1 where the machine says no.
 */
const dir = mkdtempSync(join(tmpdir(), 'reach5-wrong-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

type Ran = { readonly code: number | null; readonly out: string; readonly err: string }
const run = (line: string | readonly string[]): Promise<Ran> =>
  new Promise(resolve => {
    const args = typeof line === 'string' ? line.split(' ').filter(word => word !== '') : line
    const options = { timeout: 30_000, killSignal: 'SIGKILL', cwd: dir } as const
    const child = execFile(
      process.execPath,
      [join(process.cwd(), 'dist/reach5.js'), ...args],
      options,
      (error, out, err) =>
        resolve({ code: error === null ? 0 : ((error as { code?: number }).code ?? null), out, err }),
    )
    child.stdin?.end()
  })

/** Two at a time: a machine has two cores. All of them are asked; what failed is told together. */
async function runAll<T>(cases: readonly T[], ask: (one: T) => Promise<void>): Promise<void> {
  const left = [...cases]
  const failed: string[] = []
  const worker = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift())
      await ask(one).catch((error: unknown) => void failed.push(String(error)))
  }
  await Promise.all([worker(), worker()])
  if (failed.length > 0) throw new Error(`\n${failed.join('\n')}`)
}

function expectOneLine(line: string, { code, out, err }: Ran, exit: number): void {
  expect({ code, out }, `${line}: exit ${code}, said ${err}`).toEqual({ code: exit, out: '' })
  const lines = err.trimEnd().split('\n')
  expect(lines, line).toHaveLength(1)
  expect(lines[0]!.length, line).toBeLessThan(400)
  expect(err, line).not.toMatch(/ {4}at |node:internal|undefined|NaN|\[object/)
}

const verbs = async (): Promise<string[]> =>
  [...(await run('--help')).out.matchAll(/^ {2}([a-z-]+) {2}/gm)].map(match => match[1]!)

const text = join(dir, 'words.txt')
writeFileSync(text, 'these are words\n')
const polygon = (coordinates: number[][]) => ({
  type: 'Feature',
  properties: { id: 'g-1', name: 'g' },
  geometry: { type: 'Polygon', coordinates: [coordinates] },
})
writeFileSync(
  join(dir, 'bow-tie.geojson'),
  JSON.stringify({
    type: 'FeatureCollection',
    features: [
      polygon([
        [116, 35],
        [116.1, 35.1],
        [116.1, 35],
        [116, 35.1],
        [116, 35],
      ]),
    ],
  }),
)
writeFileSync(join(dir, 'city.graph'), packGraph(simulatedCity({ seed: 1, junctions: 300 }).network))

/** Files that are none, one kind after the other in the place of every file there is a flag or an argument for. */
writeFileSync(join(dir, 'empty'), '')
mkdirSync(join(dir, 'folder'))
const NO_FILES: readonly (readonly [string, RegExp])[] = [
  ['none', /none: no such file|none does not exist/],
  ['folder', /folder.*directory/],
  ['empty', /empty.*(is empty|not a road graph|no JSON|no GeoJSON|no PEM|no fix)/],
]
const TAKES_A_FILE: readonly ((file: string) => string)[] = [
  file => `roads import ${file} --out x.graph`,
  file => `roads edges ${file}`,
  file => `grids check ${file} --crs WGS84`,
  file => `reach ${file} --from 116,35 --seconds 300`,
  file => `nearest city.graph --units ${file} --at 116,35 -k 3`,
  file => `coverage city.graph --units ${file} --seconds 60`,
  file => `nmea decode ${file}`,
  file => `gateway --data d --roads ${file}`,
  file => `gateway --data d --roads city.graph --grids ${file} --grids-crs WGS84`,
  file => `gateway --data d --roads city.graph --city ${file}`,
  file => `gateway --data d --roads city.graph --log-level error --broker mqtts://b --broker-ca ${file}`,
  file => `demo --data demo --roads ${file}`,
  file => `demo --data demo --grids ${file} --grids-crs WGS84 --junctions 300`,
  file => `demo --data demo --nmea ${file}`,
]

/** What is typed, and what the one line must say. */
const WRONG: readonly (readonly [string, RegExp])[] = [
  ['raods', /no verb "raods", did you mean roads\?/],
  ['frobnicate', /no verb "frobnicate", only demo, gateway/],
  ['constructor', /no verb "constructor"/],
  [`roads import ${text} --out x.graph`, /no OpenStreetMap PBF, it begins with "these are words/],
  ['roads import none.osm.pbf --out x.graph', /none\.osm\.pbf/],
  ['roads import a.osm.pbf', /--out/],
  ['gateway --data d --roads city.graph --grids bow-tie.geojson --grids-crs WGS84', /g-1.*crosses itself/i],
  ['gateway --data d --roads city.graph --grids bow-tie.geojson', /GRIDS_CRS/],
  [`grids check ${text} --crs WGS84`, /JSON/],
  ['gateway', /--data is missing; for example --data \.\/gateway/],
  ['gateway --data', /--data needs a value/],
  [
    'gateway --data d --roads r.graph --full-track-days 100',
    /--full-track-days 100 is more than --track-days 90/,
  ],
  ['gateway --dtaa x', /no option --dtaa, did you mean --data\?/],
  [
    'gateway --data d --roads city.graph --pages-port 70000',
    /--pages-port "70000": must be at most 65535; for example --pages-port 5110/,
  ],
  [
    'gateway --data d --roads city.graph --pages-port many',
    /--pages-port "many": must be a number; for example --pages-port 5110/,
  ],
  [
    'gateway --data d --roads city.graph --log-level loud',
    /--log-level "loud": .*"debug".*for example --log-level info/,
  ],
  ['gateway --data d --roads city.graph --broker http://x', /--broker "http:\/\/x": .*mqtts:\/\/host:8883/],
  ['gateway --data d --roads none.graph', /none\.graph/],
  [`gateway --data d --roads ${text}`, /words\.txt: not a road graph/],
  ['agent', /--data is missing/],
  ['agent --data d --gnss-baud fast', /--gnss-baud "fast": must be a number/],
  ['agent --dota d', /no option --dota, did you mean --data\?/],
  ['technician', /--data is missing/],
  ['enrol', /issue or redeem/],
  ['enrol isue', /no "isue"/],
  [
    'enrol issue --device PTU-07 --unit unit-07 --call-sign x',
    /--device "PTU-07": lower-case .*for example device-07/,
  ],
  ['enrol issue --device ptu-07', /--unit/],
  ['enrol redeem --code 7K3QM-X9RTB-X.5N2C --data d', /character/],
  ['nmea', /decode FILE/],
  ['nmea decode', /FILE/],
  ['nmea decode none.nmea', /none\.nmea does not exist/],
  ['reach', /file name is missing/],
  [`reach ${text} --from 116,35 --seconds 300`, /not a road graph/],
  ['reach city.graph --from here --seconds 300', /"here"/],
  ['reach city.graph --from 116,35 --secnods 300', /did you mean --seconds\?/],
  [`nearest city.graph --units ${text} --at 116,35 -k 3`, /words\.txt/],
  ['sim', /sim do ACTION UNIT/],
  ['sim do', /ACTION UNIT/],
  ['sim do explode ptu-01', /explode.*--help/],
  ['sim do panik unit-01', /did you mean panic\?/],
  ['demo --units many', /--units "many": must be a number; for example --units \d+/],
  ['demo --unist 8', /no option --unist, did you mean --units\?/],
  ['demo --mqtt-port', /--mqtt-port needs a value/],
  ['demo --gnss gpsd://car:0', /--gnss "gpsd:\/\/car:0": neither a path nor gpsd:\/\/host:port/],
  ['demo --gnss /dev/ttyS0 --nmea drive.nmea', /one receiver only/],
  ['demo --gnss-baud 9600', /--gnss-baud belongs to --gnss/],
  [`demo --roads ${text} --data demo`, /no OpenStreetMap PBF/],
  ['broker-files', /--data is missing/],
  ['broker-files --data d --out o', /--host is missing, e\.g\./],
  ['broker-files --data d --out o --host b --port 99999', /--port "99999"/],
  ['broker-files --data none --out o --host b', /no gateway lives in none/],
  ['openapi --jsno', /did you mean --json\?/],
  ['openapi all', /"all" is one word too many/],
]

describe('wrong input', () => {
  it('is one clear line and exit 2, whatever it is', { timeout: 180_000 }, async () => {
    await runAll(WRONG, async ([line, says]) => {
      const ran = await run(line)
      expectOneLine(line, ran, 2)
      expect(ran.err, line).toMatch(says)
    })
    console.log(`wrong input: ${WRONG.length} command lines`)
  })

  it('is said of every file that is absent, a directory or empty', { timeout: 180_000 }, async () => {
    const cases = TAKES_A_FILE.map((line, i) => {
      const [file, says] = NO_FILES[i % NO_FILES.length]!
      return { line: line(file), says }
    })
    await runAll(cases, async ({ line, says }) => {
      const ran = await run(line)
      expectOneLine(line, ran, 2)
      expect(ran.err, line).toMatch(says)
    })
    console.log(`wrong input: ${cases.length} files that are none`)
  })

  it(
    'is told by every verb there is: an option nobody knows, and --help that helps',
    { timeout: 120_000 },
    async () => {
      const all = await verbs()
      expect(all.length).toBeGreaterThanOrEqual(12)
      await runAll(all, async verb => {
        expectOneLine(`${verb} --no-such-option`, await run([verb, '--no-such-option']), 2)
        const help = await run([verb, '--help'])
        expect({ verb, code: help.code }).toEqual({ verb, code: 0 })
        expect(help.out + help.err).toMatch(new RegExp(`(reach5|npm start).*`))
        expect((help.out + help.err).trim().split('\n').length, verb).toBeGreaterThan(2)
      })
      console.log(`wrong input: ${all.length} verbs`)
    },
  )

  it(
    'is exit 1 when the port is taken: what was typed is right, the machine says no',
    { timeout: 60_000 },
    async () => {
      const taken = createServer()
      await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
      const { port } = taken.address() as AddressInfo
      const rest = ['--enrol-port', '0', '--log-level', 'error']
      const gateway = ['gateway', '--data', 'taken', '--roads', 'city.graph', ...rest]
      for (const [flag, other] of [
        ['--pages-port', '--mqtt-port'],
        ['--mqtt-port', '--pages-port'],
      ] as const) {
        const ran = await run([...gateway, flag, String(port), other, '0'])
        expectOneLine(flag, ran, 1)
        expect(ran.err).toMatch(new RegExp(`${port}.*${flag}.*PORT_IN_USE`))
      }
      const demo = await run(['demo', '--data', 'taken-demo', '--map-port', String(port)])
      expectOneLine('demo', demo, 1)
      expect(demo.err).toMatch(new RegExp(`--map-port ${port}.*PORT_IN_USE`))
      await new Promise(resolve => taken.close(resolve))
    },
  )
})
